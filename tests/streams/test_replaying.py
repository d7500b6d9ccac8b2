"""Three ways to the same figures agree for any history, and where they do not, it is noticed and mended."""

import itertools
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.postings import Cell
from schemas.envelope import Event
from schemas.events import adapter
from schemas.facts import FEED
from schemas.moments import Calendar
from streams import replaying
from streams.appending import Entry
from streams.following import Follower
from streams.history import History
from streams.recorder import Recorder
from streams.replaying import Difference, differences, folded_cells, replay, sql_cells, stored_cells
from tests.histories import History as Events
from tests.histories import histories, zones
from tests.streams.logs import Log, PartitionOf, logs, record
from tests.streams.recording import (
    NOW,
    CrashError,
    Memory,
    Rows,
    entries,
    in_memory,
    specified_events,
    unreliable,
)

AMSTERDAM = Calendar("Europe/Amsterdam")
PER_EVENT = "SELECT log_offset, known_at, count(*), sum(amount) FROM postings GROUP BY ALL ORDER BY ALL"
CALLS: Cell = (1, 17287, "calls", "owner", ("", "", "", "", "", None))
Tables = dict[str, Rows]


@pytest.fixture
def history() -> Iterator[History]:
    """One of six calls by rep 1 on one day, in two batches, and what became of a deal."""
    with in_memory() as made:
        recording = Recorder(made, AMSTERDAM, lambda: NOW)
        recording.record(entries([(call(number), FEED) for number in range(4)])).result()
        recording.record(entries([(call(number), FEED) for number in range(4, 6)] + DEAL)).result()
        yield made


def call(number: int) -> Event:
    return said("call.logged", {"id": f"{number}", "rep": 1, "day": "2017-05-01"}, f"case-{number}")


def said(kind: str, data: dict[str, object], trail: str = "case", minute: int = 0) -> Event:
    plain = {"id": f"{trail}/{minute}", "source": "crm", "time": f"2017-05-01T08:{minute:02}:00Z", "trail": trail}
    return adapter().validate_python({**plain, "type": f"quotum.{kind}.v1", "data": data})


AMOUNT = {"value": "100.00", "currency": "EUR"}
DEAL: Events = [
    (said("deal.opened", {"id": "7", "rep": 2, "day": "2017-05-01"}), FEED),
    (said("deal.won", {"id": "7", "rep": 3, "day": "2017-05-03", "amount": AMOUNT}, minute=1), FEED),
    (said("deal.won", {"id": "7", "rep": 3, "day": "2017-05-04", "amount": AMOUNT}, minute=2), FEED),
]


def change(history: History, statement: str) -> None:
    history.write(lambda connection: connection.execute(statement)).result()


def ways(history: History, calendar: Calendar = AMSTERDAM) -> dict[str, dict[Cell, int]]:
    with history.read() as cursor:
        return {
            "stored": stored_cells(cursor),
            "folded": folded_cells(cursor, calendar),
            "sql": sql_cells(cursor, calendar.zone),
        }


def tables(history: History) -> Tables:
    return {name: history.rows(f"FROM {name}") for name in ("events", "postings", "positions", "imports", "about")}


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[Events, list[Events]]:
    """A history, and the batches in which it comes: in any order, with parts of it again and again."""
    events = draw(histories(max_size=20))
    arriving = draw(
        st.permutations(events + draw(st.lists(st.sampled_from(events), max_size=6) if events else st.just([])))
    )
    cuts = sorted(draw(st.sets(st.integers(0, len(arriving)), max_size=4)))
    return events, [arriving[low:high] for low, high in itertools.pairwise([0, *cuts, len(arriving)])]


@pytest.mark.slow
@settings(max_examples=50)
@given(delivered=deliveries(), zone=zones())
def test_embedded_equals_replay_equals_plain_sql_for_any_history(
    delivered: tuple[Events, list[Events]], zone: str
) -> None:
    events, batches = delivered
    calendar = Calendar(zone)
    with in_memory() as history:
        recording = Recorder(history, calendar, lambda: NOW)
        for batch in batches:
            recording.record(entries(batch)).result()
        found = ways(history, calendar)
        assert found["stored"] == found["folded"] == found["sql"] == specified_events(events, calendar)
        recorded = tables(history)
        assert replay(history, calendar) == []
        assert tables(history) == recorded


