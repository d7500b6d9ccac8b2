"""Values go out as batches that a broker takes; what goes wrong with a topic is told. Reading is in tests/kafka."""

import asyncio
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.structs import RecordMetadata

from streams.kafka import KafkaError
from streams.kafka.producers import BATCH_BYTES
from streams.kafka.workers import changelogs
from streams.kafka.workers.changelogs import RECORD_BYTES, ship
from streams.kafka.workers.stores import MemoryStore


class Sending:
    """What takes batches: each lies after the one before."""

    def __init__(self) -> None:
        self.batches: list[BatchBuilder] = []
        self.end = 100

    def create_batch(self) -> BatchBuilder:
        return BatchBuilder(BATCH_BYTES, 0)

    async def send_batch(self, batch: BatchBuilder, topic: str, partition: int) -> "asyncio.Future[RecordMetadata]":
        assert (topic, partition) == ("t", 3)
        self.batches.append(batch)
        future = asyncio.get_running_loop().create_future()
        future.set_result(RecordMetadata("t", 3, TopicPartition("t", 3), self.end, 0, 0, 0))
        self.end += batch.record_count()
        return future


def shipped(changes: dict[bytes, bytes | None]) -> tuple[Sending, int]:
    async def story() -> tuple[Sending, int]:
        sending = Sending()
        return sending, await (await ship(sending, "t", 3, changes)).acknowledged()

    return asyncio.run(story())


def test_values_and_tombstones_go_in_one_batch_and_the_position_is_behind_them() -> None:
    sending, end = shipped({b"a": b"1", b"b": None, b"c": b"3"})
    assert [batch.record_count() for batch in sending.batches] == [3]
    assert end == 103


def test_what_a_batch_has_no_room_for_goes_into_the_next_and_what_is_larger_goes_alone() -> None:
    large, larger = b"x" * (BATCH_BYTES // 2), b"y" * (3 * BATCH_BYTES)
    sending, end = shipped({b"a": large, b"b": large, b"c": larger, b"d": b"1"})
    assert [batch.record_count() for batch in sending.batches] == [1, 1, 1, 1]
    assert end == 104


def test_a_trail_that_the_topic_has_no_room_for_is_told_of() -> None:
    with pytest.raises(
        KafkaError, match=rf"what is known of b'case-1' takes {RECORD_BYTES + 1} bytes, and a record of t"
    ):
        shipped({b"a": b"1", b"case-1": b"x" * (RECORD_BYTES + 1)})
    with pytest.raises(KafkaError, match="so many deals and offers do not belong in one trail"):
        shipped({b"case-1": b"x" * (RECORD_BYTES + 1)})


@pytest.mark.parametrize(
    ("position", "begin", "end", "told"),
    [
        (7, 0, 5, "t partition 3 ends at 5, and this worker's data know it up to 7: the topic has lost records"),
        (0, 2, 5, "t partition 3 begins at 2: somebody deleted records of it"),
    ],
)
def test_a_changelog_that_lost_records_is_told_of(position: int, begin: int, end: int, told: str) -> None:
    store: Any = MemoryStore()
    store.position = position
    with pytest.raises(KafkaError, match=told):
        changelogs._expect_within(TopicPartition("t", 3), store, begin, end)  # noqa: SLF001 (what a broker seldom says)
