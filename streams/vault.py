"""The vault: names can be forgotten only if they are kept in one place, outside a log that is kept for ever.

To the log a person, or a team named after one, is a number. Here lies which number a source's id stands for, the name
and contact of each number, and free texts under a reference. Erasing removes them here, to the last byte; totals and
the proof of the log never held them.

What erasing means, precisely:
- The number stays, marked as erased, and is never given again: figures and ties of the past do not move.
- Of each source id only a keyed digest stays (HMAC-SHA256, key in the vault): the suppression list. It recognises the
  id when a feed sends it again, and `numbers` answers with the same erased number: totals of old and late facts stay
  whole, nothing is stored anew. An erased number never takes a name or contact again.
- Somebody who holds both the vault and a guess of an id can test the guess. Outside the vault the digest says nothing.
- Somebody who comes back under another source id is somebody new; nothing that is left could tell.
- Of a text that an event told, a keyed digest of event and text stays, too: the same event sent again gets the old
  reference and stores nothing anew.
- A team that is named after the person is a number of its own and is erased by itself.
- Backups made earlier, and blocks that the file system has freed, are beyond this module.

One process owns the file for as long as the vault is open; within it, threads take turns.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal, NamedTuple, Self

Kind = Literal["person", "team"]
Migration = Callable[[sqlite3.Connection], None]

APPLICATION_ID: Final = 0x51755661  # "QuVa" in the file's header: other SQLite files are not ours to write into
LONGEST_ID_CHARS: Final = 1_000  # ids, names and contacts beyond these are a feed gone wrong or hostile
LONGEST_NAME_CHARS: Final = 1_000
LONGEST_CONTACT_CHARS: Final = 10_000
LONGEST_TEXT_CHARS: Final = 1_000_000
_SALT_BYTES: Final = 16
_KEY_BYTES: Final = 32
_HELD_LOCK: Final = re.compile(r"^\d+: POSIX +ADVISORY +WRITE (\d+) (\w+:\w+:\d+) ", re.MULTILINE)


class Told(NamedTuple):
    """A free text, and which field of which event told it."""

    source: str
    event_id: str
    field: str
    text: str


class VaultError(Exception):
    """The vault cannot be used as asked: what, in which file, and how to fix it. It never holds a name or source id."""


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


class Vault:
    """An open vault. Make one with `Vault.open`, as a context manager or with `close`.

    Every method that writes has written durably (fsync) when it returns, and writes all or nothing. All of them raise
    VaultError where the file cannot be read or written (full disk, closed vault).
    """

    def __init__(self, path: Path, db: sqlite3.Connection) -> None:
        self._path = path
        self._db = db
        self._turn = threading.Lock()
        # The whole list of ids is small (sellers and teams, not customers) and nobody else can change it.
        self._numbers: dict[tuple[str, str, str], int] = {
            (namespace, kind, source_id): number
            for namespace, kind, source_id, number in db.execute(
                "SELECT namespace, kind, source_id, number FROM source_ids"
            )
        }
        self._suppressed: dict[bytes, int] = dict(db.execute("SELECT digest, number FROM suppressed"))
        self._last: int = db.execute("SELECT coalesce(max(number), 0) FROM numbers").fetchone()[0]
        self._key, unclean = db.execute("SELECT key, unclean FROM vault").fetchone()
        if unclean:  # a crash came between an erasure and the cleaning after it
            self._clean()

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, migrations: Sequence[Migration] = MIGRATIONS) -> Self:
        """Open the vault at `path`, make it (readable by its owner alone) or bring its schema up to date.

        Raises VaultError for a file that is not a vault, is of a newer version, or is owned by another process.
        """
        place = Path(path)
        db = _connect(place)
        try:
            _migrate(db, place, migrations)
            return cls(place, db)
        except sqlite3.Error as error:
            db.close()
            raise _told(error, place) from error
        except BaseException:
            db.close()
            raise

    def close(self) -> None:
        """Give the file back; again is harmless."""
        with self._turn:
            self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def numbers(self, namespace: str, source_ids: Sequence[str], kind: Kind) -> dict[str, int]:
        """The number of each source id; unknown ones get the next numbers in order of first appearance.

        `namespace` is the source whose ids these are. Persons and teams share one sequence, 1, 2, 3 ...; a number is
        never given twice. The id of somebody erased gives the erased number. Known ids cost no query. Raises
        ValueError, giving no number to anybody, if an id is empty, too long or not valid Unicode.
        """
        with self._turn:
            known = {source_id: self._known(namespace, kind, source_id) for source_id in source_ids}
            unknown = [source_id for source_id, number in known.items() if number is None]
            given = self._give_numbers(namespace, kind, unknown) if unknown else {}
            return {source_id: given[source_id] if number is None else number for source_id, number in known.items()}

    def find(self, source_id_or_name: str) -> list[int]:
        """The numbers, ascending, that have exactly this source id (in any namespace) or this name."""
        query = """SELECT number FROM source_ids WHERE source_id = :it
            UNION SELECT number FROM numbers WHERE name = :it ORDER BY number"""
        with self._reading() as db:
            return [number for (number,) in db.execute(query, {"it": source_id_or_name})]

    def set_name(self, number: int, name: str) -> None:
        """Set the name that is shown for `number`; see `set_names`."""
        self.set_names({number: name})

    def set_names(self, names: Mapping[int, str]) -> None:
        """Set the names of many numbers; spaces around are dropped, and a blank name takes the name away.

        Raises VaultError, setting none, if a number is erased or unknown; ValueError for a name that is too long.
        """
        clean = {number: _checked(name, "name", LONGEST_NAME_CHARS).strip() or None for number, name in names.items()}
        with self._writing() as db:
            self._refuse_erased(clean)
            rows = [(name, number, name) for number, name in clean.items()]
            db.executemany("UPDATE numbers SET name = ? WHERE number = ? AND name IS NOT ?", rows)

    def set_contact(self, number: int, contact: str) -> None:
        """Set how `number` is reached, any text; blank takes it away. Raises as `set_names` does."""
        clean = _checked(contact, "contact", LONGEST_CONTACT_CHARS).strip() or None
        with self._writing() as db:
            self._refuse_erased([number])
            db.execute("UPDATE numbers SET contact = ? WHERE number = ?", [clean, number])

    def contact(self, number: int) -> str | None:
        """How `number` is reached, or None where that is not known (any more)."""
        with self._reading() as db:
            row = db.execute("SELECT contact FROM numbers WHERE number = ?", [number]).fetchone()
        return row[0] if row else None

    def labels(self, kind: Kind | None = None) -> dict[int, str]:
        """What to show for every number of `kind` (None: of both), by ascending number; no two are the same.

        A label is the name, or the source id where no name is known, or "erased 17". Of equal ones the lowest number
        keeps it plain and the others get " (2)", " (3)", past any suffixed label that is somebody's own. Labels are
        unique among those asked for: a person and a team of one name both show it plain on boards of their own kind.
        """
        query = """SELECT number, CASE WHEN erased THEN 'erased ' || number ELSE coalesce(name, (
                SELECT min(source_id) FROM source_ids WHERE source_ids.number = numbers.number
            )) END FROM numbers WHERE :kind IS NULL OR kind = :kind ORDER BY number"""
        with self._reading() as db:
            plain: dict[int, str] = dict(db.execute(query, {"kind": kind}))
        return _distinct(plain)

    def erased(self) -> frozenset[int]:
        """The numbers that were erased: those that take no name or contact any more."""
        with self._reading() as db:
            return frozenset(number for (number,) in db.execute("SELECT number FROM numbers WHERE erased"))

    def keep_text(self, text: str) -> str:
        """Keep a free text; returns its reference, 64 hex digits: sha256(salt + text in UTF-8), salt 16 random bytes.

        Each call makes a new reference, for the same text too, so a reference does not give away which text it is.
        """
        ref, salt = _reference(text)
        with self._writing() as db:
            db.execute("INSERT INTO texts VALUES (?, ?, ?)", [ref, salt, text])
        return ref

    def keep_told(self, told: Sequence[Told]) -> list[str]:
        """Keep free texts that events told; returns their references, as `keep_text` makes them.

        The same text told by the same event gets the same reference, however often it is sent, so that a retry stays a
        duplicate; after an erasure that reference is all it gets. Raises ValueError, keeping none, for a text that is
        too long or not valid Unicode.
        """
        made = [(self._digest(*one), *_reference(one.text)) for one in told]
        refs: list[str] = []
        with self._writing() as db:
            for one, (digest, ref, salt) in zip(told, made, strict=True):
                found = db.execute("SELECT ref FROM told WHERE digest = ?", [digest]).fetchone()
                if found is None:
                    db.execute("INSERT INTO texts VALUES (?, ?, ?)", [ref, salt, one.text])
                    db.execute("INSERT INTO told VALUES (?, ?)", [digest, ref])
                refs.append(found[0] if found else ref)
        return refs

    def text(self, ref: str) -> str | None:
        """The text kept under `ref`, or None where there is none (any more)."""
        with self._reading() as db:
            row = db.execute("SELECT text FROM texts WHERE ref = ?", [ref]).fetchone()
        return row[0] if row else None

    def erase(self, number: int, *, texts: Sequence[str] = ()) -> None:
        """Erase for good what is known of `number`, and the texts under the references `texts`.

        Source ids, name and contact are gone from every byte of the file and its journal when this returns; the head of
        this module says what stays. It rewrites the whole file, so it takes time and free disk in proportion to it.
        Erasing twice is harmless. Raises VaultError for an unknown number; and where the erasure is done but old bytes
        could not be cleaned away yet (full disk), which the next `open` or `erase` makes good.
        """
        with self._turn:
            with self._transaction() as db:
                self._refuse_unknown([number])
                keys = db.execute(
                    "SELECT namespace, kind, source_id FROM source_ids WHERE number = ?", [number]
                ).fetchall()
                digests = {self._digest(*key): number for key in keys}
                db.executemany("INSERT INTO suppressed VALUES (?, ?)", list(digests.items()))
                db.execute("DELETE FROM source_ids WHERE number = ?", [number])
                db.execute("UPDATE numbers SET name = NULL, contact = NULL, erased = 1 WHERE number = ?", [number])
                db.executemany("DELETE FROM texts WHERE ref = ?", [(ref,) for ref in texts])
                db.execute("UPDATE vault SET unclean = 1")
            self._suppressed.update(digests)
            for key in keys:
                del self._numbers[key]
            with self._told():
                self._clean()

    def _known(self, namespace: str, kind: Kind, source_id: str) -> int | None:
        number = self._numbers.get((namespace, kind, source_id))
        if number is None and self._suppressed:
            number = self._suppressed.get(self._digest(namespace, kind, source_id))
        return number

    def _give_numbers(self, namespace: str, kind: Kind, source_ids: Sequence[str]) -> dict[str, int]:
        for text, what in [(namespace, "namespace"), *((source_id, "source id") for source_id in source_ids)]:
            if not _checked(text, what, LONGEST_ID_CHARS):
                raise ValueError(f"a {what} is empty: leave out the {kind} where the source names none")
        given = {source_id: self._last + place for place, source_id in enumerate(source_ids, start=1)}
        with self._transaction() as db:
            db.executemany(
                "INSERT INTO numbers (number, kind) VALUES (?, ?)", [(number, kind) for number in given.values()]
            )
            rows = [(namespace, kind, source_id, number) for source_id, number in given.items()]
            db.executemany("INSERT INTO source_ids VALUES (?, ?, ?, ?)", rows)
        # Only what is committed may be remembered: a number that a full disk took back is free again.
        self._last += len(given)
        self._numbers.update({(namespace, kind, source_id): number for source_id, number in given.items()})
        return given

    def _digest(self, *texts: str) -> bytes:
        # As JSON, so that no other texts run together to the same bytes.
        return hmac.digest(self._key, json.dumps(texts).encode(), "sha256")

    def _refuse_unknown(self, numbers: Sequence[int]) -> None:
        for number in numbers:
            if not 1 <= number <= self._last:
                raise VaultError(
                    f"{self._path} knows nobody by number {number}: numbers() gives them, 1 to {self._last}"
                )

    def _refuse_erased(self, numbers: Mapping[int, object] | Sequence[int]) -> None:
        self._refuse_unknown(list(numbers))
        erased = {number for (number,) in self._db.execute("SELECT number FROM numbers WHERE erased")}
        if refused := sorted(erased.intersection(numbers)):
            raise VaultError(
                f"{self._path}: number {refused[0]} was erased and takes no name or contact again: leave out the "
                "numbers in erased(), and take the person out of the feed"
            )

    def _clean(self) -> None:
        """Leave no erased byte: secure_delete alone does not reach stale copies of rows that moved between pages."""
        self._db.execute("VACUUM")
        busy, _, _ = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise sqlite3.OperationalError("the journal is in use")
        self._db.execute("UPDATE vault SET unclean = 0")

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._turn, self._told():
            yield self._db

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._turn, self._transaction() as db:
            yield db

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._told(), _all_or_nothing(self._db) as db:
            yield db

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise _told(error, self._path) from error


def _reference(text: str) -> tuple[str, bytes]:
    """A new reference for a text, and the salt in it."""
    salt = secrets.token_bytes(_SALT_BYTES)
    return hashlib.sha256(salt + _checked(text, "text", LONGEST_TEXT_CHARS).encode()).hexdigest(), salt


def _connect(path: Path) -> sqlite3.Connection:
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
        raise _told(error, path) from error


def _migrate(db: sqlite3.Connection, path: Path, migrations: Sequence[Migration]) -> None:
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
        with _all_or_nothing(db):
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
def _all_or_nothing(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield db
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _told(error: sqlite3.Error, path: Path) -> VaultError:
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


def _checked(text: str, what: str, most_chars: int) -> str:
    """`text` itself, or ValueError: SQLite keeps valid Unicode only. The message has no text in it: it is a name."""
    if len(text) > most_chars:
        raise ValueError(f"a {what} has {len(text)} characters: shorten it to {most_chars}")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise ValueError(f"a {what} is not valid Unicode: read its source with the right encoding") from None
    return text


def _distinct(plain: Mapping[int, str]) -> dict[int, str]:
    """`plain` with suffixes where labels are equal, in the order given."""
    reserved = set(plain.values())
    seen: dict[str, int] = {}
    labels: dict[int, str] = {}
    for number, label in plain.items():
        count = seen.get(label, 0) + 1
        while count > 1 and f"{label} ({count})" in reserved:
            count += 1
        seen[label] = count
        labels[number] = label if count == 1 else f"{label} ({count})"
        reserved.add(labels[number])
    return labels
