"""A log on Kafka as its recorder reads it: every partition by its own offset, only what is committed, nothing skipped.

Kafka's client may go on from wherever it likes after an error, so reading always begins anew at the offsets it is told.
An offset that the broker does not have (any more) is an error for good: the log and the history do not belong together.
The client is aiokafka, which reads some four times as fast as kafka-python; its event loop runs while it is asked.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from schemas.organisation import ORGANISATION
from streams.appending import DeadLetter
from streams.following import ORGANISATION_PARTITION
from streams.kafka import KafkaError
from streams.kafka.blocking import ANSWER_SECONDS, Blocking, let_go, reader, started
from streams.kafka.clients import UNREADABLE
from streams.kafka.letters import as_record
from streams.kafka.recording import Fetched
from streams.kafka.topics import Log, partition_of
from streams.records import DIGEST, LAYER
from streams.told import PartitionOf, Record, Told, read

LOG_APPEND_TIME = 1
RECORDS_AT_ONCE = 10_000
FIRST_RECORDS = 100  # soon, since with them comes how much there is
IDLE_MS = 500
MICROSECONDS_PER_MS = 1_000


def places(log: Log) -> Callable[[str], int]:
    """In which partition of history the events of a trail lie."""
    return lambda trail: ORGANISATION_PARTITION if trail == ORGANISATION else partition_of(trail, log.partitions)


def numbered(log: Log) -> dict[Any, int]:
    """Kafka's partitions by the numbers that history gives them."""
    events = {TopicPartition(log.names.events, number): number for number in range(log.partitions)}
    return {**events, TopicPartition(log.names.organisation, 0): ORGANISATION_PARTITION}


class Reading:
    """The log as it is read, and its topic of dead letters. One thread uses it; close it in the end."""

    def __init__(
        self,
        log: Log,
        records_at_once: int = RECORDS_AT_ONCE,
        *,
        only: Collection[int] | None = None,
        tell: Callable[[Iterable[Record], PartitionOf], Told] = read,
    ) -> None:
        """`log`: one that was checked. Nothing is connected yet.

        `only`: of history's partitions, if not all are to be read. `tell`: what is made of records.
        """
        self._log = log
        self._at_once = records_at_once
        self._blocking = Blocking(log.broker)
        self._consumer: Any = None  # the client has no types
        self._producer: Any = None
        self._numbers = {place: one for place, one in numbered(log).items() if only is None or one in only}
        self._tell = tell
        self._partition_of = places(log)
        self._next = FIRST_RECORDS  # how many at the most
        self._reached: Mapping[int, int] = {}  # what was given; the client's positions may be beyond it after a failure

    def close(self) -> None:
        """Let go of the broker; again is harmless."""
        self._blocking.close(self._let_go)

    def begin(self, positions: Mapping[int, int]) -> None:
        """Read on from these offsets of history's partitions, others from 0; again after whatever went wrong."""
        self._blocking.run(self._begin(positions))

    def fetch(self) -> Fetched:
        """What there is, at most a batch, after a short wait if there is nothing."""
        return self._blocking.run(self._fetch())

    def pass_on(self, letters: Sequence[DeadLetter]) -> None:
        """Put dead letters into their topic; once this returns they are there."""
        self._blocking.run(self._pass_on(letters))

    async def _begin(self, positions: Mapping[int, int]) -> None:
        if self._consumer is None:
            self._consumer = await started(reader(self._log.broker))
            self._consumer.assign(list(self._numbers))
        self._next = FIRST_RECORDS
        self._reached = {number: positions.get(number, 0) for number in self._numbers.values()}
        for place, number in self._numbers.items():
            self._consumer.seek(place, self._reached[number])

    async def _fetch(self) -> Fetched:
        try:
            found = await self._consumer.getmany(timeout_ms=IDLE_MS, max_records=min(self._next, self._at_once))
        except UnicodeDecodeError:
            return await self._fetched(await self._singly(), is_idle=False)
        self._next = self._at_once
        records = [record_of(one, self._numbers[place]) for place, own in found.items() for one in own]
        return await self._fetched(records, is_idle=not records)

    async def _fetched(self, records: Sequence[Record], *, is_idle: bool) -> Fetched:
        self._reached = {number: await self._consumer.position(place) for place, number in self._numbers.items()}
        return Fetched(self._tell(records, self._partition_of), self._reached, await self._ends(is_idle=is_idle))

    async def _singly(self) -> list[Record]:
        """Past a record that the client fails on together with all that it fetched: what comes before it, and it."""
        found = [
            await up_to_fault(self._consumer, place, self._reached[number], number, self._at_once)
            for place, number in self._numbers.items()
        ]
        return [record for own in found for record in own]

    async def _ends(self, *, is_idle: bool) -> dict[int, int]:
        """Where the partitions end: asked for while there is time, which also shows that the broker is there."""
        if is_idle:
            async with asyncio.timeout(ANSWER_SECONDS):
                found = await self._consumer.end_offsets(list(self._numbers))
        else:
            found = {place: self._consumer.last_stable_offset(place) for place in self._numbers}
        return {self._numbers[place]: end for place, end in found.items() if end is not None}

    async def _pass_on(self, letters: Sequence[DeadLetter]) -> None:
        if self._producer is None:
            self._producer = await started(
                AIOKafkaProducer(bootstrap_servers=self._log.broker, client_id="quotum", acks="all")
            )
        async with asyncio.timeout(ANSWER_SECONDS):
            names = self._log.names
            told = [as_record(names, one) for one in letters]
            sent = [await self._producer.send(names.dead_letters, key=key, value=value) for key, value in told]
            await asyncio.gather(*sent)

    async def _let_go(self) -> None:
        clients = (self._consumer, self._producer)
        self._consumer = self._producer = None
        await let_go(*clients)


async def up_to_fault(
    client: AIOKafkaConsumer, place: TopicPartition, offset: int, partition: int, most: int
) -> list[Record]:
    """Read a partition, which is called `partition` here, one by one up to and past what the client cannot read.

    A name of a header that is no text is such a fault, which anybody can put into a log. Of the same batch, which is of
    the same writer, nothing can be read that comes after it; each of those comes as one that cannot be read as well.
    """
    records: list[Record] = []
    client.seek(place, offset)
    while len(records) < most:
        try:
            found = await client.getmany(place, timeout_ms=IDLE_MS, max_records=1)
        except UnicodeDecodeError:
            fault = await client.position(place)
            client.seek(place, fault + 1)
            return [*records, Record(partition, fault, 0, None, None, fault=UNREADABLE)]
        if not found:
            break
        records += [record_of(one, partition) for own in found.values() for one in own]
    return records


def record_of(found: Any, partition: int) -> Record:  # noqa: ANN401 (the clients of Kafka have no types)
    """A record as history is to take it; KafkaError where its topic is not as it must be."""
    if found.timestamp_type != LOG_APPEND_TIME:
        raise KafkaError(
            f"{found.topic} does not say when its log took a record: set message.timestamp.type=LogAppendTime, as "
            "quotum topics create does"
        )
    headers = dict(found.headers)
    told = (headers.get(LAYER, b"0"), headers.get(DIGEST, b""))
    return Record(partition, found.offset, found.timestamp * MICROSECONDS_PER_MS, found.key, found.value, *told)
