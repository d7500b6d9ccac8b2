"""Free texts lie in the vault under references that give nothing away, so the log may keep a reference for ever.

A text told by an event has one reference however often the event is sent, so that a retry stays a duplicate; which one
is found by a keyed digest, which outlives the text.
"""

import hashlib
import secrets
import sqlite3
from collections.abc import Iterable
from typing import Final, NamedTuple, Self

from streams.vault_file import checked

LONGEST_TEXT_CHARS: Final = 1_000_000
_SALT_BYTES: Final = 16


class Told(NamedTuple):
    """A free text, and which field of which event told it."""

    source: str
    event_id: str
    field: str
    text: str


class Kept(NamedTuple):
    """A text as it is kept: its reference is sha256(salt + text in UTF-8) in hex."""

    ref: str
    salt: bytes
    text: str

    @classmethod
    def of(cls, text: str) -> Self:
        """A text under a new reference; ValueError where it is too long or not valid Unicode."""
        salt = secrets.token_bytes(_SALT_BYTES)
        return cls(hashlib.sha256(salt + checked(text, "text", LONGEST_TEXT_CHARS).encode()).hexdigest(), salt, text)


def keep(db: sqlite3.Connection, text: Kept) -> None:
    """Keep a text under its reference."""
    db.execute("INSERT INTO texts VALUES (?, ?, ?)", text)


def keep_once(db: sqlite3.Connection, digest: bytes, text: Kept) -> str:
    """The reference that was given under a digest; the text is kept, and given its own, where there is none yet."""
    found: tuple[str] | None = db.execute("SELECT ref FROM told WHERE digest = ?", [digest]).fetchone()
    if found:
        return found[0]
    keep(db, text)
    db.execute("INSERT INTO told VALUES (?, ?)", [digest, text.ref])
    return text.ref


def text_under(db: sqlite3.Connection, ref: str) -> str | None:
    """The text under a reference; None where there is none (any more)."""
    row: tuple[str] | None = db.execute("SELECT text FROM texts WHERE ref = ?", [ref]).fetchone()
    return row[0] if row else None


def forget(db: sqlite3.Connection, refs: Iterable[str]) -> None:
    """Take texts away; who sends them again gets their references and nothing is stored."""
    db.executemany("DELETE FROM texts WHERE ref = ?", [(ref,) for ref in refs])
