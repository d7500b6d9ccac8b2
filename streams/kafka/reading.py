"""A log on Kafka as its recorder reads it: every partition by its own offset, only what is committed, nothing skipped.

Kafka's client may go on from wherever it likes after an error, so reading always begins anew at the offsets it is told.
An offset that the broker does not have (any more) is an error for good: the log and the history do not belong together.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord
from kafka.errors import KafkaError as ClientError

from schemas.events import ORGANISATION
from streams.appending import DeadLetter
from streams.following import ORGANISATION_PARTITION, Record
from streams.kafka import KafkaError
from streams.kafka.recording import AwayError, Fetched
from streams.kafka.topics import Log, partition_of
from streams.records import DIGEST, LAYER

LOG_APPEND_TIME = 1
RECORDS_AT_ONCE = 10_000
IDLE_MS, ANSWER_MS = 500, 10_000
RECONNECT_MS = 1_000  # at the most between two tries; by itself the client would let half a minute pass
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

    def __init__(self, log: Log, records_at_once: int = RECORDS_AT_ONCE) -> None:
        """`log`: one that was checked. Nothing is connected yet."""
        self._log = log
        self._at_once = records_at_once
        self._consumer: Any = None  # the client has no types
        self._producer: Any = None
        self._numbers = numbered(log)

    def close(self) -> None:
        """Let go of the broker; again is harmless."""
        for client in (self._consumer, self._producer):
            if client:
                client.close()
        self._consumer = self._producer = None

    def begin(self, positions: Mapping[int, int]) -> None:
        """Read on from these offsets of history's partitions, others from 0; again after whatever went wrong."""
        with _answered(self._log.broker):
            if self._consumer is None:
                self._consumer = self._connected(
                    KafkaConsumer,
                    isolation_level="read_committed",
                    enable_auto_commit=False,
                    auto_offset_reset="none",
                    allow_auto_create_topics=False,
                )
                self._consumer.assign(list(self._numbers))
            for place, number in self._numbers.items():
                self._consumer.seek(place, positions.get(number, 0))

    def fetch(self) -> Fetched:
        """What there is, at most a batch, after a short wait if there is nothing."""
        with _answered(self._log.broker):
            found = self._consumer.poll(timeout_ms=IDLE_MS, max_records=self._at_once)
            reached = {
                number: self._consumer.position(place, timeout_ms=ANSWER_MS) for place, number in self._numbers.items()
            }
            records = [record_of(one, self._numbers[place]) for place, own in found.items() for one in own]
            return Fetched(records, reached, self._ends(is_idle=not records))

    def pass_on(self, letters: Sequence[DeadLetter]) -> None:
        """Put dead letters into their topic; once this returns they are there."""
        with _answered(self._log.broker):
            if self._producer is None:
                self._producer = self._connected(KafkaProducer, acks="all")
            sent = [self._producer.send(self._log.names.dead_letters, **self._letter(one)) for one in letters]
            for one in sent:
                one.get(timeout=ANSWER_MS / 1_000)

    def _connected(self, kind: Any, **settings: Any) -> Any:  # noqa: ANN401 (the client has no types)
        broker = self._log.broker
        settings |= {"bootstrap_timeout_ms": ANSWER_MS, "reconnect_backoff_max_ms": RECONNECT_MS}
        return kind(bootstrap_servers=broker, client_id="quotum", **settings)

    def _ends(self, *, is_idle: bool) -> dict[int, int]:
        """Where the partitions end: asked for while there is time, which also shows that the broker is there."""
        if is_idle:
            found = self._consumer.end_offsets(list(self._numbers), timeout_ms=ANSWER_MS)
        else:
            found = {place: self._consumer.highwater(place) for place in self._numbers}
        return {self._numbers[place]: end for place, end in found.items() if end is not None}

    def _letter(self, letter: DeadLetter) -> dict[str, bytes]:
        is_event = letter.log_partition != ORGANISATION_PARTITION
        told = {
            "topic": self._log.names.events if is_event else self._log.names.organisation,
            "partition": letter.log_partition if is_event else 0,
            "offset": letter.log_offset,
            "reason": letter.reason,
        }
        key = f"{letter.log_partition}:{letter.log_offset}"  # by which one that comes again is known
        return {"key": key.encode(), "value": msgspec.json.encode(told)}


@contextmanager
def _answered(broker: str) -> Iterator[None]:
    """Tell what may pass from what will not."""
    try:
        yield
    except ClientError as error:
        if error.retriable:
            raise AwayError(f"{broker} does not answer as it should ({error})") from error
        raise KafkaError(f"the log on {broker} cannot be read on: {error}") from error
    except OSError as error:
        raise AwayError(f"{broker} cannot be reached ({error})") from error


def record_of(found: ConsumerRecord, partition: int) -> Record:
    """A record as history is to take it; KafkaError where its topic is not as it must be."""
    if found.timestamp_type != LOG_APPEND_TIME:
        raise KafkaError(
            f"{found.topic} does not say when its log took a record: set message.timestamp.type=LogAppendTime, as "
            "quotum topics create does"
        )
    headers = dict(found.headers)
    told = (headers.get(LAYER, b"0"), headers.get(DIGEST, b""))
    return Record(partition, found.offset, found.timestamp * MICROSECONDS_PER_MS, found.key, found.value, *told)
