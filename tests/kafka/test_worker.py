"""Workers in processes of their own, on a real broker: their cells are those of plain SQL, whatever happens."""

import os
import random
import shutil
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx2 as httpx
import psutil
import pytest
from kafka import KafkaProducer

from streams.kafka import clients, topics
from streams.kafka.clients import UNREADABLE
from streams.kafka.letters import Letter, letters
from streams.kafka.recording import Fetched
from streams.kafka.topics import Log, partition_of
from streams.kafka.workers import fetching, running
from streams.kafka.workers.owned import Site
from streams.kafka.workers.reading_ahead import ReadingAhead
from streams.live.forms import FORM, Counted, counted_key, counted_value, is_counted_key
from streams.records import Written
from streams.told import NEWER
from tests.kafka.broker import expect_runnable
from tests.kafka.far_behind import AHEAD_AT_ONCE, AT_ONCE, FAR_RECORDS, NEAR_RECORDS, Awaited
from tests.kafka.killing import BrokerProcess
from tests.kafka.recorded import NoText, follow
from tests.kafka.working import (
    QUICK,
    Feed,
    Worker,
    counted,
    counting,
    deletion,
    ends,
    expect_exact,
    latest,
    live_cells,
    send,
    sold,
    values,
    wait_for_all,
    wait_for_some,
    wait_until,
    working,
)

ENDING_SECONDS = 10
WAITING = "waiting for the broker at"
WORKSPACE: dict[str, Any] = {"zone": "Europe/Amsterdam", "currency": "EUR", "partitions": 4}


@pytest.fixture
def log(broker: str, prefix: str) -> Log:
    return topics.create(broker, prefix=prefix, **WORKSPACE)


def test_killed_four_times_with_its_data_and_without_a_worker_counts_every_event_once(log: Log, tmp_path: Path) -> None:
    chance = random.Random(4)
    with working(log, tmp_path, "--data", "data", *QUICK) as worker:
        with Feed(log, seed=3):
            for is_left in (True, True, False, True):
                wait_for_some(log, chance.randint(40, 400), [worker])
                worker.kill()
                assert list((tmp_path / "data").iterdir())
                if not is_left:
                    shutil.rmtree(tmp_path / "data")
                worker.start()
        wait_for_all(log, [worker])
    expect_exact(log)


@contextmanager
def here(log: Log, data: Path | None = None, ahead: ReadingAhead | None = None) -> Iterator[running.Worker]:
    """A worker in this process, which is well until its end."""
    worker = running.Worker(Site(log), data, ahead=ahead)
    worker.start()
    try:
        yield worker
    finally:
        assert worker.close()
    assert worker.failed is None


def reached(worker: running.Worker) -> dict[int, int]:
    """Up to where it has folded each of its partitions, committed."""
    return {one.partition: one.position for one in worker.standings()}


def shares(*workers: Worker) -> list[int]:
    """How many partitions each has begun with, in order of that; none where it has not begun with all of its own."""
    try:
        answers = [httpx.get(f"{one.url}/ready", trust_env=False) for one in workers]
    except httpx.TransportError:
        return []  # one has ended by itself
    return sorted(len(one.json()["partitions"]) if one.status_code == HTTPStatus.OK else 0 for one in answers)


def test_workers_come_go_freeze_and_wake_and_every_event_counts_once(log: Log, tmp_path: Path) -> None:
    with working(log, tmp_path / "one", *QUICK) as one, working(log, tmp_path / "two", *QUICK) as two:
        with Feed(log, seed=5):
            wait_until(lambda: shares(one, two) == [2, 2], [one, two])
            with working(log, tmp_path / "three", *QUICK) as three:
                wait_until(lambda: shares(one, two, three) == [1, 1, 2], [one, two, three])
                wait_for_some(log, 40, [one, two, three])
                assert three.end() == 0
            wait_until(lambda: shares(one, two) == [2, 2], [one, two])
            one.signal(signal.SIGSTOP)
            wait_until(lambda: shares(two) == [4], [two])  # the session of the other is over
            wait_for_some(log, 40, [two])
            one.signal(signal.SIGCONT)
            wait_until(lambda: shares(one, two) == [2, 2], [one, two])
            wait_for_some(log, 40, [one, two])
        wait_for_all(log, [one, two])
    expect_exact(log)


