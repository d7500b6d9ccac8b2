"""The command `quotum`: what it can do, each in a module of its own under commands/."""

import sys
from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from quotum import forwarding
from quotum.commands import (
    board,
    correcting,
    demo,
    events,
    gateway,
    importing,
    init,
    key,
    link,
    progress,
    reached,
    replay,
    serve,
    target,
    topics,
    verify,
    worker,
)
from quotum.settings import FAILED, INTERRUPTED, USAGE, complain
from streams.collecting import put_aside_what_stays

EPILOG = "Exit codes: 0 all well, 1 failure or difference, 2 usage, 3 some input was refused."


class _Commands(TyperGroup):
    """The commands; what is wrong with their words is told without those of the library that found it."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 (the library's context has no public name; a command gives anything)
        """Run one."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            error.message = error.message.removeprefix("Value error, ")
            raise


app = typer.Typer(
    name="quotum",
    cls=_Commands,
    help="Event-sourced progress tracker for sales teams: who stands where, and why.",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.command("init")(init.init)
app.command("import")(importing.import_)
app.command("board")(board.board)
app.command("reached")(reached.reached)
app.command("progress")(progress.progress)
app.add_typer(target.app, name="target")
app.command("events")(events.events)
app.command("record")(correcting.record)
app.command("amend")(correcting.amend)
app.command("void")(correcting.void)
app.command("reassign")(correcting.reassign)
app.command("withdraw")(correcting.withdraw)
app.command("verify")(verify.verify)
app.command("replay")(replay.replay)
app.command("serve")(serve.serve)
app.command("gateway")(gateway.gateway)
app.command("worker")(worker.worker)
app.command("demo")(demo.demo)
app.add_typer(key.app, name="key")
app.command("link")(link.link)
app.add_typer(topics.app, name="topics")


def _version(wanted: bool) -> None:  # noqa: FBT001 (typer calls it so)
    if wanted:
        typer.echo(version("quotum"))
        raise typer.Exit


@app.callback()
def quotum(
    *,
    _: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
    __: Annotated[
        str | None,
        typer.Option(
            "--server",
            metavar="URL",
            help="Ask this server, by the key in QUOTUM_KEY; default: the one in QUOTUM_SERVER. A history that a "
            "server on this machine owns needs none.",
        ),
    ] = None,
) -> None:
    """Event-sourced progress tracker for sales teams: who stands where, and why."""


def main() -> None:
    """Run the command line; what belongs to a server is run there."""
    words, server = forwarding.addressed(sys.argv[1:])
    if server and words and words[0] in forwarding.NOT_ELSEWHERE:
        complain(f"`quotum {words[0]}` runs on its own machine alone: leave --server out")
        sys.exit(USAGE)
    put_aside_what_stays()
    with forwarding.asked(server) as asked:
        try:
            app(words)
        except forwarding.ServedElsewhereError as place:
            sys.exit(_elsewhere(place, words, asked.files))


def _elsewhere(place: forwarding.ServedElsewhereError, words: list[str], files: list[str]) -> int:
    try:
        return forwarding.forward(place, words, files)
    except forwarding.ServerError as error:
        complain(str(error))
        return FAILED
    except KeyboardInterrupt:
        complain(f"stopped waiting; {place.url} may go on with it")
        return INTERRUPTED
