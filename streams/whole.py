"""Whether a history still holds what was put into it: each event as its digest knows it, and none missing.

Figures that agree with each other show nothing of that: what is gone from the log is gone from all of them alike, and
folding anew would put the loss into the stored figures as well.
"""

import hashlib

import duckdb

from schemas.log_events import encode
from streams.stored import ROWS_AT_ONCE

SHOWN = 20
WRITTEN = """
SELECT log_partition, log_offset, digest, id, source, type, trail, entity, asserted_at, sequence, layer, data
FROM events ORDER BY log_partition, log_offset
"""
OWN_LOG = "SELECT 1 FROM events WHERE trail = 'organisation' AND log_partition >= 0 LIMIT 1"
MISSING = """
SELECT log_partition, before + 1, log_offset - 1 FROM (
    SELECT log_partition, log_offset,
        coalesce(lag(log_offset) OVER (PARTITION BY log_partition ORDER BY log_offset), -1) AS before
    FROM (FROM events SELECT log_partition, log_offset
        UNION ALL FROM positions SELECT log_partition, max(next_offset) GROUP BY log_partition))
WHERE log_offset > before + 1 ORDER BY ALL
"""


def faults(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """What is wrong with the events of a history, the first of it; nothing where it is whole."""
    return [*_changed(connection), *_missing(connection)][:SHOWN]


def _changed(connection: duckdb.DuckDBPyConnection) -> list[str]:
    found = []
    for batch in connection.sql(WRITTEN).to_arrow_reader(ROWS_AT_ONCE):
        for partition, offset, digest, *parts in zip(*(column.to_pylist() for column in batch), strict=True):
            if hashlib.sha256(encode(tuple(parts))).digest()[:16] != digest:
                found.append(f"the event at offset {offset} of partition {partition} is not as it was written")
    return found


def _missing(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Only a log of its own has an event at each offset: in one that was copied markers of transactions lie between."""
    if connection.execute(OWN_LOG).fetchone() is None:
        return []
    return [
        f"{_events(first, last)} missing in partition {partition}"
        for partition, first, last in connection.execute(MISSING).fetchall()
    ]


def _events(first: int, last: int) -> str:
    return f"the event at offset {first} is" if first == last else f"the events at offsets {first} to {last} are"
