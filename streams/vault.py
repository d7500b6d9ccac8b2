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

import hmac
import json
import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal, Self

from streams.labels import distinct
from streams.texts import Kept, Told, forget, keep, keep_once, text_under
from streams.vault_file import VaultError, all_or_nothing, checked, connect, failure, migrate
from streams.vault_tables import MIGRATIONS, Migration

Kind = Literal["person", "team"]

LONGEST_ID_CHARS: Final = 1_000  # ids, names and contacts beyond these are a feed gone wrong or hostile
LONGEST_NAME_CHARS: Final = 1_000
LONGEST_CONTACT_CHARS: Final = 10_000


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
        db = connect(place)
        try:
            migrate(db, place, migrations)
            return cls(place, db)
        except sqlite3.Error as error:
            db.close()
            raise failure(error, place) from error
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

    def name(self) -> str:
        """What tells this vault and its copies from every other: 64 hex digits that say nothing of what is in it."""
        return self._digest("which vault").hex()

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
        clean = {number: checked(name, "name", LONGEST_NAME_CHARS).strip() or None for number, name in names.items()}
        with self._writing() as db:
            self._refuse_erased(clean)
            rows = [(name, number, name) for number, name in clean.items()]
            db.executemany("UPDATE numbers SET name = ? WHERE number = ? AND name IS NOT ?", rows)

    def set_contact(self, number: int, contact: str) -> None:
        """Set how `number` is reached, any text; blank takes it away. Raises as `set_names` does."""
        clean = checked(contact, "contact", LONGEST_CONTACT_CHARS).strip() or None
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
        return distinct(plain)

    def erased(self) -> frozenset[int]:
        """The numbers that were erased: those that take no name or contact any more."""
        with self._reading() as db:
            return frozenset(number for (number,) in db.execute("SELECT number FROM numbers WHERE erased"))

    def keep_text(self, text: str) -> str:
        """Keep a free text; returns its reference, 64 hex digits: sha256(salt + text in UTF-8), salt 16 random bytes.

        Each call makes a new reference, for the same text too, so a reference does not give away which text it is.
        """
        kept = Kept.of(text)
        with self._writing() as db:
            keep(db, kept)
        return kept.ref

    def keep_told(self, told: Sequence[Told]) -> list[str]:
        """Keep free texts that events told; returns their references, as `keep_text` makes them.

        The same text told by the same event gets the same reference, however often it is sent, so that a retry stays a
        duplicate; after an erasure that reference is all it gets. Raises ValueError, keeping none, for a text that is
        too long or not valid Unicode.
        """
        made = [(self._digest(*one), Kept.of(one.text)) for one in told]
        with self._writing() as db:
            return [keep_once(db, digest, kept) for digest, kept in made]

    def text(self, ref: str) -> str | None:
        """The text kept under `ref`, or None where there is none (any more)."""
        with self._reading() as db:
            return text_under(db, ref)

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
                forget(db, texts)
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
            if not checked(text, what, LONGEST_ID_CHARS):
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
        with self._told(), all_or_nothing(self._db) as db:
            yield db

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise failure(error, self._path) from error
