"""What is recorded is there once and whole, in the order it came, whoever else records at the same moment."""

import random
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from schemas.envelope import Event
from schemas.facts import FEED, PERSON
from schemas.moments import Calendar
from streams.books import Books
from streams.history import History, HistoryError
from tests.streams.recording import (
    AMSTERDAM,
    NOW,
    CrashError,
    call,
    entries,
    in_memory,
    is_whole,
    offsets,
    recorder,
    same_cells,
    unreliable,
)

EVENTS = "SELECT id, source, layer, trail, data FROM events ORDER BY log_offset"


@pytest.fixture
def history() -> Iterator[History]:
    with in_memory() as made:
        yield made


# Places and times


def test_events_get_places_in_the_order_in_which_they_come(history: History) -> None:
    recording = recorder(history)
    assert offsets(recording, call("1"), call("2")) == [0, 1]
    assert offsets(recording) == []
    assert offsets(recording, call("3")) == [2]
    assert history.rows(EVENTS) == [
        (f"e{n}", "crm", 0, "case-1", f'{{"day":"2017-05-01","id":"{n}","rep":1}}') for n in (1, 2, 3)
    ]
    assert history.rows("FROM positions") == [(0, 2, NOW), (0, 3, NOW)]


def test_known_at_is_one_for_a_batch_and_never_goes_back_with_the_clock(history: History) -> None:
    clock = iter([NOW, NOW - 5_000_000, NOW + 1, NOW + 1, NOW - 1, NOW + 2])
    recording = recorder(history, lambda: next(clock))
    for number in range(5):
        offsets(recording, call(f"{number}a"), call(f"{number}b"))
    offsets(recorder(history, lambda: NOW - 60_000_000), call("after reopening"))
    known = [NOW, NOW, NOW + 1, NOW + 1, NOW + 1, NOW + 1]
    assert history.rows("SELECT known_at FROM positions") == [(at,) for at in known]
    per_event = [at for at in known for _ in range(2)][:-1]
    assert history.rows("SELECT known_at FROM events ORDER BY log_offset") == [(at,) for at in per_event]
    assert history.rows("SELECT known_at FROM postings ORDER BY log_offset") == [(at,) for at in per_event]


def test_a_batch_of_duplicates_alone_leaves_no_trace(history: History) -> None:
    recording = recorder(history)
    offsets(recording, call("1"))
    before = [history.rows(f"FROM {name}") for name in ("events", "postings", "positions")]
    assert offsets(recording, call("1"), call("1")) == [None, None]
    assert [history.rows(f"FROM {name}") for name in ("events", "postings", "positions")] == before


def test_what_a_batch_moved_is_told_and_stored_alike(history: History) -> None:
    recording = recorder(history)
    recording.record(entries([(call("1"), FEED)])).result()
    moved = recording.record(entries([(call("1"), FEED), (call("1", rep=2, id="other"), FEED), (call("2"), FEED)]))
    said = [(entity, line[0], line[2], amount) for entity, line, amount in moved.result().postings]
    assert said == [
        ("call:1", "calls", 1, -1_000_000),
        ("call:1", "calls", 2, 1_000_000),
        ("call:2", "calls", 1, 1_000_000),
    ]
    assert history.rows("SELECT entity, metric, rep, amount FROM postings WHERE log_offset > 0") == said


# Duplicates


def test_a_duplicate_is_recognised_within_a_batch_across_batches_and_after_reopening(history: History) -> None:
    first, second = call("1"), call("2")
    recording = recorder(history)
    assert offsets(recording, first, first, second, first) == [0, None, 1, None]
    assert offsets(recording, second, call("3"), first, call("3")) == [None, 2, None, None]
    assert offsets(recorder(history), call("3"), call("4"), first) == [None, 3, None]
    is_whole(history, 4)


DIFFERENT: dict[str, Event] = {
    "id": call("1", id="e2"),
    "source": call("1", source="phone"),
    "time": call("1", time="2017-05-01T08:00:00.000001Z"),
    "sequence": call("1", sequence=1),
    "trail": call("1", trail="case-2"),
    "entity": call("2", id="e1"),
    "data": call("1", rep=2),
    "type": call("1", type="quotum.demo.given.v1"),
}


