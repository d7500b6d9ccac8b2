"""Connections to a broker, made in one place, so that a broker that does not answer is one clear error everywhere."""

import logging
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord
from kafka.errors import CorruptRecordError, ProducerFencedError
from kafka.errors import KafkaError as ClientError

from streams.kafka import KafkaError

ANSWER_MS = 10_000  # for the first answer; what is slower is as good as down for whoever waits at a prompt
IDLE_SECONDS = 30
POLL_MS = 100
UNREADABLE = "cannot be read: the name of a header is no text, of it or of one before it in the batch of its writer"
NO_TEXT = UnicodeDecodeError.__name__  # of a header's name: anybody can put that there
SHUT_OUT = str(ProducerFencedError())
logger = logging.getLogger(__name__)


@contextmanager
def told(broker: str) -> Iterator[None]:
    """Turn what the client says about a broker into a KafkaError."""
    try:
        yield
    except ClientError as error:
        raise KafkaError(
            f"the broker at {broker} did not do what was asked: {error}. See to it, and try again."
        ) from error


@contextmanager
def admin(broker: str) -> Iterator[Any]:
    """What makes and describes topics."""
    with told(broker):
        client = _connected(KafkaAdminClient, broker)
        try:
            yield client
        finally:
            client.close()


@contextmanager
def consumer(broker: str, **settings: Any) -> Iterator[Any]:  # noqa: ANN401 (whatever the client can be set to)
    """A reader without a group, of what is committed if `settings` do not say otherwise."""
    with told(broker):
        client = _connected(KafkaConsumer, broker, **{"isolation_level": "read_committed", **settings})
        try:
            yield client
        finally:
            client.close()


@contextmanager
def transactional_producer(broker: str, name: str) -> Iterator[Any]:
    """A writer of transactions, the only one of its name: an earlier one can write no more."""
    with told(broker):
        client = _connected(KafkaProducer, broker, transactional_id=name, acks="all")
        try:
            client.init_transactions()
            yield client
        finally:
            client.close()


def is_shut_out(error: KafkaError) -> bool:
    """Whether another writer of the same name has come.

    The client raises that as it is; within another error, for what waited in a batch; and in words alone, where it had
    been answered so before it was asked to go on.
    """
    cause = error.__cause__
    told_by = (cause, *getattr(cause, "args", ()))
    return any(isinstance(one, ProducerFencedError) or SHUT_OUT in str(one) for one in told_by)


def read_whole(broker: str, topic: str, left_out: Callable[[int], object] = lambda _: None) -> Iterator[ConsumerRecord]:
    """Every committed record of a topic of one partition, up to its end as it is now.

    What cannot be read is told and left out: a record, and what comes after it in the batch of its writer. `left_out`
    is called with the offset of each.
    """
    place = TopicPartition(topic, 0)
    with consumer(broker, enable_auto_commit=False) as reading:
        reading.assign([place])
        reading.seek_to_beginning(place)
        end = reading.end_offsets([place])[place]
        until = time.monotonic() + IDLE_SECONDS
        while (position := reading.position(place)) < end:  # markers of transactions move it too, and are no records
            try:
                found = reading.poll(timeout_ms=POLL_MS).get(place, ())
            except CorruptRecordError as error:
                if NO_TEXT not in str(error):
                    raise
                offset = reading.position(place)
                left_out(offset)
                logger.warning("%s on %s is read without what lies at %d: it %s", topic, broker, offset, UNREADABLE)
                reading.seek(place, offset + 1)
                continue
            yield from found
            if found or reading.position(place) > position:
                until = time.monotonic() + IDLE_SECONDS
            elif time.monotonic() > until:
                raise KafkaError(
                    f"the broker at {broker} gave nothing of {topic} for {IDLE_SECONDS} seconds, with {position} of "
                    f"{end} records read. See to it, and try again."
                )


def _connected(kind: Any, broker: str, **settings: Any) -> Any:  # noqa: ANN401 (the client has no types)
    """A client that is connected. Somebody has to listen first: a client that cannot connect leaves a thread behind."""
    try:
        _expect_listening(broker)
        return kind(bootstrap_servers=broker, bootstrap_timeout_ms=ANSWER_MS, client_id="quotum", **settings)
    except (ClientError, OSError) as error:
        why = getattr(error, "strerror", None) or error
        raise KafkaError(
            f"no broker answers at {broker} ({why}). Start it (make kafka runs one here), or give another --broker."
        ) from error


def _expect_listening(broker: str) -> None:
    """One of several addresses will do; OSError of the last where nobody listens at any."""
    addresses = [_address(one.strip()) for one in broker.split(",")]
    for left, address in reversed(list(enumerate(reversed(addresses)))):
        try:
            socket.create_connection(address, ANSWER_MS / 1000).close()
        except OSError:
            if not left:
                raise
        else:
            return


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal():
        raise KafkaError(f"{text!r} is not the address of a broker: write HOST:PORT, such as 127.0.0.1:9092")
    return host.strip("[]"), int(port)
