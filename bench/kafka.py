"""The log in Kafka, with a real broker on the same machine: events a second in by a gateway, and on into history.

- gateway: batches of 100 over HTTP by eight senders, each answered once Kafka has them, by one process and by two at
  one address; again while a recorder takes the same events on the same cores.
- recorder: the bpi2012 log four times over from Kafka into DuckDB, with its postings, start and end included. The
  yardstick reads the same records, and what they tell, in one process, and records nothing.
- row: from an accepted event until its row has changed in Chromium, at 1,000 events a second, taken by a gateway of
  its own, as `make live` has it, or by the server itself.
"""

import json
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from bench.bpi2012 import bpi2012_lines
from bench.latency import measured, percentiles
from bench.report import missing_data, report
from bench.served import call, running, served
from quotum.local.kafka import start
from schemas.facts import FEED
from schemas.received import read_event
from streams.appending import Entry, columns
from streams.kafka import topics
from streams.kafka.live import LiveBooks
from streams.kafka.reading import Reading
from streams.kafka.sending import Sending
from streams.kafka.topics import Log
from streams.pairing import vault_path
from streams.records import Written, written
from streams.vault import Vault

SENDERS, SIZE, BATCHES = 8, 100, 400
PARTITIONS = 4
TIMES = 4
RATE = 1_000


def main() -> None:
    """Measure and report."""
    if missing_data():
        return
    with tempfile.TemporaryDirectory() as name, start(Path(name) / "kafka") as broker:
        figures = {
            f"gateway_of_{processes}_events_per_second{of}": _gateway(
                broker.address, Path(name), processes, is_recorded=bool(of)
            )
            for processes in (1, 2)
            for of in ("", "_beside_recorder")
        }
        recorded, read = _recorder(broker.address, Path(name))
        figures |= {"recorder_events_per_second": recorded, "reading_events_per_second": read}
        for has_gateway in (True, False):
            figures |= _row(broker.address, Path(name), has_gateway=has_gateway)
    report("kafka", figures, recorded / read)


def log_of(broker: str, prefix: str) -> Log:
    """A new log of a broker."""
    return topics.create(broker, prefix=prefix, partitions=PARTITIONS, zone="Europe/Amsterdam", currency="EUR")


def _gateway(broker: str, folder: Path, processes: int, *, is_recorded: bool) -> float:
    """`is_recorded`: whether the owner of the vault records the gateway's log; else it has another one."""
    folder = folder / f"gateway-{processes}-{is_recorded}"
    folder.mkdir()
    log, owners = f"{folder.name}-sent", f"{folder.name}-sent" if is_recorded else f"{folder.name}-other"
    for prefix in {log, owners}:
        log_of(broker, prefix)
    words = ("--processes", str(processes))
    bodies = [json.dumps([call(number) for number in range(SIZE)]).encode() for _ in range(BATCHES)]
    own = threading.local()
    with (
        served(folder, "--broker", broker, "--prefix", owners) as owner,
        running("gateway", "--broker", broker, "--prefix", log, "--owner", owner, *words) as url,
    ):

        def post(body: bytes) -> None:
            if not hasattr(own, "client"):
                own.client = HTTPConnection(urlsplit(url).netloc)
            own.client.request("POST", "/v1/events", body, {"content-type": "application/json"})
            answer = own.client.getresponse()
            told = answer.read()
            assert answer.status == 200, told

        post(bodies[0])
        with ThreadPoolExecutor(SENDERS) as senders:
            begun = time.perf_counter()
            list(senders.map(post, bodies[1:]))
            return SIZE * (BATCHES - 1) / (time.perf_counter() - begun)


def _recorder(broker: str, folder: Path) -> tuple[float, float]:
    log = log_of(broker, "recorder")
    sent = [written(columns(Entry(read_event(line), FEED))) for line in times_over(bpi2012_lines(), TIMES)]
    send(log, sent)
    begun = time.perf_counter()
    _read(log, len(sent))
    reading = time.perf_counter() - begun
    Vault.open(vault_path(folder / "recorder.quotum")).close()
    begun = time.perf_counter()
    with LiveBooks.follow(folder / "recorder.quotum", log) as books:
        books.settle()
        recording = time.perf_counter() - begun
        assert books.next_offset() >= len(sent)
    return len(sent) / recording, len(sent) / reading


def times_over(lines: list[bytes], times: int) -> list[bytes]:
    """The same again with other cases, so that what a start costs weighs as little as it does in a day's work."""
    trails = [json.loads(line)["trail"].encode() for line in lines]
    return [
        line.replace(b'"' + trail, b'"%d-%s' % (time, trail))
        for time in range(times)
        for line, trail in zip(lines, trails, strict=True)
    ]


def send(log: Log, sent: Sequence[Written]) -> None:
    """Events into a log; all of them are there on return."""
    sending = Sending(log)
    for first in range(0, len(sent), SIZE * SIZE):
        sending.send(sent[first : first + SIZE * SIZE]).result()
    sending.close()


def _read(log: Log, count: int) -> None:
    reading = Reading(log)
    reading.begin({})
    while count > 0:
        count -= len(reading.fetch().read)
    reading.close()


def _row(broker: str, folder: Path, *, has_gateway: bool) -> dict[str, float]:
    prefix = f"row-{has_gateway}"
    log_of(broker, prefix)
    (folder / prefix).mkdir()
    following = ("--broker", broker, "--prefix", prefix)
    with ExitStack() as running_all:
        url = running_all.enter_context(served(folder / prefix, *following))
        door = running_all.enter_context(running("gateway", *following, "--owner", url)) if has_gateway else url
        waits, _ = measured(url, RATE, 20, door)
    median, worst = percentiles(waits)
    by = "by_gateway" if has_gateway else "by_server"
    return {f"row_{by}_p50_ms_at_{RATE}": median, f"row_{by}_p99_ms_at_{RATE}": worst}


if __name__ == "__main__":
    main()
