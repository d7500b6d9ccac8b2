"""Sending events to the log: an answer once the broker has acknowledged, bounded memory while it has not.

Each partition has a lane: what waits in it goes as one batch, and the next follows once the broker has that one, so
order per trail is kept whatever is sent again. The client is aiokafka, on an event loop of its own: kafka-python took
70 us of processor time an event where this takes 13 to 21, and a gateway has some 120 for everything it does.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError as ClientError

from schemas.events import ORGANISATION
from streams.books import UnavailableError
from streams.following import ORGANISATION_PARTITION
from streams.kafka import KafkaError
from streams.kafka.topics import Log, partition_of
from streams.records import Written

MOST_WAITING = 50_000  # events without an acknowledgement, some 50 MB
DELIVERY_MS = 8_000
BATCH_BYTES = 900_000  # below the largest record batch that a broker takes by default
AGAIN_SECONDS = 0.2  # until a broker that is away is looked for again

Lane = tuple[str, int]  # topic, partition


class Sent(NamedTuple):
    """Where an event lies; ORGANISATION_PARTITION for the organisation's topic."""

    partition: int
    offset: int


class _Request:
    """The events of one call, until each has its place."""

    def __init__(self, count: int) -> None:
        self.places: list[Sent | None] = [None] * count
        self.missing = count
        self.done: Future[list[Sent]] = Future()


class _Waiting(NamedTuple):
    request: _Request
    place: int
    event: Written


class Sending:
    """Sends events to one log. Any thread may. Close it when done."""

    def __init__(self, log: Log, most_waiting: int = MOST_WAITING) -> None:
        """KafkaError where no broker answers."""
        self._log = log
        self._most = most_waiting
        self._waiting = 0
        self._lock = threading.Lock()
        self._lanes: dict[Lane, deque[_Waiting]] = {}
        self._running: dict[Lane, asyncio.Task[None]] = {}
        self._loop = asyncio.new_event_loop()
        self._producer: Any = None
        self._closing = False
        self._connecting: asyncio.Lock
        self._thread = threading.Thread(target=self._loop.run_forever, name="sending", daemon=True)
        self._thread.start()
        try:
            self._call(self._begin()).result()
        except (ClientError, OSError) as error:
            self.close()
            raise KafkaError(f"no broker answers at {log.broker} ({error}). Start it, and try again.") from error

    @property
    def waiting(self) -> int:
        """How many events have no acknowledgement yet."""
        return self._waiting

    def send(self, events: Sequence[Written]) -> "Future[list[Sent]]":
        """Have the log take all of them; once the future is done they outlive the broker's end.

        UnavailableError at once where too many wait already, and from the future where not all were acknowledged in
        time: those that were are there, and the same events may be sent again.
        """
        request = _Request(len(events))
        if not events:
            request.done.set_result([])
            return request.done
        with self._lock:
            if self._waiting and self._waiting + len(events) > self._most:
                raise UnavailableError(f"{self._waiting} events wait for the log already")
            self._waiting += len(events)
        request.done.add_done_callback(lambda _: self._less(len(events)))
        self._loop.call_soon_threadsafe(self._put, request, events)
        return request.done

    def close(self) -> None:
        """Wait for what is under way, and let go of the broker."""
        if self._thread.is_alive():
            self._call(self._finish()).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def _call(self, work: Any) -> "Future[None]":  # noqa: ANN401 (a coroutine)
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def _less(self, count: int) -> None:
        with self._lock:
            self._waiting -= count

    async def _begin(self) -> None:
        self._connecting = asyncio.Lock()
        self._producer = await self._connected()

    async def _connected(self) -> Any:  # noqa: ANN401 (the client has no types)
        producer = AIOKafkaProducer(
            bootstrap_servers=self._log.broker,
            client_id="quotum-gateway",
            acks="all",
            enable_idempotence=True,
            max_batch_size=BATCH_BYTES,
            request_timeout_ms=DELIVERY_MS,
        )
        try:
            await producer.start()
        except BaseException:
            await producer.stop()
            raise
        return producer

    async def _finish(self) -> None:
        self._closing = True
        await asyncio.gather(*self._running.values(), return_exceptions=True)
        if self._producer:
            with suppress(ClientError):
                await self._producer.stop()

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
                batch, together = self._filled(self._lanes[lane])
                try:
                    await self._sent(lane, batch, together)
                except (ClientError, OSError, TimeoutError) as error:
                    self._refuse(together, error)
                    await self._anew(self._producer)
        finally:
            del self._running[lane]

    def _filled(self, waiting: deque[_Waiting]) -> tuple[Any, list[_Waiting]]:
        """A batch of what waits, as much as fits."""
        batch, together = self._producer.create_batch(), list[_Waiting]()
        while waiting:
            event = waiting[0].event
            if batch.append(timestamp=None, key=event.key, value=event.value, headers=event.headers) is None:
                break
            together.append(waiting.popleft())
        batch.close()
        return batch, together

    async def _sent(self, lane: Lane, batch: Any, together: Sequence[_Waiting]) -> None:  # noqa: ANN401 (no types)
        topic, partition = lane
        async with asyncio.timeout(DELIVERY_MS / 1000):
            told = await (await self._producer.send_batch(batch, topic, partition=partition))
        partition = ORGANISATION_PARTITION if topic == self._log.names.organisation else partition
        for offset, (request, place, _) in enumerate(together, told.offset):
            request.places[place] = Sent(partition, offset)
            request.missing -= 1
            if not request.missing and not request.done.done():
                request.done.set_result([place for place in request.places if place])

    def _refuse(self, together: Sequence[_Waiting], error: Exception) -> None:
        for request in {id(one.request): one.request for one in together}.values():
            if not request.done.done():
                told = UnavailableError(f"the log did not acknowledge in time ({type(error).__name__})")
                request.done.set_exception(told)

    async def _anew(self, failed: Any) -> None:  # noqa: ANN401 (the client has no types)
        """Another producer in place of one that failed: what became of its last batch is unknown to it for good."""
        async with self._connecting:
            if self._producer is not failed:
                return
            with suppress(ClientError, OSError, TimeoutError):
                await asyncio.wait_for(failed.stop(), DELIVERY_MS / 1000)
            while not self._closing:
                try:
                    self._producer = await self._connected()
                except (ClientError, OSError):
                    self._refuse_all()
                    await asyncio.sleep(AGAIN_SECONDS)
                else:
                    return

    def _refuse_all(self) -> None:
        """While no broker answers nobody is kept waiting."""
        for waiting in self._lanes.values():
            self._refuse(list(waiting), ConnectionError())
            waiting.clear()