@pytest.mark.parametrize("what", DIFFERENT)
def test_an_event_that_differs_in_one_thing_is_another_event(history: History, what: str) -> None:
    recording = recorder(history)
    assert offsets(recording, call("1"), DIFFERENT[what]) == [0, 1]
    assert offsets(recording, DIFFERENT[what], call("1")) == [None, None]
    same_cells(history, AMSTERDAM)


def test_what_a_person_says_is_not_what_a_feed_said(history: History) -> None:
    recording = recorder(history)
    assert offsets(recording, call("1")) == [0]
    assert offsets(recording, call("1"), layer=PERSON) == [1]
    assert offsets(recording, call("1"), layer=PERSON) == [None]


def test_the_same_content_written_in_another_way_is_a_duplicate(history: History) -> None:
    written = call("1", time="2017-05-01T10:00:00.0000009+02:00", sequence="0", datacontenttype="application/json")
    assert offsets(recorder(history), call("1"), written) == [0, None]


# Several threads


@contextmanager
def held_back(history: History) -> Iterator[None]:
    """The writer waits until the end, so that what is recorded meanwhile waits together."""
    go_on = threading.Event()
    history.write(lambda _: go_on.wait())
    try:
        yield
    finally:
        go_on.set()


def test_batches_that_wait_together_are_written_together_and_each_is_told_its_own(history: History) -> None:
    recording = recorder(history)
    with held_back(history):
        first = recording.record(entries([(call("1"), FEED), (call("2"), FEED)]))
        second = recording.record(entries([(call("2"), FEED), (call("3", rep=2), FEED)]))
        third = recording.record(entries([(call("1"), FEED)]))
    assert [one.result().offsets for one in (first, second, third)] == [[0, 1], [None, 2], [None]]
    assert [(entity, line[2]) for entity, line, _ in second.result().postings] == [("call:3", 2)]
    assert history.rows("SELECT next_offset FROM positions") == [(3,)]
    is_whole(history, 3)


def test_all_who_wait_together_are_told_that_writing_failed_and_may_try_again(tmp_path: Path) -> None:
    path = tmp_path / "quotum.duckdb"
    History.create(path).close()
    history, faults = unreliable(duckdb.connect(path))
    recording = recorder(history)
    with held_back(history):
        waiting = [recording.record(entries([(call(id_), FEED)])) for id_ in "12"]
        faults.crash(0, is_run=False, is_for_good=True)
    for one in waiting:
        with pytest.raises(CrashError):
            one.result()
    faults.recover()
    assert offsets(recording, call("1"), call("2")) == [0, 1]
    is_whole(history, 2)
    history.close()
    with pytest.raises(HistoryError, match="closed"):
        recording.record(entries([(call("3"), FEED)]))


def test_threads_that_record_at_once_lose_and_double_nothing(tmp_path: Path) -> None:
    """Every call comes by two threads; people are met for the first time by several threads too."""
    calls = [call(f"{n}", f"case-{n % 7}", source="crm", id=f"id{n}") for n in range(240)]
    told = [
        one.model_copy(update={"data": one.data.model_copy(update={"rep": f"u{n % 50}"})})
        for n, one in enumerate(calls)
    ]
    parts = [told[start : start + 12] for start in range(0, 240, 12)] * 2
    random.Random(1).shuffle(parts)
    with Books.create(tmp_path / "b", zone="UTC", currency="EUR") as books, ThreadPoolExecutor(8) as pool:
        outcomes = [one for batch in pool.map(books.take, parts) for one in batch]
        taken = [one.offset for one in outcomes if one.fate == "taken"]
        assert sorted(offset for offset in taken if offset is not None) == list(range(2, 242))
        assert Counter(one.fate for one in outcomes) == {"taken": 240, "duplicate": 240}
        is_whole(books.history, 242)
        labels = books.vault.labels()
        counted = Counter(
            {labels[cell[0]]: amount for cell, amount in same_cells(books.history, Calendar("UTC")).items()}
        )
        assert counted == {f"u{n}": 1_000_000 * len(range(n, 240, 50)) for n in range(50)}
