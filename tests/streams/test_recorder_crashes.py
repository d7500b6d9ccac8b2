"""Wherever between two statements a recorder crashes, what is sent again is recorded once."""

import itertools
from collections import Counter
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.facts import FEED
from schemas.moments import Calendar
from streams.history import History
from streams.recorder import Recorder
from tests.histories import History as Events
from tests.histories import histories, zones
from tests.streams.recording import (
    AMSTERDAM,
    NOW,
    CrashError,
    Memory,
    call,
    entries,
    is_whole,
    offsets,
    recorder,
    same_cells,
    specified_events,
    unreliable,
)


def batches(events: Events, size: int) -> list[Events]:
    """The events in their order, cut into pieces."""
    return [events[start : start + size] for start in range(0, len(events), size)]


@st.composite
def crashes(draw: st.DrawFn) -> tuple[int, bool, bool]:
    """At which statement, whether it is run, and whether the process ends with it."""
    return draw(st.integers(0, 24)), draw(st.booleans()), draw(st.booleans())


def record_or_crash(recording: Recorder, batch: Events, taken: Counter[str]) -> bool:
    """Whether it crashed; else what was taken is counted."""
    try:
        found = recording.record(entries(batch)).result().offsets
    except CrashError:
        return True
    taken.update(repr(entry) for entry, offset in zip(batch, found, strict=True) if offset is not None)
    return False


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
