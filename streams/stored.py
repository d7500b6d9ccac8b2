"""What history says again of the events in it: which registers they write, in the order of the log.

Duplicates are passed over: they lie in the log and say nothing that was not said.
"""

from collections.abc import Iterable

import duckdb
import msgspec
import pyarrow as pa

from schemas.facts import read_fact
from schemas.log_events import Fact

ROWS_AT_ONCE = 50_000

STORED = """
SELECT type, data, trail, layer, asserted_at, sequence, id
FROM events WHERE NOT duplicate {only} ORDER BY log_partition, log_offset
"""


def stored_facts(connection: duckdb.DuckDBPyConnection, trails: Iterable[str] | None = None) -> Iterable[Fact]:
    """What the history's events write, in the order of the log: of some trails, or of all."""
    if trails is None:
        return _facts(connection.sql(STORED.format(only="")))
    connection.register("wanted_trails", pa.table({"trail": list(trails)}))
    return _facts(connection.sql(STORED.format(only="AND trail IN (SELECT trail FROM wanted_trails)")))


def source_facts(connection: duckdb.DuckDBPyConnection, source: str) -> Iterable[Fact]:
    """The same of what one source said."""
    return _facts(connection.sql(STORED.format(only="AND source = ? AND layer = 0"), params=[source]))


def _facts(reader: duckdb.DuckDBPyRelation) -> Iterable[Fact]:
    for batch in reader.to_arrow_reader(ROWS_AT_ONCE):
        columns = (column.to_pylist() for column in batch)
        for kind, data, trail, layer, asserted_at, sequence, id_ in zip(*columns, strict=True):
            yield read_fact(kind, msgspec.json.decode(data), trail, layer, (asserted_at, sequence, id_))
