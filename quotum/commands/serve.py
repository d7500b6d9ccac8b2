"""`quotum serve`: own a history and answer everybody."""

import errno
import logging
import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from quotum.server.app import create_app
from quotum.server.serving import LOOPBACK, listen
from quotum.server.serving import serve as run
from quotum.settings import DEFAULT_HISTORY, USAGE, History, expect_no_owner, opened, stop, told
from streams.books import Books, wall_clock
from streams.kafka import expect_installed
from streams.keys import Keys, keys_path

TALKATIVE = (  # a line for each try, while a broker is away, and of Faust one for whatever it does
    "aiokafka",
    "kafka",
    "streams.kafka.sending",
    "faust",
    "mode",
    "streams.kafka.workers.app",
    "streams.kafka.workers.driver",
)

COMPARE_MINUTES = 60
Figures = Literal["history", "cells"]
FiguresOption = Annotated[
    Figures,
    typer.Option(help="Where boards and progress have their figures: history, or the cells that workers keep up."),
]

if TYPE_CHECKING:
    from streams.kafka.topics import Log


def serve(  # noqa: PLR0913, PLR0917 (each is an option on the command line)
    context: typer.Context,
    history: History = DEFAULT_HISTORY,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = LOOPBACK,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")] = 8080,
    broker: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="Keep the log in Kafka, on this broker; the history follows it."),
    ] = None,
    prefix: Annotated[str, typer.Option(help="How the names of that log's topics begin.")] = "quotum",
    figures: FiguresOption = "history",
    compare_minutes: Annotated[
        int, typer.Option(min=0, help="How often live cells are compared with history, over a broker; 0 for never.")
    ] = COMPARE_MINUTES,
) -> None:
    """Serve boards, API and pages from a history until it is stopped (Ctrl-C)."""
    expect_no_owner(history)
    expect_cells(figures, broker)
    with (
        told(),
        in_own_words(),
        listening_at(host, port) as listening,
        _books(history, broker, prefix, figures) as books,
        ExitStack() as closing,
    ):
        beyond = host not in (LOOPBACK, "::1", "localhost")
        keys = closing.enter_context(Keys(keys_path(history), wall_clock)) if beyond else None
        seconds = compare_minutes * 60 if broker else 0
        run(
            create_app(books, keys, compare_seconds=seconds, tells=broker is not None),
            history,
            listening,
            _announce,
            context.find_root().command.main,
        )


def expect_cells(figures: Figures, broker: str | None) -> None:
    """Ends the command where figures are asked of cells that cannot be there."""
    if figures == "cells" and broker is None:
        stop("cells lie beside a log in Kafka: give its --broker too", USAGE)


def _books(history: Path, broker: str | None, prefix: str, figures: Figures) -> AbstractContextManager[Books]:
    """Those of a log of their own; or, with a broker, those that follow its log."""
    return opened(history) if broker is None else following(history, log_on(broker, prefix), figures)


def following(history: Path, log: "Log", figures: Figures = "history") -> AbstractContextManager[Books]:
    """The books that follow a log in Kafka."""
    books: Books = import_module("streams.kafka.live").LiveBooks.follow(history, log, figures=figures)
    return books


def log_on(broker: str, prefix: str) -> "Log":
    """The log whose topics begin with a prefix, checked; ends the command for what is no prefix."""
    expect_installed()
    try:
        log: Log = import_module("streams.kafka.topics").check(broker, prefix)
    except ValueError as error:
        stop(str(error), USAGE)
    return log


@contextmanager
def in_own_words() -> Iterator[None]:
    """Within this block a broker that is away is told of once, and once that it answers again; not by its clients."""
    before = {name: logging.getLogger(name).level for name in TALKATIVE}
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)


def listening_at(host: str, port: int) -> socket.socket:
    """Take an address; ends the command where it is taken."""
    try:
        return listen(host, port)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        stop(f"port {port} is taken by another program: give another --port, or 0 for a free one")


def _announce(address: str) -> None:
    typer.echo(f"Quotum answers at {address} (Ctrl-C ends it)")
