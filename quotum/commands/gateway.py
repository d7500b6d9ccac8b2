"""`quotum gateway`: take events for a log in Kafka."""

import os
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer
from fastapi import FastAPI

from quotum.commands.serve import in_own_words, listening_at, log_on
from quotum.elsewhere import RemotePeople
from quotum.server import many
from quotum.server.gateway import create_gateway
from quotum.server.measuring import together
from quotum.server.serving import LOOPBACK, run
from quotum.settings import USAGE, stop, told
from streams.books import wall_clock
from streams.collecting import put_aside_what_stays
from streams.kafka import KafkaError
from streams.keys import Keys

if TYPE_CHECKING:
    from streams.kafka.topics import Log


def gateway(  # noqa: PLR0913, PLR0917 (each is an option on the command line)
    broker: Annotated[str, typer.Option(metavar="HOST:PORT", help="A broker of the cluster; several with commas.")],
    owner: Annotated[
        str,
        typer.Option(
            metavar="URL",
            help="The server that owns the history: it gives people their numbers. Its key, if it wants one, in "
            "QUOTUM_KEY.",
        ),
    ],
    host: Annotated[str, typer.Option(help="The address to listen on.")] = LOOPBACK,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")] = 8081,
    keys: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The keys that may write, as `quotum key` made them beside a history; needed beyond this machine.",
        ),
    ] = None,
    prefix: Annotated[str, typer.Option(help="How the names of the log's topics begin.")] = "quotum",
    processes: Annotated[
        int,
        typer.Option(min=1, max=many.MOST_PROCESSES, help="How many processes answer; each can use one processor."),
    ] = 1,
) -> None:
    """Take events for a log in Kafka until it is stopped (Ctrl-C). Many can run, for one log."""
    beyond = host not in (LOOPBACK, "::1", "localhost")
    if beyond and keys is None:
        stop("beyond this machine a gateway asks for keys: give the file that `quotum key` made with --keys", USAGE)
    if not owner.startswith(("http://", "https://")):
        stop(f"{owner} is no address of a server: write it as http://127.0.0.1:8080", USAGE)
    if keys and not keys.exists():
        stop(f"{keys} is not there: `quotum key new` makes one beside a history")
    with told(), in_own_words(), listening_at(host, port) as listening, ExitStack() as closing:
        gate = _Gate(log_on(broker, prefix), owner, keys)
        if processes == 1:
            run(gate.application(closing, close=closing.close), listening, _announce)
        else:
            closing.enter_context(together())
            many.run(partial(_one_of_many, gate, many.Tally()), processes, listening, _announce)


def _announce(url: str) -> None:
    typer.echo(f"The gateway answers at {url} (Ctrl-C ends it)")


class _Gate(NamedTuple):
    """A gateway to a log, as it was asked for."""

    log: "Log"
    owner: str
    keys: Path | None

    def application(
        self,
        closing: ExitStack,
        count: Callable[[int], object] = lambda _: None,
        *,
        waiting: Callable[[], int] | None = None,
        close: Callable[[], object] = lambda: None,
    ) -> FastAPI:
        """It, until `closing`. `count`: told of how many events wait; the others as of `create_gateway`.

        KafkaError where no broker answers.
        """
        people = RemotePeople(self.owner, os.environ.get("QUOTUM_KEY", ""))
        taking: Any = import_module("streams.kafka.gateway").Gateway(self.log, people, count=count)
        closing.enter_context(taking)
        known = closing.enter_context(Keys(self.keys, wall_clock)) if self.keys else None
        return create_gateway(taking, known, waiting=waiting, close=close)


def _one_of_many(gate: _Gate, tally: many.Tally) -> FastAPI:
    """It in a process of its own, where nobody is left who would put into words what is wrong."""
    closing = ExitStack()
    closing.enter_context(in_own_words())
    tally.say(0)
    try:
        app = gate.application(closing, tally.say, waiting=tally.total, close=closing.close)
    except KafkaError as error:
        raise SystemExit(str(error)) from None
    put_aside_what_stays()
    return app
