"""A worker, from its start to its end: Faust's loop in a thread of its own, so that others can ask how it stands.

Whatever is raised in there ends the worker: what was under way is known again once it is started anew, which is up to
whoever supervises it.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Hashable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from aiokafka.errors import KafkaError as ClientError

from schemas.moments import Calendar
from streams.kafka import clients
from streams.kafka.forerunner import Forerunner
from streams.kafka.reading import places
from streams.kafka.recording import Standing
from streams.kafka.topics import Log
from streams.kafka.workers.app import create_app
from streams.kafka.workers.fetching import RECORDS_AT_ONCE
from streams.kafka.workers.owned import Site, pass_over_lost
from streams.kafka.workers.reading_ahead import ReadingAhead
from streams.kafka.workers.stores import CELLS, TRAILS, Stores
from streams.live.stepping import Stepping

STOP_SECONDS = 6.0
TICK_SECONDS = 1.0
LATE_SECONDS = 30.0  # without a tick it is not known whether there is anything to do
log = logging.getLogger(__name__)


class Worker:
    """One member of the group that folds a log. Any thread may ask it; as a context manager it runs within."""

    def __init__(
        self,
        site: Site,
        data: Path | None,
        ended: Callable[[], object] = lambda: None,
        *,
        stepping: Stepping | None = None,
        ahead: ReadingAhead | None = None,
    ) -> None:
        """`data`: a folder of the worker's own, None to keep everything in memory.

        `ended` is called where it has ended by itself. `stepping`: what its batches are taken by, if not as the log's.
        `ahead`: what reads ahead where much lies there, if anything is to; it is closed with the worker.
        """
        self._site = site
        self._ahead = ahead
        self._stepping = stepping or Stepping(Calendar(site.log.workspace.zone), places(site.log))
        self.failed: BaseException | None = None
        self.events = 0  # that were taken
        self.away = ""  # why the broker is waited for; empty while it answers
        self._stores = Stores(data, _changelogs(site.log))
        self._consumer: Any = None  # Faust's types know nothing of ours
        self._loop = asyncio.new_event_loop()
        self._stopped = asyncio.Event()
        self._ended = ended
        self._is_closing = False
        self._ticked = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)

    def start(self) -> None:
        """Join the group; returns at once."""
        self._thread.start()

    def close(self) -> bool:
        """Leave the group once what is under way is done; whether it has ended. Again is harmless."""
        self._is_closing = True
        if self._thread.is_alive():
            with suppress(RuntimeError):  # it has ended just now
                self._loop.call_soon_threadsafe(self._stopped.set)
            self._thread.join(STOP_SECONDS + 1)
        return not self._thread.is_alive()

    def standings(self) -> list[Standing]:
        """The partitions that are in its hands and begun, and how far each is."""
        consumer = self._consumer
        lanes = list(consumer.lanes.items()) if consumer else []
        return [
            Standing(lane.partition, lane.position.next_offset, consumer.end(place))
            for place, lane in lanes
            if lane.position
        ]

    def is_ready(self) -> bool:
        """Whether it is a member of the group, and has begun with all that the group has given to it."""
        return self._consumer is not None and self._consumer.is_settled

    def trouble(self) -> str:
        """Why it does not fold what comes, if it does not."""
        return self.away or ("" if self.is_ready() else "what is known of its partitions is being read back")

    def progress(self) -> Hashable:
        """Another value each time it gets on."""
        return self.events, tuple(self.standings())

    def is_idle(self) -> bool:
        """Whether nothing is left to do, as far as it knew just now."""
        is_well = time.monotonic() - self._ticked < LATE_SECONDS
        return is_well and self.is_ready() and all(one.lag == 0 for one in self.standings())

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(self._work())
        except BaseException as error:  # noqa: BLE001 (told by whoever started it)
            self.failed = error
        finally:
            self._stores.close()
            if not self._is_closing:
                self._ended()

    async def _work(self) -> None:
        app = create_app(self._site, self._stepping, self._stores, self._moved, self._ahead)
        self._consumer = app.consumer
        self._loop.set_exception_handler(pass_over_lost)
        others = [self._loop.create_task(one) for one in (app.start(), self._tick())]
        ends = [self._loop.create_task(one) for one in (app.wait_until_stopped(), self._stopped.wait())]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        async with asyncio.timeout(STOP_SECONDS):
            await app.stop()
        for task in (*others, *ends):
            task.cancel()
        if app.crash_reason:
            raise app.crash_reason

    async def _tick(self) -> None:
        while True:
            self._ticked = time.monotonic()
            await asyncio.sleep(TICK_SECONDS)
            await self._ask_broker()

    async def _ask_broker(self) -> None:
        """Tell once that no broker answers, and once that it does again: its client waits for it without a word."""
        try:
            await self._consumer.expect_broker()
        except (ClientError, OSError, TimeoutError) as error:
            if not self.away:
                log.warning("waiting for the broker at %s: %r", self._site.log.broker, error)
            self.away = f"{self._site.log.broker} does not answer ({error!r})"
        else:
            if self.away:
                log.warning("the broker at %s answers again", self._site.log.broker)
            self.away = ""

    def _moved(self, records: int) -> None:
        self.events += records


def reading_ahead(log: Log) -> ReadingAhead:
    """What reads a log ahead of a worker that is far behind, in a process of its own."""
    return ReadingAhead(lambda: Forerunner(log, RECORDS_AT_ONCE, is_whole=False))


def _changelogs(log: Log) -> Mapping[str, str]:
    """The tables' changelogs by ids that they have for good: one that was made anew has another."""
    names = {TRAILS: log.names.trails, CELLS: log.names.cells}
    with clients.admin(log.broker) as admin:
        ids = {topic["name"]: str(topic["topic_id"]) for topic in admin.describe_topics(list(names.values()))}
    return {table: ids[name] for table, name in names.items()}
