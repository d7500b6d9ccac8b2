"""`quotum link`: an address of a page for a phone or a wall, that only reads and can be taken back."""

from datetime import UTC, datetime
from typing import Annotated, Literal

import typer

from quotum.settings import DEFAULT_HISTORY, History, stop
from streams.books import wall_clock
from streams.keys import BadKeyError, Keys, keys_path
from streams.ownership import owner_of


def link(
    page: Annotated[Literal["board"], typer.Argument(help="Which page.")],
    history: History = DEFAULT_HISTORY,
    name: Annotated[str, typer.Option(help="A name to revoke it by; default: the page and the moment.")] = "",
    address: Annotated[str, typer.Option(help="How the server is reached from there; default: its own address.")] = "",
) -> None:
    """Print an address of a page that anybody who has it may read, until `quotum key revoke NAME`."""
    if not history.exists():
        stop(f"there is no history at {history}; make one with quotum init --history {history}")
    owner = owner_of(history)
    base = (address or (owner.url if owner else "")).rstrip("/")
    if not base:
        stop("no server answers for this history: start one with quotum serve, or say where it will be with --address")
    known = name or f"{page} {datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
    with Keys(keys_path(history), wall_clock) as keys:
        try:
            secret = keys.make(known, ["read"])
        except BadKeyError as error:
            stop(str(error))
    typer.echo(f"{base}/enter/{secret}")
    typer.echo(f"take it back with: quotum key revoke {known!r}", err=True)
