"""A cluster in memory for everything in here that sends."""

import pytest

from streams.kafka import producers, sending
from tests.streams.kafka.cluster import Cluster


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    """One that is there and quick, for everything that sends."""
    made = Cluster()
    monkeypatch.setattr(producers, "AIOKafkaProducer", made.connect)
    monkeypatch.setattr(sending, "AGAIN_SECONDS", 0)
    return made
