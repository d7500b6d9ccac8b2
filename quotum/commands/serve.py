"""`quotum serve`: own a history and answer everybody."""

import errno
import socket
from contextlib import ExitStack
from typing import Annotated

import typer

from quotum.server.app import create_app
from quotum.server.serving import LOOPBACK, listen
from quotum.server.serving import serve as run
from quotum.settings import DEFAULT_HISTORY, History, expect_no_owner, opened, stop, told
from streams.books import wall_clock
from streams.keys import Keys, keys_path


def serve(
    context: typer.Context,
    history: History = DEFAULT_HISTORY,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = LOOPBACK,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")] = 8080,
) -> None:
    """Serve boards, API and pages from a history until it is stopped (Ctrl-C)."""
    expect_no_owner(history)
    with told(), _listening(host, port) as listening, opened(history) as books, ExitStack() as closing:
        beyond = host not in (LOOPBACK, "::1", "localhost")
        keys = closing.enter_context(Keys(keys_path(history), wall_clock)) if beyond else None
        run(create_app(books, keys), history, listening, _announce, context.find_root().command.main)


def _listening(host: str, port: int) -> socket.socket:
    try:
        return listen(host, port)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        stop(f"port {port} is taken by another program: give another --port, or 0 for a free one")


def _announce(address: str) -> None:
    typer.echo(f"Quotum answers at {address} (Ctrl-C ends it)")
