"""Telling on Kafka that targets were reached or lost again: one server at a time, whichever was the last to begin."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from projections.crossings import Crossing, Said
from schemas.facts import FEED
from streams.appending import Entry, columns
from streams.books import BehindError, Reached
from streams.kafka import KafkaError, clients
from streams.live.telling import tell
from streams.own_events import crossing_event
from streams.records import written

if TYPE_CHECKING:
    from streams.kafka.live import LiveBooks


class KafkaTeller:
    """One telling. Use it as a context manager; what it does takes place in threads of its own."""

    def __init__(self, books: "LiveBooks", reached: Reached) -> None:
        """`reached`: which targets are, by the figures of the books as they stand."""
        self._books = books
        self._reached = reached
        self._closing = ExitStack()
        self._producer: Any = None  # the client has no types

    def close(self) -> None:
        """Let go of the broker; what was not committed is undone."""
        self._closing.close()

    async def said(self) -> Mapping[str, Said]:
        """What the log says, as far as history knows it."""
        return await asyncio.to_thread(self._books.crossings_said)

    async def reached(self) -> Mapping[str, bool]:
        """Which targets are reached, by the figures."""
        return await asyncio.to_thread(self._reached)

    async def shut_out(self) -> None:
        """Begin the only producer of its name."""
        name = f"{self._books.log.names.organisation}.crossings"
        self._producer = await asyncio.to_thread(
            self._closing.enter_context, clients.transactional_producer(self._books.log.broker, name)
        )

    async def catch_up(self) -> bool:
        """Know all that is in the log now: what was said, and what figures are made of."""
        try:
            await asyncio.to_thread(self._books.reach_head)
        except BehindError:
            return False
        return True

    async def commit(self, found: Sequence[Crossing]) -> bool:
        """One transaction; whether it took place."""
        try:
            await asyncio.to_thread(self._commit, found)
        except KafkaError as error:
            if clients.is_shut_out(error):
                return False
            raise
        return True

    def _commit(self, found: Sequence[Crossing]) -> None:
        before, now, log = self._books.crossings_said(), self._books.clock(), self._books.log
        with clients.told(log.broker):
            self._producer.begin_transaction()
            for one in found:
                record = written(columns(Entry(crossing_event(one, before.get(one.target), now), FEED)))
                self._producer.send(log.names.organisation, record.value, record.key, record.headers)
            self._producer.commit_transaction()


async def tell_of(books: "LiveBooks", reached: Reached) -> Sequence[Crossing]:
    """Tell what is to be told of the targets of a log, if this can be known now; KafkaError where it cannot."""
    teller = KafkaTeller(books, reached)
    try:
        return await tell(teller)
    except KafkaError as error:
        if clients.is_shut_out(error):
            return []
        raise
    finally:
        await asyncio.to_thread(teller.close)