@pytest.mark.slow
@settings(max_examples=30)
@given(made=logs(max_size=20), order=st.permutations(range(-1, 4)))
def test_a_history_of_several_partitions_replays_to_the_same_postings_whichever_of_them_comes_first(
    made: tuple[Events, Log, PartitionOf], order: list[int]
) -> None:
    _, log, partition_of = made
    with in_memory() as history:
        Follower(history, AMSTERDAM, partition_of).take(*log.fetch({}, 1_000))
        recorded, postings = ways(history), sorted(history.rows("FROM postings"), key=repr)
        assert recorded["stored"] == recorded["folded"] == recorded["sql"]
        assert replay(history, AMSTERDAM) == []
        assert sorted(history.rows("FROM postings"), key=repr) == postings
        change(
            history,
            "UPDATE events SET log_partition = list_extract($order, log_partition + 2)".replace("$order", str(order)),
        )
        change(history, "UPDATE events SET known_at = 0")  # so that one partition comes after the other
        assert ways(history) == recorded
        assert replay(history, AMSTERDAM) == []


def test_after_a_replay_postings_of_several_partitions_lie_by_the_time_they_were_known() -> None:
    with in_memory() as history:
        following = Follower(history, AMSTERDAM, lambda trail: int(trail.removeprefix("case-")))
        following.take([record(Entry(call(number), FEED), number, 0, NOW - number) for number in range(6)])
        change(history, "DELETE FROM postings")
        replay(history, AMSTERDAM)
        assert history.rows("SELECT known_at FROM postings") == [(NOW - number,) for number in reversed(range(6))]


def test_replay_after_tampering_is_what_was_recorded(history: History) -> None:
    recorded = tables(history)
    change(history, "DELETE FROM postings WHERE hash(rowid) % 2 = 0")
    change(history, "INSERT INTO postings FROM postings")
    assert replay(history, AMSTERDAM) != []
    assert tables(history) == recorded
    assert replay(history, AMSTERDAM) == []


TAMPERING = {
    "another amount": "UPDATE postings SET amount = amount + 1 WHERE log_offset = 2",
    "another rep": "UPDATE postings SET rep = 9 WHERE log_offset = 2",
    "another day": "UPDATE postings SET day = day + 1 WHERE log_offset = 2",
    "a label": "UPDATE postings SET product = 'x' WHERE log_offset = 2",
    "one gone": "DELETE FROM postings WHERE log_offset = 2",
    "one twice": "INSERT INTO postings FROM postings WHERE log_offset = 2",
    "all gone": "DELETE FROM postings",
}


@pytest.mark.parametrize("tampering", TAMPERING)
def test_a_tampered_posting_is_found_and_mended(history: History, tampering: str) -> None:
    recorded = tables(history)
    change(history, TAMPERING[tampering])
    found = ways(history)
    assert found["folded"] == found["sql"] != found["stored"]
    told = differences(found)
    assert told
    assert all(one.says["folded"] == one.says["sql"] != one.says["stored"] for one in told)
    assert [one.cell for one in replay(history, AMSTERDAM)] == [one.cell for one in told]
    assert tables(history) == recorded


def test_a_tampered_posting_within_a_cell_that_sums_up_the_same_is_put_back_in_its_place(history: History) -> None:
    recorded = tables(history)
    change(history, "UPDATE postings SET known_at = 0, entity = 'call:x', log_offset = 1 WHERE log_offset = 2")
    assert replay(history, AMSTERDAM) == []
    assert tables(history) == recorded


def test_a_tampered_event_is_found(history: History) -> None:
    change(history, "UPDATE events SET data = replace(data, '\"rep\":1', '\"rep\":4') WHERE log_offset = 2")
    found = ways(history)
    assert found["folded"] == found["sql"] != found["stored"]
    assert [str(one) for one in differences(found)] == [
        "calls by owner of rep 1 on 2017-05-01: stored 6000000, folded 5000000, sql 5000000",
        "calls by owner of rep 4 on 2017-05-01: stored 0, folded 1000000, sql 1000000",
    ]
    assert len(replay(history, AMSTERDAM)) == 2
    assert differences(ways(history)) == []


def test_an_event_that_is_gone_is_found(history: History) -> None:
    change(history, "DELETE FROM events WHERE log_offset = 2")
    assert [str(one) for one in differences(ways(history))] == [
        "calls by owner of rep 1 on 2017-05-01: stored 6000000, folded 5000000, sql 5000000"
    ]


def test_an_event_that_is_marked_as_a_duplicate_counts_no_second_time(history: History) -> None:
    twice = "INSERT INTO events SELECT * REPLACE (log_offset + 100 AS log_offset, true AS duplicate) FROM events"
    before = ways(history)
    change(history, twice)
    assert ways(history) == before
    recorded = tables(history)
    assert replay(history, AMSTERDAM) == []
    assert tables(history) == recorded


