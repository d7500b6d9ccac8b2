"""A cluster in memory, as the client that sends meets it: it can be away, hold answers back, and fail in odd ways."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from threading import Condition
from typing import Any, NamedTuple, cast

from aiokafka.errors import KafkaConnectionError, ProducerClosed
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.default_records import DefaultRecordBatch

from projections.organisation import Organisation
from streams.kafka import producers
from streams.kafka.topics import Log, Names

PARTITIONS = 3
PATIENCE_SECONDS = 30  # far more than anything takes; it only ends a test that hangs
LOG = Log("nowhere:1", Names.of("quotum"), Organisation(partitions=PARTITIONS))
Lane = tuple[str, int]


class Told(NamedTuple):
    """What the client says of a batch that was acknowledged."""

    offset: int


class Held(NamedTuple):
    """A batch whose answer is held back."""

    producer: "Producer"
    lane: Lane
    answer: "asyncio.Future[Told]"


class Cluster:
    """What lies in each partition, and who is connected."""

    def __init__(self) -> None:
        """There, and quick."""
        self.lies: dict[Lane, list[bytes]] = defaultdict(list)
        self.producers: list[Producer] = []
        self.held: list[Held] = []
        self.is_away = False
        self.holds = False
        self.fault: Exception | None = None  # what sending ends with
        self.hangs_at_stop = False
        self.hangs_at_close = False  # of what `stop` closes
        self.tries = 0
        self.news = Condition()

    def connect(self, **_: object) -> "Producer":
        """A producer, in place of the client's own."""
        return Producer(self)

    def wait_until(self, so: Callable[[], bool]) -> None:
        """Until something is so."""
        with self.news:
            assert self.news.wait_for(so, PATIENCE_SECONDS)

    def tell(self) -> None:
        """Something is another."""
        with self.news:
            self.news.notify_all()

    def answer(self, held: Held, error: Exception | None = None) -> None:
        """Give an answer that was held back; from any thread."""
        told = Told(0)
        give = (lambda: held.answer.set_exception(error)) if error else (lambda: held.answer.set_result(told))
        held.producer.loop.call_soon_threadsafe(give)


class Producer:
    """One connection to it. The batches are the client's own, so what fits is decided by the client."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.loop = asyncio.get_running_loop()
        self.stopped = False
        self.ended = 0
        self.client = self._sender = self  # what is closed where `stop` hangs
        cluster.producers.append(self)

    async def start(self) -> None:
        self.cluster.tries += 1
        self.cluster.tell()
        if self.cluster.is_away:
            raise KafkaConnectionError("away")

    async def stop(self) -> None:
        if self.stopped:
            return  # as the client does, whatever became of the first
        self.stopped = True
        self.cluster.tell()
        if self.cluster.hangs_at_stop:
            await asyncio.Event().wait()

    async def close(self) -> None:
        self.ended += 1
        if self.cluster.hangs_at_close:
            await asyncio.Event().wait()

    def create_batch(self) -> BatchBuilder:
        return BatchBuilder(producers.BATCH_BYTES, 0)

    async def send_batch(self, batch: BatchBuilder, topic: str, *, partition: int) -> "asyncio.Future[Told]":
        cluster, lane = self.cluster, (topic, partition)
        if self.stopped:
            raise ProducerClosed
        if cluster.is_away:
            raise KafkaConnectionError("away")
        if cluster.fault:
            raise cluster.fault
        answer: asyncio.Future[Told] = self.loop.create_future()
        if cluster.holds:
            cluster.held.append(Held(self, lane, answer))
        else:
            answer.set_result(Told(len(cluster.lies[lane])))
            cluster.lies[lane] += values(batch)
        cluster.tell()
        return answer


def values(batch: BatchBuilder) -> list[bytes]:
    """What a batch holds."""
    return [cast("Any", record).value for record in DefaultRecordBatch(bytes(batch._build()))]  # noqa: SLF001 (to look)
