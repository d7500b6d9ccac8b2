"""Workers in processes of their own, on a real broker: their cells are what plain SQL makes of the log, whatever happens."""

from pathlib import Path

import pytest

from streams.kafka import topics
from streams.kafka.topics import Log
from tests.kafka.working import expect_exact, send, sold, wait_for_all, working


@pytest.fixture
def log(broker: str, prefix: str) -> Log:
    return topics.create(broker, prefix=prefix, zone="Europe/Amsterdam", currency="EUR", partitions=4)


def test_two_workers_count_every_event_once(log: Log, tmp_path: Path) -> None:
    send(log, sold(3_000, seed=1))
    with working(log, tmp_path / "one"), working(log, tmp_path / "two"):
        send(log, sold(2_000, seed=2))
        wait_for_all(log)
    expect_exact(log)
