"""Rows for the tables of a history, and the one transaction that appends what a batch made of them.

Whoever records, be it the log itself or a copy of one that lies elsewhere, stores an event the same way to the letter.
"""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import duckdb
import msgspec
import pyarrow as pa

from projections.postings import Lines, Posting
from schemas.envelope import Event
from schemas.facts import read_fact
from schemas.log_events import Fact, encode
from schemas.moments import microseconds
from streams import arrow
from streams.history import undone_on_error

Place = tuple[int, int, int]  # of an event in the log: partition, offset, known_at
Columns = tuple[str, str, str, str, str, int, int, int, str, bytes]  # of events: id ... data, digest
Row = tuple[Fact, str, str, str, str, str, int, int, int, str, bytes]  # the fact, then the columns
Moved = tuple[Place, Fact, Lines | None]  # an event of the log with what it moved; None for a duplicate
INSERTS = (
    "INSERT INTO events SELECT * FROM new_events",
    "INSERT INTO postings SELECT * FROM new_postings",
    "INSERT INTO dead_letters SELECT * FROM new_dead_letters",
)


class Entry(NamedTuple):
    """An event as it goes into the log: its people are numbers, its layer follows from who sent it."""

    event: Event
    layer: int


class DeadLetter(NamedTuple):
    """A record of the log that is no event, and why; the record itself stays where it lies."""

    log_partition: int
    log_offset: int
    known_at: int
    reason: str


class Position(NamedTuple):
    """How far a partition was read: the next offset, and when the log took the last record before it."""

    log_partition: int
    next_offset: int
    known_at: int


def columns(entry: Entry) -> Columns:
    """An event as history keeps it; last its digest, which only the same event with the same content has."""
    event, layer = entry
    data = encode(event.logged()).decode()
    asserted_at = microseconds(event.time)
    parts = (event.id, event.source, event.type, event.trail, event.entity, asserted_at, event.sequence, layer, data)
    return *parts, hashlib.sha256(encode(parts)).digest()[:16]


def row(entry: Entry) -> Row:
    """The same with what it says to the fold."""
    kept = columns(entry)
    id_, _, kind, trail, _, asserted_at, sequence, layer, data, _ = kept
    return read_fact(kind, msgspec.json.decode(data), trail, layer, (asserted_at, sequence, id_)), *kept


def said(rows: Sequence[Row]) -> pa.Table:
    """The columns of events, from id to digest."""
    return arrow.table(arrow.SAID, [row[1:] for row in rows])


def posting_row(place: Place, trail: str, posting: Posting) -> tuple[object, ...]:
    """A posting as a row of the table of postings."""
    entity, (metric, basis, rep, day, at, dims), amount = posting
    return (*place, trail, entity, metric, basis, rep, day, at, *dims, amount)


def append(
    connection: duckdb.DuckDBPyConnection,
    told: Sequence[Moved],
    columns: pa.Table,
    positions: Sequence[Position],
    letters: Sequence[DeadLetter] = (),
) -> None:
    """Make a batch part of history: all of it, or nothing. `columns`: of the same events, as `said` has them."""
    moved = [posting_row(place, fact.trail, one) for place, fact, lines in told for one in lines or ()]
    # These names the statements find by themselves.
    new_events = _events(told, columns).to_reader() if told else None
    new_postings = arrow.table(arrow.POSTINGS, moved).to_reader() if moved else None
    new_dead_letters = arrow.table(arrow.DEAD_LETTERS, letters).to_reader() if letters else None
    inserts = [one for one, rows in zip(INSERTS, (new_events, new_postings, new_dead_letters), strict=True) if rows]
    if positions:  # three numbers each: as text they cost half of what they cost by Arrow
        numbers = ", ".join(str(tuple(one)) for one in positions)
        inserts.append(f"INSERT INTO positions VALUES {numbers}")  # noqa: S608 (integers alone, and with parameters each statement would have to go by itself)
    with undone_on_error(connection):  # as one statement: between two of them other threads have their turn first
        connection.execute("; ".join(["BEGIN TRANSACTION", *inserts, "COMMIT"]))


def _events(told: Sequence[Moved], columns: pa.Table) -> pa.Table:
    """Events with their places in the log, and whether they came before."""
    places = arrow.table(arrow.PLACES, [place for place, _, _ in told])
    marks = pa.array([lines is None for _, _, lines in told], pa.bool_())
    return pa.Table.from_arrays([*places.columns, *columns.columns, marks], schema=arrow.EVENTS)