def test_a_difference_says_whose_figure_it_is_and_what_each_way_says() -> None:
    ways = {"stored": {CALLS: 5}, "folded": {CALLS: 5, UNASSIGNED: -2}}
    assert differences(ways) == [Difference(UNASSIGNED, {"stored": 0, "folded": -2})]
    assert str(differences(ways)[0]) == (
        "revenue by seller of unassigned on 1969-12-31 autumn GTX EUR: stored 0, folded -2"
    )


UNASSIGNED: Cell = (0, -1, "revenue", "seller", ("autumn", "GTX", "", "", "EUR", None))


def test_differences_come_in_one_order_and_an_empty_cell_is_no_difference() -> None:
    cells = {(rep, day, "calls", "owner", CALLS[4]): rep for rep in range(4) for day in range(3)}
    shuffled = random.Random(1).sample(sorted(cells.items()), len(cells))
    assert differences({"one": {}, "other": dict(shuffled)}) == differences({"one": {}, "other": cells})
    assert len(differences({"one": {}, "other": cells})) == 9  # nothing is nothing, said or not


def test_an_empty_history_replays_to_nothing() -> None:
    with in_memory() as history:
        assert replay(history, AMSTERDAM) == []
        assert ways(history) == {"stored": {}, "folded": {}, "sql": {}}


# Beside those who write and read


def test_the_recorder_goes_on_after_a_replay(history: History) -> None:
    recording = Recorder(history, AMSTERDAM, lambda: NOW)
    recording.record(entries([(call(6), FEED)])).result()
    assert replay(history, AMSTERDAM) == []
    reopened = said("deal.reopened", {"id": "7"}, minute=3)
    recording.record(entries([(reopened, FEED), (call(7), FEED)])).result()
    found = ways(history)
    assert differences(found) == []
    assert found["stored"][CALLS] == 8_000_000
    assert {cell[2] for cell in found["stored"]} == {"calls", "deals_opened"}


def test_an_unfinished_reading_holds_up_no_replay_and_reads_on_what_it_began_with(tmp_path: Path) -> None:
    with History.create(tmp_path / "quotum.duckdb") as history:
        Recorder(history, AMSTERDAM, lambda: NOW).record(entries([(call(n), FEED) for n in range(5_000)])).result()
        change(history, "UPDATE postings SET amount = 7")
        with history.read() as reader:
            assert reader.execute("SELECT amount FROM postings").fetchone() == (7,)
            assert len(replay(history, AMSTERDAM)) == 1
            assert set(reader.fetchall()) == {(7,)}
            assert set(reader.execute("SELECT amount FROM postings").fetchall()) == {(1_000_000,)}
    with History.open(tmp_path / "quotum.duckdb") as history:
        assert differences(ways(history)) == []


def test_a_history_is_replayed_a_batch_of_events_at_a_time(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replaying, "ROWS_AT_ONCE", 2)
    recorded = tables(history)
    assert replay(history, AMSTERDAM) == []
    assert tables(history) == recorded
    assert differences(ways(history)) == []


@pytest.mark.parametrize("is_run", [False, True], ids=["before", "after"])
def test_a_crash_between_any_two_statements_of_replay_leaves_figures_that_the_next_one_mends(is_run: bool) -> None:
    with Memory() as memory:
        with memory.opened() as first:
            Recorder(first, AMSTERDAM, lambda: NOW).record(entries([(call(0), FEED), *DEAL])).result()
            recorded = tables(first)
        crashed: list[str] = []
        for at in itertools.count():
            history, faults = unreliable(memory.connect())
            change(history, "UPDATE postings SET amount = 7 WHERE metric = 'calls'")
            tampered = tables(history)
            faults.crash(at, is_run=is_run, is_for_good=True)
            try:
                assert len(replay(history, AMSTERDAM)) == 1
                break
            except CrashError:
                crashed.append(faults.ran[at])
            finally:
                history.close()
            with memory.opened() as again:
                is_swapped = (is_run and crashed[-1] == "COMMIT") or "CHECKPOINT" in crashed
                assert tables(again) == (recorded if is_swapped else tampered)
                assert len(replay(again, AMSTERDAM)) == (0 if is_swapped else 1)
                assert tables(again) == recorded
        statements = [" ".join(one.split()[:2]) for one in crashed]
        assert statements[-1] == "CHECKPOINT"
        assert {"CREATE TABLE", "INSERT INTO", "DROP TABLE", "ALTER TABLE", "COMMIT"} < set(statements)
