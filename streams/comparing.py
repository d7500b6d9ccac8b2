"""Cells that others keep up, held against history: at the position of each partition they are the same, cell by cell.

Who keeps them folded the same events by another way: from trail states that went through bytes, brokers and crashes.
History's own postings come from its recorder. So what is compared are two computations, exactly where both stand.
"""

from collections.abc import Mapping
from typing import NamedTuple

import duckdb
import pyarrow as pa

from projections.postings import Cell
from streams import arrow
from streams.history import History
from streams.live.forms import Tagged
from streams.replaying import Difference

CELLS = pa.schema([("log_partition", pa.int32()), *arrow.CELL])
COUNTED = pa.schema([("log_partition", pa.int32()), ("next_offset", pa.int64())])
# Added up together, what agrees is nothing: one pass over postings that are read as they lie, and no join of cells.
DIFFERING = """
WITH told AS (
    SELECT * EXCLUDE (amount), 0 AS stored, CAST(amount AS HUGEINT) AS live FROM live_cells
    UNION ALL BY NAME
    SELECT log_partition, rep, day, metric, basis, campaign, product, kind, customer, currency, days,
        amount AS stored, 0 AS live
    FROM postings JOIN counted USING (log_partition) WHERE log_offset < next_offset
)
SELECT log_partition, rep, date_diff('day', DATE '1970-01-01', day), metric, basis, campaign, product, kind, customer,
    currency, days, CAST(sum(live) AS HUGEINT), CAST(sum(stored) AS HUGEINT)
FROM told GROUP BY ALL HAVING sum(live) <> sum(stored) ORDER BY ALL
"""
COUNT = "SELECT count(*) FROM events JOIN counted USING (log_partition) WHERE log_offset < next_offset"


class Differing(NamedTuple):
    """A cell of a partition on which live and history disagree."""

    partition: int
    difference: Difference


class Compared(NamedTuple):
    """What came of comparing: up to where, how many cells and events, and every cell that differs."""

    positions: Mapping[int, int]  # partition -> the next offset
    cells: int
    events: int
    differing: tuple[Differing, ...]


def compare(history: History, positions: Mapping[int, int], cells: Mapping[tuple[int, Cell], Tagged]) -> Compared:
    """Hold cells that count events up to `positions` against postings up to there; history must have come so far.

    Reads by a cursor of its own, so the writer goes on meanwhile.
    """
    with history.read() as cursor:
        cursor.register("live_cells", arrow.table(CELLS, [_row(*one) for one in cells.items()]))
        cursor.register("counted", arrow.table(COUNTED, list(positions.items())))
        found = _differing(cursor)
        [[events]] = cursor.execute(COUNT).fetchall()
    return Compared(positions, len(cells), events, found)


def _differing(cursor: duckdb.DuckDBPyConnection) -> tuple[Differing, ...]:
    return tuple(
        Differing(partition, Difference((rep, day, metric, basis, tuple(dims)), {"live": live, "history": stored}))
        for partition, rep, day, metric, basis, *dims, live, stored in cursor.execute(DIFFERING).fetchall()
    )


def _row(place: tuple[int, Cell], tagged: Tagged) -> tuple[object, ...]:
    partition, (rep, day, metric, basis, dims) = place
    return partition, rep, day, metric, basis, *dims, tagged.amount