def test_ended_in_good_order_a_worker_is_gone_soon_and_nothing_is_taken_again(log: Log, tmp_path: Path) -> None:
    with working(log, tmp_path) as worker, Feed(log, seed=6):
        wait_for_some(log, 100, [worker])
        begun = time.monotonic()
        assert worker.end() == 0
        assert time.monotonic() - begun < ENDING_SECONDS
    assert worker.complaints() == ""
    left = sum(end - counted(log).get(partition, 0) for partition, end in ends(log).items())
    with here(log) as again:
        wait_for_all(log)
    assert again.events == left
    expect_exact(log)


def test_of_rows_that_return_to_nothing_nothing_is_left(log: Log) -> None:
    won = [one for one in sold(300, seed=7) if b"deal.won" in one.value]
    with here(log):
        send(log, won)
        wait_for_all(log)
        rows = {key for key in latest(log, log.names.cells) if not is_counted_key(key[1])}
        send(log, [deletion(number, one) for number, one in enumerate(won)])
        wait_for_all(log)
    assert rows
    left = {key for key in latest(log, log.names.cells) if not is_counted_key(key[1])}
    assert left == set()
    assert {(one.partition, one.key) for one in values(log, log.names.cells) if one.value is None} >= rows


def test_with_both_of_their_topics_made_anew_workers_fold_the_log_from_its_beginning(log: Log, tmp_path: Path) -> None:
    send(log, sold(300, seed=13))
    known = ends(log)
    with here(log, tmp_path / "data") as worker:
        wait_until(lambda: reached(worker) == known)
    before = live_cells(log)
    with clients.admin(log.broker) as admin:
        admin.delete_topics([log.names.trails, log.names.cells])
        wait_until(lambda: not {log.names.trails, log.names.cells} & set(admin.list_topics()))
    assert topics.create(log.broker, prefix=log.names.prefix, **WORKSPACE) == log
    with here(log, tmp_path / "data") as worker:
        wait_until(lambda: reached(worker) == known)
    assert live_cells(log) == before
    expect_exact(log)


def begun(producer: KafkaProducer, log: Log, events: Sequence[Written]) -> None:
    """Send events in a transaction that nobody has ended yet."""
    producer.begin_transaction()
    for one in events:
        partition = partition_of(one.trail, log.partitions)
        producer.send(log.names.events, key=one.key, value=one.value, headers=one.headers, partition=partition)
    producer.flush()


class Helper(Awaited):
    """One that is killed once it has read so many times."""

    def __init__(self, log: Log, times: int | None) -> None:
        super().__init__(log, AHEAD_AT_ONCE, is_whole=False)
        self.records, self.left = 0, times

    def fetch(self) -> Fetched:
        if self.left == 0:
            os.kill(self.pid, signal.SIGKILL)
        fetched = super().fetch()
        self.records += len(fetched.read)
        self.left = None if self.left is None else self.left - 1
        return fetched


@pytest.mark.parametrize("times", [None, 3], ids=["to near the end", "until it is killed"])
def test_far_behind_a_second_process_reads_ahead_and_every_event_counts_once(
    log: Log, times: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "RECORDS_AT_ONCE", AT_ONCE)
    helpers: list[Helper] = []

    def start() -> Helper:
        helpers.append(Helper(log, times))
        return helpers[-1]

    with here(log, ahead=ReadingAhead(start, FAR_RECORDS, NEAR_RECORDS)) as worker:
        wait_until(worker.is_ready)
        with clients.transactional_producer(log.broker, f"{log.names.prefix}.far") as producer:
            begun(producer, log, sold(3_000, seed=18))
            producer.send(log.names.events, key=b"x", value=b"{", partition=1)
            producer.commit_transaction()  # so that a worker sees all of it at once
        known = ends(log)
        wait_until(lambda: reached(worker) == known)
        send(log, sold(100, seed=19))
        wait_for_all(log)
    (helper,) = helpers
    assert helper.records > (0 if times else 2_500)
    assert not psutil.pid_exists(helper.pid)
    assert len(letters(log)) == 1
    expect_exact(log, follow)


