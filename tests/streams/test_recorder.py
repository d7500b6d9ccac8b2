"""What is recorded is there once, whole, in the order it came, whatever fails and whenever."""

import itertools
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.envelope import Event
from schemas.facts import FEED, PERSON
from schemas.moments import Calendar
from streams.appending import Entry
from streams.books import Books
from streams.history import History, HistoryError
from streams.recorder import Recorder
from streams.replaying import folded_cells, sql_cells, stored_cells
from tests.histories import History as Events
from tests.histories import histories, zones
from tests.streams.recording import (
    AMSTERDAM,
    NOW,
    CrashError,
    Memory,
    call,
    entries,
    in_memory,
    specified_events,
    unreliable,
)

ROOT = Path(__file__).parents[2]
EVENTS = "SELECT id, source, layer, trail, data FROM events ORDER BY log_offset"


@pytest.fixture
def history() -> Iterator[History]:
    with in_memory() as made:
        yield made


def recorder(history: History, clock: Callable[[], int] = lambda: NOW) -> Recorder:
    return Recorder(history, AMSTERDAM, clock)


def offsets(recorder: Recorder, *events: Event, layer: int = FEED) -> list[int | None]:
    return recorder.record([Entry(event, layer) for event in events]).result().offsets


def same_cells(history: History, calendar: Calendar) -> dict[Any, int]:
    """The cells, on which stored postings, a cold fold and plain SQL agree."""
    with history.read() as cursor:
        stored = stored_cells(cursor)
        assert folded_cells(cursor, calendar) == stored
        assert sql_cells(cursor, calendar.zone) == stored
    return stored


def is_whole(history: History, expected: int) -> None:
    """Events lie without a gap, positions and postings speak of these events only."""
    assert history.rows("SELECT log_offset FROM events ORDER BY log_offset") == [(n,) for n in range(expected)]
    assert history.rows("SELECT coalesce(max(next_offset), 0) FROM positions") == [(expected,)]
    strangers = "SELECT count(*) FROM postings ANTI JOIN events USING (log_partition, log_offset, known_at, trail)"
    assert history.rows(strangers) == [(0,)]


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


# Crashes


def batches(events: Events, size: int) -> list[Events]:
    """The events in their order, cut into pieces."""
    return [events[start : start + size] for start in range(0, len(events), size)]


@st.composite
def crashes(draw: st.DrawFn) -> tuple[int, bool, bool]:
    """At which statement, whether it is run, and whether the process ends with it."""
    return draw(st.integers(0, 24)), draw(st.booleans()), draw(st.booleans())


@pytest.mark.slow
@settings(max_examples=40)
@given(
    events=histories(min_size=1, max_size=12),
    zone=zones(),
    size=st.integers(1, 6),
    planned=st.lists(crashes(), min_size=1, max_size=3),
)
def test_a_crash_between_any_two_statements_of_the_recorder_neither_loses_nor_doubles(
    events: Events, zone: str, size: int, planned: list[tuple[int, bool, bool]]
) -> None:
    """The batch that failed is sent again: to the same recorder, or to one that opened the history anew."""
    calendar, taken = Calendar(zone), Counter[str]()
    with Memory() as memory:
        history, faults = unreliable(memory.connect())
        recording = Recorder(history, calendar, lambda: NOW)
        for batch, crash in itertools.zip_longest(batches(events, size), planned, fillvalue=None):
            if crash:
                faults.crash(crash[0], is_run=crash[1], is_for_good=crash[2])
                is_lost = record_or_crash(recording, batch or events, taken)
                faults.recover()
                if is_lost and crash[2]:
                    history.close()
                    history, faults = unreliable(memory.connect())
                    recording = Recorder(history, calendar, lambda: NOW)
            record_or_crash(recording, batch or events, taken)
        once = {repr(entry) for entry in events}
        is_whole(history, len(once))
        assert history.rows("SELECT count(DISTINCT digest) FROM events") == [(len(once),)]
        assert taken <= Counter(once)  # a crash after COMMIT takes without an answer; nothing is taken twice
        assert same_cells(history, calendar) == specified_events(events, calendar)
        history.close()


def record_or_crash(recording: Recorder, batch: Events, taken: Counter[str]) -> bool:
    """Whether it crashed; else what was taken is counted."""
    try:
        found = recording.record(entries(batch)).result().offsets
    except CrashError:
        return True
    taken.update(repr(entry) for entry, offset in zip(batch, found, strict=True) if offset is not None)
    return False


