"""The cells that workers keep up, as others read them from their topic: only what is committed, whole batches alone.

Reading begins at the beginning, since the topic holds each cell's last value, and goes on from there. `Snapshot.of` is
what the topic held at one moment, `CellReading` what comes after it as well.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Self

from aiokafka import TopicPartition

from projections.postings import Cell
from streams.kafka import KafkaError
from streams.kafka.blocking import ANSWER_SECONDS, Blocking, let_go, reader, started
from streams.kafka.reading import IDLE_MS
from streams.kafka.recording import AwayError
from streams.kafka.topics import Log
from streams.live.forms import Counted, FormError, Tagged
from streams.live.gathering import NOWHERE, Gathering, Moved
from streams.live.owning import STALE_SECONDS

RECORDS_AT_ONCE = 20_000


class CellReading:
    """The topic of cells as it is read. One thread uses it; close it in the end."""

    def __init__(
        self, log: Log, records_at_once: int = RECORDS_AT_ONCE, clock: Callable[[], float] = time.time
    ) -> None:
        """`log`: one that was checked; `clock` in seconds. Nothing is connected yet."""
        self._log = log
        self._at_once = records_at_once
        self._blocking = Blocking(log.broker)
        self._consumer: Any = None  # the client has no types
        self._clock = clock
        self._read_at: float | None = None
        self._gathering = {TopicPartition(log.names.cells, one): Gathering(one) for one in range(log.partitions)}
        self._reached: dict[Any, int] = {}
        self._settled: set[Any] = set()  # the partitions of which all was shown that there was at one moment

    def close(self) -> None:
        """Let go of the broker; again is harmless."""
        self._blocking.close(self._let_go)

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    @property
    def is_settled(self) -> bool:
        """Whether all was shown that the topic held when reading began."""
        return self._settled == self._gathering.keys()

    def begin(self) -> None:
        """Connect and read on from where reading stands; again after whatever went wrong. AwayError if that may pass.

        Nothing that was taken is forgotten: what was read of a partition stays, and goes on with the next record. But
        after half a week reading begins anew, since nothing may tell any more of cells that became nothing meanwhile.
        """
        self._blocking.run(self._begin())

    def fetch(self) -> list[Moved]:
        """What moved, of each partition that was read to its end; after a short wait if there is nothing.

        KafkaError for cells that no worker of this log writes.
        """
        try:
            return self._blocking.run(self._fetch())
        except FormError as error:
            raise KafkaError(
                f"{self._log.names.cells} on {self._log.broker} holds what no worker of this log writes: {error}. "
                "docs/kafka.md tells under Compare what to do."
            ) from error

    async def _begin(self) -> None:
        if self._consumer is None:
            self._consumer = await started(reader(self._log.broker))
            self._consumer.assign(list(self._gathering))
        if self._is_stale():
            self._forget()
        self._seek()

    def _seek(self) -> None:
        for place in self._gathering:
            self._consumer.seek(place, self._reached.get(place, 0))

    def _is_stale(self) -> bool:
        return self._read_at is not None and self._clock() - self._read_at >= STALE_SECONDS

    def _forget(self) -> None:
        self._gathering = {place: Gathering(place.partition, is_anew=True) for place in self._gathering}
        self._reached, self._read_at = {}, None
        self._settled.clear()

    async def _fetch(self) -> list[Moved]:
        found = await self._consumer.getmany(timeout_ms=IDLE_MS, max_records=self._at_once)
        if self._is_stale():  # this process was frozen, and the broker never away
            self._forget()
            self._seek()
            return []
        self._read_at = self._clock()
        for place, records in found.items():
            for record in records:
                self._gathering[place].take(record.key, record.value)
        ends = await self._ends(is_idle=not found)
        self._reached = {place: await self._consumer.position(place) for place in self._gathering}
        at_end = [place for place, end in ends.items() if end is not None and self._reached[place] >= end]
        self._settled.update(at_end)
        return [moved for place in at_end if (moved := self._gathering[place].moved())]

    async def _ends(self, *, is_idle: bool) -> Mapping[Any, int | None]:
        """Where what is committed ends, at least: as the broker said with the records, or where there were none, now.

        Asked before the positions: a batch that is committed in between may make a partition look unfinished, never
        finished.
        """
        if not is_idle:
            return {place: self._consumer.last_stable_offset(place) for place in self._gathering}
        async with asyncio.timeout(ANSWER_SECONDS):
            found: dict[Any, int] = await self._consumer.end_offsets(list(self._gathering))
        return found

    async def _let_go(self) -> None:
        consumer, self._consumer = self._consumer, None
        await let_go(consumer)


class Snapshot(NamedTuple):
    """All cells as they stood together, and up to where those of each partition count."""

    counted: Mapping[int, Counted]
    cells: Mapping[tuple[int, Cell], Tagged]

    @classmethod
    def of(cls, log: Log) -> Self:
        """What the topic holds now. KafkaError where it cannot be read, or holds what no worker of this log writes."""
        counted = dict.fromkeys(range(log.partitions), NOWHERE)
        cells: dict[tuple[int, Cell], Tagged] = {}
        with CellReading(log) as reading:
            try:
                reading.begin()
                while not reading.is_settled:
                    _add(counted, cells, reading.fetch())
            except AwayError as error:
                raise KafkaError(f"the cells cannot be read: {error}. Try again once it answers.") from error
        return cls(counted, cells)


def _add(counted: dict[int, Counted], cells: dict[tuple[int, Cell], Tagged], found: Sequence[Moved]) -> None:
    for moved in found:
        counted[moved.partition] = moved.counted
        for cell, tagged in moved.cells.items():
            if tagged.amount:
                cells[moved.partition, cell] = tagged
            else:
                cells.pop((moved.partition, cell), None)
