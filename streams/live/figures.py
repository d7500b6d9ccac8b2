"""Figures from cells that workers keep up: a source for boards beside history, with the same answers where both stand.

Cells lie in a table of the form of postings, in memory, so boards ask it the same query, and what is watched moves
along by the same rules. What only history knows is asked of history: how a figure stood at a moment that is past.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from threading import RLock
from typing import Protocol, Self, TypeVar

import duckdb
import pyarrow as pa

from projections.postings import Cell, Posting
from streams import arrow
from streams.figures import Amounts, Asked, Source
from streams.history import SETTINGS
from streams.live.forms import Counted, Tagged, cell_key, read_cell_key
from streams.live.gathering import NOTHING, Moved

SPARE_ROWS = 200_000
POSTINGS = pa.schema(arrow.CELL)
TABLE = """
CREATE TABLE postings (
    rep INTEGER, day DATE, metric VARCHAR, basis VARCHAR, campaign VARCHAR, product VARCHAR, kind VARCHAR,
    customer VARCHAR, currency VARCHAR, days INTEGER, amount HUGEINT)
"""
ADDED_UP = """
CREATE OR REPLACE TABLE postings AS
SELECT * REPLACE (CAST(sum(amount) AS HUGEINT) AS amount) FROM postings GROUP BY ALL HAVING sum(amount) <> 0
"""
T = TypeVar("T")


class Past(Protocol):
    """Who knows how figures stood."""

    def before(self, asked: Asked, until_us: int) -> Amounts:
        """The figures of a question as they were known before a moment."""


class CellTable:
    """The cells of all partitions, and up to where they count. May be asked from any thread."""

    def __init__(self, spare_rows: int = SPARE_ROWS) -> None:
        """Nothing counts yet. `spare_rows`: how many are added before all are added up anew, at least."""
        self._connection = duckdb.connect(config=SETTINGS | {"threads": 1})  # as of `History.share_no_query`
        self._connection.execute(TABLE)
        self._spare_rows = spare_rows
        self._rows = 0
        self._amounts: dict[bytes, int] = {}
        self._counted: Mapping[int, Counted] = {}
        self._lock = RLock()

    def close(self) -> None:
        """Forget all."""
        self._connection.close()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def counted(self) -> Mapping[int, Counted]:
        """Up to where each partition counts; what is asked before and after the same answer has just these."""
        with self._lock:
            return self._counted

    @contextmanager
    def read(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor to read with."""
        cursor = self._connection.cursor()
        try:
            yield cursor
        finally:
            cursor.close()

    def write(self, change: Callable[[duckdb.DuckDBPyConnection], T]) -> "Future[T]":
        """Run something between two steps; it is done when this returns."""
        done: Future[T] = Future()
        with self._lock, self.read() as cursor:
            done.set_result(change(cursor))
        return done

    def take(self, found: Sequence[Moved], moved: Callable[[Sequence[tuple[int, Sequence[Posting]]]], object]) -> None:
        """Move on to how cells stand now. `moved` is told when it was known and by how much, within the step."""
        with self._lock:
            told = [(one.counted.known_at, list(self._postings(one))) for one in found]
            rows = [
                (rep, day, metric, basis, *dims, by)
                for _, postings in told
                for _, (metric, basis, rep, day, _, dims), by in postings
            ]
            if rows:  # of all partitions at once: an insert costs by the statement more than by the row
                arrow.insert(self._connection, "postings", arrow.table(POSTINGS, rows))
            self._rows += len(rows)
            moved(told)
            self._counted = {**self._counted, **{one.partition: one.counted for one in found}}
            if self._rows > 2 * len(self._amounts) + self._spare_rows:
                self._connection.execute(ADDED_UP)
                self._rows = len(self._amounts)

    def _postings(self, found: Moved) -> Iterator[Posting]:
        cells = {**self._gone(found), **found.cells} if found.is_whole else found.cells
        for cell, tagged in cells.items():
            key, (rep, day, metric, basis, dims) = cell_key(found.partition, cell), cell
            before = self._amounts.pop(key, 0)
            if tagged.amount:
                self._amounts[key] = tagged.amount
            if by := tagged.amount - before:
                yield "", (metric, basis, rep, day, None, dims), by

    def _gone(self, found: Moved) -> dict[Cell, Tagged]:
        """The cells of its partition that are known, as nothing."""
        known = map(read_cell_key, self._amounts)
        return {cell: NOTHING for partition, cell in known if partition == found.partition}


class Live:
    """A source of figures that are watched: as cells have them now, and less what history knew of them at a moment."""

    def __init__(self, present: Source, past: Past, knows: Callable[[int], bool]) -> None:
        """`present`: by cells; `past`: by history; `knows`: whether both know all that was known before a moment."""
        self._present = present
        self._past = past
        self._knows = knows

    def amounts(self, asked: Asked, since_us: int | None = None) -> Amounts:
        """The figures of a question; or by how much they were changed by what was recorded since a moment.

        No change is told while that would have to be guessed: until history and cells know what was known before.
        """
        if since_us is None:
            return self._present.amounts(asked)
        if not self._knows(since_us):
            return {}
        now, before = self._present.amounts(asked), self._past.before(asked, since_us)
        keys = now.keys() | before.keys()
        return {key: by for key in keys if (by := now.get(key, 0) - before.get(key, 0))}
