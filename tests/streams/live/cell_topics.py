"""What workers write into their topic of cells, without a broker: batches of a log, and a topic that is compacted."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from projections.postings import Cell
from schemas.facts import fact
from schemas.moments import Calendar
from streams.appending import Position
from streams.following import ORGANISATION_PARTITION
from streams.live.forms import Counted, counted_key, counted_value
from streams.live.stepping import Stepping, Stored
from tests.streams.logs import Log, PartitionOf, Slot
from tests.streams.recording import specified

Records = list[tuple[bytes, bytes | None]]  # of one transaction


class Worker:
    """Who folds one partition, batch after batch."""

    def __init__(self, partition: int, partition_of: PartitionOf, calendar: Calendar) -> None:
        self.position = Position(partition, 0, 0)
        self._stepping = Stepping(calendar, partition_of)
        self._trails: dict[bytes, bytes] = {}
        self._cells: dict[bytes, bytes] = {}

    def step(self, slots: Iterable[Slot], reached: int = 0) -> Records:
        """The cells that a batch changes, and up to where all of them count now."""
        stored = Stored(
            lambda keys: {key: self._trails[key] for key in keys if key in self._trails},
            lambda keys: {key: self._cells[key] for key in keys if key in self._cells},
        )
        writes = self._stepping.step(self.position, [one.record for one in slots if one.record], stored, reached)
        self.position = writes.position
        self._trails |= writes.trails
        self._cells |= {key: value for key, value in writes.cells.items() if value is not None}
        for key in [key for key, value in writes.cells.items() if value is None]:
            del self._cells[key]
        partition, *counted = writes.position
        return [*writes.cells.items(), (counted_key(partition), counted_value(Counted(*counted)))]


def batches(log: Log, partition_of: PartitionOf, calendar: Calendar, sizes: list[int]) -> Iterator[tuple[int, Records]]:
    """Partition by partition, batch by batch: what is written of a log that is cut into such sizes."""
    for partition, slots in log.partitions.items():
        if partition == ORGANISATION_PARTITION:
            continue
        worker, first = Worker(partition, partition_of, calendar), 0
        for size in [*sizes, len(slots)]:
            yield partition, worker.step(slots[first : first + size], min(first + size, len(slots)))
            first += size


def truth(log: Log, positions: dict[int, int], calendar: Calendar) -> dict[tuple[int, Cell], int]:
    """(partition, cell) -> what the events before these positions count for, by the specification."""
    return {
        (partition, cell): amount
        for partition, next_offset in positions.items()
        for cell, amount in specified(
            [
                fact(one.entry.event, one.entry.layer)
                for one in log.partitions.get(partition, [])[:next_offset]
                if one.entry
            ],
            calendar,
        ).items()
    }


class Lying(NamedTuple):
    """A record in a topic."""

    offset: int
    key: bytes
    value: bytes | None


class Topic:
    """One partition of a compacted topic."""

    def __init__(self) -> None:
        self.records: list[Lying] = []
        self.end = 0

    def commit(self, records: Records) -> None:
        """A transaction, with its marker."""
        self.records += [Lying(self.end + place, *one) for place, one in enumerate(records)]
        self.end += len(records) + 1

    def compact(self, end: int) -> None:
        """Drop what was written again before an offset, as a broker may that has looked up to there."""
        last = {one.key: one.offset for one in self.records if one.offset < end}
        self.records = [one for one in self.records if one.offset >= end or one.offset == last[one.key]]

    def read(self, start: int, count: int) -> tuple[list[Lying], int]:
        """At most so many records from an offset on, and where reading goes on."""
        found = [one for one in self.records if one.offset >= start]
        return found[:count], found[count].offset if len(found) > count else self.end
