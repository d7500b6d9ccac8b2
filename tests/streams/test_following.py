"""A history that follows a log holds each event once, whatever comes again and wherever it was killed."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.organisation import organisation
from projections.targets import targets
from schemas.envelope import Event
from schemas.facts import FEED, PERSON
from schemas.organisation import ORGANISATION
from schemas.received import read_event
from streams import told as under_test
from streams.appending import DeadLetter, Entry, Position
from streams.following import ORGANISATION_PARTITION, Follower, Taken
from streams.history import History
from streams.replaying import replay, stored_cells
from streams.stored import stored_facts
from streams.told import NEWER, PAST_THE_DOOR, Record
from tests.histories import TRAILS
from tests.streams.logs import GOOD, PLACES, POISONS, PartitionOf, by_hash, poison, record
from tests.streams.odd_records import odd_records
from tests.streams.recording import (
    AMSTERDAM,
    NOW,
    CrashError,
    Memory,
    call,
    in_memory,
    unreliable,
)

ONE = by_hash(1)
Batch = tuple[list[Record], dict[int, int]]


@pytest.fixture
def history() -> Iterator[History]:
    with in_memory() as made:
        yield made


def follower(history: History, partition_of: PartitionOf = ONE) -> Follower:
    return Follower(history, AMSTERDAM, partition_of)


def told(id_: str, offset: int, at: int = NOW, layer: int = FEED, rep: int = 1) -> Record:
    return record(Entry(call(id_, rep=rep), layer), 0, offset, at)


def letters(history: History) -> list[DeadLetter]:
    return [DeadLetter(*found) for found in history.rows("FROM dead_letters ORDER BY log_partition, log_offset")]


# Places and times


def test_events_keep_the_places_and_times_that_the_log_gave_them(history: History) -> None:
    taken = follower(history).take([told("1", 4, NOW), told("2", 9, NOW + 3)])
    assert history.rows(PLACES) == [(0, 4, NOW, False), (0, 9, NOW + 3, False)]
    assert history.rows("SELECT log_offset, known_at, amount FROM postings") == [
        (4, NOW, 1_000_000),
        (9, NOW + 3, 1_000_000),
    ]
    assert (
        taken.positions == [Position(0, 10, NOW + 3)] == [Position(*found) for found in history.rows("FROM positions")]
    )
    assert [(known_at, len(lines)) for known_at, lines in taken.moved] == [(NOW, 1), (NOW + 3, 1)]


def test_known_at_never_goes_back_with_the_log_not_even_after_reopening(history: History) -> None:
    first = follower(history)
    first.take([told("1", 0, NOW + 5), told("2", 1, NOW)])
    first.take([told("3", 2, NOW + 4)])
    follower(history).take([told("4", 3, NOW + 1), told("5", 4, NOW + 6)])
    assert [known_at for _, _, known_at, _ in history.rows(PLACES)] == [NOW + 5] * 4 + [NOW + 6]


def test_a_record_that_is_no_event_moves_time_on_like_any_other(history: History) -> None:
    follower(history).take([poison("empty", ONE)._replace(timestamp=NOW + 5), told("1", 1, NOW)])
    assert history.rows("SELECT known_at FROM dead_letters UNION ALL SELECT known_at FROM events") == [(NOW + 5,)] * 2


def test_each_partition_has_its_own_position_and_time(history: History) -> None:
    following = follower(history, by_hash(4))
    assert following.positions() == {}
    records = [record(Entry(call("1", trail), FEED), by_hash(4)(trail), 7, NOW + at) for at, trail in enumerate("abcd")]
    following.take(records)
    places = {one.partition: 8 for one in records}
    assert len(places) > 1
    assert following.positions() == follower(history).positions() == places


def test_markers_alone_move_the_position_on_and_never_back(history: History) -> None:
    following = follower(history)
    following.take([told("1", 0, NOW)], {0: 3, ORGANISATION_PARTITION: 2})
    assert following.take([], {0: 5}).positions == [Position(0, 5, NOW)]
    assert following.take([], {0: 4, ORGANISATION_PARTITION: 2}).positions == []
    assert following.positions() == follower(history).positions() == {0: 5, ORGANISATION_PARTITION: 2}


def test_where_nothing_came_nothing_is_written(history: History) -> None:
    heard: list[Taken] = []
    following = Follower(history, AMSTERDAM, ONE, recorded=heard.append)
    assert following.take([]) == following.take([], {0: 0}) == Taken([], [], 0, [], decided=False)
    assert history.rows("FROM positions") == []
    assert heard == []


def test_a_step_tells_whether_somebody_decided_something(history: History) -> None:
    following = follower(history)
    assert [following.take([told("1", 0)]).decided, following.take([told("2", 1, layer=PERSON)]).decided] == [
        False,
        True,
    ]


def test_what_comes_again_is_passed_over_by_its_place(history: History) -> None:
    following = follower(history)
    following.take([told("1", 0), told("1", 0), told("2", 1), told("1", 0)])
    assert following.take([told("1", 0), told("2", 1)]).positions == []
    follower(history).take([told("2", 1), told("3", 2)])
    assert history.rows(PLACES) == [(0, offset, NOW, False) for offset in range(3)]


def test_listeners_are_told_what_moved_once_it_is_part_of_history(history: History) -> None:
    heard: list[tuple[Taken, int]] = []

    def hear(taken: Taken) -> None:
        heard.append((taken, history.rows("SELECT count(*) FROM postings")[0][0]))

    taken = Follower(history, AMSTERDAM, ONE, recorded=hear).take([told("1", 0), told("2", 1)])
    assert heard == [(taken, 2)]


# Duplicates


def test_what_was_put_into_the_log_twice_is_marked_and_moves_nothing(history: History) -> None:
    following = follower(history)
    assert following.take([told("1", 0), told("1", 1), told("2", 2), told("1", 3, layer=PERSON)]).duplicates == 1
    assert following.take([told("2", 4), told("3", 5)]).duplicates == 1
    assert follower(history).take([told("3", 6)]).duplicates == 1
    assert [duplicate for *_, duplicate in history.rows(PLACES)] == [False, True, False, False, True, False, True]
    assert history.rows("SELECT log_offset FROM postings ORDER BY ALL") == [(0,), (2,), (5,)]


def test_the_same_id_with_other_content_is_no_duplicate(history: History) -> None:
    assert follower(history).take([told("1", 0), told("1", 1, rep=2)]).duplicates == 0
    assert history.rows("SELECT rep, amount FROM postings WHERE log_offset = 1 ORDER BY rep") == [
        (1, -1_000_000),
        (2, 1_000_000),
    ]


# Dead letters

REASONS = {
    "holds nothing": "holds nothing",
    "empty": "is no event as docs/events.md tells them: see the whole",
    "no text": "is no event as docs/events.md tells them: see the whole",
    "cut off": "is no event as docs/events.md tells them: see the whole",
    "no object": "is no event as docs/events.md tells them: see the whole",
    "of a newer version": NEWER.format(kind="quotum.call.sung.v9"),
    "unknown type": "is no event as docs/events.md tells them: see type",
    "refused by its model": "is no event as docs/events.md tells them: see data.day",
    "a field too many": "is no event as docs/events.md tells them: see data.colour",
    "a person's name": PAST_THE_DOOR,
    "a number that is too large": PAST_THE_DOOR,
    "of nobody who can be corrected": PAST_THE_DOOR,
    "another partition": "its trail belongs in partition 0",
    "another key": "its key is not its trail",
    "no key": "its key is not its trail",
    "another layer": "its header `layer` is neither 0 nor 1",
}


@pytest.mark.parametrize("is_signed", [False, True])
@pytest.mark.parametrize("kind", POISONS)
def test_a_record_that_is_no_event_becomes_a_dead_letter_and_holds_up_no_other(
    history: History, kind: str, is_signed: bool
) -> None:
    bad = poison(kind, ONE, is_signed=is_signed)._replace(offset=1)
    good = [told("1", 0), told("2", 2)]
    taken = follower(history).take([good[0], bad, good[1]])
    assert taken.letters == letters(history) == [DeadLetter(bad.partition, 1, NOW, REASONS[kind])]
    assert history.rows(PLACES) == [(0, 0, NOW, False), (0, 2, NOW, False)]
    assert follower(history).positions()[bad.partition] >= 2


@pytest.mark.parametrize("is_signed", [False, True])
def test_the_record_from_which_the_bad_ones_are_made_is_good(history: History, is_signed: bool) -> None:
    assert follower(history).take([GOOD[is_signed]]).letters == []


def test_what_a_newer_version_wrote_holds_up_nothing_and_counts_once_that_version_makes_history_anew(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    def older(raw: bytes) -> Event:
        return read_event(raw.replace(b"quotum.email.", b"quotum.letter."))  # a type that it knows nothing of

    kinds = ("quotum.call.logged.v1", "quotum.email.sent.v1", "quotum.call.logged.v1")
    sent = [record(Entry(call(str(at), type=kind), FEED), 0, at) for at, kind in enumerate(kinds)]
    with monkeypatch.context() as before:
        before.setattr(under_test, "read_event", older)
        follower(history).take(sent)
    assert letters(history) == [DeadLetter(0, 1, NOW, NEWER.format(kind="quotum.email.sent.v1"))]
    assert (history.rows(PLACES), follower(history).positions()) == ([(0, 0, NOW, False), (0, 2, NOW, False)], {0: 3})
    with in_memory() as anew:
        follower(anew).take(sent)
        assert anew.rows(PLACES) == [(0, at, NOW, False) for at in range(3)]
        assert anew.rows("SELECT metric FROM postings ORDER BY ALL") == [("calls",), ("calls",), ("emails",)]


def test_a_record_without_a_layer_is_what_a_feed_says(history: History) -> None:
    follower(history).take([Record(*told("1", 0)[:5])])
    assert history.rows("SELECT layer FROM events") == [(FEED,)]


def test_letters_of_the_last_step_of_each_partition_may_be_unsent(history: History) -> None:
    bad = poison("empty", ONE)
    following = follower(history)
    assert following.unsent() == []
    following.take([bad])
    assert [(one.log_partition, one.log_offset) for one in following.unsent()] == [(0, 0)]
    following.take([bad._replace(offset=3), bad._replace(partition=1)])
    assert [(one.log_partition, one.log_offset) for one in following.unsent()] == [(0, 3), (1, 0)]
    following.take([told("1", 4)], {1: 9})
    assert following.unsent() == follower(history).unsent() == []


# Anything at all


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.lists(odd_records(ONE), min_size=1, max_size=4))
def test_no_bytes_whatsoever_stop_a_follower_or_what_is_read_of_its_history(found: list[Record]) -> None:
    with in_memory() as history:
        for offset, one in enumerate(found):
            follower(history).take([one._replace(offset=offset)])
        following, last = follower(history), len(found)
        good = [Entry(call("good", trail), FEED) for trail in (*TRAILS, ORGANISATION)]
        taken = following.take([record(one, ONE(one.event.trail), at) for at, one in enumerate(good, last)])
        assert (taken.letters, len(taken.moved) + taken.duplicates) == ([], len(good))
        assert history.rows("SELECT count(*) FROM events") == [(last + len(good) - len(letters(history)),)]
        assert replay(history, AMSTERDAM) == []
        with history.read() as cursor:
            facts = list(stored_facts(cursor, [ORGANISATION]))
        organisation(facts)
        targets(facts)


# Crashes


def test_a_follower_that_failed_goes_on_with_the_same_records() -> None:
    with Memory() as memory:
        history, faults = unreliable(memory.connect())
        following = follower(history)
        following.take([told("1", 0)])
        faults.crash(0, is_run=False, is_for_good=True)
        with pytest.raises(CrashError):
            following.take([told("1", 1), told("2", 2)])
        faults.recover()
        assert following.take([told("1", 1), told("2", 2)]).duplicates == 1
        assert history.rows(PLACES) == [(0, 0, NOW, False), (0, 1, NOW, True), (0, 2, NOW, False)]
        history.close()


def killed(path: Path, at: int, batch: Batch, *, is_run: bool) -> str | None:
    """Take a batch and be killed at this statement of it, which is given back; None where there are not so many."""
    history, faults = unreliable(duckdb.connect(path))
    faults.crash(at, is_run=is_run, is_for_good=True)
    try:
        follower(history).take(*batch)
    except CrashError:
        return faults.ran[at]
    finally:
        history.close()
    return None


@pytest.mark.parametrize("is_run", [False, True], ids=["before", "after"])
def test_a_crash_at_each_statement_in_turn_leaves_a_file_that_takes_the_batch_once(
    tmp_path: Path, is_run: bool
) -> None:
    path = tmp_path / "quotum.duckdb"
    History.create(path).close()
    crashed: list[str] = []
    for at in itertools.count():
        first = 4 * at
        bad = poison("empty", ONE)._replace(offset=first + 2)
        batch = [told("known", first), told(f"{at}", first + 1), bad], {0: first + 4}
        statement = killed(path, at, batch, is_run=is_run)
        if statement is None:
            break
        crashed.append(statement)
        with History.open(path) as again:
            follower(again).take(*batch)
            assert follower(again).positions() == {0: first + 4}
            assert again.rows("SELECT count(*), sum(duplicate::INTEGER) FROM events") == [(2 * at + 2, at)]
            assert len(letters(again)) == at + 1
            with again.read() as cursor:
                assert {cell[0]: amount for cell, amount in stored_cells(cursor).items()} == {1: (at + 2) * 1_000_000}
    statements = [one.strip().split()[0] for one in crashed]
    assert (statements.count("INSERT"), statements.count("BEGIN"), statements[-1]) == (4, 1, "COMMIT")
