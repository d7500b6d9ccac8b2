"""Running the server: one process that owns a history, says where it answers, and ends cleanly."""

import socket
from collections.abc import Callable
from pathlib import Path

import uvicorn

from quotum.server.app import create_app
from streams.books import Books
from streams.ownership import owning

GRACE_SECONDS = 3


def serve(books: Books, history: Path, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve until told to stop. `ready` is called with the address once it answers; port 0 takes a free one."""
    listening = socket.create_server((host, port), reuse_port=False, backlog=2048)
    address = f"http://{_shown(host)}:{listening.getsockname()[1]}"
    config = uvicorn.Config(
        create_app(books), log_level="warning", access_log=False, timeout_graceful_shutdown=GRACE_SECONDS
    )
    server = _Announcing(config, lambda: ready(address))
    with owning(history, address):
        server.run(sockets=[listening])


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host


class _Announcing(uvicorn.Server):
    """A server that says when it answers."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        if self.started:
            self._ready()
