"""Batches of rows for DuckDB: columns of integers and text, the fastest way in.

Inserting by Arrow is some hundred times faster than row by row, and one statement per table keeps a batch atomic.
"""

from collections.abc import Sequence
from typing import Any

import duckdb
import pyarrow as pa

DIMS = [
    ("campaign", pa.string()),
    ("product", pa.string()),
    ("kind", pa.string()),
    ("customer", pa.string()),
    ("currency", pa.string()),
    ("days", pa.int32()),
]
CELL = [
    ("rep", pa.int32()),
    ("day", pa.date32()),
    ("metric", pa.string()),
    ("basis", pa.string()),
    *DIMS,
    ("amount", pa.decimal128(38, 0)),  # beyond 64 bits too, which sums may be
]
PLACES = pa.schema([("log_partition", pa.int32()), ("log_offset", pa.int64()), ("known_at", pa.int64())])
SAID = pa.schema(
    [
        ("id", pa.string()),
        ("source", pa.string()),
        ("type", pa.string()),
        ("trail", pa.string()),
        ("entity", pa.string()),
        ("asserted_at", pa.int64()),
        ("sequence", pa.int64()),
        ("layer", pa.int8()),
        ("data", pa.string()),
        ("digest", pa.binary()),
    ]
)
EVENTS = pa.schema([*PLACES, *SAID, ("duplicate", pa.bool_())])
POSTINGS = pa.schema(
    [
        *PLACES,
        ("trail", pa.string()),
        ("entity", pa.string()),
        ("metric", pa.string()),
        ("basis", pa.string()),
        ("rep", pa.int32()),
        ("day", pa.date32()),
        ("instant", pa.int64()),
        *DIMS,
        ("amount", pa.int64()),
    ]
)
DEAD_LETTERS = pa.schema([*PLACES, ("reason", pa.string())])
POSITIONS = pa.schema([("log_partition", pa.int32()), ("next_offset", pa.int64()), ("known_at", pa.int64())])


def table(schema: pa.Schema, rows: Sequence[Sequence[Any]]) -> pa.Table:
    """Rows as an Arrow table; dates are day numbers (days since 1970-01-01)."""
    columns = zip(*rows, strict=True) if rows else [()] * len(schema)
    arrays = [
        pa.array(column, type=pa.int32()).cast(pa.date32())
        if field.type == pa.date32()
        else pa.array(column, field.type)
        for field, column in zip(schema, columns, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def insert(connection: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> None:
    """Append rows to a table of the same columns, in one statement; a fifth cheaper than as a relation."""
    arrow_rows = rows.to_reader()  # noqa: F841 (the statement finds it by this name)
    connection.execute(f"INSERT INTO {name} SELECT * FROM arrow_rows")  # noqa: S608 (tables are named by ourselves)
