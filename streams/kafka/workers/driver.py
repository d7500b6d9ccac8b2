"""What Faust reads through: of each partition one batch at a time, in one event of Faust's.

Faust's own driver hands records over one by one, in a thread beside, and commits by what was acknowledged of them. This
one is a member of the group, has a lane for each partition that is given to it, and fetches for them (`fetching.py`):
positions go along in the transactions of lanes, and what the group is told of them is read by people alone. So neither
what Faust counts as a gap, nor what it seeks to or clears away while partitions move, can lose anything: a lane refuses
what does not follow on what it has.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, ClassVar

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.errors import KafkaError as ClientError
from faust.transport import base
from faust.transport.consumer import Consumer as FaustConsumer
from faust.types import TP, ConsumerMessage

from streams.kafka.blocking import ANSWER_SECONDS, PARTITION_BYTES
from streams.kafka.workers.fetching import Fetching, client_place
from streams.kafka.workers.lanes import Batch, Lane

WAIT_MS = 50  # of the broker for more: as long a partition that is busy waits for one that is not
BEATS = 5  # within a session
REBALANCE_MS = 30_000
# Without reading, until the client leaves the group; neither a spare worker nor one that is helped does read.
POLL_MS = 2**31 - 1
TELL_SECONDS = 0.5  # between two words to the group of how far its lanes are
TOLD_SECONDS = 1.0  # for the group to take one
FINISH_SECONDS = 4.0  # for the steps that are under way when partitions are taken away
log = logging.getLogger(__name__)


class FencedError(Exception):
    """A partition is another worker's, and this one's as well, for longer than the group needs to tell them."""


class Consumer(FaustConsumer):  # type: ignore[misc]  # Faust's types fit one record at a time
    """A member of the group of workers. All of it runs on Faust's loop."""

    consumer_stopped_errors: ClassVar[tuple[type[BaseException], ...]] = ()

    def __init__(self, *args: object, **settings: object) -> None:
        """As Faust makes one; `app.open_lane` opens the lane of a partition, `app.settle_on` tells which are ours."""
        super().__init__(*args, **settings)
        self._kafka: Any = None  # the client has no types
        self.lanes: dict[TP, Lane] = {}
        self._running: dict[Lane, asyncio.Task[None]] = {}
        self._is_member = False
        self._fetching = Fetching(self.app.site.log, self.app.ahead, self)
        self._told: dict[TopicPartition, int] = {}  # of the group

    async def on_start(self) -> None:
        """Connect; who is a member of the group is known once topics are subscribed to."""
        site = self.app.site
        self._kafka = AIOKafkaConsumer(
            bootstrap_servers=site.log.broker,
            client_id="quotum",
            group_id=site.group,
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="none",
            partition_assignment_strategy=[StickyPartitionAssignor],
            session_timeout_ms=int(site.session_seconds * 1000),
            heartbeat_interval_ms=int(site.session_seconds * 1000 / BEATS),
            rebalance_timeout_ms=REBALANCE_MS,
            max_poll_interval_ms=POLL_MS,
            fetch_max_wait_ms=WAIT_MS,
            max_partition_fetch_bytes=PARTITION_BYTES,
        )
        await self._kafka.start()
        self.add_future(self._tell_on())

    async def on_stop(self) -> None:
        """Finish what is under way, then leave the group, so that others need not wait for the session to end."""
        await self._end_lanes()
        await self.app.ahead.close()
        if self._kafka:
            await self._kafka.stop()

    async def subscribe(self, topics: Iterable[str]) -> None:
        """Be a member of the group that shares these topics."""
        self._kafka.subscribe(topics=list(topics), listener=_Listener(self))

    # Partitions come and go

    async def revoked(self, places: set[TP]) -> None:
        """All of them are to be given anew: lanes come to their end first."""
        self.app.on_rebalance_start()
        self._is_member = False
        await self._end_lanes()
        await self.on_partitions_revoked(places)

    async def assigned(self, places: set[TP]) -> None:
        """Lanes begin; this does not wait for them, since the group waits for whoever is in here."""
        await self._end_lanes()
        self.app.settle_on({place.partition for place in places})
        self.lanes = {place: self.app.open_lane(place.partition) for place in sorted(places)}
        self._is_member = True  # for other threads, which ask at any time, all of it is so at once
        for lane in self.lanes.values():
            self._begin(lane)
        self.app.consumer_generation_id += 1
        await self.on_partitions_assigned(places, self.app.consumer_generation_id)

    def _begin(self, lane: Lane) -> None:
        self._running[lane] = task = asyncio.get_running_loop().create_task(lane.run())
        task.add_done_callback(lambda done: self._ended(lane, done))

    async def _end_lanes(self) -> None:
        """Let the steps under way come to their ends, for a while; what commits later is not kept."""
        ending, known = list(self._running), self.lanes
        self.lanes = {}
        self._fetching.begin_anew()
        for lane in ending:
            lane.finish()
        if ending:
            await asyncio.wait([self._running[lane] for lane in ending], timeout=FINISH_SECONDS)
        await self._tell(known)
        for lane in ending:
            lane.end()
            if task := self._running.pop(lane, None):
                task.cancel()

    def _ended(self, lane: Lane, task: "asyncio.Task[None]") -> None:
        self._running.pop(lane, None)
        if task.cancelled():
            return
        if error := task.exception():
            self._crash_soon(error)
        elif lane.is_lost:
            asyncio.get_running_loop().call_later(2 * self.app.site.session_seconds, self._expect_gone, lane)

    def _expect_gone(self, lane: Lane) -> None:
        """The group has given the partition to whoever shut this worker out, or will not do so any more."""
        if lane in self.lanes.values():
            self._crash_soon(
                FencedError(
                    f"partition {lane.partition} is this worker's, and it may not write for it any more: somebody else "
                    "does, or a transaction took too long"
                )
            )

    # How far they are, for whoever asks the group

    async def _tell_on(self) -> None:
        while not self.should_stop:
            await self.sleep(TELL_SECONDS)
            await self._tell(self.lanes)

    async def _tell(self, lanes: Mapping[TP, Lane]) -> None:
        """Tell the group where lanes stand that have gone on; where it cannot take that, the next word says it too."""
        stand = {client_place(place): lane.position.next_offset for place, lane in lanes.items() if lane.position}
        news = {place: offset for place, offset in stand.items() if self._told.get(place) != offset}
        if not news:
            return
        with suppress(ClientError, TimeoutError):
            async with asyncio.timeout(TOLD_SECONDS):
                await self._kafka.commit(news)
                self._told |= news

    def _crash_soon(self, error: BaseException) -> None:
        self._ending = asyncio.get_running_loop().create_task(self.app.crash(error))

    @property
    def is_settled(self) -> bool:
        """Whether the group has told which partitions are this worker's, and all of their lanes have begun."""
        return self._is_member and all(lane.is_ready for lane in self.lanes.values())

    def end(self, place: TP) -> int | None:
        """Where a partition ends, as far as the broker has said, here or to whoever reads ahead."""
        return self._fetching.end(self._kafka, place)

    async def expect_broker(self) -> None:
        """Raises whatever it is where no broker answers just now, also while no partition is in hand."""
        if self._kafka is None:
            return
        async with asyncio.timeout(ANSWER_SECONDS):
            await self._kafka.end_offsets([TopicPartition(self.app.site.log.names.events, 0)])

    # Fetching

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Mapping[TP, list[Batch]]:  # noqa: ASYNC109 (Faust's)
        """A batch of each partition of which something came; which Faust would ask for is left aside."""
        del active_partitions
        found = await self._fetching.fetch(self._kafka, timeout)
        return {place: [batch] for place, batch in found.items()}

    def _to_message(self, tp: TP, record: Batch) -> ConsumerMessage:
        last = record.next_offset - 1
        size = len(record.records)
        generation = self.app.consumer_generation_id
        return ConsumerMessage(
            tp.topic, tp.partition, last, 0.0, 0, (), None, record, None, 0, size, tp, generation_id=generation
        )

    def on_buffer_full(self, tp: TP) -> None:
        """Whoever puts an event into a full queue waits; Faust would leave the partition out for a second."""

    def on_buffer_drop(self, tp: TP) -> None:
        """See `on_buffer_full`."""

    # What Faust asks of any driver

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        raise AssertionError(f"positions are committed by lanes alone, not {offsets}")

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Each lane tells where it is read from."""
        return {}

    async def _seek(self, partition: TP, offset: int) -> None:
        raise AssertionError(f"only a lane tells where it is read from, not {partition} at {offset}")

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        """Only a lane tells that."""
        raise AssertionError(f"only a lane tells where it is read from, not {partitions}")

    def assignment(self) -> set[TP]:
        """The partitions that the group has given to this worker."""
        return set(self.lanes)

    def highwater(self, tp: TP) -> int:
        """Where a partition ends, as far as the broker has said."""
        return self.end(tp) or 0

    def topic_partitions(self, topic: str) -> int | None:
        """How many partitions a topic has."""
        return self.app.site.log.partitions if topic == self.app.site.log.names.events else None

    async def position(self, tp: TP) -> int | None:
        """Where a partition is read on."""
        return self.lanes[tp].fetched

    async def highwaters(self, *partitions: TP) -> Mapping[TP, int]:
        """Where partitions end."""
        return {place: self.highwater(place) for place in partitions}

    async def earliest_offsets(self, *partitions: TP) -> Mapping[TP, int]:
        """Where partitions begin: a log keeps all it ever had."""
        return dict.fromkeys(partitions, 0)

    async def create_topic(self, topic: str, *_: object, **__: object) -> None:
        """Only quotum topics create makes topics."""
        raise AssertionError(f"a worker makes no topic, such as {topic}")

    def key_partition(self, topic: str, key: bytes | None, partition: int | None = None) -> int | None:
        """Nothing is sent by Faust, so nobody asks."""
        raise AssertionError(f"a worker sends nothing by its key, such as {key!r} to {topic} {partition}")

    def _new_topicpartition(self, topic: str, partition: int) -> TP:
        return TP(topic, partition)


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # the client has no types
    """What the client tells of partitions."""

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer

    async def on_partitions_revoked(self, revoked: Iterable[Any]) -> None:
        """Before the group shares them anew."""
        await self._consumer.revoked({TP(*one) for one in revoked})

    async def on_partitions_assigned(self, assigned: Iterable[Any]) -> None:
        """Once it has."""
        await self._consumer.assigned({TP(*one) for one in assigned})


class Transport(base.Transport):  # type: ignore[misc]  # as of Consumer
    """The driver, as Faust knows it. Its producer sends nothing: lanes have producers of their own."""

    Consumer: ClassVar[type[Consumer]] = Consumer
    driver_version = "quotum"
