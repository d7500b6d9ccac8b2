"""Far behind a real log a second process helps. Whoever of the two is killed, whenever: history comes out the same."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from random import Random
from uuid import uuid4

import psutil
import pytest
from kafka import KafkaProducer

from schemas.facts import FEED, log_line
from streams.following import Follower
from streams.history import History
from streams.kafka import clients, topics
from streams.kafka.reading import Reading, places
from streams.kafka.topics import Log
from tests.kafka import far_behind
from tests.servers import ENDED_SECONDS
from tests.streams.logs import PLACES, TOLD
from tests.streams.recording import AMSTERDAM, Rows, call, in_memory

EVENTS, TRAILS, TRANSACTIONS = 2_000, 300, 4
KILLS = 3
EVERYTHING = (
    PLACES,
    TOLD,
    "FROM postings ORDER BY ALL",
    "FROM dead_letters ORDER BY ALL",
    "SELECT log_partition, max(next_offset), max(known_at) FROM positions GROUP BY ALL ORDER BY ALL",
)


@pytest.fixture(scope="module")
def log(broker: str) -> Log:
    """With events twice, transactions that were aborted, and records that are no events."""
    prefix = f"test-far-{uuid4().hex[:12]}"
    log = topics.create(broker, prefix=prefix, zone="Europe/Amsterdam", currency="EUR", partitions=3)
    size = EVENTS // TRANSACTIONS
    with clients.transactional_producer(broker, log.names.events) as producer:
        for first in range(0, EVENTS, size):
            for finish in (producer.abort_transaction, producer.commit_transaction):
                producer.begin_transaction()
                for number in (*range(first, first + size), *range(0, first, 100)):
                    send(producer, log, number)
                producer.send(log.names.events, key=b"case-0", value=b"{")
                finish()
    return log


def send(producer: KafkaProducer, log: Log, number: int) -> None:
    event = call(f"{number}", f"case-{number % TRAILS}")
    headers = [("layer", str(FEED).encode())]
    producer.send(log.names.events, key=event.trail.encode(), value=log_line(event), headers=headers)


@pytest.fixture(scope="module")
def expected(log: Log) -> list[Rows]:
    """What one process alone makes of the log."""
    with ExitStack() as closing:
        history = closing.enter_context(in_memory())
        reading = Reading(log)
        closing.callback(reading.close)
        follower = Follower(history, AMSTERDAM, places(log))
        reading.begin({})
        while (fetched := reading.fetch()).read:
            follower.begin(fetched.read, fetched.reached).result()
        follower.begin(fetched.read, fetched.reached).result()
        found = everything(history)
    assert [len(rows) for rows in found[1:4]] == [EVENTS + 30 + 2, EVENTS, TRANSACTIONS]
    return found


def everything(history: History) -> list[Rows]:
    return [history.rows(query) for query in EVERYTHING]


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    with History.create(tmp_path / "quotum.duckdb") as made:
        yield made


def test_a_second_process_reads_the_most_of_it_and_what_is_recorded_is_the_same(
    log: Log, expected: list[Rows], history: History
) -> None:
    helpers: list[int] = []
    far_behind.follow(log, history, helpers.append)
    assert everything(history) == expected
    assert len(helpers) > EVENTS / far_behind.AHEAD_AT_ONCE / 2
    assert not any(psutil.pid_exists(pid) for pid in set(helpers))
    passed_on = {record.key for record in clients.read_whole(log.broker, log.names.dead_letters)}
    assert passed_on == {f"{partition}:{offset}".encode() for partition, offset, *_ in expected[3]}


def test_a_second_process_that_is_killed_is_done_without(log: Log, expected: list[Rows], history: History) -> None:
    helpers: list[int] = []

    def kill(pid: int) -> None:
        helpers.append(pid)
        if len(helpers) == 3:
            os.kill(pid, signal.SIGKILL)

    far_behind.follow(log, history, kill)
    assert everything(history) == expected
    assert len(set(helpers)) == 1


def test_a_recorder_that_is_killed_again_and_again_leaves_no_process_and_records_everything_once(
    log: Log, expected: list[Rows], tmp_path: Path
) -> None:
    path, chance = tmp_path / "quotum.duckdb", Random(20261123)
    History.create(path).close()
    for _ in range(KILLS):
        expect_gone(killed(path, log, batches=chance.randint(1, 8)))
    with History.open(path) as history:
        assert 0 < history.rows("SELECT count(*) FROM events")[0][0] < EVENTS
        far_behind.follow(log, history, lambda _: None)
        assert everything(history) == expected


def killed(path: Path, log: Log, batches: int) -> int:
    """A recorder that is killed after so many batches of a second process; the number of that."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.kafka.far_behind", str(path), log.broker, log.names.prefix],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    ) as recorder:
        assert recorder.stdin
        assert recorder.stdout
        pid = 0
        for _ in range(batches):
            pid = int(recorder.stdout.readline())
            recorder.stdin.write("go on\n")
        recorder.kill()
    return pid


def expect_gone(pid: int) -> None:
    with suppress(psutil.NoSuchProcess):
        psutil.Process(pid).wait(ENDED_SECONDS)
    assert not psutil.pid_exists(pid)
