"""Sending events to the log: an answer once the broker has acknowledged, bounded memory while it has not.

Each partition has a lane: what waits in it goes as one batch, and the next follows once the broker has that one, so
order per trail is kept whatever is sent again. The client is aiokafka, on an event loop of its own: kafka-python took
70 us of processor time an event where this takes 13 to 21, and a gateway has some 120 for everything it does.
"""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Sequence
from concurrent.futures import Future
from typing import Any, NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError as ClientError
from aiokafka.producer.message_accumulator import BatchBuilder

from schemas.organisation import ORGANISATION
from streams.appending import Entry, columns
from streams.books import ENDING, Outcome, UnavailableError
from streams.following import ORGANISATION_PARTITION
from streams.kafka import KafkaError
from streams.kafka.producers import BATCH_BYTES, CUT_SECONDS, connected, let_go
from streams.kafka.topics import Log, partition_of
from streams.records import Written, written

MOST_WAITING = 50_000  # events without an acknowledgement, some 50 MB where they are small
MOST_WAITING_BYTES = 50_000_000  # of what they say
DELIVERY_MS = 8_000
FINISH_SECONDS = 1.0  # at the end, for all that a broker is waited for: what is under way, and being told of the end
AGAIN_SECONDS = 0.2  # until a broker that is away is looked for again

Lane = tuple[str, int]  # topic, partition
logger = logging.getLogger(__name__)


class Sent(NamedTuple):
    """Where an event lies; ORGANISATION_PARTITION for the organisation's topic."""

    partition: int
    offset: int


class _Request:
    """The events of one call, until each has its place."""

    def __init__(self, count: int, bytes_: int) -> None:
        self.bytes = bytes_
        self.places: list[Sent | None] = [None] * count
        self.missing = count
        self.done: Future[list[Sent]] = Future()
        self.done.set_running_or_notify_cancel()  # what is sent cannot be taken back


class _Waiting(NamedTuple):
    request: _Request
    place: int
    event: Written


class Underway(NamedTuple):
    """Events on their way to the log."""

    refused: Sequence[Outcome | None]  # per event; None for one that is sent
    sent: "Future[list[Sent]]"

    def outcomes(self) -> list[Outcome]:
        """What became of each, which is waited for; UnavailableError as of `Sending.send`."""
        sent = iter(self.sent.result())
        return [one or _taken(*next(sent)) for one in self.refused]


