"""What a history of events means, told a second time: by one query over the events, which shares no code with the fold.

A mistake in the fold would be in every figure, and in every figure computed again by the same fold. So plain.sql was
written from the rules alone, and `quotum verify` holds the two against each other. Anyone with DuckDB can run it: it
needs the table of events, the zone, and nothing of Quotum.
"""

from functools import cache
from importlib.resources import files

import duckdb
import pyarrow as pa


@cache
def query() -> str:
    """The text of the query; its parameters are `zone` and `events`."""
    return files("streams").joinpath("plain.sql").read_text(encoding="utf-8")


def cells(connection: duckdb.DuckDBPyConnection, zone: str, events: str = "events") -> pa.Table:
    """Every figure that is not zero, summed over all trails, from nothing but a table or view of events.

    `zone`: the workspace's IANA zone; duckdb.Error for one that ICU does not know. Columns: rep (0: unassigned), day,
    metric, basis; campaign, product, kind, customer, currency ('' where there is none); days (of a duration, else
    NULL); amount (millionths for counts and units, minor units for money). The rows are sorted. duckdb.Error too where
    a sum is beyond 64 bits.
    """
    result = connection.execute(query(), {"zone": zone, "events": events})
    return result.to_arrow_table() if hasattr(result, "to_arrow_table") else result.fetch_arrow_table()
