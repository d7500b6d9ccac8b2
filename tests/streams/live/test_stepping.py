"""A step tells all that a batch makes of what was stored, and nothing that stays as it was."""

from collections import defaultdict
from collections.abc import Callable, Collection

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.postings import Cell, Posting
from projections.trail import Trail
from schemas.events import adapter
from schemas.facts import FEED, PERSON
from schemas.log_events import Fact
from schemas.moments import Calendar
from streams.appending import DeadLetter, Entry, Position
from streams.following import Follower
from streams.live.forms import (
    FORM,
    FormError,
    cell_key,
    cell_value,
    part,
    read_cell_key,
    read_cell_value,
    read_trail,
    state_key,
    trail_value,
)
from streams.live.stepping import Stepping, Stored, Writes, go_on
from streams.told import Record, read_for_fold
from tests.histories import TRAILS, zones
from tests.histories import History as Events
from tests.projections.strategies import folded, histories, told
from tests.streams.logs import GOOD, POISONS, Log, PartitionOf, by_hash, logs, poison, record
from tests.streams.odd_records import odd_records
from tests.streams.recording import AMSTERDAM, NOW, call, in_memory, specified_events

NO_DIMS = ("", "", "", "", "", None)
MAY_1 = 17287  # days from 1970-01-01 to 2017-05-01
BEGINNING = Position(0, 0, 0)
STEPPING = Stepping(AMSTERDAM, by_hash(1))


def cell(rep: int) -> Cell:
    """Calls of a rep on 1 May."""
    return rep, MAY_1, "calls", "owner", NO_DIMS


def said(id_: str, offset: int, rep: int = 1, layer: int = FEED, trail: str = "case-1", **envelope: object) -> Record:
    return record(Entry(call(id_, trail, rep, **envelope), layer), 0, offset, NOW + offset)


class Tables:
    """Trail states and cells of one partition in memory, and what was asked of them."""

    def __init__(self, position: Position = BEGINNING) -> None:
        self.position = position
        self.trails: dict[bytes, bytes] = {}
        self.cells: dict[bytes, bytes] = {}
        self.asked: list[list[bytes]] = []

    def stored(self) -> Stored:
        return Stored(self._get_many(self.trails), self._get_many(self.cells))

    def take(self, *records: Record, stepping: Stepping = STEPPING, reached: int = 0) -> Writes:
        """Step, and keep what it tells."""
        writes = stepping.step(self.position, records, self.stored(), reached)
        self.position = writes.position
        self.trails |= writes.trails
        for key, value in writes.cells.items():
            if value is None:
                del self.cells[key]
            else:
                self.cells[key] = value
        return writes

    def _get_many(self, values: dict[bytes, bytes]) -> Callable[[Collection[bytes]], dict[bytes, bytes]]:
        def get_many(keys: Collection[bytes]) -> dict[bytes, bytes]:
            self.asked.append(list(keys))
            return {key: values[key] for key in keys if key in values}

        return get_many


def of_call(trail: str, id_: str) -> bytes:
    """The key of what is known of a call."""
    return state_key(trail, f"call:{id_}", "call")


# For any history


@pytest.mark.slow
@settings(max_examples=200)
@given(made=logs(max_size=24, ways=3), zone=zones(), sizes=st.lists(st.integers(1, 8), min_size=1))
def test_cells_are_those_of_the_specification_however_the_log_is_cut(
    made: tuple[Events, Log, PartitionOf], zone: str, sizes: list[int]
) -> None:
    events, log, partition_of = made
    calendar = Calendar(zone)
    cells: dict[Cell, int] = {}
    for partition, slots in log.partitions.items():
        tables, begin = Tables(Position(partition, 0, 0)), 0
        for size in [*sizes, len(slots)]:
            batch = [slot.record for slot in slots[begin : begin + size] if slot.record]
            ahead = Stepping(calendar, by_hash(1)).step(
                tables.position, read_for_fold(batch, partition_of).lying, tables.stored()
            )
            assert tables.take(*batch, stepping=Stepping(calendar, partition_of)) == ahead
            begin += size
        for key, value in tables.cells.items():
            of, one = read_cell_key(key)
            assert of == partition
            cells[one] = cells.get(one, 0) + read_cell_value(value).amount
    assert {one: amount for one, amount in cells.items() if amount} == specified_events(events, calendar)


