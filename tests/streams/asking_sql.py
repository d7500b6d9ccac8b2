"""Plain SQL over a table of events and the fold of the same, to be held against each other."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb
import msgspec
import pyarrow as pa

from projections.entities import State, evolve
from projections.fold import credits  # noqa: A004 (the domain's own word)
from projections.postings import Cell
from schemas.envelope import Event
from schemas.events import adapter
from schemas.facts import FEED, PERSON, fact
from schemas.moments import Calendar, day_number, microseconds
from streams import plain_sql
from tests.histories import History

AMSTERDAM = "Europe/Amsterdam"
COLUMNS = """
    log_partition INTEGER, log_offset BIGINT, known_at BIGINT, id VARCHAR, source VARCHAR, type VARCHAR, trail VARCHAR,
    entity VARCHAR, asserted_at BIGINT, sequence BIGINT, layer TINYINT, data VARCHAR, duplicate BOOLEAN"""
NAMES = [column.split()[0] for column in COLUMNS.split(",")]


@contextmanager
def far_from_utc() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with a table of events, far from UTC, and unable to fetch what is not built in."""
    with duckdb.connect(config={"threads": 1}) as opened:
        opened.execute("SET autoinstall_known_extensions = false")
        opened.execute("SET autoload_known_extensions = false")
        opened.execute("SET TimeZone = 'Pacific/Kiritimati'")
        opened.execute(f"CREATE TABLE events ({COLUMNS})")
        yield opened


def row(offset: int, event: Event, layer: int) -> tuple[object, ...]:
    """An event as a row of that table."""
    data = msgspec.json.encode(event.logged()).decode()
    said = (event.id, event.source, event.type, event.trail, event.entity, microseconds(event.time), event.sequence)
    return (0, offset, 0, *said, layer, data, False)


def table_of(connection: duckdb.DuckDBPyConnection, history: History, zone: str) -> pa.Table:
    """What plain SQL says of a history, as Arrow has it."""
    rows = [row(offset, *entry) for offset, entry in enumerate(history)]
    connection.execute("TRUNCATE events")
    if rows:
        connection.register("loaded", pa.table(dict(zip(NAMES, map(list, zip(*rows, strict=True)), strict=True))))
        connection.execute("INSERT INTO events SELECT * FROM loaded")
        connection.unregister("loaded")
    return plain_sql.cells(connection, zone)


def by_sql(connection: duckdb.DuckDBPyConnection, history: History, zone: str = AMSTERDAM) -> dict[Cell, int]:
    """The same as cells."""
    found: dict[Cell, int] = {}
    for cell in table_of(connection, history, zone).to_pylist():
        rep, day, metric, basis, *dims, amount = cell.values()
        found[rep, day_number(day), metric, basis, tuple(dims)] = amount
    return found


def by_fold(history: History, zone: str = AMSTERDAM) -> dict[Cell, int]:
    """What the fold says."""
    trails: dict[str, State] = {}
    for event, layer in history:
        evolve(trails.setdefault(event.trail, {}), fact(event, layer))
    found: dict[Cell, int] = {}
    for state in trails.values():
        for cell, amount in credits(state, Calendar(zone)).items():
            found[cell] = found.get(cell, 0) + amount
    return {cell: amount for cell, amount in found.items() if amount}


def said(kind: str, time: str = "12:00:00", layer: int = FEED, **told: object) -> tuple[Event, int]:
    """An event about entity 1 of trail T, said on 2011-10-01, unless told otherwise."""
    envelope: dict[str, object] = {"id": "e", "source": "urn:test", "time": f"2011-10-01T{time}Z", "trail": "T"}
    envelope |= {name: told.pop(name) for name in ("id", "trail", "sequence") if name in told}
    entity = {} if kind == "correction.withdrawn" else {"id": told.pop("of", "1")}
    return adapter().validate_python(envelope | {"type": f"quotum.{kind}.v1", "data": entity | told}), layer


def withdrawn(time: str, layer: int = PERSON, **told: object) -> tuple[Event, int]:
    """A correction taken back."""
    return said("correction.withdrawn", time, layer, **told)


def eur(value: str) -> dict[str, str]:
    """An amount."""
    return {"value": value, "currency": "EUR"}


def shares(*parts: str) -> list[dict[str, Any]]:
    """Parts of a whole, for reps 1, 2, 3 and so on."""
    return [{"rep": rep, "share": part} for rep, part in enumerate(parts, start=1)]