class Sending:
    """Sends events to one log. Any thread may. Close it when done."""

    def __init__(
        self,
        log: Log,
        most_waiting: int = MOST_WAITING,
        count: Callable[[int], object] = lambda _: None,
        *,
        most_waiting_bytes: int = MOST_WAITING_BYTES,
    ) -> None:
        """KafkaError where no broker answers. `count` is told of how many wait, one call after the other."""
        self._log = log
        self._count = count
        self._most = most_waiting
        self._waiting = 0
        self._most_bytes = most_waiting_bytes
        self._bytes = 0  # of those that wait
        self._lock = threading.Lock()
        self._lanes: dict[Lane, deque[_Waiting]] = {}
        self._running: dict[Lane, asyncio.Task[None]] = {}
        self._loop = asyncio.new_event_loop()
        self._producer: AIOKafkaProducer | None = None
        self._closed = False  # nothing more comes in
        self._closing = False  # and what is in is not waited for beyond its time
        self._connecting: asyncio.Lock
        self._thread = threading.Thread(target=self._loop.run_forever, name="sending", daemon=True)
        self._thread.start()
        try:
            self._call(self._begin()).result()
        except BaseException as error:
            self.close()
            if not isinstance(error, ClientError | OSError):
                raise
            raise KafkaError(f"no broker answers at {log.broker} ({error}). Start it, and try again.") from error

    @property
    def waiting(self) -> int:
        """How many events have no acknowledgement yet."""
        return self._waiting

    def take(self, entries: Sequence[Entry]) -> list[Outcome]:
        """Have the log take what a door let in, and wait until it has; UnavailableError as of `send`.

        Refused is only what no record has room for.
        """
        return self.begin(entries).outcomes()

    def begin(self, entries: Sequence[Entry]) -> Underway:
        """The same without waiting; UnavailableError at once where too much waits already."""
        records = [written(columns(entry)) for entry in entries]
        sizes = [size(one) for one in records]
        fitting = [one for one, bytes_ in zip(records, sizes, strict=True) if bytes_ <= BATCH_BYTES]
        sent = self._send(fitting, sum(bytes_ for bytes_ in sizes if bytes_ <= BATCH_BYTES))
        return Underway([None if bytes_ <= BATCH_BYTES else _too_large(bytes_) for bytes_ in sizes], sent)

    def send(self, events: Sequence[Written]) -> "Future[list[Sent]]":
        """Have the log take all of them; once the future is done they outlive the broker's end.

        UnavailableError at once where too many wait already, and from the future where not all were acknowledged in
        time: those that were are there, and the same events may be sent again. ValueError for an event too large.
        """
        sizes = [size(one) for one in events]
        if any(bytes_ > BATCH_BYTES for bytes_ in sizes):
            raise ValueError(f"an event has more than {BATCH_BYTES} bytes")
        return self._send(events, sum(sizes))

    def _send(self, events: Sequence[Written], bytes_: int) -> "Future[list[Sent]]":
        """The same for events that are known to fit, with what they add up to."""
        request = _Request(len(events), bytes_)
        if not events:
            request.done.set_result([])
            return request.done
        with self._lock:
            if self._closed:
                raise UnavailableError(ENDING)
            is_much = self._waiting + len(events) > self._most or self._bytes + bytes_ > self._most_bytes
            if self._waiting and is_much:
                raise UnavailableError(f"{self._waiting} events wait for the log already")
            self._wait_for(len(events), bytes_)
            self._loop.call_soon_threadsafe(self._put, request, events)
        return request.done

    def close(self) -> None:
        """Wait for what is under way, and let go of the broker; again is harmless."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        self._call(self._finish()).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _call(self, work: Coroutine[Any, Any, None]) -> "Future[None]":
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def _wait_for(self, more: int, bytes_: int) -> None:
        self._waiting += more
        self._bytes += bytes_
        self._count(self._waiting)

    def _end(self, request: _Request, error: Exception | None = None) -> None:
        """Tell whoever waits for a request, if nobody did."""
        if request.done.done():
            return
        with self._lock:
            self._wait_for(-len(request.places), -request.bytes)
        if error:
            request.done.set_exception(error)
        else:
            request.done.set_result([place for place in request.places if place])

    async def _begin(self) -> None:
        self._connecting = asyncio.Lock()
        self._producer = await connected(self._log.broker, DELIVERY_MS)

    async def _finish(self) -> None:
        """What is under way is acknowledged, or refused after a while: whoever ends a process waits no longer."""
        self._closing = True
        until = self._loop.time() + FINISH_SECONDS
        running = list(self._running.values())
        if running:
            await asyncio.wait(running, timeout=FINISH_SECONDS)
        await _cancelled(one for one in running if not one.done())
        self._refuse_all(TimeoutError())
        if self._producer:
            await let_go(self._producer, until)
        await _cancelled(asyncio.all_tasks() - {asyncio.current_task()})

    def _put(self, request: _Request, events: Sequence[Written]) -> None:
        for place, event in enumerate(events):
            self._lanes.setdefault(self._lane(event), deque()).append(_Waiting(request, place, event))
        for lane in self._lanes.keys() - self._running.keys():
            if self._lanes[lane]:
                self._running[lane] = self._loop.create_task(self._drain(lane))

    def _lane(self, event: Written) -> Lane:
        names = self._log.names
        if event.trail == ORGANISATION:
            return names.organisation, 0
        return names.events, partition_of(event.trail, self._log.partitions)

    async def _drain(self, lane: Lane) -> None:
        """Send what waits in a lane, batch after batch, until nothing does."""
        try:
            while self._lanes[lane]:
                producer, together = self._producer, list[_Waiting]()  # another lane may replace the one meanwhile
                try:
                    batch = _filled(producer, self._lanes[lane], together)
                    await self._sent(producer, lane, batch, together)
                except asyncio.CancelledError:
                    self._refuse(together, TimeoutError())
                    raise
                except Exception as error:  # noqa: BLE001 (whatever it is, nobody is to wait for ever)
                    logger.warning("not acknowledged: %s of %s: %r", lane[1], lane[0], error)
                    self._refuse(together, error)
                    await self._anew(producer)
        finally:
            del self._running[lane]

    async def _sent(
        self, producer: AIOKafkaProducer, lane: Lane, batch: BatchBuilder, together: Sequence[_Waiting]
    ) -> None:
        topic, partition = lane
        async with asyncio.timeout(DELIVERY_MS / 1000):
            told = await (await producer.send_batch(batch, topic, partition=partition))
        partition = ORGANISATION_PARTITION if topic == self._log.names.organisation else partition
        for offset, (request, place, _) in enumerate(together, told.offset):
            request.places[place] = Sent(partition, offset)
            request.missing -= 1
            if not request.missing:
                self._end(request)

    def _refuse(self, together: Sequence[_Waiting], error: Exception) -> None:
        """Tell whose events these are; nothing else of theirs is sent, so that no more waits than is counted."""
        for request in {id(one.request): one.request for one in together}.values():
            self._end(request, UnavailableError(f"the log did not acknowledge in time ({type(error).__name__})"))
        for lane, waiting in self._lanes.items():
            self._lanes[lane] = deque(one for one in waiting if not one.request.done.done())

    async def _anew(self, failed: AIOKafkaProducer) -> None:
        """Another producer in place of one that failed: what became of its last batch is unknown to it for good."""
        async with self._connecting:
            if self._producer is not failed:
                return
            await let_go(failed, self._loop.time() + DELIVERY_MS / 1000)
            while not self._closing:
                try:
                    self._producer = await connected(self._log.broker, DELIVERY_MS)
                except Exception as error:  # noqa: BLE001 (whatever it is, it is tried again, and nobody waits)
                    self._refuse_all(error)
                    await asyncio.sleep(AGAIN_SECONDS)
                else:
                    return

    def _refuse_all(self, error: Exception) -> None:
        """While no broker answers nobody is kept waiting."""
        self._refuse([one for waiting in self._lanes.values() for one in waiting], error)


def size(event: Written) -> int:
    """How many bytes of a batch an event takes, but for a few."""
    bytes_ = len(event.key) + len(event.value)
    for name, value in event.headers:  # no generator: this is asked of every event
        bytes_ += len(name) + len(value)
    return bytes_


def _filled(producer: AIOKafkaProducer, waiting: deque[_Waiting], together: list[_Waiting]) -> BatchBuilder:
    """A batch of what waits, as much as fits, which goes over into `together`; the client takes the first whole."""
    batch = producer.create_batch()
    while waiting:
        event = waiting[0].event
        if batch.append(timestamp=None, key=event.key, value=event.value, headers=event.headers) is None:
            break
        together.append(waiting.popleft())
    batch.close()
    return batch


async def _cancelled(tasks: Iterable["asyncio.Task[None] | None"]) -> None:
    """Cancel tasks, and have them end."""
    left = [one for one in tasks if one]
    for task in left:
        task.cancel()
    if left:
        await asyncio.wait(left, timeout=CUT_SECONDS)


def _taken(partition: int, offset: int) -> Outcome:
    return Outcome("taken", offset, partition=partition)


def _too_large(bytes_: int) -> Outcome:
    told = f"the event has {bytes_} bytes, and a record of the log has room for {BATCH_BYTES}: say less in one"
    return Outcome("refused", reason=told)
