"""What lies in a vault's file: its tables, version after version. A version that was published is never edited.

Somebody's vault is of each of these versions, and holds the only link between numbers and names: it is taken on to the
present version by the steps after its own.
"""

import secrets
import sqlite3
from collections.abc import Callable
from typing import Final

Migration = Callable[[sqlite3.Connection], None]

_KEY_BYTES: Final = 32


def _version_1(db: sqlite3.Connection) -> None:
    db.execute("""CREATE TABLE numbers (
        number INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT, contact TEXT, erased INTEGER NOT NULL DEFAULT 0
    ) STRICT""")
    db.execute("""CREATE TABLE source_ids (
        namespace TEXT NOT NULL, kind TEXT NOT NULL, source_id TEXT NOT NULL,
        number INTEGER NOT NULL REFERENCES numbers, PRIMARY KEY (namespace, kind, source_id)
    ) STRICT, WITHOUT ROWID""")
    db.execute("CREATE INDEX source_ids_of_number ON source_ids (number)")
    db.execute("""CREATE TABLE suppressed (
        digest BLOB PRIMARY KEY, number INTEGER NOT NULL REFERENCES numbers
    ) STRICT, WITHOUT ROWID""")
    db.execute(
        "CREATE TABLE texts (ref TEXT PRIMARY KEY, salt BLOB NOT NULL, text TEXT NOT NULL) STRICT, WITHOUT ROWID"
    )
    # One row: the key of the suppression list, and whether erased bytes may still lie in the file.
    db.execute("CREATE TABLE vault (key BLOB NOT NULL, unclean INTEGER NOT NULL) STRICT")
    db.execute("INSERT INTO vault VALUES (?, 0)", [secrets.token_bytes(_KEY_BYTES)])


def _version_2(db: sqlite3.Connection) -> None:
    # Which reference an event's text was given, by a keyed digest; it outlives the text.
    db.execute("CREATE TABLE told (digest BLOB PRIMARY KEY, ref TEXT NOT NULL) STRICT, WITHOUT ROWID")


MIGRATIONS: Final[tuple[Migration, ...]] = (_version_1, _version_2)
"""The one at index i takes the schema from version i to i + 1, in a transaction; version 0 is an empty file."""
