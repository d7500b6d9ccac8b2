"""A broker that does not answer is one clear error, whoever asks and for what."""

import socket

import pytest
from kafka.errors import KafkaError as ClientError
from kafka.errors import KafkaTimeoutError, NotLeaderForPartitionError, ProducerFencedError

from streams.kafka import KafkaError, clients


@pytest.fixture
def nobody() -> str:
    """An address at which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"127.0.0.1:{server.getsockname()[1]}"


def test_without_a_broker_it_is_said_how_to_come_by_one(nobody: str) -> None:
    says = rf"no broker answers at {nobody} .*\. Start it \(make kafka runs one here\), or give another --broker"
    for opened in (clients.admin(nobody), clients.consumer(nobody), clients.transactional_producer(nobody, "one")):
        with pytest.raises(KafkaError, match=says), opened:
            pytest.fail("it cannot be open")


def test_reading_a_topic_without_a_broker_fails_and_is_never_an_empty_topic(nobody: str) -> None:
    with pytest.raises(KafkaError, match="no broker answers"):
        list(clients.read_whole(nobody, "quotum.organisation"))


@pytest.mark.parametrize("address", ["", "no-port:", "host:port", ":9092", "127.0.0.1:9092,"])
def test_an_address_that_is_none_is_told_so(address: str) -> None:
    says = "is not the address of a broker: write HOST:PORT, such as"
    with pytest.raises(KafkaError, match=says), clients.admin(address):
        pytest.fail("it cannot be open")


def test_several_addresses_are_tried_before_nobody_answers(nobody: str) -> None:
    with pytest.raises(KafkaError, match=f"no broker answers at {nobody}, {nobody} "):
        list(clients.read_whole(f"{nobody}, {nobody}", "quotum.organisation"))


def test_what_the_client_says_of_a_broker_is_told_with_its_address() -> None:
    says = r"the broker at b:1 did not do what was asked: .*NotLeader.* See to it, and try again\."
    with pytest.raises(KafkaError, match=says), clients.told("b:1"):
        raise NotLeaderForPartitionError


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        (ProducerFencedError(), True),
        (ClientError("a previous request has failed", ProducerFencedError()), True),
        (ClientError("a previous request has failed", KafkaTimeoutError()), False),
        (ClientError(f"in an error state: {ProducerFencedError()}"), True),
        (ClientError(f"in an error state: {KafkaTimeoutError()}"), False),
        (OSError("no answer"), False),
    ],
)
def test_a_writer_that_was_shut_out_is_known_however_the_client_says_so(cause: Exception, *, expected: bool) -> None:
    error = KafkaError("the broker did not do what was asked")
    error.__cause__ = cause
    assert clients.is_shut_out(error) == expected
    error.__cause__ = None
    assert not clients.is_shut_out(error)
