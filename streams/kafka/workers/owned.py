"""A partition on a real broker in the hands of this worker, as `streams/live/owning.py` wants it.

Whoever owns it writes with a producer whose name is the partition's. To begin with that name shuts out whoever had it,
undoes what that one left open, and returns once that is done; so what is read afterwards is all there is.

Where to go on in the log, the source's offset, lies among the cells of the partition: a record of the same transaction.
Kafka has a way of its own to take the group's offset along. It makes a transaction half as long again, and Kafka
forgets that offset after a week without workers; so the group is told beside it (`driver`), for whoever looks at it.
"""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import (
    IllegalOperation,
    InvalidProducerEpoch,
    InvalidProducerIdMapping,
    InvalidTxnState,
    ProducerFenced,
)
from aiokafka.producer import sender

from streams.appending import Position
from streams.kafka import KafkaError
from streams.kafka.letters import as_record
from streams.kafka.producers import BATCH_BYTES
from streams.kafka.topics import Log
from streams.kafka.workers.changelogs import RECORD_BYTES, Shipped, read_on, ship
from streams.kafka.workers.stores import CELLS, TABLES, TRAILS, Changes, Store
from streams.live.forms import Counted, counted_key, counted_value, read_counted_value
from streams.live.stepping import Stored, Writes

SESSION_SECONDS = 10.0
TRANSACTION_MS = 10_000  # then the broker undoes what nobody ended
RETRY_MS = 5
CLOSE_SECONDS = 2.0
LOST = (ProducerFenced, InvalidProducerEpoch, InvalidProducerIdMapping, InvalidTxnState)
SHUT_OUT = (AssertionError, IllegalOperation)  # as the client tells of a producer that is lost already
log = logging.getLogger(__name__)

# The client waits so long before each retry of a transaction's first requests, and each transaction has some: with its
# own 20 ms half as many transactions can be made.
sender.BACKOFF_OVERRIDE = 0.002


class Site(NamedTuple):
    """What all partitions of a worker have in common."""

    log: Log
    session_seconds: float = SESSION_SECONDS  # without a sign of life, until partitions go to others

    @property
    def group(self) -> str:
        """The name of the group that the workers of a log are."""
        return f"{self.log.names.prefix}.workers"

    def changelog(self, table: str) -> str:
        """The topic of a table."""
        return {TRAILS: self.log.names.trails, CELLS: self.log.names.cells}[table]


