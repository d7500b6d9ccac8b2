"""`quotum worker`: keep up the figures of a log in Kafka."""

import os
import signal
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from quotum.commands.serve import in_own_words, listening_at, log_on
from quotum.server.serving import LOOPBACK, run
from quotum.server.worker import create_worker
from quotum.settings import stop, told
from streams.kafka import expect_installed


def worker(
    broker: Annotated[str, typer.Option(metavar="HOST:PORT", help="A broker of the cluster; several with commas.")],
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="A folder of this worker's own for what it knows of its partitions, so that it need not read all of "
            "that back when it is started again; without one it keeps it in memory.",
        ),
    ] = None,
    host: Annotated[str, typer.Option(help="The address to listen on for who asks how it stands.")] = LOOPBACK,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")] = 8082,
    session: Annotated[
        float, typer.Option(min=1, metavar="SECONDS", help="Without a sign of life, until others take its partitions.")
    ] = 10.0,
    prefix: Annotated[str, typer.Option(help="How the names of the log's topics begin.")] = "quotum",
) -> None:
    """Keep up the figures of a log in Kafka until it is stopped (Ctrl-C). Many can run: they share the partitions."""
    with told(), in_own_words(), listening_at(host, port) as listening:
        expect_installed()
        import_module("streams.kafka.workers").expect_versions()
        running: Any = import_module("streams.kafka.workers.running")
        site = running.Site(log_on(broker, prefix), session)
        working = running.Worker(site, data, _end, ahead=running.reading_ahead(site.log))
        watchdog = import_module("streams.kafka.workers.watching").Watchdog(working)

        def begin(url: str) -> None:
            working.start()
            watchdog.start()
            typer.echo(f"The worker tells how it stands at {url} (Ctrl-C ends it)")

        run(create_worker(working), listening, begin)
        watchdog.stop()
        if not working.close():
            stop("the worker does not come to its end: it is left as it is, and nothing is lost")
        if working.failed:
            stop(f"the worker has stopped: {working.failed!r}. Start it again: it goes on from what was committed")


def _end() -> None:
    """Stop serving as well: with a worker that has ended nobody is served."""
    os.kill(os.getpid(), signal.SIGTERM)
