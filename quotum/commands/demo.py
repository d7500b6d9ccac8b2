"""`quotum demo`: a made-up sales team that sells live, in books of its own."""

import errno
import socket
from pathlib import Path
from threading import Event as Signal
from threading import Thread
from typing import Annotated

import typer

from quotum.demo.running import ZONE, DemoError, Sales, catch_up, go_on, sell
from quotum.demo.selling import CURRENCY
from quotum.server.app import create_app
from quotum.server.forwarded import Commands
from quotum.server.serving import LOOPBACK, listen, serve
from quotum.settings import complain, expect_no_owner, opened, stop, told
from streams.books import Books

DEMO_HISTORY = Path("quotum-demo.duckdb")


def demo(
    context: typer.Context,
    history: Annotated[
        Path, typer.Option("--history", metavar="FILE", help="Its own history; made if there is none.")
    ] = DEMO_HISTORY,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The port; a free one is taken if this one is not.")
    ] = 8080,
    seed: Annotated[int | None, typer.Option(min=0, help="Another seed is another team's luck.")] = None,
    pace: Annotated[float, typer.Option(min=0.01, max=1000, help="2 sells twice as fast.")] = 1.0,
) -> None:
    """Watch a made-up sales team sell, live, until it is stopped (Ctrl-C). Again goes on where it was."""
    expect_no_owner(history)
    with told(), _listening(port) as listening:
        if not history.exists():
            Books.create(history, zone=ZONE, currency=CURRENCY, demo=True).close()
        with opened(history) as books:
            try:
                sales = go_on(books, seed)
            except DemoError as error:
                stop(str(error))
            catch_up(books, sales)
            _run(books, sales, pace, listening, context.find_root().command.main)


def _listening(port: int) -> socket.socket:
    try:
        return listen(LOOPBACK, port)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        complain(f"port {port} is taken by another program, so a free one is used")
        return listen(LOOPBACK, 0)


def _run(books: Books, sales: Sales, pace: float, listening: socket.socket, commands: Commands) -> None:
    stopped = Signal()
    selling = Thread(target=_sell, args=(books, sales, pace, stopped), name="demo-selling")

    def ready(address: str) -> None:
        typer.echo(f"Quotum shows a made-up sales team at {address} (Ctrl-C ends it, again goes on)")
        selling.start()

    try:
        serve(create_app(books), books.history.path, listening, ready, commands)
    finally:
        stopped.set()
        if selling.is_alive():
            selling.join()


def _sell(books: Books, sales: Sales, pace: float, stopped: Signal) -> None:
    try:
        sell(books, sales, pace, stopped)
    except Exception as error:  # noqa: BLE001 (whatever it is: the pages stay, and it is said why nothing moves)
        complain(f"nothing is sold any more: {error}")
