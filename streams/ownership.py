"""Who owns a history: a small file beside it says where its server answers, so that nobody meets a locked file.

The file holds the loopback address, the process and a secret that only who may read the file knows. One that a killed
server left is told from a living one by asking at the address for a proof that needs the secret, without sending it.
"""

import hmac
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

SECRET_BYTES = 24


class Owner(NamedTuple):
    """The server that owns a history: its address on this machine, its process, and the secret by which it knows the
    machine's own. `listens`: the address it listens on, where that is another one; empty where it is not known.
    """

    url: str
    pid: int
    secret: str
    listens: str = ""


def owner_path(history: Path) -> Path:
    """Where the owner of a history says so."""
    return history.with_name(history.name + ".owner")


def proof(secret: str, nonce: str) -> str:
    """What only who knows the secret can answer to a nonce."""
    return hmac.new(secret.encode(), nonce.encode(), "sha256").hexdigest()


@contextmanager
def owning(history: Path, url: str, listens: str = "") -> Iterator[Owner]:
    """Say that this process owns a history and answers at an address, until the end of the block."""
    owner = Owner(url, os.getpid(), secrets.token_urlsafe(SECRET_BYTES), listens)
    place = owner_path(history)
    unfinished = place.with_name(f"{place.name}.{owner.pid}")
    unfinished.touch(mode=0o600)
    unfinished.write_text(json.dumps(owner._asdict()), encoding="utf-8")
    unfinished.rename(place)
    try:
        yield owner
    finally:
        if owner_of(history) == owner:
            place.unlink(missing_ok=True)


def owner_of(history: Path) -> Owner | None:
    """Who says to own a history; None where nobody does, or where the process is gone."""
    try:
        said = json.loads(owner_path(history).read_text(encoding="utf-8"))
        owner = Owner(str(said["url"]), int(said["pid"]), str(said["secret"]), str(said.get("listens", "")))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return owner if _runs(owner.pid) else None


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
