"""Workers on a real broker: events a second against stock Faust and Quix Streams, recovery, rows in a browser, memory.

Everything runs on one broker in one run. A worker's speed is told by its own transactions: each says in the topic of
cells up to where it counts, and when. The yardstick, and the ratio, is stock Faust with a table that counts by key;
beside it lies what the same driver reaches where it only counts, and Quix Streams with a state, where that can be had.
"""

import json
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx2 as httpx
import psutil
from kafka import TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

from bench.bpi2012 import bpi2012_lines
from bench.kafka import log_of, send, times_over
from bench.latency import measured, percentiles
from bench.report import missing_data, report
from bench.served import running, served, started
from quotum.local.kafka import start
from schemas.facts import FEED
from schemas.moments import Calendar
from schemas.received import read_event
from streams.appending import Entry, Position, columns
from streams.collecting import collection_paused
from streams.kafka import KafkaError, clients
from streams.kafka.reading import places, record_of
from streams.kafka.topics import Log
from streams.kafka.workers.stores import MemoryStore
from streams.live.forms import is_counted_key, read_counted_value
from streams.live.stepping import Stepping, Stored
from streams.records import Written, written
from streams.told import Record, told

TIMES = 8  # some ten seconds of a worker: the first two go by until a second process reads ahead of it
PEERS = Path(__file__).parent / "peers"
PEER_EVENTS = {"stock_faust": 20_000, "quix": 43_000}
TRAILS = 200_000
RATE = 1_000
STEP_RECORDS = 5_000
LOOK_SECONDS, ASK_SECONDS = 0.02, 0.5


