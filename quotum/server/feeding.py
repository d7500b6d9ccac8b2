"""The feed of boards that are watched: read from history beside the rows, so that no row waits for it.

A row moves with what a batch moved; telling what happened takes several looks into history. So the feed follows at once
on a quiet floor and at most twice a second on a busy one, where nobody could read more.
"""

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple

from quotum.server.happenings import happened
from quotum.server.wording import Language, words_of
from streams.books import Books

GATHERING_SECONDS = 0.5
Lines = list[dict[str, Any]]


class Told(NamedTuple):
    """The last happenings, and how many events of history they tell of: all up to there, perhaps some more."""

    position: int
    lines: Lines


class Feed:
    """The last happenings in each language that is watched. `lines` may be called from any thread."""

    def __init__(self, books: Books, told: Callable[[], object]) -> None:
        """`told` is called when there is something new to show."""
        self._books = books
        self._told = told
        self._read: dict[Language, Told] = {}
        self._behind = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def read(self, language: Language) -> Told:
        """The happenings as they were read last; what happened since follows by `told`."""
        if self._loop is None or language not in self._read:
            return self._look(language)
        found = self._read[language]
        if found.position < self._books.next_offset():
            self._loop.call_soon_threadsafe(self._behind.set)
        return found

    async def follow(self) -> None:
        """Read what is behind, until cancelled."""
        self._loop = asyncio.get_running_loop()
        try:
            while True:
                await self._behind.wait()
                self._behind.clear()
                for language in list(self._read):
                    await asyncio.to_thread(self._look, language)
                self._told()
                await asyncio.sleep(GATHERING_SECONDS)
        finally:
            self._loop = None

    def _look(self, language: Language) -> Told:
        found = self._read[language] = told(self._books, language)
        return found


def told(books: Books, language: Language) -> Told:
    """The last happenings, as history has them now."""
    position = books.next_offset()  # read first: the lines may know more than it says, never less
    return Told(position, happened(books, books.organisation(), words_of(language)))
