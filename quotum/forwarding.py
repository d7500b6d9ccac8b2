"""Sending a command to the server that owns the history, so that nobody meets a locked file.

A command is read here as always. Where it would open the history and a server owns that, or another server was named,
the same words are run there, and what they print is printed here. Whoever answers at an owner's address has to prove
first that it knows the owner's secret: the address of a server that was killed may be somebody else's by now.
"""

import base64
import json
import os
import secrets
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from hmac import compare_digest
from http.client import HTTPException
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, Request, build_opener

from rich.console import Console

from streams.ownership import Owner, proof

SECRET_HEADER = "Quotum-Owner"  # noqa: S105 (the name of a header, not a secret)
COMMANDS = "/v1/commands"
OWNER = "/v1/owner"
# They are about files and sockets of this machine.
NOT_ELSEWHERE = frozenset({"init", "serve", "demo", "gateway", "key", "link", "topics", "worker"})
PROOF_SECONDS = 2
NONCE_BYTES = 16
LARGEST_FILE_BYTES = 50_000_000


class ServerError(Exception):
    """A server cannot run a command: why, and what to do."""


class ServedElsewhereError(Exception):
    """Not for this process: the command belongs to the server that owns its history, or that was named."""

    def __init__(self, url: str, secret: str = "") -> None:
        """`secret`: of an owner on this machine."""
        super().__init__(f"it is served at {url}")
        self.url = url
        self.secret = secret


class Asked(NamedTuple):
    """How the command of this process was asked for: of which server, and which files its words name."""

    server: str
    files: list[str]


_asked: ContextVar[Asked | None] = ContextVar("asked", default=None)


@contextmanager
def asked(server: str) -> Iterator[Asked]:
    """The command in this block goes to a server, if one is named."""
    now = Asked(server, [])
    token = _asked.set(now)
    try:
        yield now
    finally:
        _asked.reset(token)


def named(file: str) -> None:
    """Keep in mind that a word of the command names a file of this machine."""
    if now := _asked.get():
        now.files.append(file)


def expect_here() -> None:
    """ServedElsewhereError where a server was named."""
    if (now := _asked.get()) and now.server:
        raise ServedElsewhereError(now.server)


def addressed(words: Sequence[str]) -> tuple[list[str], str]:
    """The words of a command without `--server URL`, and the URL; that of QUOTUM_SERVER where no file is given."""
    rest, server = list(words), ""
    for index, word in enumerate(words):
        if word == "--":
            break
        if word == "--server" and index + 1 < len(words):
            rest, server = [*words[:index], *words[index + 2 :]], words[index + 1]
        elif word.startswith("--server="):
            rest, server = [*words[:index], *words[index + 1 :]], word.partition("=")[2]
    if not server and not any(word == "--history" or word.startswith("--history=") for word in rest):
        server = "" if rest and rest[0] in NOT_ELSEWHERE else os.environ.get("QUOTUM_SERVER", "")
    return rest, server.rstrip("/")


def lives(owner: Owner) -> bool:
    """Whether the owner answers at its address, and proves that it is the one."""
    nonce = secrets.token_urlsafe(NONCE_BYTES)
    try:
        with build_opener(ProxyHandler({})).open(f"{owner.url}{OWNER}?nonce={nonce}", timeout=PROOF_SECONDS) as answer:
            said = json.load(answer)
        return compare_digest(str(said["proof"]), proof(owner.secret, nonce))
    except (OSError, HTTPException, ValueError, LookupError, TypeError):
        return False


def forward(place: ServedElsewhereError, words: Sequence[str], files: Sequence[str]) -> int:
    """Have a server run a command and print what it prints; the exit code. ServerError where it cannot."""
    if urlsplit(place.url).scheme not in {"http", "https"}:
        raise ServerError(f"{place.url} is no address of a server: write it as http://127.0.0.1:8080")
    console = Console()
    body = {
        "words": list(words),
        "folder": str(Path.cwd()),
        "width": console.width,
        "height": console.height,
        "terminal": console.is_terminal,
        "colours": console.color_system,
        "files": {} if place.secret else _contents(files),
    }
    said = _asked_of(place, body)
    for name, content in said["files"].items():
        if name in files:  # a server writes where it was told to, and nowhere else
            Path(name).write_bytes(base64.b64decode(content))
    for name in said.get("gone", []):
        if name in files:
            Path(name).unlink(missing_ok=True)
    _print(said["out"], said["err"])
    return int(said["code"])


def _contents(files: Sequence[str]) -> dict[str, str | None]:
    """What the files hold that are there, None for those that are not; a server elsewhere cannot read them."""
    found = {name: Path(name) for name in files}
    for name, path in found.items():
        if path.is_file() and path.stat().st_size > LARGEST_FILE_BYTES:
            raise ServerError(
                f"{name} is larger than {LARGEST_FILE_BYTES} bytes: import it in parts, or on the server's own machine"
            )
    return {
        name: base64.b64encode(path.read_bytes()).decode() if path.is_file() else None for name, path in found.items()
    }


def _asked_of(place: ServedElsewhereError, body: dict[str, Any]) -> dict[str, Any]:
    headers = {"Content-Type": "application/json"}
    if place.secret:
        headers[SECRET_HEADER] = place.secret
    elif key := os.environ.get("QUOTUM_KEY"):
        headers["Authorization"] = f"Bearer {key}"
    request = Request(place.url + COMMANDS, json.dumps(body).encode(), headers)  # noqa: S310 (http or https, see above)
    opener = build_opener(ProxyHandler({})) if place.secret else build_opener()
    try:
        with opener.open(request) as answer:
            said: dict[str, Any] = json.load(answer)
    except HTTPError as error:
        raise ServerError(f"{place.url} refuses: {_detail(error)}") from error
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        reason = getattr(reason, "strerror", None) or reason
        raise ServerError(f"{place.url} does not answer ({reason}). Is the server running there?") from error
    return said


def _detail(error: HTTPError) -> str:
    try:
        return str(json.load(error)["detail"])
    except (ValueError, LookupError, TypeError):
        return f"{error.code} {error.reason}"


def _print(out: str, err: str) -> None:
    try:
        sys.stderr.write(err)
        sys.stdout.write(out)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
