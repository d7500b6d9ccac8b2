"""`quotum serve`: own a history and answer everybody."""

from typing import Annotated

import typer

from quotum.server.serving import serve as run
from quotum.settings import DEFAULT_HISTORY, History, opened

LOOPBACK = "127.0.0.1"


def serve(
    history: History = DEFAULT_HISTORY,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = LOOPBACK,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")] = 8080,
) -> None:
    """Serve boards, API and pages from a history until it is stopped (Ctrl-C)."""
    with opened(history) as books:
        run(books, history, host, port, lambda address: typer.echo(f"Quotum answers at {address} (Ctrl-C ends it)"))
