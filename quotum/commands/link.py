"""`quotum link`: an address of a page for a phone or a wall, that only reads and can be taken back."""

import ipaddress
import socket
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlencode, urlsplit

import typer

from quotum.people import party
from quotum.settings import DEFAULT_HISTORY, History, complain, opened, stop
from streams.books import wall_clock
from streams.history import how_to_make
from streams.keys import BadKeyError, Keys, keys_path
from streams.ownership import Owner, owner_of

ELSEWHERE = {4: ("192.0.2.1", 9), 6: ("2001:db8::1", 9)}  # of nobody (RFC 5737, 3849); nothing is sent there
SAID_HERE = (
    "this address opens on the server's own machine only. For a phone or a wall say by which name they reach it, with "
    "--address or QUOTUM_ADDRESS"
)
HERE_ALONE = (
    "the server answers on this machine only, so no phone or wall can open this. For those start it with "
    "`quotum serve --host 0.0.0.0`, and make the link then"
)


def link(
    page: Annotated[Literal["board"], typer.Argument(help="Which page.")],
    history: History = DEFAULT_HISTORY,
    name: Annotated[str, typer.Option(help="A name to revoke it by; default: the page and the moment.")] = "",
    address: Annotated[
        str,
        typer.Option(
            envvar="QUOTUM_ADDRESS",
            help="How the server is reached from there, also in QUOTUM_ADDRESS; default: its own address, where that "
            "is known. In a container it is not: there the address is that of the machine outside.",
        ),
    ] = "",
    rep: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Whose page it is, so that it shows where they stand; default: nobody's."),
    ] = None,
) -> None:
    """Print an address of a page that anybody who has it may read, until `quotum key revoke NAME`."""
    if not history.exists():
        stop(f"there is no history at {history}; make one: {how_to_make(history)}")
    owner = owner_of(history)
    base = (address or (reached_at(owner) if owner else "")).rstrip("/")
    if not base:
        stop("no server answers for this history: start one with quotum serve, or say where it will be with --address")
    query = f"?{urlencode({'me': _label(history, rep)})}" if rep is not None else ""
    known = name or f"{page} {datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
    with Keys(keys_path(history), wall_clock) as keys:
        try:
            secret = keys.make(known, ["read"])
        except BadKeyError as error:
            stop(str(error))
    typer.echo(f"{base}/enter/{secret}{query}")
    if address and _is_loopback(urlsplit(base).hostname or ""):
        complain(SAID_HERE)
    elif owner and not address and _is_loopback(owner.listens or urlsplit(owner.url).hostname or ""):
        complain(HERE_ALONE)
    typer.echo(f"take it back with: quotum key revoke {known!r}", err=True)


def _label(history: Path, rep: str) -> str:
    """How a rep is called on the pages; ends the command for somebody who is not known."""
    with opened(history) as books:
        return party(books, rep, ["person"]).label


def reached_at(owner: Owner) -> str:
    """Where a server is reached, from elsewhere too if it answers there; ends the command where nobody knows."""
    listens = _ip(owner.listens)
    if listens is None or not listens.is_unspecified:
        return owner.url
    found = own_address(listens.version)
    if not found:
        stop(
            "this machine has no address in a network that could be told to others: say how the server is reached "
            "from there with --address, such as http://sales.example:8080"
        )
    return f"http://{f'[{found}]' if ':' in found else found}:{urlsplit(owner.url).port}"


def own_address(version: int) -> str:
    """By which address of its own this machine would speak to others; empty where it could not."""
    family = socket.AF_INET if version == 4 else socket.AF_INET6  # noqa: PLR2004 (of the internet protocol)
    with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as asking:
        asking.connect(ELSEWHERE[version])  # of UDP this only chooses the way
        found = ipaddress.ip_address(asking.getsockname()[0])
        return "" if found.is_loopback or found.is_unspecified else str(found)
    return ""


def _is_loopback(host: str) -> bool:
    found = _ip(host)
    return host == "localhost" or (found is not None and found.is_loopback)


def _ip(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    with suppress(ValueError):
        return ipaddress.ip_address(text)
    return None
