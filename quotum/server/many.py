"""One address that several processes answer at, since one of them uses one processor.

Whoever connects is taken by any of them; one that ends is started again, and all end with the first. What they count
lies in memory that they share, so that any of them tells it for all.
"""

import os
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context, parent_process

import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from quotum.server.serving import address, configured

MOST_PROCESSES = 64
SLOT = 2  # numbers: a process, and what it counts


class Tally:
    """How much each of several processes counts. Made before they are, and given to each as it starts."""

    def __init__(self) -> None:
        """Nobody counts yet."""
        self._slots = get_context("spawn").Array("q", SLOT * MOST_PROCESSES)
        self._own: int | None = None  # where a process has its place: this one, or the one that gave it to this one

    def say(self, count: int) -> None:
        """What this process counts now. One thread at a time."""
        if self._own is None or self._slots[self._own] != os.getpid():
            self._own = self._claimed()
        self._slots[self._own + 1] = count

    def total(self) -> int:
        """What all processes count that run."""
        slots = self._slots[:]
        return sum(count for process, count in zip(slots[::SLOT], slots[1::SLOT], strict=True) if _runs(process))

    def _claimed(self) -> int:
        with self._slots.get_lock():
            own = next(one for one in range(0, len(self._slots), SLOT) if not _runs(self._slots[one]))
            self._slots[own : own + SLOT] = [os.getpid(), 0]
        return own


def _runs(process: int) -> bool:
    if not process:
        return False
    with suppress(ProcessLookupError):
        os.kill(process, 0)
        return True
    return False


@dataclass(frozen=True)
class _Made:
    """An application that each process makes for itself, once it is told that it is one of several."""

    make: Callable[[], FastAPI]  # what can be sent to another process: a function of a module, with plain arguments

    def __call__(self) -> FastAPI:
        """The application; this process ends once the first is gone, whatever became of it."""
        if first := parent_process():
            threading.Thread(target=_end_after, args=(first.join,), daemon=True).start()
        return self.make()


def _end_after(wait: Callable[[], object]) -> None:
    wait()
    os.kill(os.getpid(), signal.SIGTERM)


class _Announcing(Multiprocess):
    """Processes of which it is said once that all of them answer."""

    def __init__(self, config: uvicorn.Config, listening: socket.socket, ready: Callable[[], object]) -> None:
        super().__init__(config, [listening])
        self._ready: Callable[[], object] | None = ready

    def keep_subprocess_alive(self) -> None:
        """Twice a second: start again those that ended."""
        super().keep_subprocess_alive()
        if self._ready and all(one.is_ready(1) for one in self.processes):
            ready, self._ready = self._ready, None
            ready()


def run(make: Callable[[], FastAPI], processes: int, listening: socket.socket, ready: Callable[[str], object]) -> None:
    """Answer at an address by several processes until told to stop. `ready` is called once all of them do."""
    url = address(listening)
    config = configured(_Made(make), factory=True, workers=processes)
    _Announcing(config, listening, lambda: ready(url)).run()
