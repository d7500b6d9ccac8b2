"""What tests of workers share: a log that is sold into, the truth by plain SQL, and what lies in its topics."""

import itertools
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import msgspec
from kafka import TopicPartition
from kafka.consumer.fetcher import ConsumerRecord
from kafka.errors import KafkaError as ClientError

from schemas.events import adapter
from schemas.facts import FEED
from schemas.moments import Calendar
from streams.appending import Entry, columns
from streams.following import Follower
from streams.history import History
from streams.kafka import KafkaError, clients
from streams.kafka.reading import places, record_of
from streams.kafka.sending import Sending
from streams.kafka.topics import Log
from streams.live.forms import Counted, is_counted_key, read_cell_key, read_cell_value, read_counted_value
from streams.records import Written, written
from streams.replaying import Cells, sql_cells
from streams.told import Record
from tests.kafka.killing import Command
from tests.servers import ENDED_SECONDS
from tests.streams.recording import in_memory

GROUP = "{}.workers"
LOOK_SECONDS = 0.02
SENT_AT_ONCE = 2_000
QUICK = ("--session", "2")  # seconds: as long the others wait for one that was killed
FED, AT_ONCE, PAUSE_SECONDS = 3_000, 10, 0.05  # of a feed: 200 events a second at most, and in the end again
DAYS = ("2017-05-01", "2017-05-02", "2017-05-03")


