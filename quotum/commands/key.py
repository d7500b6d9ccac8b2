"""`quotum key`: keys for feeds, scripts and pages beyond this machine."""

from enum import StrEnum
from typing import Annotated

import typer

from quotum.settings import DEFAULT_HISTORY, Form, History, stop
from quotum.tables import Format, show
from schemas.moments import from_microseconds, instant_text
from streams.books import wall_clock
from streams.history import how_to_make
from streams.keys import BadKeyError, Keys, keys_path

app = typer.Typer(no_args_is_help=True, help="Keys for feeds, scripts and pages beyond this machine.")


class May(StrEnum):
    """What a key may do."""

    read = "read"
    write = "write"
    correct = "correct"


Name = Annotated[str, typer.Argument(help="The name that the key is known by.")]


@app.command("new")
def new(
    name: Name,
    scope: Annotated[list[May], typer.Option(help="What it may do; give it several times for several.")],
    history: History = DEFAULT_HISTORY,
) -> None:
    """Make a key and print it, this once."""
    with _keys(history) as keys:
        try:
            typer.echo(keys.make(name, [one.value for one in scope]))
        except BadKeyError as error:
            stop(str(error))


@app.command("list")
def list_(history: History = DEFAULT_HISTORY, form: Form = Format.table) -> None:
    """List the keys, by name."""
    with _keys(history) as keys:
        rows = [
            [key.name, " ".join(sorted(key.scopes)), instant_text(from_microseconds(key.made_at))] for key in keys.all()
        ]
    show(["name", "scopes", "made_at"], rows, form)


@app.command("revoke")
def revoke(name: Name, history: History = DEFAULT_HISTORY) -> None:
    """Make a key useless, at once."""
    with _keys(history) as keys:
        try:
            keys.revoke(name)
        except BadKeyError as error:
            stop(str(error))
    typer.echo(f"the key {name!r} opens nothing any more")


def _keys(history: History) -> Keys:
    if not history.exists():
        stop(f"there is no history at {history}; make one: {how_to_make(history)}")
    return Keys(keys_path(history), wall_clock)
