"""Importing a file: rows in batches, each durable before the next, so that it can be stopped and run again.

A log's rows bring their own ids, a snapshot's rows are compared with what the source said last; either way the same
file again changes nothing. Every row and every event is counted, and the counts add up.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from schemas.envelope import Event
from schemas.facts import FEED
from schemas.moments import from_microseconds, instant_text, microseconds
from streams.appending import Entry
from streams.books import Books
from streams.door import FUTURE_TOLERANCE_US, Refused
from streams.mapping import check_columns
from streams.reading import RowReading
from streams.rejects import ImportRefusedError, Rejects
from streams.rows import FileError, FileRow, RowFaultError, RowReader, open_rows
from streams.rules import Row, RowMapping, Rule
from streams.snapshots import Snapshot
from streams.stored import source_facts

ROWS_AT_ONCE = 5_000
DOOR_REMEDY = "mend the row and import the file again"
Progress = Callable[[int, int], None]


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
    entities: list[str]  # of a snapshot: those of which the row could speak


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
        self._kinds = sorted({rule.event.entity_kind for rule in mapping.rules})
        books.settle()  # what was imported before must be there to compare with
        self._snapshot = self._last_seen() if mapping.form == "snapshot" else None
        self._said_last = max(self._newest_export(), self._snapshot.said_last(self._kinds)) if self._snapshot else 0
        self._lacking: dict[
            str, FileRow
        ] = {}  # entities of which the file did not say all that is known, by their last row
        self._quiet: set[int] = set()  # lines of rows that may turn out to be unchanged

    def run(self, path: Path, rejects: Path, progress: Progress | None = None) -> Counts:
        """Import a file; FileError, MappingError or ImportRefusedError. `progress` gets bytes done and of how many."""
        if rejects.exists() and path.exists() and rejects.samefile(path):
            raise ImportRefusedError(
                f"refused rows cannot go into {path}, which is imported; give another file with --rejects"
            )
        with open_rows(path, self.mapping.csv) as reader:
            check_columns(self.mapping, reader.header)
            with Rejects(rejects, reader.header, self.mapping.csv) as refused:
                for batch in _batches(reader):
                    self._import(batch, refused)
                    if progress:
                        progress(reader.position, reader.size)
                if self._snapshot:
                    self._take_back(self._snapshot, refused)
        self.books.settle()
        self._note(path)
        return self.counts

    def _import(self, rows: Sequence[FileRow], refused: Rejects) -> None:
        self.counts.rows_read += len(rows)
        read = [one for row in rows if (one := self._read(row, refused))]
        admitted = iter(self.books.admit([event for one in read for event in one.events], FEED, self.mapping.people))
        entries: list[Entry] = []
        for one in read:
            answers = [next(admitted) for _ in one.events]
            entries += (
                self._compared(self._snapshot, one, answers, refused)
                if self._snapshot
                else self._let_in(one, answers, refused)
            )
        self._record(entries)

    def _record(self, entries: Sequence[Entry]) -> None:
        for outcome in self.books.record(entries):
            self.counts.events_taken += outcome.fate == "taken"
            self.counts.events_duplicate += outcome.fate == "duplicate"

    def _read(self, row: FileRow, refused: Rejects) -> _Read | None:
        """The events of a row, before people have numbers; None for one that is ignored or refused."""
        try:
            row.check()
            envelope = self._exported if self._snapshot else self._reading.logged_envelope
            events = [told.event for told in self._reading.events(row.fields, envelope)]
        except RowFaultError as fault:
            self._refuse(row, fault, refused)
            return None
        entities = self._reading.entities(row.fields) if self._snapshot else []
        if not events and not entities:
            self.counts.rows_ignored += 1
            return None
        return _Read(row, events, entities)

    def _let_in(self, one: _Read, answers: Sequence[Entry | Refused], refused: Rejects) -> list[Entry]:
        """What of a log's row goes into the log: whatever the door does not refuse."""
        reasons = [answer.reason for answer in answers if isinstance(answer, Refused)]
        self.counts.rows_used += 1
        self.counts.events_made += len(answers)
        self.counts.events_refused += len(reasons)
        if reasons:
            refused.add(one.row, "; ".join(dict.fromkeys(reasons)), DOOR_REMEDY)
        return [answer for answer in answers if isinstance(answer, Entry)]

    def _compared(
        self, snapshot: Snapshot, one: _Read, answers: Sequence[Entry | Refused], refused: Rejects
    ) -> list[Entry]:
        """What of a snapshot's row goes into the log: how it differs from what is known; all of it or nothing."""
        spoken_of = {name for name in one.entities if snapshot.knows(name)}
        if not answers and not spoken_of:
            self.counts.rows_ignored += 1
            return []
        try:
            for answer in answers:
                if isinstance(answer, Refused):
                    raise RowFaultError(answer.reason, DOOR_REMEDY)  # noqa: TRY301 (as every other fault of the row)
            events = [answer.event for answer in answers if isinstance(answer, Entry)]
            found = snapshot.differences(events, one.row.line)
        except RowFaultError as fault:
            self._refuse(one.row, fault, refused)
            return []
        lacking = [name for name in spoken_of | {event.entity for event in events} if snapshot.lacks(name)]
        self._lacking |= dict.fromkeys(lacking, one.row)
        self.counts.rows_used += 1
        self.counts.events_made += len(found)
        if lacking and not found:
            self._quiet.add(one.row.line)
        self.counts.rows_unchanged += not found and not lacking
        return self._in_order(found, one.row)

    def _take_back(self, snapshot: Snapshot, refused: Rejects) -> None:
        """At the end of a snapshot: take back what it no longer says of the entities that its rows speak of."""
        entries: list[Entry] = []
        for entity, row in self._lacking.items():
            events, fault = snapshot.taken_back(entity)
            entries += self._in_order(events, row)
            self.counts.events_made += len(events)
            if fault:
                refused.add(row, fault.reason, fault.remedy)
                self.counts.events_made += 1
                self.counts.events_refused += 1
            if events or fault:
                self._quiet.discard(row.line)
        self.counts.rows_unchanged += len(self._quiet)
        self._record(entries)

    def _in_order(self, events: Sequence[Event], row: FileRow) -> list[Entry]:
        """The events as entries; ImportRefusedError where something newer was said before."""
        if events and microseconds(self.exported_at) < self._said_last:
            made, last = instant_text(self.exported_at), instant_text(from_microseconds(self._said_last))
            raise ImportRefusedError(
                f"this file was exported at {made}, and its line {row.line} says something else than "
                f"{self.mapping.source} said at {last}. Import exports in the order in which they were made; if that "
                "time is wrong, give the right one with --exported-at."
            )
        return [Entry(event, FEED) for event in events]

    def _refuse(self, row: FileRow, fault: RowFaultError, refused: Rejects) -> None:
        self.counts.rows_refused += 1
        refused.add(row, fault.reason, fault.remedy)

    def _exported(self, rule: Rule, row: Row, _: object) -> dict[str, Any]:
        return self._reading.exported_envelope(rule, row, self.exported_at)

    def _last_seen(self) -> Snapshot:
        now = self.books.clock()
        if microseconds(self.exported_at) > now + FUTURE_TOLERANCE_US:
            raise ImportRefusedError(
                f"this file was exported at {instant_text(self.exported_at)}, in the future (it is "
                f"{instant_text(from_microseconds(now))}). Give the right time with --exported-at, or set the clock."
            )
        with self.books.history.read() as cursor:
            said = source_facts(cursor, self.mapping.source)
            return Snapshot(said, self.mapping.source, self.exported_at, self.books.next_offset())

    def _newest_export(self) -> int:
        """When the newest export about any of the same kinds was made, changed or not; microseconds."""
        query = "SELECT about, exported_at FROM imports WHERE source = $source AND exported_at IS NOT NULL"
        rows = self.books.history.rows(query, {"source": self.mapping.source})
        return max((int(at) for about, at in rows if set(about.split(",")) & set(self._kinds)), default=0)

    def _note(self, path: Path) -> None:
        """Put the import into the ledger of imports."""
        row = (
            self.mapping.source,
            ",".join(self._kinds),
            path.name,
            microseconds(self.exported_at) if self._snapshot else None,
            self.books.clock(),
            json.dumps(asdict(self.counts)),
        )
        self.books.history.write(
            lambda connection: connection.execute("INSERT INTO imports VALUES (?, ?, ?, ?, ?, ?)", row)
        ).result()


def _batches(reader: RowReader) -> Iterator[list[FileRow]]:
    """Rows in batches; where the file breaks off, the rows before that come first."""
    batch: list[FileRow] = []
    try:
        for row in reader:
            batch.append(row)
            if len(batch) == ROWS_AT_ONCE:
                yield batch
                batch = []
    except FileError:
        if batch:
            yield batch
        raise
    if batch:
        yield batch


def file_time(path: Path) -> datetime:
    """When a file was last written; FileError if it is not there."""
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError as error:
        raise FileError(f"{path} cannot be opened: {error.strerror}") from None
