"""Running the server: one process that owns a history, says where it answers, and ends cleanly."""

import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import uvicorn
from fastapi import FastAPI
from uvicorn.server import HANDLED_SIGNALS

from quotum.server.forwarded import Commands, install, routing
from streams.collecting import put_aside_what_stays
from streams.ownership import owning

LOOPBACK = "127.0.0.1"
GRACE_SECONDS = 2  # for answers that are under way; watched boards end at once
KEPT_SECONDS = 75  # a connection without requests: closed sooner, it would often be just as a feed writes to it again
CUT_OFF = "ASGI callable returned without completing response."
EVERYWHERE = {"0.0.0.0": LOOPBACK, "::": "::1"}  # noqa: S104 (where such a server is reached on this machine)


def listen(host: str, port: int) -> socket.socket:
    """Take an address, so that it is known before anything else is done; port 0 takes a free one. OSError if taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family, backlog=2048) as made:
        # Says that it is TCP, which create_server leaves out: asyncio sends small packets at once only where it knows
        # that, and otherwise an answer in two parts waits 40 ms for the other side's acknowledgement.
        return socket.socket(made.family, made.type, socket.IPPROTO_TCP, made.detach())


def address(listening: socket.socket) -> str:
    """Where a socket is reached on this machine."""
    host, port = listening.getsockname()[:2]
    host = EVERYWHERE.get(host, host)
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def serve(
    app: FastAPI, history: Path, listening: socket.socket, ready: Callable[[str], object], commands: Commands
) -> None:
    """Serve until told to stop. `ready` is called with the address once it answers; `commands` runs those of others."""
    with owning(history, address(listening), listening.getsockname()[0]) as owner, routing():
        install(app, history, owner, commands)
        run(app, listening, ready)


def run(app: FastAPI, listening: socket.socket, ready: Callable[[str], object]) -> None:
    """The same for what owns no history."""
    url = address(listening)
    _Announcing(configured(app), lambda: ready(url)).run(sockets=[listening])


def configured(app: FastAPI | Callable[[], FastAPI], *, factory: bool = False, workers: int = 1) -> uvicorn.Config:
    """How an application is served, be it by one process or by several that make it for themselves (`factory`)."""
    return uvicorn.Config(
        app,
        factory=factory,
        workers=workers,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=KEPT_SECONDS,
    )


def _is_news(record: logging.LogRecord) -> bool:
    return record.getMessage() != CUT_OFF


class _Announcing(uvicorn.Server):
    """A server that says when it answers, and for which being told to stop is no failure."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], object]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        if self.started:
            put_aside_what_stays()
            self._ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop; that this cuts watched boards off is no fault to be told."""
        logging.getLogger("uvicorn.error").addFilter(_is_news)
        super().handle_exit(sig, frame)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at a signal, and then go on with what comes after serving, where uvicorn would be killed by it."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {one: signal.signal(one, self.handle_exit) for one in HANDLED_SIGNALS}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)