@pytest.mark.parametrize("is_run", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("is_for_good", [False, True], ids=["goes on", "opens again"])
def test_a_crash_at_each_statement_in_turn_leaves_a_file_that_takes_the_batch_once(
    tmp_path: Path, is_run: bool, is_for_good: bool
) -> None:
    path = tmp_path / "quotum.duckdb"
    History.create(path).close()
    history, faults = unreliable(duckdb.connect(path))
    crashed: list[str] = []
    for at in itertools.count():
        recording = recorder(history)  # one that has looked nothing up yet, so that each way begins the same
        known, new = call(f"{at}k", "known"), call(f"{at}n", f"new-{at}", rep=2)
        faults.crash(at, is_run=is_run, is_for_good=is_for_good)
        is_lost = record_or_crash(recording, [(known, FEED), (new, FEED)], Counter())
        faults.recover()
        if not is_lost:
            break
        crashed.append(faults.ran[at])
        if is_for_good:
            history.close()
            history, faults = unreliable(duckdb.connect(path))
            recording = recorder(history)
        is_answered = not is_run or crashed[-1] != "COMMIT"
        assert offsets(recording, known, new) == ([2 * at, 2 * at + 1] if is_answered else [None, None])
        is_whole(history, 2 * at + 2)
    amounts = {cell[0]: amount for cell, amount in same_cells(history, AMSTERDAM).items()}
    assert amounts == {1: (len(crashed) + 1) * 1_000_000, 2: (len(crashed) + 1) * 1_000_000}
    history.close()
    statements = [one.strip().split()[0] for one in crashed]
    assert statements.count("INSERT") == 3
    assert (statements.count("BEGIN"), statements[-1]) == (1, "COMMIT")
    assert statements.count("SELECT") == 3  # the trails there are, the end of the log, the trails that were forgotten


# Kills

BATCH = 30  # events
PROGRAM = """
# Forks a recorder for every line it reads, so that what must be loaded is loaded once.
import json, os, sys
from pathlib import Path
from schemas.events import adapter
from streams import replaying
from streams.books import Books


def events(batch):
    read = adapter().validate_python
    for number in range(batch * BATCH, (batch + 1) * BATCH):
        rep = f"u{number % 17 + batch}"
        plain = {"id": f"e{number}", "source": "crm", "time": "2017-05-01T08:00:00Z", "trail": f"case-{number % 23}"}
        deal = {"id": str(number % 19), "rep": rep, "day": f"2017-05-{number % 28 + 1:02}"}
        deal["amount"] = {"value": str(number), "currency": "EUR"}
        verb = ("opened", "won", "lost")[number % 3]
        yield read({**plain, "type": f"quotum.deal.{verb}.v1", "sequence": number, "data": deal})


def record(path, batch):
    with Books.open(Path(path)) as books:
        books.history.write(lambda connection: connection.execute("SET checkpoint_threshold = '64KB'")).result()
        while True:
            outcomes = books.take(list(events(batch)))
            print(json.dumps([batch, [outcome.offset for outcome in outcomes]]), flush=True)
            if batch % 5 == 4:
                replaying.replay(books.history, books.calendar)
            batch += 1


for line in sys.stdin:
    child = os.fork()
    if child == 0:
        try:
            record(*json.loads(line))
        finally:
            os._exit(1)
    print(json.dumps(child), flush=True)
    os.waitpid(child, 0)
    print(json.dumps("dead"), flush=True)
"""
Offsets = dict[str, int | None]


class Recording:
    """A recorder in a process of its own, which is killed again and again over the same file."""

    def __init__(self, path: Path, forking: "subprocess.Popen[str]") -> None:
        self.path = path
        self.forking = forking
        self.batches = 0  # acknowledged
        self.offsets: Offsets = {}  # of every acknowledged event; None where it was there already

    def run_and_kill(self, batches: int, delay_s: float) -> None:
        """Record from the first batch on that was not acknowledged; be killed a while after some more were."""
        child, goal = 0, self.batches + batches
        assert self.forking.stdin
        self.forking.stdin.write(json.dumps([str(self.path), self.batches]) + "\n")
        self.forking.stdin.flush()
        while (told := self._told()) != "dead":
            if isinstance(told, int):
                child = told
            else:
                self._acknowledge(*told)
            if child and self.batches >= goal:
                time.sleep(delay_s)  # where in its work it is hit is left to chance
                os.kill(child, signal.SIGKILL)
                goal = sys.maxsize
        assert goal == sys.maxsize, "the recorder ended by itself"

    def _told(self) -> Any:  # noqa: ANN401 (whatever JSON holds)
        assert self.forking.stdout
        return json.loads(self.forking.stdout.readline())

    def _acknowledge(self, batch: int, offsets: list[int | None]) -> None:
        assert batch == self.batches
        numbers = range(batch * BATCH, (batch + 1) * BATCH)
        self.offsets |= {f"e{number}": offset for number, offset in zip(numbers, offsets, strict=True)}
        self.batches += 1

    def check(self) -> None:
        """Every acknowledged event is there once and in its place; of others whole batches; everyone has a name."""
        with Books.open(self.path) as books:
            rows = books.history.rows("SELECT id, log_offset, data FROM events WHERE source = 'crm'")
            labels = books.vault.labels()
            is_whole(books.history, len(rows) + 2)
            with books.history.read() as cursor:
                assert stored_cells(cursor) == folded_cells(cursor, books.calendar)
        found = {id_: offset for id_, offset, _ in rows}
        assert len(found) == len(rows) in (self.batches * BATCH, (self.batches + 1) * BATCH)
        assert found.keys() >= self.offsets.keys()
        assert all(offset in (None, found[id_]) for id_, offset in self.offsets.items())
        for id_, _, data in rows:
            assert labels[json.loads(data)["rep"]] == rep_of(int(id_.removeprefix("e")))


def rep_of(number: int) -> str:
    return f"u{number % 17 + number // BATCH}"


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system that forks")
@pytest.mark.parametrize("seed", range(5))
def test_a_file_left_by_kill_9_opens_again_with_every_acknowledged_event(tmp_path: Path, seed: int) -> None:
    """Ten kills of each of five files: while it is opened, written to, put in order and replayed."""
    chance, path = random.Random(seed), tmp_path / "quotum.duckdb"
    Books.create(path, zone="Europe/Amsterdam", currency="EUR").close()
    command = [sys.executable, "-c", PROGRAM.replace("BATCH", str(BATCH))]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as forking:
        recording = Recording(path, forking)
        for kill in range(10):
            recording.run_and_kill(chance.randrange(1, 6) if kill % 4 else 0, chance.uniform(0, 0.1))
            recording.check()
        assert forking.stdin
        forking.stdin.close()
    assert recording.batches >= 7
    with Books.open(path) as books:
        books.take([])
        same_cells(books.history, books.calendar)
