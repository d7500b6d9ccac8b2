"""A worker tells at once that nobody is there to work for; what it does otherwise is in tests/kafka/test_worker.py."""

import pytest

from projections.organisation import Organisation
from streams.kafka import KafkaError
from streams.kafka.topics import Log, Names
from streams.kafka.workers.owned import Site
from streams.kafka.workers.running import Worker

NOBODY = Site(Log("127.0.0.1:1", Names.of("quotum"), Organisation(partitions=3)))


def test_where_no_broker_answers_there_is_no_worker() -> None:
    with pytest.raises(KafkaError, match=r"no broker answers at 127\.0\.0\.1:1 "):
        Worker(NOBODY, None)