def sold(count: int, seed: int) -> list[Written]:
    """Deals that are won, lost, reopened, amended and deleted, and calls, of some reps, in any order; some twice."""
    chance = random.Random(seed)
    events = [_event(number, chance) for number in range(count)]
    found = [written(columns(Entry(adapter().validate_python(one), FEED))) for one in events]
    return found + chance.choices(found, k=count // 20)


def _event(number: int, chance: random.Random) -> dict[str, Any]:
    deal = str(chance.randrange(40_000) if chance.random() < 0.5 else chance.randrange(50))
    kind = chance.choice(
        ("call.logged", "deal.opened", "deal.won", "deal.won", "deal.lost", "deal.reopened", "deal.deleted")
    )
    data: dict[str, Any] = {"id": deal}
    if kind not in {"deal.reopened", "deal.deleted"}:
        data |= {"rep": chance.randint(1, 7), "day": chance.choice(DAYS)}
    if kind == "deal.won":
        data["amount"] = {"value": f"{chance.randrange(100_000)}.{chance.randrange(100):02}", "currency": "EUR"}
    told = {"specversion": "1.0", "id": f"e{number}", "source": "crm", "type": f"quotum.{kind}.v1"}
    time_ = f"2017-05-0{chance.randint(3, 9)}T0{chance.randint(0, 9)}:00:00Z"
    return {**told, "time": time_, "trail": f"case-{deal}", "data": data}


def deletion(number: int, won: Written) -> Written:
    """That a deal was deleted, said last."""
    told = {"specversion": "1.0", "id": f"d{number}", "source": "crm", "type": "quotum.deal.deleted.v1"}
    data = {"id": msgspec.json.decode(won.value)["data"]["id"]}
    event = {**told, "time": "2017-06-01T00:00:00Z", "trail": won.trail, "data": data}
    return written(columns(Entry(adapter().validate_python(event), FEED)))


def send(log: Log, events: Sequence[Written]) -> None:
    """Into the log; all of them are there on return."""
    sending = Sending(log)
    for first in range(0, len(events), SENT_AT_ONCE):
        sending.send(events[first : first + SENT_AT_ONCE]).result(ENDED_SECONDS)
    sending.close()


class Feed:
    """Sends little by little for as long as it is a context, so that workers commit often."""

    def __init__(self, log: Log, seed: int) -> None:
        self._log = log
        self._events = sold(FED, seed)
        self._stopped = threading.Event()
        self._failed: BaseException | None = None
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()
        assert self._failed is None, self._failed

    def _run(self) -> None:
        try:
            sending = Sending(self._log)
            for first in itertools.cycle(range(0, len(self._events), AT_ONCE)):
                sending.send(self._events[first : first + AT_ONCE]).result(ENDED_SECONDS)
                if self._stopped.wait(PAUSE_SECONDS):
                    break
            sending.close()
        except BaseException as error:  # noqa: BLE001 (told to the test)
            self._failed = error


class Worker(Command):
    """`quotum worker` in a process of its own, which can be stopped and woken, too."""

    def __init__(self, log: Log, folder: Path, *words: str) -> None:
        """It has joined no group yet. `folder`: where what it complains about goes."""
        folder.mkdir(exist_ok=True)
        at = ("--broker", log.broker, "--prefix", log.names.prefix)
        super().__init__("worker", *at, *words, module="streams.kafka.workers.running", folder=folder)

    def signal(self, which: signal.Signals) -> None:
        """SIGSTOP or SIGCONT."""
        assert self._forked.process
        os.kill(self._forked.process, which)

    def ended(self) -> int:
        """Wait until it has ended by itself; its exit code."""
        return self._forked.ended()

    def lives(self) -> bool:
        """Whether it has not ended by itself."""
        return self._forked.process is not None

    def tend(self) -> None:
        """Start it again where it has ended, as whoever supervises it does."""
        if not self.lives():
            self.start()


@contextmanager
def working(log: Log, folder: Path, *words: str) -> Iterator[Worker]:
    """One that runs, until the end at the latest."""
    worker = Worker(log, folder, *words)
    try:
        yield worker
    finally:
        worker.close()


def wait_until(
    is_so: Callable[[], bool], workers: Sequence[Worker] = (), progress: Callable[[], object] = lambda: None
) -> None:
    """Look again and again, and start workers again that ended; fails where nothing goes on for long.

    `progress`: another value each time something went on.
    """
    until, seen = time.monotonic() + ENDED_SECONDS, progress()
    while not is_so():
        for one in workers:
            one.tend()
        if (now := progress()) != seen:
            until, seen = time.monotonic() + ENDED_SECONDS, now
        assert time.monotonic() < until, (seen, [one.complaints() for one in workers])
        time.sleep(LOOK_SECONDS)


def counted(log: Log) -> dict[int, int]:
    """Up to where the workers' group has committed each partition of events; nothing where none can tell just now."""
    with suppress(KafkaError), counting(log) as asked:
        return asked()
    return {}


@contextmanager
def counting(log: Log) -> Iterator[Callable[[], dict[int, int]]]:
    """The same to be asked again and again by one client, while the broker is there."""
    group = GROUP.format(log.names.prefix)
    with clients.admin(log.broker) as admin:

        def asked() -> dict[int, int]:
            with suppress(ClientError):
                found = admin.list_group_offsets([group])[group]
                return {place.partition: one.offset for place, one in found.items()}
            return {}

        yield asked


def ends(log: Log) -> dict[int, int]:
    """Where each partition of events ends."""
    places = [TopicPartition(log.names.events, number) for number in range(log.partitions)]
    with clients.consumer(log.broker, enable_auto_commit=False) as asking:
        return {place.partition: end for place, end in asking.end_offsets(places).items()}


def wait_for_all(log: Log, workers: Sequence[Worker] = ()) -> None:
    """Until all that is in the log now is committed by workers."""
    wanted = {partition: end for partition, end in ends(log).items() if end}
    found: dict[int, int] = {}
    with counting(log) as asked:

        def looked() -> dict[int, int]:
            nonlocal found
            found = asked()
            return found

        wait_until(lambda: all(found.get(one, 0) >= end for one, end in wanted.items()), workers, looked)


def wait_for_some(log: Log, more: int, workers: Sequence[Worker]) -> None:
    """Until so many more places of the log are committed."""
    with counting(log) as asked:
        wanted = sum(asked().values()) + more
        wait_until(lambda: sum(asked().values()) >= wanted, workers)


def values(log: Log, topic: str, *, to_end: bool = True) -> Iterator[ConsumerRecord]:
    """All committed records of a topic that has as many partitions as the log.

    `to_end`: also of what is being committed. The broker says that a transaction is committed a while before readers
    see it, since it writes that to each partition afterwards.
    """
    places = [TopicPartition(topic, number) for number in range(log.partitions)]
    isolation = "read_uncommitted" if to_end else "read_committed"
    with clients.consumer(log.broker, enable_auto_commit=False, isolation_level=isolation) as asking:
        end = asking.end_offsets(places)
    with clients.consumer(log.broker, enable_auto_commit=False) as reading:
        reading.assign(places)
        reading.seek_to_beginning(*places)
        while any(reading.position(place) < end[place] for place in places):
            for found in reading.poll(timeout_ms=100).values():
                yield from found


def latest(log: Log, topic: str) -> dict[tuple[int, bytes], bytes]:
    """What a reader of a compacted topic holds in the end, by partition and key."""
    found = {(one.partition, one.key): one.value for one in values(log, topic)}
    return {key: value for key, value in found.items() if value is not None}


def live_cells(log: Log) -> Cells:
    """The sums over partitions of what lies in the topic of cells; each partition counts up to its end."""
    found: Cells = {}
    positions: dict[int, Counted] = {}
    for (partition, key), value in latest(log, log.names.cells).items():
        if is_counted_key(key):
            positions[partition] = read_counted_value(value)
            continue
        of, cell = read_cell_key(key)
        assert of == partition
        found[cell] = found.get(cell, 0) + read_cell_value(value).amount
    counted_up_to = {one: at.next_offset for one, at in positions.items()}
    wanted = {one: end for one, end in ends(log).items() if end}
    assert counted_up_to == wanted, (counted_up_to, wanted)
    return {cell: amount for cell, amount in found.items() if amount}


def records(log: Log) -> list[Record]:
    """All events of a log."""
    return [record_of(one, one.partition) for one in values(log, log.names.events, to_end=False)]


def true_cells(log: Log, follow: Callable[[Log, History], object]) -> Cells:
    """What the events of the log count for by plain SQL over them."""
    with in_memory() as history:
        follow(log, history)
        with history.read() as cursor:
            return sql_cells(cursor, log.workspace.zone)


def at_once(log: Log, history: History) -> None:
    """Follow a log in one step."""
    Follower(history, Calendar(log.workspace.zone), places(log)).take(records(log))


def expect_exact(log: Log, follow: Callable[[Log, History], object] = at_once) -> None:
    """All is counted, once: cells are the truth. The group is told beside it, so it may be behind, and never ahead."""
    assert live_cells(log) == true_cells(log, follow) != {}
    known, told = ends(log), counted(log)
    assert all(offset <= known[partition] for partition, offset in told.items()), (told, known)
