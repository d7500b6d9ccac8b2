"""`quotum demo`: a made-up sales team that sells live, in books of its own."""

import errno
import socket
from contextlib import AbstractContextManager
from datetime import date, timedelta
from pathlib import Path
from threading import Event as Signal
from threading import Thread
from typing import Annotated

import typer
from fastapi import FastAPI

from quotum.commands.serve import COMPARE_MINUTES, Figures, FiguresOption, expect_cells, following, in_own_words, log_on
from quotum.demo.running import ZONE, DemoError, Sales, catch_up, go_on, sell
from quotum.demo.selling import CURRENCY
from quotum.server.app import create_app
from quotum.server.forwarded import Commands
from quotum.server.serving import LOOPBACK, listen, serve
from quotum.settings import complain, expect_no_owner, opened, stop, told
from streams.books import Books

DEMO_HISTORY = Path("quotum-demo.duckdb")
FEW_DAYS = 3  # of a month: a board of it has next to nothing yet


def demo(  # noqa: PLR0913, PLR0917 (each is an option on the command line)
    context: typer.Context,
    history: Annotated[
        Path, typer.Option("--history", metavar="FILE", help="Its own history; made if there is none.")
    ] = DEMO_HISTORY,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The port; a free one is taken if this one is not.")
    ] = 8080,
    seed: Annotated[int | None, typer.Option(min=0, help="Another seed is another team's luck.")] = None,
    pace: Annotated[float, typer.Option(min=0.01, max=1000, help="2 sells twice as fast.")] = 1.0,
    broker: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="Sell through a log in Kafka, made by `quotum topics create --demo`."),
    ] = None,
    prefix: Annotated[str, typer.Option(help="How the names of that log's topics begin.")] = "quotum",
    figures: FiguresOption = "history",
) -> None:
    """Watch a made-up sales team sell, live, until it is stopped (Ctrl-C). Again goes on where it was."""
    expect_no_owner(history)
    expect_cells(figures, broker)
    with told(), in_own_words(), _listening(port) as listening, _books(history, broker, prefix, figures) as books:
        sales = _caught_up(books, seed)
        app = create_app(books, compare_seconds=COMPARE_MINUTES * 60 if broker else 0, tells=broker is not None)
        _run(books, sales, pace, listening, app, context.find_root().command.main)


def _books(history: Path, broker: str | None, prefix: str, figures: Figures) -> AbstractContextManager[Books]:
    """Those of the demo, made if there are none; or those that follow a demo's log."""
    if broker is None:
        if not history.exists():
            Books.create(history, zone=ZONE, currency=CURRENCY, demo=True).close()
        return opened(history)
    log = log_on(broker, prefix)
    if not log.workspace.demo:
        stop(
            f"{log.names.events} on {broker} is a log of real books. Make one for the demo: "
            f"quotum topics create --broker {broker} --demo --prefix demo --zone {ZONE} --currency {CURRENCY} "
            "--partitions 4"
        )
    return following(history, log, figures)


def _caught_up(books: Books, seed: int | None) -> Sales:
    """The floor, with all that was sold before in the log."""
    try:
        books.settle()  # what was sold before a crash may lie in the log alone
        sales = go_on(books, seed)
        catch_up(books, sales)
    except DemoError as error:
        stop(str(error))
    return sales


def _listening(port: int) -> socket.socket:
    try:
        return listen(LOOPBACK, port)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        complain(f"port {port} is taken by another program, so a free one is used")
        return listen(LOOPBACK, 0)


def month_before(today: date) -> str:
    """The month before, as a period, on the days on which there is little to see of this one; else nothing."""
    return f"{today.replace(day=1) - timedelta(days=1):%Y-%m}" if today.day <= FEW_DAYS else ""


def _run(books: Books, sales: Sales, pace: float, listening: socket.socket, app: FastAPI, commands: Commands) -> None:
    stopped = Signal()
    selling = Thread(target=_sell, args=(books, sales, pace, stopped), name="demo-selling")

    def ready(address: str) -> None:
        typer.echo(f"Quotum shows a made-up sales team at {address} (Ctrl-C ends it, again goes on)")
        if before := month_before(books.today()):
            typer.echo(f"This month has only just begun: the one before is at {address}/?period={before}")
        selling.start()

    try:
        serve(app, books.history.path, listening, ready, commands)
    finally:
        stopped.set()
        if selling.is_alive():
            selling.join()


def _sell(books: Books, sales: Sales, pace: float, stopped: Signal) -> None:
    try:
        sell(books, sales, pace, stopped)
    except Exception as error:  # noqa: BLE001 (whatever it is: the pages stay, and it is said why nothing moves)
        complain(f"nothing is sold any more: {error}")
