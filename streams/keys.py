"""Keys for who comes from elsewhere: shown once when made, kept as digests, revoked by name.

A key is 256 random bits, so a plain SHA-256 of it cannot be turned back and needs no salt. The keys of a history lie
beside it, in a file of their own: they are neither facts for the log nor people's data for the vault.
"""

import hashlib
import os
import secrets
import sqlite3
import threading
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Literal, NamedTuple, Self, get_args

Scope = Literal["read", "write", "correct"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
PREFIX = "quotum_"
KEY_BYTES = 32
TABLE = """
CREATE TABLE IF NOT EXISTS keys (
    digest TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, scopes TEXT NOT NULL, made_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID
"""


class BadKeyError(Exception):
    """A key cannot be made or revoked: what, and how to mend it."""


class Key(NamedTuple):
    """What is known of a key: whose it is, what it may do, when it was made (microseconds)."""

    name: str
    scopes: frozenset[str]
    made_at: int


def keys_path(history: Path) -> Path:
    """Where the keys of a history lie."""
    return history.with_name(history.name + ".keys")


class Keys:
    """The keys of a history. Threads take turns."""

    def __init__(self, path: Path, clock: Callable[[], int]) -> None:
        """Open or make the file, readable by its owner alone. `clock`: microseconds since 1970-01-01T00:00:00Z."""
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute(TABLE)
        self._clock = clock
        self._turn = threading.Lock()

    def make(self, name: str, scopes: Collection[Scope]) -> str:
        """A new key under a name; BadKeyError if the name is taken, blank, or nothing is allowed."""
        name = name.strip()
        if not name or not scopes:
            raise BadKeyError("a key needs a name, to be revoked by, and at least one of " + ", ".join(SCOPES))
        key = PREFIX + secrets.token_urlsafe(KEY_BYTES)
        row = (_digest(key), name, " ".join(sorted(scopes)), self._clock())
        with self._turn:
            try:
                self._db.execute("INSERT INTO keys VALUES (?, ?, ?, ?)", row)
            except sqlite3.IntegrityError:
                raise BadKeyError(
                    f"there is a key named {name!r} already: revoke it first, or take another name"
                ) from None
        return key

    def find(self, key: str) -> Key | None:
        """What a key may do; None for one that is unknown or revoked."""
        with self._turn:
            row = self._db.execute("SELECT name, scopes, made_at FROM keys WHERE digest = ?", [_digest(key)]).fetchone()
        return Key(row[0], frozenset(row[1].split()), row[2]) if row else None

    def revoke(self, name: str) -> None:
        """The key of this name opens nothing any more; BadKeyError if there is none."""
        with self._turn:
            gone = self._db.execute("DELETE FROM keys WHERE name = ?", [name]).rowcount
        if not gone:
            raise BadKeyError(f"there is no key named {name!r}; `quotum key list` shows those there are")

    def all(self) -> list[Key]:
        """All keys, by name."""
        with self._turn:
            rows = self._db.execute("SELECT name, scopes, made_at FROM keys ORDER BY name").fetchall()
        return [Key(name, frozenset(scopes.split()), made_at) for name, scopes, made_at in rows]

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
