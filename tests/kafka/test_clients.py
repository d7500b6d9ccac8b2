"""What the client of a real broker says, in whichever of its ways."""

from contextlib import ExitStack

import pytest
from kafka.errors import KafkaError as ClientError

from streams.kafka import KafkaError, clients, topics
from streams.kafka.topics import Log

ANSWER_SECONDS = 30


@pytest.fixture
def log(broker: str, prefix: str) -> Log:
    return topics.create(broker, prefix=prefix, zone="UTC", currency="EUR", partitions=1)


def test_a_writer_that_was_shut_out_is_known_even_where_the_client_had_met_it_before_it_was_asked(log: Log) -> None:
    with ExitStack() as closing:
        first = closing.enter_context(clients.transactional_producer(log.broker, log.names.organisation))
        first.begin_transaction()
        closing.enter_context(clients.transactional_producer(log.broker, log.names.organisation))
        sent = first.send(log.names.organisation, b"too late")
        with pytest.raises(ClientError):
            sent.get(ANSWER_SECONDS)
        with pytest.raises(KafkaError) as failed, clients.told(log.broker):
            first.commit_transaction()
        assert clients.is_shut_out(failed.value)
