"""Figures that workers keep up are exact, whatever happens to the workers; done wrong, they are not.

`simulated.py` and `cluster.py` can stop a worker at each pause, kill it, wake it up as a zombie; the rest is real.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.postings import Cell
from schemas.facts import FEED
from schemas.moments import Calendar
from streams.appending import DeadLetter, Entry, Position
from streams.following import Follower
from streams.history import History
from streams.live.owning import take
from streams.live.stepping import Stepping, Stored, Writes
from streams.recorder import Recorder
from streams.replaying import Cells, replay, sql_cells, stored_cells
from streams.told import Record
from tests.histories import History as Events
from tests.histories import zones
from tests.streams.live.cluster import FAR, Cluster, Compact, Happening, Kill, KillAtStore, Move, Push, scripts
from tests.streams.live.simulated import Mutant, Source
from tests.streams.logs import Log, PartitionOf, by_hash, logs, record
from tests.streams.recording import AMSTERDAM, NOW, call, entries, in_memory, specified_events

fetched = st.tuples(st.sampled_from((1, 1, 2, 3, 6)), st.integers(0, 3))
POSTINGS = """
SELECT log_partition, log_offset, rep, date_diff('day', DATE '1970-01-01', day), metric, basis,
    campaign, product, kind, customer, currency, days, amount
FROM postings
"""
CALLS = [
    call("1", rep=1),
    call("2", rep=2),
    call("1", rep=2, time="2017-05-01T09:00:00Z"),  # the first call was of the second rep after all
    call("3", rep=1),
    call("2", rep=1, time="2017-05-01T09:00:00Z"),
]
LETTERS = "FROM dead_letters WHERE log_partition >= 0 ORDER BY ALL"


def sources(log: Log, size: int, back: int) -> dict[int, Source]:
    return {
        partition: Source([slot.record for slot in slots], size, back)
        for partition, slots in log.partitions.items()
        if partition >= 0  # the organisation's counts for nothing, and is read otherwise
    }


# For any history


@pytest.mark.slow
@settings(max_examples=200)
@given(made=logs(max_size=24, ways=3), zone=zones(), script=scripts, fetched=fetched)
def test_live_cells_are_those_of_the_specification_whatever_happens_to_workers(
    made: tuple[Events, Log, PartitionOf], zone: str, script: list[Happening], fetched: tuple[int, int]
) -> None:
    events, log, partition_of = made
    cluster = Cluster(Stepping(Calendar(zone), partition_of), sources(log, *fetched))
    cluster.run(script)
    assert cluster.cells() == specified_events(events, Calendar(zone))
    assert cluster.stores_agree()


def postings_before(history: History, partition: int, end: int) -> Cells:
    """What a recorder's postings of a partition sum to before an offset."""
    cells: Cells = {}
    for of, offset, rep, day, metric, basis, *dims, amount in history.rows(POSTINGS):
        if of == partition and offset < end:
            cell: Cell = (rep, day, metric, basis, tuple(dims))
            cells[cell] = cells.get(cell, 0) + amount
    return {cell: amount for cell, amount in cells.items() if amount}


def expect_as_recorded(cluster: Cluster, history: History) -> None:
    """Live rows are the sums up to the position that was committed with them; each also up to the one it names."""
    for partition, position in cluster.broker.positions.items():
        rows = cluster.rows(partition)
        summed = postings_before(history, partition, position.next_offset)
        assert {cell: row.amount for cell, row in rows.items()} == summed
        for end in {row.next_offset for row in rows.values()}:
            summed = postings_before(history, partition, end)
            assert all(row.amount == summed[cell] for cell, row in rows.items() if row.next_offset == end)


def embedded(events: Events, calendar: Calendar) -> Cells:
    with in_memory() as history:
        Recorder(history, calendar, lambda: NOW).record(entries(events)).result()
        with history.read() as cursor:
            return stored_cells(cursor)


@pytest.mark.slow
@settings(max_examples=40)
@given(made=logs(max_size=24, ways=3), zone=zones(), script=scripts, fetched=fetched)
def test_live_equals_embedded_equals_recorded_equals_replay_equals_plain_sql_at_every_moment(
    made: tuple[Events, Log, PartitionOf], zone: str, script: list[Happening], fetched: tuple[int, int]
) -> None:
    events, log, partition_of = made
    calendar = Calendar(zone)
    cluster = Cluster(Stepping(calendar, partition_of), sources(log, *fetched))
    with in_memory() as history:
        Follower(history, calendar, partition_of).take(*log.fetch({}, 1_000))
        for happening in script:
            cluster.happen(happening)
            expect_as_recorded(cluster, history)
        cluster.run([])
        expect_as_recorded(cluster, history)
        with history.read() as cursor:
            assert cluster.cells() == embedded(events, calendar) == stored_cells(cursor) == sql_cells(cursor, zone)
        assert replay(history, calendar) == []
        with history.read() as cursor:  # what was folded anew holds from now on
            assert cluster.cells() == stored_cells(cursor)
        assert sorted(cluster.broker.letters) == [DeadLetter(*row) for row in history.rows(LETTERS)]
    ends = {partition: len(slots) for partition, slots in log.partitions.items() if partition >= 0 and slots}
    assert {partition: end.next_offset for partition, end in cluster.broker.positions.items()} == ends


