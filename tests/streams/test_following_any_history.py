"""Following with kills at any statement tells what the same events tell embedded, replayed and by plain SQL."""

from collections import Counter
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.postings import Cell
from schemas.moments import Calendar
from streams.appending import DeadLetter
from streams.following import Follower
from streams.recorder import Recorder
from streams.replaying import folded_cells, replay, sql_cells, stored_cells
from tests.histories import History as Events
from tests.histories import zones
from tests.streams.logs import PLACES, TOLD, Log, PartitionOf, logs
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


class Crash(NamedTuple):
    """Where a process is killed: at a statement (before it is run, or after), or before it passes letters on."""

    statement: int | None
    is_run: bool


class Step(NamedTuple):
    """How much is fetched of each partition, how much of it for the second time, and where the process is killed."""

    size: int
    back: int
    crash: Crash | None


# Drawn evenly: by themselves integers are small and lists are short, and hardly any process would be killed.
crashes = st.builds(Crash, st.sampled_from([None, *range(25), *range(8, 20)]), st.booleans())
killed_or_not = st.sampled_from([True, True, False]).flatmap(lambda is_killed: crashes if is_killed else st.none())
steps = st.lists(
    st.builds(Step, st.sampled_from(range(1, 6)), st.sampled_from(range(4)), killed_or_not), min_size=2, max_size=6
)
TO_THE_END = Step(1_000, 0, None)


class Process:
    """A process that follows a log, again and again from the beginning; what it passes on stays passed on."""

    def __init__(self, memory: Memory, log: Log, calendar: Calendar, partition_of: PartitionOf) -> None:
        self.memory, self.log, self.calendar, self.partition_of = memory, log, calendar, partition_of
        self.passed_on: Counter[DeadLetter] = Counter()
        self.acknowledged: dict[int, int] = {}
        self.start()

    def start(self) -> None:
        self.history, self.faults = unreliable(self.memory.connect())
        self.follower = Follower(self.history, self.calendar, self.partition_of)
        self.passed_on.update(self.follower.unsent())

    def step(self, step: Step) -> None:
        crash = step.crash
        if crash and crash.statement is not None:
            self.faults.crash(crash.statement, is_run=crash.is_run, is_for_good=True)
        try:
            taken = self.follower.take(*self.log.fetch(self.follower.positions(), step.size, step.back))
        except CrashError:
            self.start_again()
            return
        self.acknowledged |= {end.log_partition: end.next_offset for end in taken.positions}
        if crash:
            self.start_again()
        else:
            self.passed_on.update(taken.letters)

    def start_again(self) -> None:
        self.history.close()
        self.start()


def embedded(events: Events, calendar: Calendar) -> tuple[dict[Cell, int], Rows]:
    """The cells of an embedded history of the same events, and its columns."""
    with in_memory() as history:
        Recorder(history, calendar, lambda: NOW).record(entries(events)).result()
        with history.read() as cursor:
            return stored_cells(cursor), history.rows(TOLD)


@pytest.mark.slow
@settings(max_examples=60)
@given(made=logs(), zone=zones(), script=steps)
def test_live_equals_embedded_equals_replay_equals_plain_sql_for_any_history_and_any_crashes(
    made: tuple[Events, Log, PartitionOf], zone: str, script: list[Step]
) -> None:
    """Tried by hand, and each noticed here: positions stored after the transaction (not by every run, but always by
    the test of each statement in turn), or before it; dead letters of the last step not passed on again after a kill;
    known_at as the log's clock has it; records below the position taken; positions that do not pass markers.
    """
    events, log, partition_of = made
    calendar = Calendar(zone)
    with Memory() as memory:
        process = Process(memory, log, calendar, partition_of)
        for step in [*script, TO_THE_END]:
            process.step(step)
            positions = process.follower.positions()
            assert all(offset <= positions[partition] for partition, offset in process.acknowledged.items())
        history = process.history
        places, told, letters = log.told()
        assert history.rows(PLACES) == places
        assert history.rows(TOLD) == told
        assert process.follower.positions() == {partition: end for partition, end in log.ends().items() if end}
        found = [DeadLetter(*row) for row in history.rows("FROM dead_letters ORDER BY ALL")]
        assert [one._replace(reason="") for one in found] == letters
        assert process.passed_on.keys() == set(found)
        cells, columns = embedded(events, calendar)
        assert set(told) == set(columns)
        with history.read() as cursor:
            assert stored_cells(cursor) == specified_events(events, calendar) == cells
            assert folded_cells(cursor, calendar) == sql_cells(cursor, zone) == cells
        postings = history.rows("FROM postings ORDER BY ALL")
        assert replay(history, calendar) == []
        assert history.rows("FROM postings ORDER BY ALL") == postings
        history.close()
