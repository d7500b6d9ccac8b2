"""Lanes, and a log as the client gives it, for whoever fetches for lanes."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from aiokafka import TopicPartition
from faust.types import TP

from streams.appending import Position
from streams.kafka.reading import LOG_APPEND_TIME
from streams.kafka.workers.lanes import Lane
from streams.live.stepping import Stepping
from tests.streams.recording import AMSTERDAM

EVENTS = "quotum.events"


class Client:
    """A log as the client gives it: at each offset a record, a marker (None), or what it fails on."""

    def __init__(self, slots: Sequence[object], error: Exception | None = None) -> None:
        self.slots = slots
        self.error = error
        self.asked: list[tuple[int, ...]] = []
        self.at: dict[int, int] = {}
        self.committed: list[dict[int, int]] = []
        self.while_asked: Callable[[], object] = lambda: None
        self.most = 1_000  # of a partition at once

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        if self.error:
            error, self.error = self.error, None
            raise error
        self.committed.append({place.partition: offset for place, offset in offsets.items()})

    def seek(self, place: TopicPartition, offset: int) -> None:
        self.at[place.partition] = offset

    def last_stable_offset(self, place: TopicPartition) -> int | None:
        return len(self.slots) if self.asked and place.partition in self.at else None

    async def position(self, place: TopicPartition) -> int:
        return self.at[place.partition]

    async def getmany(self, *places: TopicPartition, timeout_ms: int, max_records: int) -> Mapping[Any, Any]:
        assert timeout_ms > 0
        self.asked.append(tuple(place.partition for place in places))
        self.while_asked()
        if self.error:
            error, self.error = self.error, None
            raise error
        return {place: found for place in places if (found := self._read(place, min(self.most, max_records)))}

    def _read(self, place: TopicPartition, max_records: int) -> list[object]:
        found: list[object] = []
        while self.at[place.partition] < len(self.slots) and len(found) < max_records:
            slot = self.slots[self.at[place.partition]]
            if isinstance(slot, UnicodeDecodeError):
                raise slot
            self.at[place.partition] += 1
            if slot is not None:
                found.append(slot)
        return found


def record(offset: int) -> SimpleNamespace:
    """As the client has it."""
    told = {"topic": EVENTS, "offset": offset, "timestamp": 5, "timestamp_type": LOG_APPEND_TIME}
    return SimpleNamespace(**told, headers=(), key=b"k", value=b"v")


def lane(partition: int, position: int | None) -> Lane:
    own: Any = None
    found = Lane(Stepping(AMSTERDAM, lambda _: 0), own, partition, lambda _: None)
    if position is not None:
        found.position, found.fetched = Position(partition, position, 0), position
    return found


def by_place(*lanes: Lane) -> dict[TP, Lane]:
    return {TP(EVENTS, one.partition): one for one in lanes}


def told(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(story())