def test_what_is_no_event_becomes_a_dead_letter_and_holds_up_nothing(log: Log) -> None:
    good = sold(200, seed=8)
    expected = set()
    with here(log):
        send(log, good[:100])
        producer = KafkaProducer(bootstrap_servers=log.broker)
        name = log.names.events
        for value, why in (
            (b"{", "is no event as docs/events.md tells them: see the whole"),
            (b'{"specversion":"1.0","type":"quotum.call.sung.v2"}', NEWER.format(kind="quotum.call.sung.v2")),
            (None, "holds nothing"),
            (good[0].value, "its key is not its trail"),
        ):
            at = producer.send(name, key=b"x", value=value, partition=1).get(10)
            expected.add(Letter(name, 1, at.offset, why))
        at = producer.send(name, key=b"x", value=b"{}", partition=2, headers=[(NoText("n"), b"")]).get(10)
        expected.add(Letter(name, 2, at.offset, UNREADABLE))
        producer.close()
        send(log, good[100:])
        wait_for_all(log)
    assert set(letters(log)) == expected
    expect_exact(log, follow)


def test_what_was_undone_or_is_not_committed_yet_counts_nothing(log: Log) -> None:
    name = log.names.prefix
    with here(log):
        send(log, sold(200, seed=14))
        with clients.transactional_producer(log.broker, f"{name}.undone") as undone:
            begun(undone, log, sold(200, seed=15))
            undone.abort_transaction()
        send(log, sold(200, seed=16))
        with clients.transactional_producer(log.broker, f"{name}.open") as still_open:
            begun(still_open, log, sold(200, seed=17))
            wait_for_all(log)
            expect_exact(log)
            still_open.commit_transaction()
        wait_for_all(log)
    expect_exact(log)


def test_what_it_cannot_go_on_with_ends_it_with_a_code_that_has_it_started_again(log: Log, tmp_path: Path) -> None:
    event = sold(1, seed=12)[0]
    partition = partition_of(event.trail, log.partitions)
    producer = KafkaProducer(bootstrap_servers=log.broker)
    newer = bytes([FORM + 1])
    producer.send(log.names.trails, key=event.key, value=newer, partition=partition).get(10)
    producer.send(
        log.names.cells, key=counted_key(partition), value=counted_value(Counted(0, 0)), partition=partition
    ).get(10)
    producer.close()
    with working(log, tmp_path) as worker:
        send(log, [event])
        assert worker.ended() == 1
        said = f"a newer Quotum wrote this (form {FORM + 1}, and this one knows {FORM}): upgrade this worker"
        assert said in worker.complaints()


def lose(broker: BrokerProcess, log: Log, worker: Worker, seed: int) -> None:
    """Kill the broker while the worker is at what was sent; it is there again on return, and so is the worker."""
    before, waited = sum(ends(log).values()), worker.complaints().count(WAITING)
    send(log, sold(2_000, seed))
    with counting(log) as asked:
        wait_until(lambda: sum(asked().values()) > before, [worker])
    broker.kill()
    wait_until(lambda: worker.complaints().count(WAITING) > waited or not worker.lives())
    broker.start()
    wait_until(lambda: is_ready(worker), [worker])  # one that has not noticed yet would not say that it waits again


def is_ready(worker: Worker) -> bool:
    """Whether it has begun with its partitions, and the broker answers it."""
    with suppress(httpx.HTTPError):
        return httpx.get(f"{worker.url}/ready", trust_env=False).status_code == HTTPStatus.OK
    return False


def test_a_broker_that_is_killed_is_waited_for_or_the_worker_is_started_again(tmp_path: Path) -> None:
    expect_runnable()
    broker = BrokerProcess(tmp_path / "kafka")
    try:
        log = topics.create(broker.address, **WORKSPACE)
        with working(log, tmp_path / "one", *QUICK) as worker:
            for seed in (9, 10):
                lose(broker, log, worker, seed)
            send(log, sold(500, seed=11))
            wait_for_all(log, [worker])
        expect_exact(log)
    finally:
        broker.stop()