@settings(max_examples=200)
@given(histories, st.lists(st.integers(1, 5), min_size=1))
def test_a_trail_goes_on_from_its_bytes_step_by_step_as_one_that_never_stopped(
    history: list[Fact], sizes: list[int]
) -> None:
    never_stopped, values = Trail(AMSTERDAM), dict[bytes, bytes | None]()
    for size in [*sizes, len(history)]:
        batch, history = history[:size], history[size:]
        by_key = defaultdict[bytes, list[Fact]](list)
        for one in batch:
            by_key[state_key(one.trail, one.entity, one.kind)].append(one)
        moved = list[Posting]()
        for key, told_here in by_key.items():
            values[key], by = go_on(values.get(key), told_here, AMSTERDAM)
            moved += by
        assert added(moved) == added([posting for one in batch for posting in never_stopped.post(one)])


def added(moved: list[Posting]) -> dict[tuple[str, object], int]:
    """By how much each line of each entity moved."""
    sums: dict[tuple[str, object], int] = {}
    for entity, line, by in moved:
        sums[entity, line] = sums.get((entity, line), 0) + by
    return {one: by for one, by in sums.items() if by}


# What a step tells


def test_a_step_tells_states_cells_and_where_to_go_on() -> None:
    writes = Tables().take(said("1", 0), said("2", 1, trail="case-2"), said("3", 4, rep=2))
    assert writes.position == Position(0, 5, NOW + 4)
    assert writes.trails.keys() == {of_call("case-1", "1"), of_call("case-2", "2"), of_call("case-1", "3")}
    assert writes.cells == {
        cell_key(0, cell(1)): cell_value(2_000_000, 5),
        cell_key(0, cell(2)): cell_value(1_000_000, 5),
    }
    assert writes.letters == []


def test_a_cell_that_returns_to_nothing_is_told_as_nothing() -> None:
    tables = Tables()
    tables.take(said("1", 0))
    later = said("1", 1, rep=2, time="2017-05-01T09:00:00Z")
    assert tables.take(later).cells == {
        cell_key(0, cell(1)): None,
        cell_key(0, cell(2)): cell_value(1_000_000, 2),
    }


def test_what_comes_and_goes_within_a_step_is_not_told() -> None:
    writes = Tables().take(said("1", 0), said("1", 1, rep=2, time="2017-05-01T09:00:00Z"))
    assert writes.cells.keys() == {cell_key(0, cell(2))}


def test_events_that_come_again_move_the_position_alone() -> None:
    tables = Tables()
    tables.take(said("1", 0))
    writes = tables.take(said("1", 1), said("1", 2))
    assert (writes.position.next_offset, writes.trails, writes.cells, writes.letters) == (3, {}, {}, [])


def test_an_event_that_says_nothing_leaves_no_state() -> None:
    data = {"entity": "call:1"}
    withdrawn = adapter().validate_python(
        {"id": "w", "source": "crm", "type": "quotum.correction.withdrawn.v1", "time": "2017-05-01T08:00:00Z"}
        | {"trail": "case-1", "data": data}
    )
    assert Tables().take(record(Entry(withdrawn, FEED), 0)).trails == {}


def test_a_person_is_heard_as_a_person() -> None:
    tables = Tables()
    tables.take(said("1", 0, rep=2, layer=PERSON))
    assert tables.take(said("1", 1, rep=1, time="2017-05-01T09:00:00Z")).cells == {}


def test_what_lies_before_the_position_is_passed_over() -> None:
    tables = Tables()
    tables.take(said("1", 0), said("2", 1))
    assert tables.take(said("9", 1), said("3", 2)).cells == {cell_key(0, cell(1)): cell_value(3_000_000, 3)}


def test_markers_alone_move_the_position_and_never_back() -> None:
    tables = Tables()
    tables.take(said("1", 0), reached=3)
    assert tables.position == Position(0, 3, NOW)
    writes = tables.take(reached=2)
    assert writes == Writes(Position(0, 3, NOW), {}, {}, [])


def test_records_of_another_partition_are_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match=r"of one partition, and these are of \[0, 1\]"):
        Tables().take(said("1", 0), said("2", 0)._replace(partition=1))


def test_known_at_never_goes_back_with_the_log() -> None:
    tables = Tables()
    tables.take(said("1", 0)._replace(timestamp=NOW + 9))
    assert tables.take(said("2", 1)).position.known_at == NOW + 9


