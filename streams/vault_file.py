"""The file of a vault: private, of one owner at a time, never half written, and nobody else's file by mistake.

Whatever goes wrong with it is told as what it means for whoever runs this: another owner, another program's file, a
newer version, a disk. Which tables lie in it is said in vault_tables.py.
"""

import os
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from streams.vault_tables import Migration

APPLICATION_ID: Final = 0x51755661  # "QuVa" in the file's header: other SQLite files are not ours to write into
_HELD_LOCK: Final = re.compile(r"^\d+: POSIX +ADVISORY +WRITE (\d+) (\w+:\w+:\d+) ", re.MULTILINE)


class VaultError(Exception):
    """The vault cannot be used as asked: what, in which file, and how to fix it. It never holds a name or source id."""


def connect(path: Path) -> sqlite3.Connection:
    """The file, made where there is none; VaultError if it cannot be. Nothing is read yet."""
    try:
        # Made here, because SQLite would let the group and others read it. Its journal takes the same mode.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        pass
    except OSError as error:
        raise VaultError(
            f"{path} cannot be made ({error.strerror}): give a folder that exists and can be written"
        ) from error
    try:
        # No waiting (timeout): an owner keeps its vault for hours. No hidden transactions (isolation_level).
        return sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
    except sqlite3.Error as error:
        raise failure(error, path) from error


def migrate(db: sqlite3.Connection, path: Path, migrations: Sequence[Migration]) -> None:
    """Own the file and bring its tables up to date; VaultError if it is not a vault, or a newer one."""
    db.execute("PRAGMA locking_mode = EXCLUSIVE")
    version = _version(db, path)
    if version > len(migrations):
        raise VaultError(
            f"{path} is a vault of version {version}, newer than this program's {len(migrations)}: "
            "open it with the newer release that wrote it"
        )
    # Only now that the file is known to be ours may anything be changed in it.
    for pragma in (
        "secure_delete = ON",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "temp_store = MEMORY",
    ):
        db.execute(f"PRAGMA {pragma}").fetchall()
    for number, migration in enumerate(migrations[version:], start=version + 1):
        with all_or_nothing(db):
            migration(db)
            db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            db.execute(f"PRAGMA user_version = {number}")


def _version(db: sqlite3.Connection, path: Path) -> int:
    """The version of the schema, 0 for an empty file; VaultError for a file that somebody else made."""
    application: int = db.execute("PRAGMA application_id").fetchone()[0]
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    is_empty = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0
    if application == APPLICATION_ID or (is_empty and application == 0 and version == 0):
        return version
    raise _foreign(path)


def _foreign(path: Path) -> VaultError:
    return VaultError(f"{path} is not a vault, and was left as it is: move it away, or name another history")


@contextmanager
def all_or_nothing(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """A transaction: done at the end of the block, undone where that fails."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield db
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def failure(error: sqlite3.Error, path: Path) -> VaultError:
    """What a failure of SQLite means for whoever runs this."""
    code = getattr(error, "sqlite_errorname", "")
    if code.startswith("SQLITE_BUSY"):
        return VaultError(f"{path} is owned by {_owner(path)}: ask that one, or stop it and try again")
    if code == "SQLITE_NOTADB":
        return _foreign(path)
    return VaultError(f"{path} cannot be read or written ({error}): see to the disk and its rights, and open it again")


def _owner(path: Path) -> str:
    """Who holds the lock on `path`, where the system tells (Linux does)."""
    try:
        held = _HELD_LOCK.findall(Path("/proc/locks").read_text(encoding="ascii"))
        file = path.stat()
    except OSError:
        return "another process"
    here = f"{os.major(file.st_dev):02x}:{os.minor(file.st_dev):02x}:{file.st_ino}"
    owner = next((process for process, place in held if place == here), None)
    if owner is None:
        return "another process"
    return "this process already" if owner == str(os.getpid()) else f"process {owner}"


def checked(text: str, what: str, most_chars: int) -> str:
    """`text` itself, or ValueError: SQLite keeps valid Unicode only. The message has no text in it: it is a name."""
    if len(text) > most_chars:
        raise ValueError(f"a {what} has {len(text)} characters: shorten it to {most_chars}")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise ValueError(f"a {what} is not valid Unicode: read its source with the right encoding") from None
    return text
