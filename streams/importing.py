"""Importing a file: rows in batches, each durable before the next, so that it can be stopped and run again.

A log's rows bring their own ids, a snapshot's rows are compared with what the source said last; either way the same
file again changes nothing. Every row and every event is counted, and the counts add up.
"""

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, NamedTuple, Self

from schemas.envelope import Event
from schemas.facts import FEED, Fact
from schemas.moments import instant_text, microseconds
from streams.books import Books
from streams.door import Refused
from streams.mapping import RowMapping
from streams.reading import RowReading
from streams.recorder import Entry, source_facts
from streams.rows import FileError, FileRow, RowFaultError, RowReader, open_rows
from streams.snapshots import Snapshot

ROWS_AT_ONCE = 5_000
DOOR_REMEDY = "mend the row and import the file again"
Progress = Callable[[int, int], None]


class ImportRefusedError(Exception):
    """An import cannot be done: what, and how to mend it."""


@dataclass
class Counts:
    """What became of rows and events: read = ignored + refused + used; made = taken + duplicate + refused."""

    rows_read: int = 0
    rows_ignored: int = 0
    rows_refused: int = 0
    rows_used: int = 0
    rows_unchanged: int = 0  # of those used: a snapshot's rows that say nothing new
    events_made: int = 0
    events_taken: int = 0
    events_duplicate: int = 0
    events_refused: int = 0

    @property
    def anything_refused(self) -> bool:
        """Whether something waits in the reject file."""
        return self.rows_refused + self.events_refused > 0


class _Read(NamedTuple):
    row: FileRow
    events: list[Event]
    silent: dict[str, str]  # entities of which the row could speak, with their trail


