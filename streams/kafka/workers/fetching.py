"""What is fetched for lanes: of each partition a batch, from where its lane is, here or by whoever reads ahead.

Partitions come and go while it is waited for. So what comes for a lane that is another by now is dropped, and each
batch says where it begins, so that its lane can refuse what does not follow on what it has.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import IllegalStateError, NoOffsetForPartitionError, OffsetOutOfRangeError
from faust.types import TP

from streams.kafka import KafkaError
from streams.kafka.reading import record_of, up_to_fault
from streams.kafka.topics import Log
from streams.kafka.workers.lanes import Batch, Lane
from streams.kafka.workers.reading_ahead import ReadingAhead
from streams.live.stepping import Read
from streams.told import Record

RECORDS_AT_ONCE = 8_000
IDLE_MS = 200  # until it is asked again, also for partitions whose lanes have begun meanwhile
PAUSE_SECONDS = 0.02


class Holding(Protocol):
    """Who has lanes."""

    @property
    def lanes(self) -> Mapping[TP, Lane]:
        """Of each partition that is its own just now."""

    @property
    def is_settled(self) -> bool:
        """Whether it knows which are its own, and all of their lanes have begun."""


class Fetching:
    """Fetches for the lanes that somebody has. One task uses it; whoever has them closes what reads ahead."""

    def __init__(self, log: Log, ahead: ReadingAhead, holding: Holding) -> None:
        """Nothing is fetched yet."""
        self._log = log
        self._ahead = ahead
        self._holding = holding
        self._sought: set[TP] = set()  # partitions that the client reads from where their lanes are
        self._alone = 0  # records that were read without help, and not told to it yet
        self._is_led = False  # whether somebody ahead read last
        self._ends: dict[TP, int] = {}  # of partitions, as whoever reads ahead has told

    def begin_anew(self) -> None:
        """Lanes are others from here on: each is to be read from where it is."""
        self._sought.clear()

    async def fetch(self, client: AIOKafkaConsumer, seconds: float) -> dict[TP, Batch]:
        """A batch of each partition of which something came, waited for so long at most."""
        found = await self._read_ahead(client)
        return await self._read_here(client, min(IDLE_MS, int(seconds * 1000))) if found is None else found

    def end(self, client: AIOKafkaConsumer, place: TP) -> int | None:
        """Where a partition ends, as far as the broker has said to the client or to whoever reads ahead."""
        own: int | None = None
        with suppress(IllegalStateError):
            own = client.last_stable_offset(client_place(place))
        known = [one for one in (own, self._ends.get(place)) if one is not None]
        return max(known, default=None)

    async def _read_ahead(self, client: AIOKafkaConsumer) -> dict[TP, Batch] | None:
        """What somebody read ahead, None where nobody does. Lanes are helped once all of them have begun."""
        asked = self._asked() if self._holding.is_settled else {}
        found = await self._ahead.fetch(asked, self._behind(client, asked), self._alone)
        self._alone = 0
        if found is None:
            return None
        self._is_led = True
        self._ends |= {place: one.end for place, one in found.items() if one.end is not None}
        return self._batches(asked, {place: (one.lying, one.next_offset) for place, one in found.items()})

    async def _read_here(self, client: AIOKafkaConsumer, wait_ms: int) -> dict[TP, Batch]:
        asked = self._asked()
        if not asked:
            await asyncio.sleep(PAUSE_SECONDS)
            return {}
        self._seek_to(client, asked)
        try:
            found = await _fetched(client, asked, wait_ms)
        except NoOffsetForPartitionError:  # found out before a lane told where it begins
            return {}
        except IllegalStateError:  # partitions were taken away meanwhile
            return {}
        except OffsetOutOfRangeError as error:
            raise KafkaError(_not_the_same(self._log, asked.values())) from error
        self._alone += sum(map(len, found.values()))
        there = [place for place, lane in asked.items() if self._is_own(place, lane)]
        return self._batches(asked, {one: (found[one], await client.position(client_place(one))) for one in there})

    def _asked(self) -> dict[TP, Lane]:
        """The partitions whose lanes take batches."""
        return {place: lane for place, lane in self._holding.lanes.items() if lane.is_ready}

    def _is_own(self, place: TP, lane: Lane) -> bool:
        return self._holding.lanes.get(place) is lane

    def _behind(self, client: AIOKafkaConsumer, lanes: Mapping[TP, Lane]) -> int | None:
        """How many places lie ahead of lanes; None where that is not known, or there are none."""
        ends = [(self.end(client, place), lane.fetched) for place, lane in lanes.items()]
        known = [max(0, end - fetched) for end, fetched in ends if end is not None]
        return sum(known) if lanes and len(known) == len(ends) else None

    def _seek_to(self, client: AIOKafkaConsumer, asked: Mapping[TP, Lane]) -> None:
        """Each partition is read from where its lane is."""
        if self._is_led:
            self._is_led = False
            self._sought.clear()
        for place, lane in asked.items():
            if place not in self._sought:
                client.seek(client_place(place), lane.fetched)
                self._sought.add(place)

    def _batches(self, lanes: Mapping[TP, Lane], found: Mapping[TP, tuple[Sequence[Read], int]]) -> dict[TP, Batch]:
        """With where each begins and reading goes on; none where that is the same, or the lane is another by now."""
        batches: dict[TP, Batch] = {}
        for place, (records, next_offset) in found.items():
            lane = lanes[place]
            if self._is_own(place, lane) and next_offset != lane.fetched:
                batches[place] = Batch(lane, lane.fetched, records, next_offset)
                lane.fetched = next_offset
        return batches


async def _fetched(client: AIOKafkaConsumer, lanes: Mapping[TP, Lane], wait_ms: int) -> dict[TP, list[Record]]:
    """Records of each partition, none where there are none."""
    places = {place: client_place(place) for place in lanes}
    try:
        found = await client.getmany(*places.values(), timeout_ms=wait_ms, max_records=RECORDS_AT_ONCE)
    except UnicodeDecodeError:
        return {
            place: await up_to_fault(client, one, lanes[place].fetched, place.partition, RECORDS_AT_ONCE)
            for place, one in places.items()
        }
    return {place: [record_of(each, place.partition) for each in found.get(one, ())] for place, one in places.items()}


def _not_the_same(log: Log, lanes: Iterable[Lane]) -> str:
    at = ", ".join(f"partition {lane.partition} up to {lane.fetched}" for lane in lanes)
    return (
        f"workers know {log.names.events} on {log.broker} further than it goes now ({at}): it has lost events, or is "
        "another log than the one they folded"
    )


def client_place(place: TP) -> TopicPartition:
    """A partition as Kafka's client names it, from how Faust does."""
    return TopicPartition(place.topic, place.partition)
