"""The lane of a partition: what this worker fetched of it is taken here, one batch after the other, until it is lost.

Lanes run beside each other, so that one waits for the broker while another folds. All batches that wait in a lane go
into one step, up to a limit: a transaction costs the same for a few events and for thousands.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from itertools import chain
from typing import NamedTuple, Protocol

from streams.appending import Position
from streams.kafka import KafkaError
from streams.live.owning import Ownership, take
from streams.live.stepping import Read, Stepping

STEP_RECORDS = 8_000


class Owning(Ownership, Protocol):
    """A partition that is taken over, and given up in the end."""

    async def begin(self) -> Position:
        """Shut others out, read back what is known, and tell where to go on."""

    def end(self) -> None:
        """The partition is this worker's no more, or anew."""

    async def close(self) -> None:
        """Let go of what it has."""


class Batch(NamedTuple):
    """What was fetched of a partition at once: its records in their order, and where that began and reading goes on."""

    lane: "Lane"
    start: int
    records: Sequence[Read]
    next_offset: int


class Lane:
    """A partition in the hands of this worker, with what it does about it."""

    def __init__(self, stepping: Stepping, own: Owning, partition: int, moved: Callable[[int], object]) -> None:
        """`moved` is called with the number of records of each step, once it is kept."""
        self.partition = partition
        self.position: Position | None = None  # None: not begun yet
        self.fetched = 0  # where fetching goes on, once it has begun
        self.is_lost = False  # whether somebody else has it, though nobody said so yet
        self._stepping = stepping
        self._own = own
        self._moved = moved
        self._waiting: deque[Batch] = deque()
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._is_ending = False

    @property
    def is_ready(self) -> bool:
        """Whether its batches can be taken."""
        return self.position is not None and not self._is_ending and not self.is_lost

    async def run(self) -> None:
        """Until it is ended or lost. Whatever is raised here is the end of the worker."""
        try:
            position: Position | None = await self._own.begin()
            while position:
                self.position, self.fetched = position, max(self.fetched, position.next_offset)
                if self._is_ending:
                    break
                position = await self._step(position)
            self.is_lost = position is None
        finally:
            self._room.set()
            await self._own.close()

    async def _step(self, position: Position) -> Position | None:
        batches = await self._together()
        if not batches:
            return position
        if batches[0].start > position.next_offset:
            raise KafkaError(
                f"partition {self.partition} was read from {batches[0].start} on, and is known up to "
                f"{position.next_offset}: this must never happen, and nothing of it was taken"
            )
        records = list(chain.from_iterable(batch.records for batch in batches))
        found = await take(self._stepping, self._own, position, records, batches[-1].next_offset)
        if found:
            self._moved(len(records))
        return found

    async def _together(self) -> list[Batch]:
        """What waits, in order, as much as one step should take; nothing where the lane is to end."""
        while not self._waiting and not self._is_ending:
            self._news.clear()
            await self._news.wait()
        found: list[Batch] = []
        while (
            self._waiting and not self._is_ending and (not found or _size([*found, self._waiting[0]]) <= STEP_RECORDS)
        ):
            found.append(self._waiting.popleft())
        self._room.set()
        return found

    async def put(self, batch: Batch) -> None:
        """Have a batch taken, once there is room; of a lane that is over it is dropped."""
        while self.is_ready and self._waiting and _size([*self._waiting, batch]) > STEP_RECORDS:
            self._room.clear()
            await self._room.wait()
        if self.is_ready:
            self._waiting.append(batch)
            self._news.set()

    def finish(self) -> None:
        """Take nothing more; the step that is under way may come to its end, for as long as it is this worker's."""
        self._is_ending = True
        self._waiting.clear()
        self._news.set()
        self._room.set()

    def end(self) -> None:
        """The partition is this worker's no more, or anew."""
        self._own.end()


def _size(batches: Sequence[Batch]) -> int:
    return sum(len(batch.records) for batch in batches)
