"""Whether a worker still gets on, looked at from a thread of its own: what hangs cannot tell that it does.

A worker that has something to do and does not get on for minutes ends its process, so that whoever supervises it starts
it again and its partitions go to others meanwhile.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Hashable
from typing import Protocol

PATIENCE_SECONDS = 120.0
LOOK_SECONDS = 5.0
FAILED = 1
log = logging.getLogger(__name__)


class Watched(Protocol):
    """What is looked at; asking it must not wait for it."""

    def progress(self) -> Hashable:
        """Another value each time it gets on."""

    def is_idle(self) -> bool:
        """Whether there is nothing to do, and it was well enough just now to know."""


class Watchdog:
    """Looks from `start` until `stop`."""

    def __init__(
        self,
        watched: Watched,
        patience_seconds: float = PATIENCE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        end: Callable[[int], object] = os._exit,  # which no thread that hangs can keep from it
    ) -> None:
        """`end`: ends the process with a code."""
        self._watched = watched
        self._patience_seconds = patience_seconds
        self._clock = clock
        self._end = end
        self._seen: Hashable = None
        self._since = clock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)

    def start(self) -> None:
        """Look from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()

    def look(self) -> None:
        """Look once; ends the process where it has not got on for too long."""
        now, seen = self._clock(), self._watched.progress()
        if seen != self._seen or self._watched.is_idle():
            self._seen, self._since = seen, now
        elif now - self._since >= self._patience_seconds:
            log.critical("this worker has work and has not got on for %.0f seconds: it ends", now - self._since)
            self._end(FAILED)

    def _run(self) -> None:
        while not self._stopped.wait(min(LOOK_SECONDS, self._patience_seconds / 4)):
            self.look()