class Owned:
    """A partition, from when it was given to this worker until it is taken away."""

    def __init__(self, site: Site, partition: int, stores: Mapping[str, Store]) -> None:
        """`stores`: of each table what is known of the partition. Nothing is connected yet."""
        self._site = site
        self._partition = partition
        self._stores = stores
        self._ends: dict[str, int] = {}  # of the changelogs, after the last commit
        self._producer: Any = None  # the client has no types
        self._is_over = False

    @property
    def stored(self) -> Stored:
        """The worker's stores."""
        return Stored(self._stores[TRAILS].get_many, self._stores[CELLS].get_many)

    def is_over(self) -> bool:
        """Whether the worker was told that the partition is no longer its own, or is its own anew."""
        return self._is_over

    def end(self) -> None:
        """The partition is no longer this worker's, or no longer by this ownership."""
        self._is_over = True

    async def begin(self) -> Position:
        """Shut others out, read the changelogs on, and tell where to go on."""
        names = self._site.log.names
        self._producer = AIOKafkaProducer(
            bootstrap_servers=self._site.log.broker,
            client_id="quotum",
            transactional_id=f"{names.events}-{self._partition}",
            transaction_timeout_ms=TRANSACTION_MS,
            retry_backoff_ms=RETRY_MS,
            max_batch_size=BATCH_BYTES,
            max_request_size=2 * RECORD_BYTES,
        )
        await self._producer.start()
        places = {self._place(table): self._stores[table] for table in TABLES}
        await read_on(self._site.log.broker, places)
        return self._position()

    def _position(self) -> Position:
        """As the cells tell. With one of the two topics alone events would move too little, or too much."""
        key = counted_key(self._partition)
        found = self._stores[CELLS].get_many([key])
        has_cells, has_trails = self._stores[CELLS].has_more_than(key), self._stores[TRAILS].has_more_than(b"")
        if has_cells != has_trails and not (has_trails and found):  # what came of trails may have returned to nothing
            names, lost = self._site.log.names, CELLS if has_trails else TRAILS
            raise KafkaError(
                f"{self._site.changelog(lost)} partition {self._partition} was emptied: it does not tell what belongs "
                f"to the other topic of workers. Delete both, {names.trails} and {names.cells}, and have quotum topics "
                "create make them anew: workers then fold the log from its beginning."
            )
        return Position(self._partition, *read_counted_value(found[key])) if found else Position(self._partition, 0, 0)

    async def commit(self, writes: Writes) -> bool:
        """States, cells, dead letters and position in one transaction. False where it may not be committed any more.

        Somebody else has the partition, or the broker undid what took too long and lets this owner write no more.
        """
        try:
            await self._commit(writes)
        except LOST as error:
            self._tell_of_loss(error)
            return False
        except SHUT_OUT as error:
            if self._producer._txn_manager.is_fatal_error():  # noqa: SLF001 (nothing public tells)
                self._tell_of_loss(error)
                return False
            raise
        return True

    def _tell_of_loss(self, error: Exception) -> None:
        """The broker answers the same to both."""
        words = "partition %d: not committed: another worker has it by now, or the transaction took more than %d s (%r)"
        log.warning(words, self._partition, TRANSACTION_MS // 1_000, error)

    async def _commit(self, writes: Writes) -> None:
        """Everything is acknowledged before the transaction ends, since what is not would be missing in it."""
        producer, position = self._producer, writes.position
        counted = counted_value(Counted(position.next_offset, position.known_at))
        cells = {**writes.cells, counted_key(self._partition): counted}
        await producer.begin_transaction()
        shipped = {CELLS: await self._ship(CELLS, cells)}
        if writes.trails:
            shipped[TRAILS] = await self._ship(TRAILS, writes.trails)
        letters = await self._letters(writes)
        ends = await asyncio.gather(*(one.acknowledged() for one in (*shipped.values(), *letters)))
        self._ends = dict(zip(shipped, ends, strict=False))  # letters, which come last, are read back by no worker
        await producer.commit_transaction()

    async def _ship(self, table: str, changes: Changes) -> Shipped:
        return await ship(self._producer, self._site.changelog(table), self._partition, changes)

    async def _letters(self, writes: Writes) -> list[Shipped]:
        names = self._site.log.names
        records = dict(as_record(names, one) for one in writes.letters)
        return [await ship(self._producer, names.dead_letters, 0, records)] if records else []

    def keep(self, writes: Writes) -> None:
        """Trail states and cells to the stores, each with the position that its changelog had after the commit."""
        position = writes.position
        counted = counted_value(Counted(position.next_offset, position.known_at))
        changes: dict[str, Changes] = {
            TRAILS: writes.trails,
            CELLS: {**writes.cells, counted_key(self._partition): counted},
        }
        for table, end in self._ends.items():
            self._stores[table].write(changes[table], end)

    async def close(self) -> None:
        """Let go of the broker; a transaction that is open is undone by whoever comes next, or in time."""
        if self._producer:
            with suppress(Exception):  # it may be broken already, which nobody needs to know now
                async with asyncio.timeout(CLOSE_SECONDS):
                    await self._producer.stop()
            await self._producer.client.close()  # which one that is broken leaves open

    def _place(self, table: str) -> TopicPartition:
        return TopicPartition(self._site.changelog(table), self._partition)


def pass_over_lost(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """For an event loop: what the client leaves behind for nobody, once somebody else has a partition, is no fault."""
    if not isinstance(context.get("exception"), LOST):
        loop.default_exception_handler(context)
