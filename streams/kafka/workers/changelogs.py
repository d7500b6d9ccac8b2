"""States and cells into the topics that are their changelogs, and from there into stores: as committed, in batches.

What a batch has no room for goes alone. A trail that is larger than the topic takes cannot be kept, and is told.
"""

import asyncio
import time
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.producer.message_accumulator import BatchBuilder

from streams.kafka import KafkaError
from streams.kafka.blocking import reader
from streams.kafka.topics import TRAILS
from streams.kafka.workers.stores import Changes, Store

RECORD_BYTES = int(TRAILS["max.message.bytes"]) - 10_000  # of the topic of states, but for what lies around a record
RECORDS_AT_ONCE = 20_000
FETCH_BYTES = 4_000_000  # of a partition at once; a record that is larger still comes
WAIT_MS = 100
IDLE_MS = 200
STUCK_SECONDS = 60.0


class Shipped(NamedTuple):
    """A topic's partition with records on their way there; in the end each has its place."""

    futures: list[Any]
    counts: list[int]

    async def acknowledged(self) -> int:
        """The offset behind the last of them."""
        told = await asyncio.gather(*self.futures)
        return int(told[-1].offset) + self.counts[-1]


async def ship(producer: AIOKafkaProducer, topic: str, partition: int, changes: Changes) -> Shipped:
    """Have a producer send values as ordinary records, None as tombstones. `changes` is not empty."""
    shipped, now = Shipped([], []), int(time.time() * 1000)
    batch = producer.create_batch()
    for key, value in changes.items():
        if value is not None and len(value) > RECORD_BYTES:
            raise KafkaError(_too_large(topic, key, value))
        if batch.append(timestamp=now, key=key, value=value) is None:
            await _send(producer, topic, partition, batch, shipped)
            batch = producer.create_batch()
            batch.append(timestamp=now, key=key, value=value)  # which takes the first whole
    await _send(producer, topic, partition, batch, shipped)
    return shipped


async def _send(producer: AIOKafkaProducer, topic: str, partition: int, batch: BatchBuilder, shipped: Shipped) -> None:
    batch.close()
    shipped.futures.append(await producer.send_batch(batch, topic, partition=partition))
    shipped.counts.append(batch.record_count())


async def read_on(broker: str, stores: Mapping[TopicPartition, Store]) -> None:
    """Read changelogs on into stores, from the position of each to its end as it is now."""
    consumer = reader(broker, wait_ms=WAIT_MS, partition_bytes=FETCH_BYTES)
    try:
        await consumer.start()
        consumer.assign(list(stores))
        ends = await consumer.end_offsets(list(stores))
        begins = await consumer.beginning_offsets(list(stores))
        for place, store in stores.items():
            _expect_within(place, store, begins[place], ends[place])
            consumer.seek(place, store.position)
        await _read_to(consumer, stores, ends)
    finally:
        await consumer.stop()


async def _read_to(
    consumer: AIOKafkaConsumer, stores: Mapping[TopicPartition, Store], ends: Mapping[TopicPartition, int]
) -> None:
    left = {place for place, store in stores.items() if store.position < ends[place]}
    until = time.monotonic() + STUCK_SECONDS
    while left:
        found = await consumer.getmany(*left, timeout_ms=IDLE_MS, max_records=RECORDS_AT_ONCE)
        for place in list(left):
            position = await consumer.position(place)  # markers of transactions move it too, and are no records
            if position > stores[place].position:
                stores[place].write(_values(found.get(place, ())), position)
                until = time.monotonic() + STUCK_SECONDS
            if position >= ends[place]:
                left.remove(place)
        if time.monotonic() > until:
            raise KafkaError(f"the broker gave nothing of {sorted(left)} for {STUCK_SECONDS:.0f} seconds")


def _values(records: Iterable[Any]) -> Changes:
    return {record.key: record.value for record in records}


def _expect_within(place: TopicPartition, store: Store, begin: int, end: int) -> None:
    """Compacted topics begin at 0 for good; a store that is ahead knows what the topic has lost."""
    if store.position > end:
        raise KafkaError(
            f"{place.topic} partition {place.partition} ends at {end}, and this worker's data know it up to "
            f"{store.position}: the topic has lost records. Remove the worker's --data once the topic is well again."
        )
    if begin:
        raise KafkaError(f"{place.topic} partition {place.partition} begins at {begin}: somebody deleted records of it")


def _too_large(topic: str, key: bytes, value: bytes) -> str:
    return (
        f"what is known of {key!r} takes {len(value)} bytes, and a record of {topic} has room for {RECORD_BYTES}: "
        "so many deals and offers do not belong in one trail. docs/kafka.md tells what to do until they do not"
    )
