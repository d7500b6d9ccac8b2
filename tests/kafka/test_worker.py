"""Workers in processes of their own, on a real broker: their cells are those of plain SQL, whatever happens."""

import random
import shutil
from pathlib import Path

import pytest

from streams.kafka import topics
from streams.kafka.topics import Log
from tests.kafka.working import Feed, expect_exact, send, sold, wait_for_all, wait_for_some, working

KILLS = 4
WORKSPACE = {"zone": "Europe/Amsterdam", "currency": "EUR", "partitions": 4}


@pytest.fixture
def log(broker: str, prefix: str) -> Log:
    return topics.create(broker, prefix=prefix, zone="Europe/Amsterdam", currency="EUR", partitions=4)


def test_two_workers_count_every_event_once(log: Log, tmp_path: Path) -> None:
    send(log, sold(3_000, seed=1))
    with working(log, tmp_path / "one"), working(log, tmp_path / "two"):
        send(log, sold(2_000, seed=2))
        wait_for_all(log)
    expect_exact(log)


@pytest.mark.parametrize("data", [("--data", "data"), ()], ids=["on disk", "in memory"])
def test_killed_four_times_a_worker_counts_every_event_once(log: Log, tmp_path: Path, data: tuple[str, ...]) -> None:
    chance = random.Random(4)
    with working(log, tmp_path, *data) as worker:
        with Feed(log, seed=3):
            for number in range(KILLS):
                wait_for_some(log, chance.randint(40, 400))
                worker.kill()
                if number == KILLS // 2:
                    shutil.rmtree(tmp_path / "data", ignore_errors=True)
                worker.start()
        wait_for_all(log, [worker])
    expect_exact(log)