class Rejects:
    """The reject file: line, reason, remedy and the row as it was. Made when the first row is refused."""

    def __init__(self, path: Path, header: Sequence[str]) -> None:
        """`header`: the columns of the file that is imported, so that mended rejects can be imported as they are."""
        self.path = path
        self._header = header
        self._file: IO[str] | None = None

    def add(self, row: FileRow, reason: str, remedy: str) -> None:
        """Refuse a row."""
        if self._file is None:
            self._file = self.path.open("w", encoding="utf-8", errors="backslashreplace", newline="")
            csv.writer(self._file).writerow(["line", "reason", "remedy", *self._header])
        csv.writer(self._file).writerow([row.line, reason, remedy, *row.fields.values()])

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file, if there is one."""
        if self._file:
            self._file.close()


class Importing:
    """One run over one file."""

    def __init__(self, books: Books, mapping: RowMapping, exported_at: datetime) -> None:
        """`exported_at`: when a snapshot was made; a log has times of its own."""
        workspace = books.organisation()
        self.books = books
        self.mapping = mapping
        self.exported_at = exported_at
        self.counts = Counts()
        self._reading = RowReading(mapping, workspace.zone, workspace.currency)
        self._snapshot = self._last_seen() if mapping.form == "snapshot" else None

    def run(self, path: Path, rejects: Path, progress: Progress | None = None) -> Counts:
        """Import a file; FileError, MappingError or ImportRefusedError. `progress` gets bytes done and of how many."""
        with open_rows(path, self.mapping.csv) as reader:
            self.mapping.check_columns(reader.header)
            with Rejects(rejects, reader.header) as refused:
                for batch in _batches(reader):
                    self._import(batch, refused)
                    if progress:
                        progress(reader.position, reader.size)
        self._note(path)
        return self.counts

    def _import(self, rows: Sequence[FileRow], refused: Rejects) -> None:
        self.counts.rows_read += len(rows)
        read = [one for row in rows if (one := self._read(row, refused))]
        admitted = iter(self.books.admit([event for one in read for event in one.events], FEED, self.mapping.people))
        entries: list[Entry] = []
        for one in read:
            answers = [next(admitted) for _ in one.events]
            entries += self._entries(one, answers, refused)
        for outcome in self.books.record(entries):
            self.counts.events_taken += outcome.fate == "taken"
            self.counts.events_duplicate += outcome.fate == "duplicate"

    def _read(self, row: FileRow, refused: Rejects) -> _Read | None:
        """The events of a row, before people have numbers; None for one that is ignored or refused."""
        try:
            row.check()
            envelope = self._exported if self._snapshot else self._reading.logged_envelope
            events = [told.event for told in self._reading.events(row.fields, envelope)]
            silent = self._silent(row) if self._snapshot else {}
        except RowFaultError as fault:
            self._refuse(row, fault, refused)
            return None
        if not events and not silent:
            self.counts.rows_ignored += 1
            return None
        return _Read(row, events, silent)

    def _silent(self, row: FileRow) -> dict[str, str]:
        snapshot = self._snapshot
        return {
            name: trail
            for name, trail in self._reading.entities(row.fields).items()
            if snapshot and snapshot.knows(name)
        }

    def _entries(self, one: _Read, answers: Sequence[Entry | Refused], refused: Rejects) -> list[Entry]:
        """What of a row goes into the log, counted."""
        admitted = [answer for answer in answers if isinstance(answer, Entry)]
        reasons = [answer.reason for answer in answers if isinstance(answer, Refused)]
        if self._snapshot and not reasons:
            try:
                events = [entry.event for entry in admitted]
                admitted = [Entry(event, FEED) for event in self._differences(one, events)]
            except RowFaultError as fault:
                self._refuse(one.row, fault, refused)
                return []
            self.counts.rows_unchanged += not admitted
        self.counts.rows_used += 1
        self.counts.events_made += len(admitted) + len(reasons)
        self.counts.events_refused += len(reasons)
        for reason in reasons:
            refused.add(one.row, reason, DOOR_REMEDY)
        return admitted

    def _differences(self, one: _Read, events: Sequence[Event]) -> list[Event]:
        assert self._snapshot is not None  # noqa: S101 (only called for one; for the type checker)
        found = self._snapshot.differences(events, one.silent, one.row.line)
        if found and microseconds(self.exported_at) < self._newest_export():
            made = instant_text(self.exported_at)
            raise ImportRefusedError(
                f"this file was exported at {made}, before one that was imported already, and its line {one.row.line} "
                "says something else. Import exports in the order in which they were made; if that time is wrong, give "
                "the right one with --exported-at."
            )
        return found

    def _refuse(self, row: FileRow, fault: RowFaultError, refused: Rejects) -> None:
        self.counts.rows_refused += 1
        refused.add(row, fault.reason, fault.remedy)

    def _exported(self, rule: Any, row: Any, _: object) -> dict[str, Any]:  # noqa: ANN401 (of the mapping)
        return {"id": "-", "time": self.exported_at, "trail": self._reading.trail(rule, row)}

    def _last_seen(self) -> Snapshot:
        with self.books.history.read() as cursor:
            said: Iterator[Fact] = iter(source_facts(cursor, self.mapping.source))
            return Snapshot(said, self.mapping.source, self.exported_at, self.books.next_offset())

    @property
    def _about(self) -> str:
        return ",".join(sorted({rule.event.entity_kind for rule in self.mapping.rules}))

    def _newest_export(self) -> int:
        query = "SELECT coalesce(max(exported_at), 0) FROM imports WHERE source = $source AND about = $about"
        rows = self.books.history.rows(query, {"source": self.mapping.source, "about": self._about})
        return int(rows[0][0])

    def _note(self, path: Path) -> None:
        """Put the import into the ledger of imports."""
        row = (
            self.mapping.source,
            self._about,
            path.name,
            microseconds(self.exported_at) if self._snapshot else None,
            self.books.clock(),
            json.dumps(asdict(self.counts)),
        )
        self.books.history.write(
            lambda connection: connection.execute("INSERT INTO imports VALUES (?, ?, ?, ?, ?, ?)", row)
        ).result()


def _batches(reader: RowReader) -> Iterator[list[FileRow]]:
    batch: list[FileRow] = []
    for row in reader:
        batch.append(row)
        if len(batch) == ROWS_AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


def file_time(path: Path) -> datetime:
    """When a file was last written; FileError if it is not there."""
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError as error:
        raise FileError(f"{path} cannot be opened: {error.strerror}") from None