def test_only_what_a_batch_touches_is_asked_for() -> None:
    tables = Tables()
    tables.take(said("1", 0), said("2", 1))
    assert tables.asked == [[of_call("case-1", "1"), of_call("case-1", "2")], [cell_key(0, cell(1))]]
    tables.take(said("1", 2))
    assert tables.asked[2:] == [[of_call("case-1", "1")]]
    tables.take(reached=9)
    assert tables.asked[3:] == []


def test_a_call_is_taken_whatever_else_its_trail_has() -> None:
    tables = Tables()
    tables.take(*(said(str(number), number) for number in range(50)))
    before = dict(tables.trails)
    writes = tables.take(said("50", 50))
    assert writes.trails.keys() == {of_call("case-1", "50")}
    assert max(map(len, tables.trails.values())) == len(writes.trails[of_call("case-1", "50")])
    assert before.items() <= tables.trails.items()


def test_of_deals_and_offers_of_a_trail_all_are_read_since_one_decides_about_another() -> None:
    broken = msgspec.Raw(b"\x80")
    sold = told("deal.won", id="1", day="2017-03-02")
    after, _ = go_on(trail_value({"offer:1": one_offer()}), [sold], AMSTERDAM)
    assert read_trail(after or b"").keys() == {"offer:1", "deal:1"}
    with pytest.raises(FormError):
        go_on(trail_value({"offer:1": broken}), [sold], AMSTERDAM)


def one_offer() -> msgspec.Raw:
    found = part(folded([told("offer.sent", id="1", day="2017-03-01", rep=1)])["offer:1"])
    assert found
    return found


def test_a_state_of_a_newer_form_stops_the_step() -> None:
    tables = Tables()
    tables.trails[of_call("case-1", "1")] = bytes([FORM + 1]) + b"\x80"
    with pytest.raises(FormError, match="upgrade"):
        tables.take(said("1", 0))


# Dead letters


@pytest.mark.parametrize("is_signed", [False, True])
@pytest.mark.parametrize("kind", POISONS)
def test_what_is_no_event_becomes_the_dead_letter_that_the_recorder_makes_of_it(kind: str, is_signed: bool) -> None:
    bad = poison(kind, by_hash(1), is_signed=is_signed)._replace(offset=1)
    records = [said("1", 0), bad, said("2", 2)] if bad.partition == 0 else [bad]
    writes = Tables(Position(bad.partition, 0, 0)).take(*records)
    with in_memory() as history:
        assert writes.letters == Follower(history, AMSTERDAM, by_hash(1)).take(records).letters
    assert [(one.log_partition, one.log_offset) for one in writes.letters] == [(bad.partition, 1)]
    assert len(writes.cells) == (bad.partition == 0)


@pytest.mark.parametrize("is_signed", [False, True])
def test_the_record_from_which_the_bad_ones_are_made_is_good(is_signed: bool) -> None:
    assert Tables().take(GOOD[is_signed]).letters == []


@pytest.mark.slow
@settings(max_examples=150)
@given(st.lists(odd_records(by_hash(1)), min_size=1, max_size=4))
def test_no_bytes_whatsoever_stop_a_step_or_what_is_read_of_its_states(found: list[Record]) -> None:
    tables = {partition: Tables(Position(partition, 0, 0)) for partition in {one.partition for one in found}}
    placed = [one._replace(offset=offset) for offset, one in enumerate(found)]
    letters = [letter for one in placed for letter in tables[one.partition].take(one).letters]
    with in_memory() as history:
        assert sorted(letters) == sorted(Follower(history, AMSTERDAM, by_hash(1)).take(placed).letters)
    for partition, table in tables.items():
        for trail in TRAILS:
            if by_hash(1)(trail) == partition:
                good = record(Entry(call("good", trail), FEED), partition, len(found))
                assert table.take(good._replace(offset=table.position.next_offset)).letters == []


def test_an_event_that_lies_in_another_partition_than_its_trail_is_a_dead_letter() -> None:
    stepping = Stepping(AMSTERDAM, lambda trail: int(trail.removeprefix("case-")))
    tables = Tables(Position(2, 0, 0))
    records = [said(str(offset), offset, trail=f"case-{offset}")._replace(partition=2) for offset in (1, 2)]
    writes = tables.take(*records, stepping=stepping)
    assert writes.letters == [DeadLetter(2, 1, NOW + 1, "its trail belongs in partition 1")]
    assert writes.trails.keys() == {of_call("case-2", "2")}
    assert writes.cells == {cell_key(2, cell(1)): cell_value(1_000_000, 3)}
