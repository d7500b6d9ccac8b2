"""How much is taken at once: what is read and not answered yet is bounded, and beyond that refused at once.

While a log is slow or hangs, requests pile up before whatever counts events: in bodies that are read, and in waiting
for a thread. So bytes are counted on the event loop as they come in, before anything is made of them, and threads that
take events are of their own, so that whoever asks for something else does not wait behind them.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

from streams.books import UnavailableError

MOST_BYTES = 32_000_000  # some 100,000 small events; what is made of one takes several times its bytes
LEAST_BYTES = 16_000  # that a request is counted with, however small: it and its connection take memory as well
THREADS = 40
PATIENCE_SECONDS = 8.0  # for a thread: as long as a broker may take to acknowledge
T = TypeVar("T")


class Hold:
    """What one request has of the room there is."""

    def __init__(self, admission: "Admission") -> None:
        """Nothing yet. Use `Admission.hold`."""
        self._admission = admission
        self.has = 0

    def grow(self, bytes_: int) -> None:
        """Up to so many bytes; UnavailableError where there is no room for more."""
        more = max(bytes_, LEAST_BYTES) - self.has
        if more <= 0:
            return
        self._admission.expect_room(more)
        self._admission.held += more
        self.has += more


class Admission:
    """The room there is, and the threads that take. Lives on one event loop."""

    def __init__(
        self, most_bytes: int = MOST_BYTES, threads: int = THREADS, patience_seconds: float = PATIENCE_SECONDS
    ) -> None:
        """`patience_seconds`: how long a request waits for a thread before it is refused."""
        self._most_bytes = most_bytes
        self._patience_seconds = patience_seconds
        self._free = asyncio.Semaphore(threads)
        self._threads = CapacityLimiter(threads)  # never waited for: who comes by the semaphore has one
        self.held = 0  # bytes

    @contextmanager
    def hold(self, declared_bytes: int = 0) -> Iterator[Hold]:
        """Room for one request until it is answered; UnavailableError at once where what it declares has none.

        Only what has come is counted: a caller that hangs in the middle holds no more than it has sent.
        """
        self.expect_room(max(declared_bytes, LEAST_BYTES))
        hold = Hold(self)
        try:
            hold.grow(0)
            yield hold
        finally:
            self.held -= hold.has

    def expect_room(self, bytes_: int) -> None:
        """UnavailableError where there is no room for so many more; who finds it idle always has some."""
        if self.held and self.held + bytes_ > self._most_bytes:
            raise UnavailableError(f"{self.held} bytes of events wait to be taken already")

    async def run(self, work: Callable[[], T]) -> T:
        """Run something in a thread; UnavailableError where none is free in time, and then it was not begun."""
        try:
            async with asyncio.timeout(self._patience_seconds):
                await self._free.acquire()
        except TimeoutError:
            raise UnavailableError("what came before waits to be taken still") from None
        try:
            return await to_thread.run_sync(work, limiter=self._threads)
        finally:
            self._free.release()
