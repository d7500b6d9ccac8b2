"""Replay: fold the whole history anew beside the running figures, compare, and put the new postings in their place.

Also the comparing that `verify` does: stored postings, a cold fold and plain SQL are three ways to the same cells.

Events are folded in the order in which they were known, so that postings lie by time again, which makes reading them
fast. Within a partition that is the order of the log. Partitions mix as they may: all events of one trail lie in one of
them, and what a trail counts for depends on no other, so the order among partitions changes no posting.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

import duckdb
import msgspec
import pyarrow as pa

from projections.postings import Cell, Posting
from projections.trail import Trail
from schemas.facts import read_fact
from schemas.moments import Calendar, from_day_number
from streams import arrow, plain_sql
from streams.appending import Place, posting_row
from streams.collecting import collection_paused
from streams.history import History, transaction
from streams.stored import ROWS_AT_ONCE

BESIDE = "postings_beside"
SQL_CELLS = """
SELECT rep, date_diff('day', DATE '1970-01-01', day), metric, basis, campaign, product, kind, customer, currency,
    days, amount
FROM plain_sql_cells
"""
STORED_CELLS = """
SELECT rep, date_diff('day', DATE '1970-01-01', day), metric, basis, campaign, product, kind, customer, currency, days,
    CAST(sum(amount) AS HUGEINT)
FROM {table} GROUP BY ALL HAVING sum(amount) <> 0
"""
PLACED_EVENTS = """
SELECT log_partition, log_offset, known_at, type, data, trail, layer, asserted_at, sequence, id
FROM events WHERE NOT duplicate ORDER BY known_at, log_partition, log_offset
"""
Cells = dict[Cell, int]
Placed = tuple[Place, str, Posting]  # of the event, its trail, and a posting of it


class Difference(NamedTuple):
    """A cell on which ways to the same figure disagree, with what each says."""

    cell: Cell
    says: Mapping[str, int]

    def __str__(self) -> str:
        """For a person who must find the cause."""
        rep, day, metric, basis, dims = self.cell
        labels = " ".join(str(dim) for dim in dims if dim not in ("", None))
        whom = f"rep {rep}" if rep else "unassigned"
        said = ", ".join(f"{way} {amount}" for way, amount in self.says.items())
        return f"{metric} by {basis} of {whom} on {from_day_number(day)}{' ' + labels if labels else ''}: {said}"


def stored_cells(connection: duckdb.DuckDBPyConnection, table: str = "postings") -> Cells:
    """The sums of stored postings."""
    return _cells(connection.execute(STORED_CELLS.format(table=table)).fetchall())


def sql_cells(connection: duckdb.DuckDBPyConnection, zone: str) -> Cells:
    """The cells by plain SQL over the events, without the fold."""
    found = plain_sql.cells(connection, zone)
    connection.register("plain_sql_cells", found)
    return _cells(connection.execute(SQL_CELLS).fetchall())


def folded_cells(connection: duckdb.DuckDBPyConnection, calendar: Calendar) -> Cells:
    """The cells by a cold fold of all events."""
    cells: Cells = {}
    for batch in _folded(connection, calendar):
        for _, _, (_, (metric, basis, rep, day, _, dims), amount) in batch:
            cell = (rep, day, metric, basis, dims)
            cells[cell] = cells.get(cell, 0) + amount
    return {cell: amount for cell, amount in cells.items() if amount}


def differences(ways: Mapping[str, Cells]) -> list[Difference]:
    """The cells on which the ways do not agree, in a steady order."""
    everything = {cell for cells in ways.values() for cell in cells}
    return [
        Difference(cell, says)
        for cell in sorted(everything, key=repr)
        if len(set((says := {way: cells.get(cell, 0) for way, cells in ways.items()}).values())) > 1
    ]


def replay(history: History, calendar: Calendar) -> list[Difference]:
    """Fold anew beside, compare with what is stored, swap. What differed; the new postings hold from now on."""
    return history.write(lambda connection: _replay(connection, calendar)).result()


def _replay(connection: duckdb.DuckDBPyConnection, calendar: Calendar) -> list[Difference]:
    connection.execute(f"DROP TABLE IF EXISTS {BESIDE}")  # left by a replay that was stopped
    connection.execute(f"CREATE TABLE {BESIDE} AS FROM postings LIMIT 0")
    with connection.cursor() as reader:
        for batch in _folded(reader, calendar):
            rows = [posting_row(*placed) for placed in batch]
            arrow.insert(connection, BESIDE, arrow.table(arrow.POSTINGS, rows))
    found = differences({"stored": stored_cells(connection), "replayed": stored_cells(connection, BESIDE)})
    with transaction(connection):
        connection.execute("DROP TABLE postings")
        connection.execute(f"ALTER TABLE {BESIDE} RENAME TO postings")
    with suppress(duckdb.TransactionException):  # while others still read the old ones, the file stays large
        connection.execute("CHECKPOINT")
    return found


def _folded(connection: duckdb.DuckDBPyConnection, calendar: Calendar) -> Iterator[list[Placed]]:
    """All postings, folded from the first event on, a batch of events at a time."""
    trails: dict[str, Trail] = {}
    for batch in connection.sql(PLACED_EVENTS).to_arrow_reader(ROWS_AT_ONCE):
        with collection_paused():
            found = _folded_batch(batch, trails, calendar)
        yield found


def _folded_batch(batch: pa.RecordBatch, trails: dict[str, Trail], calendar: Calendar) -> list[Placed]:
    found: list[Placed] = []
    for *place, kind, data, trail, layer, asserted_at, sequence, id_ in zip(*map(_python, batch), strict=True):
        fact = read_fact(kind, msgspec.json.decode(data), trail, layer, (asserted_at, sequence, id_))
        folding = trails.get(trail)
        if folding is None:
            folding = trails[trail] = Trail(calendar)
        found += [((place[0], place[1], place[2]), trail, posting) for posting in folding.post(fact)]
    return found


def _python(column: pa.Array) -> list[Any]:
    values: list[Any] = column.to_pylist()
    return values


def _cells(rows: list[tuple[object, ...]]) -> Cells:
    return {(rep, day, metric, basis, tuple(dims)): amount for rep, day, metric, basis, *dims, amount in rows}  # type: ignore[misc]  # as the query orders them
