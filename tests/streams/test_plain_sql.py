"""The query over the events and the fold are two answers to one question; here they are held against each other."""

import ast
import random
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.metrics import BY_KIND, METRICS
from schemas.envelope import Writes, marked
from schemas.events import EVENTS
from streams import plain_sql
from tests.histories import History, histories, zones
from tests.streams.asking_sql import AMSTERDAM, by_fold, by_sql, far_from_utc, said, table_of


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """One for all examples."""
    with far_from_utc() as opened:
        yield opened


@pytest.mark.slow
@settings(max_examples=300)
@given(history=histories(), zone=zones())
def test_plain_sql_over_the_events_gives_the_figures_of_the_fold(
    connection: duckdb.DuckDBPyConnection, history: History, zone: str
) -> None:
    assert by_sql(connection, history, zone) == by_fold(history, zone)


@pytest.mark.slow
@settings(max_examples=25)
@given(history=histories(min_size=2), zone=zones(), seed=st.integers(0, 2**32))
def test_neither_order_nor_duplicates_change_what_plain_sql_says(
    connection: duckdb.DuckDBPyConnection, history: History, zone: str, seed: int
) -> None:
    chance = random.Random(seed)
    again = history + chance.choices(history, k=5)
    chance.shuffle(again)
    assert by_sql(connection, again, zone) == by_sql(connection, history, zone)


def test_the_columns_are_those_of_cells_and_the_session_keeps_its_zone(connection: duckdb.DuckDBPyConnection) -> None:
    empty = table_of(connection, [], AMSTERDAM)
    texts = ("metric", "basis", "campaign", "product", "kind", "customer", "currency")
    types = dict.fromkeys(texts, pa.string()) | {"rep": pa.int32(), "day": pa.date32(), "days": pa.int32()}
    assert {field.name: field.type for field in empty.schema} == types | {"amount": pa.int64()}
    assert empty.num_rows == 0
    assert connection.execute("SELECT current_setting('TimeZone')").fetchone() == ("Pacific/Kiritimati",)


def test_an_unknown_zone_is_an_error_and_not_utc(connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(duckdb.Error, match="Nowhere"):
        table_of(connection, [said("call.logged", at="2011-10-30T10:00:00Z")], "Nowhere/Land")


def test_any_table_or_view_of_events_can_be_asked(connection: duckdb.DuckDBPyConnection) -> None:
    calls = [said("call.logged", of=of, day="2011-10-05") for of in ("1", "2")]
    table_of(connection, calls, AMSTERDAM)
    connection.execute("CREATE TEMPORARY VIEW up_to_now AS FROM events WHERE log_offset < 1")
    assert plain_sql.cells(connection, AMSTERDAM, "up_to_now").column("amount").to_pylist() == [1_000_000]


@pytest.mark.parametrize("kind", [kind for kind, event in EVENTS.items() if event.entity_kind in BY_KIND])
def test_no_type_of_event_and_no_field_is_forgotten(kind: str) -> None:
    query, told = plain_sql.query(), EVENTS[kind].model_fields["data"].annotation
    assert f"'{kind.split('.')[2]}'" in query
    fields = marked(told, Writes)  # type: ignore[arg-type]  # every event narrows it to a model
    assert [field for field in fields if f"'{field}'" not in query and f"'$.{field}'" not in query] == []


def test_no_metric_is_forgotten() -> None:
    assert [name for name in METRICS if f"('{name}'," not in plain_sql.query()] == []


def test_plain_sql_shares_no_code_with_what_it_is_held_against() -> None:
    tree = ast.parse(Path(plain_sql.__file__).read_text(encoding="utf-8"))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    assert imported == {"duckdb", "functools", "importlib.resources", "pyarrow"}
