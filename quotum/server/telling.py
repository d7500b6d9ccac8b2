"""Telling that targets were reached or lost again while a server runs, soon after figures moved.

Soon for targets whose period is not over for long; all of them now and then, since days go by and old figures change.
"""

import asyncio
import logging
from functools import partial

from quotum.reaching import reached
from streams.books import Books, UnavailableError
from streams.history import HistoryError
from streams.kafka import KafkaError

GATHERING_SECONDS = 1.0
WHOLE_SECONDS = 600
logger = logging.getLogger(__name__)


class Telling:
    """Tells on an event loop, until cancelled."""

    def __init__(self, books: Books, gathering_seconds: float = GATHERING_SECONDS) -> None:
        """`books`: whose targets; how they are told once and never again is theirs to know."""
        self._books = books
        self._gathering_seconds = gathering_seconds
        self._moved = asyncio.Event()
        self._trouble = ""

    async def follow(self) -> None:
        """Tell what there is to tell, and again whenever figures moved."""
        loop = asyncio.get_running_loop()

        def moved() -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._moved.set)

        self._books.on_recorded(moved)
        is_whole = True
        while True:
            self._moved.clear()
            await self._tell(is_whole=is_whole)
            is_whole = not await self._hears()
            await asyncio.sleep(self._gathering_seconds)

    async def _hears(self) -> bool:
        try:
            await asyncio.wait_for(self._moved.wait(), WHOLE_SECONDS)
        except TimeoutError:
            return False
        return True

    async def _tell(self, *, is_whole: bool) -> None:
        try:
            await self._books.tell_crossings(partial(reached, self._books, fresh_only=not is_whole))
        except (KafkaError, UnavailableError, HistoryError) as error:  # it may pass, and nothing is lost meanwhile
            if str(error) != self._trouble:
                logger.warning("whether targets are reached cannot be told now: %s", error)
            self._trouble = str(error)
        else:
            self._trouble = ""
