"""`quotum gateway`: take events for a log in Kafka."""

import os
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from quotum.commands.serve import in_own_words, listening_at, log_on
from quotum.elsewhere import RemotePeople
from quotum.server.gateway import create_gateway
from quotum.server.serving import LOOPBACK, run
from quotum.settings import USAGE, stop, told
from streams.books import wall_clock
from streams.keys import Keys


def gateway(
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
        log = log_on(broker, prefix)
        people = RemotePeople(owner, os.environ.get("QUOTUM_KEY", ""))
        taking: Any = closing.enter_context(import_module("streams.kafka.gateway").Gateway(log, people))
        known = closing.enter_context(Keys(keys, wall_clock)) if keys else None
        run(
            create_gateway(taking, known),
            listening,
            lambda url: typer.echo(f"The gateway answers at {url} (Ctrl-C ends it)"),
        )