def main() -> None:
    """Measure and report."""
    if missing_data():
        return
    with tempfile.TemporaryDirectory() as name, start(Path(name) / "kafka") as broker:
        folder, address = Path(name), broker.address
        events = [_written(line) for line in times_over(bpi2012_lines(), TIMES)]
        figures = _row(address, folder)  # first: afterwards the broker compacts what the others wrote
        log = _filled(address, "fold", events)
        figures |= {"worker_events_per_second": _worker(log, folder / "fold")}
        figures |= {"two_workers_events_per_second": _two_workers(_filled(address, "two", events), folder)}
        _print_stages(log)
        figures |= _recovery(log, folder)
        half = events[: len(events) // 2]
        figures |= {"counting_events_per_second": _child(_filled(address, "counting", half), "counting", len(half))}
        for peer, count in PEER_EVENTS.items():
            figures |= {f"{peer}_events_per_second": _child(_filled(address, peer, events[:count]), peer, count)}
        figures |= _memory(address, folder)
    report("live", figures, figures["worker_events_per_second"] / figures["stock_faust_events_per_second"])


def _written(line: bytes) -> Written:
    return written(columns(Entry(read_event(line), FEED)))


def _filled(broker: str, prefix: str, events: Sequence[Written]) -> Log:
    log = log_of(broker, prefix)
    send(log, events)
    return log


# A worker's speed


@contextmanager
def _working(log: Log, data: Path | None) -> Iterator[str]:
    """The address of a worker that runs."""
    words = ["worker", "--broker", log.broker, "--prefix", log.names.prefix]
    with running(*words, *(["--data", str(data)] if data else [])) as url:
        yield url


def _worker(log: Log, data: Path) -> float:
    with _working(log, data):
        _wait_until_counted(log)
    return _speed(log)


def _two_workers(log: Log, folder: Path) -> float:
    with _working(log, folder / "two-1"), _working(log, folder / "two-2"):
        _wait_until_counted(log)
    return _speed(log)


def _wait_until_counted(log: Log) -> None:
    ends = _ends(log, log.names.events)
    while True:
        counted = _counted(log)
        if all(counted.get(partition, 0) >= end for partition, end in ends.items()):
            return
        time.sleep(ASK_SECONDS)


def _counted(log: Log) -> dict[int, int]:
    """Up to where the workers have committed each partition; nothing while nobody can tell."""
    group = f"{log.names.prefix}.workers"
    with suppress(KafkaError), clients.admin(log.broker) as admin:
        return {place.partition: one.offset for place, one in admin.list_group_offsets([group])[group].items()}
    return {}


def _speed(log: Log) -> float:
    """Events a second between the first transaction and the last, of all partitions together."""
    said: list[tuple[int, int, int]] = []  # when, partition, up to where
    for partition in range(log.partitions):
        records = [one for one in _read_whole(log, log.names.cells, partition) if is_counted_key(one.key)]
        said += [(one.timestamp, partition, read_counted_value(one.value).next_offset) for one in records]
    said.sort()
    first = sum({partition: offset for at, partition, offset in reversed(said) if at == said[0][0]}.values())
    last = sum(_ends(log, log.names.events).values())
    return 1_000 * (last - first) / (said[-1][0] - said[0][0])


def _ends(log: Log, topic: str) -> dict[int, int]:
    asked = [TopicPartition(topic, number) for number in range(log.partitions)]
    with clients.consumer(log.broker, enable_auto_commit=False) as asking:
        return {place.partition: end for place, end in asking.end_offsets(asked).items() if end}


def _read_whole(log: Log, topic: str, partition: int) -> Iterator[ConsumerRecord]:
    place = TopicPartition(topic, partition)
    with clients.consumer(log.broker, enable_auto_commit=False) as reading:
        reading.assign([place])
        reading.seek_to_beginning(place)
        end = reading.end_offsets([place])[place]
        while reading.position(place) < end:
            for found in reading.poll(timeout_ms=100).values():
                yield from found


def _print_stages(log: Log) -> None:
    """Where the time of a step goes; what a worker's events cost beyond it is its client, the broker and the store."""
    records = _records(log)
    partition_of = places(log)
    begun = time.process_time()
    with collection_paused():
        for record in records:
            told(record, partition_of)
    reading = time.process_time() - begun
    stepping, stores = Stepping(Calendar(log.workspace.zone), partition_of), (MemoryStore(), MemoryStore())
    stored, position = Stored(stores[0].get_many, stores[1].get_many), Position(0, 0, 0)
    begun = time.process_time()
    for first in range(0, len(records), STEP_RECORDS):
        writes = stepping.step(position, records[first : first + STEP_RECORDS], stored)
        stores[0].write(writes.trails, 0)
        stores[1].write(writes.cells, 0)
        position = writes.position
    whole = time.process_time() - begun
    for name, spent in (("read the records", reading), ("states, fold, cells", whole - reading), ("a step", whole)):
        print(f"{name:<20} {1e6 * spent / len(records):6.1f} us an event")


def _records(log: Log) -> list[Record]:
    return [record_of(one, one.partition) for one in _read_whole(log, log.names.events, 0)]


# Recovery


def _recovery(log: Log, folder: Path) -> dict[str, float]:
    """Seconds from the start of a worker until it has begun with all partitions, and how many values it read back."""
    values = sum(1 for topic in (log.names.trails, log.names.cells) for _ in _keys(log, topic))
    return {
        "recovered_values": values,
        "recovery_seconds_empty_disk": _ready_after(log, folder / "anew"),
        "recovery_seconds_kept_disk": _ready_after(log, folder / "fold"),
    }


def _keys(log: Log, topic: str) -> set[bytes]:
    return {one.key for partition in range(log.partitions) for one in _read_whole(log, topic, partition) if one.value}


def _ready_after(log: Log, data: Path) -> float:
    begun = time.perf_counter()
    with _working(log, data) as url:
        while httpx.get(f"{url}/ready", trust_env=False).status_code != httpx.codes.OK:
            time.sleep(LOOK_SECONDS)
        return time.perf_counter() - begun


# Beside it


def _child(log: Log, peer: str, count: int) -> float:
    """Events a second of a program of its own, which tells how long it took from its first event to its last."""
    python = _quix_python() if peer == "quix" else sys.executable
    if python is None:
        return 0.0
    done = _ran(python, str(PEERS / f"{peer}.py"), log.broker, log.names.prefix, str(count))
    done.check_returncode()
    told = json.loads(done.stdout.splitlines()[-1])
    return float(told["events"] / told["seconds"])


def _quix_python() -> str | None:
    """An interpreter that has Quix Streams, in an environment of its own: its clients are others than ours."""
    folder = Path(tempfile.gettempdir()) / "quotum-bench-quix"
    python = folder / "bin" / "python"
    wanted = (PEERS / "quix.txt").read_text(encoding="utf-8").strip()
    if not python.exists():
        venv.create(folder, with_pip=True)
    if _ran(str(python), "-m", "pip", "install", "--quiet", wanted).returncode:
        print(f"{wanted} cannot be installed: measured without")
        return None
    return str(python)


def _ran(*words: str) -> "subprocess.CompletedProcess[str]":
    """What a program printed, and how it ended."""
    return subprocess.run(words, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603 (our own words)


# Memory, and a row


def _memory(broker: str, folder: Path) -> dict[str, float]:
    """Megabytes of a worker that knows 200,000 trails, on its disk or in its memory."""
    told = b'{"specversion":"1.0","id":"%d","source":"bench","type":"quotum.call.logged.v1","trail":"%d","time":"%s",'
    data = b'"data":{"id":"%d","rep":%d,"at":"%s","kind":"call.offer"}}'
    at = b"2017-03-01T09:30:00Z"
    events = [_written((told + data) % (n, n, at, n, 1 + n % 35, at)) for n in range(TRAILS)]
    log = _filled(broker, "memory", events)
    figures = {}
    for name, place in (("on_disk", folder / "memory"), ("in_memory", None)):
        words = ["worker", "--broker", broker, "--prefix", log.names.prefix]
        process, url = started(*words, *(["--data", str(place)] if place else []))
        _wait_until_counted(log)
        while httpx.get(f"{url}/ready", trust_env=False).status_code != httpx.codes.OK:
            time.sleep(LOOK_SECONDS)
        figures[f"megabytes_at_{TRAILS}_trails_{name}"] = psutil.Process(process.pid).memory_info().rss / 1e6
        process.terminate()
        process.wait()
    return figures


def _row(broker: str, folder: Path) -> dict[str, float]:
    """Milliseconds from accepted to shown, on a board that has its figures from the cells of a worker."""
    log = log_of(broker, "row")
    (folder / "row").mkdir()
    with (
        _working(log, folder / "row-worker"),
        served(folder / "row", "--broker", broker, "--prefix", "row", "--figures", "cells") as url,
    ):
        waits, _ = measured(url, RATE, 20)
    median, worst = percentiles(waits)
    return {f"row_p50_ms_at_{RATE}": median, f"row_p99_ms_at_{RATE}": worst}


if __name__ == "__main__":
    main()