# What a step is told to do


class Noted:
    """A partition without anything, that notes what it is told."""

    def __init__(self, *, is_over: bool = False) -> None:
        self.told: list[str] = []
        self._is_over = is_over

    @property
    def stored(self) -> Stored:
        return Stored(lambda _: {}, lambda _: {})

    def is_over(self) -> bool:
        return self._is_over

    async def commit(self, writes: Writes) -> bool:
        self.told.append(f"commit {writes.position.next_offset}")
        return True

    def keep(self, writes: Writes) -> None:
        self.told.append(f"keep {writes.position.next_offset}")


def taken(own: Noted, *records: Record, reached: int = 0) -> Position | None:
    stepping, position = Stepping(AMSTERDAM, by_hash(1)), Position(0, 2, NOW)
    return asyncio.run(take(stepping, own, position, records, reached))


def test_a_batch_is_committed_and_then_kept() -> None:
    own = Noted()
    assert taken(own, record(Entry(CALLS[0], FEED), 0, 2)) == Position(0, 3, NOW)
    assert own.told == ["commit 3", "keep 3"]


def test_markers_alone_are_committed_so_that_they_are_passed_for_good() -> None:
    own = Noted()
    assert taken(own, reached=4) == Position(0, 4, NOW)
    assert own.told == ["commit 4", "keep 4"]


def test_nothing_is_committed_where_nothing_came() -> None:
    own = Noted()
    assert taken(own, record(Entry(CALLS[0], FEED), 0, 1), reached=2) == Position(0, 2, NOW)
    assert own.told == []


def test_a_partition_that_was_given_away_takes_nothing() -> None:
    own = Noted(is_over=True)
    assert taken(own, record(Entry(CALLS[0], FEED), 0, 2)) is None
    assert own.told == []


# Each stop in turn

STOPS = range(1, 30)  # more than there are
FEW_STOPS = (2, 6, 9, 12, 15, FAR)


def calls_made(script: Sequence[Happening], mutant: Mutant | None) -> dict[int, int]:
    """By rep, as live cells have it in the end; every worker's stores agree with the changelogs."""
    slots = [record(Entry(event, FEED), 0, offset) for offset, event in enumerate(CALLS)]
    cluster = Cluster(Stepping(AMSTERDAM, by_hash(1)), {0: Source(slots, 1, 0)}, mutant)
    cluster.run(script)
    return {cell[0]: amount for cell, amount in cluster.cells().items()}


def killed() -> Iterator[list[Happening]]:
    for stop, is_wiped in product(STOPS, (False, True)):
        yield [Move(0, 0, is_told=True), Push(0, stop), Kill(0, is_wiped)]


def killed_at_the_store() -> Iterator[list[Happening]]:
    for stop, write in product(STOPS, (0, 1)):
        yield [Move(0, 0, is_told=True), Push(0, stop), KillAtStore(0, write), Push(0, FAR)]


def taken_over(worker: int, *, is_told: bool) -> Iterator[list[Happening]]:
    """The first goes on somewhen after it was replaced, and so does the second then."""
    for stop, second, first in product(STOPS, FEW_STOPS, FEW_STOPS):
        yield [
            Move(0, 0, is_told=True),
            Push(0, stop),
            Move(0, worker, is_told),
            Push(1, second),
            Push(0, first),
            Move(0, worker, is_told=True),
        ]


def compacted() -> Iterator[list[Happening]]:
    """The first comes back to its store after another went on, and the changelogs were compacted."""
    for first, second in product(STOPS, STOPS):
        yield [
            Move(0, 0, is_told=True),
            Push(0, first),
            Move(0, 1, is_told=True),
            Push(-1, second),
            Compact(),
            Kill(1, is_wiped=False),
        ]


HAPPENINGS: dict[str, Callable[[], Iterator[list[Happening]]]] = {
    "killed": killed,
    "killed at the store": killed_at_the_store,
    "replaced without notice": lambda: taken_over(1, is_told=False),
    "replaced with notice": lambda: taken_over(1, is_told=True),
    "compacted": compacted,
    "given away and back": lambda: taken_over(0, is_told=True),
}


def is_exact(script: Sequence[Happening], mutant: Mutant | None = None) -> bool:
    return calls_made(script, mutant) == {1: 2_000_000, 2: 1_000_000}


@pytest.mark.parametrize("what", HAPPENINGS)
def test_a_worker_may_be_stopped_anywhere(what: str) -> None:
    assert all(is_exact(script) for script in HAPPENINGS[what]())


@pytest.mark.parametrize(
    ("mutant", "what"),
    [
        (Mutant.CELLS_APART, "killed"),
        (Mutant.STORE_FIRST, "killed"),
        (Mutant.NO_FENCE, "replaced without notice"),
        (Mutant.RESTORED_FIRST, "replaced without notice"),
        (Mutant.READ_UNCOMMITTED, "killed"),
        (Mutant.TOMBSTONES_DROPPED, "compacted"),
        (Mutant.KEPT_AFTERWARDS, "given away and back"),
    ],
)
def test_whatever_is_done_otherwise_shows_somewhere(mutant: Mutant, what: str) -> None:
    assert not all(is_exact(script, mutant) for script in HAPPENINGS[what]())
