"""Rows come out of DuckDB as they went in by Arrow."""

from datetime import date
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from schemas.moments import day_number
from streams import arrow
from streams.history import TABLES

LEAST, GREATEST = -(2**63), 2**63 - 1
PLACE = (0, GREATEST, LEAST)


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    made = duckdb.connect()
    made.execute(TABLES)
    return made


def posting(day: int = 0, **rest: object) -> tuple[Any, ...]:
    told = {"trail": "t", "entity": "deal:1", "metric": "revenue", "basis": "owner", "rep": 1, "day": day}
    told |= {"instant": None, "campaign": "", "product": "", "kind": "", "customer": "", "currency": "EUR"}
    return (*PLACE, *{**told, "days": None, "amount": 1, **rest}.values())


def stored(connection: duckdb.DuckDBPyConnection, name: str) -> list[tuple[Any, ...]]:
    return connection.execute(f"FROM {name}").fetchall()


@pytest.mark.parametrize("schema", ["events", "postings", "positions"])
def test_the_columns_are_those_of_the_table_in_its_order(connection: duckdb.DuckDBPyConnection, schema: str) -> None:
    ours: pa.Schema = getattr(arrow, schema.upper())
    theirs = connection.sql(f"FROM {schema}").to_arrow_table().schema
    assert ours.names == theirs.names
    assert [str(field.type) for field in ours] == [str(field.type) for field in theirs]


def test_days_are_given_by_number_and_stored_as_dates(connection: duckdb.DuckDBPyConnection) -> None:
    days = [date(1, 1, 1), date(1969, 12, 31), date(1970, 1, 1), date(2012, 2, 29), date(9999, 12, 31)]
    rows = arrow.table(arrow.POSTINGS, [posting(day_number(day)) for day in days])
    arrow.insert(connection, "postings", rows)
    assert connection.execute("SELECT day FROM postings").fetchall() == [(day,) for day in days]


def test_the_greatest_and_the_least_numbers_and_any_text_come_back_as_they_were(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    rows = [
        posting(amount=GREATEST, instant=LEAST, rep=2**31 - 1, days=-(2**31), campaign="ä, \\ \"'\U0001f600"),
        posting(amount=LEAST, instant=GREATEST, rep=0, days=0, campaign=""),
    ]
    arrow.insert(connection, "postings", arrow.table(arrow.POSTINGS, rows))
    epoch = date(1970, 1, 1)
    assert stored(connection, "postings") == [(*row[:8], epoch, *row[9:]) for row in rows]


def test_what_does_not_fit_is_refused_before_anything_is_stored(connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises((OverflowError, pa.ArrowInvalid)):
        arrow.insert(connection, "postings", arrow.table(arrow.POSTINGS, [posting(), posting(amount=GREATEST + 1)]))
    with pytest.raises(ValueError, match="zip"):
        arrow.table(arrow.POSTINGS, [posting(), posting()[:-1]])
    assert stored(connection, "postings") == []


def test_no_rows_are_a_table_too(connection: duckdb.DuckDBPyConnection) -> None:
    for name in ("EVENTS", "POSTINGS", "POSITIONS"):
        empty = arrow.table(getattr(arrow, name), [])
        assert (empty.num_rows, empty.schema) == (0, getattr(arrow, name))
        arrow.insert(connection, name.lower(), empty)
        assert stored(connection, name.lower()) == []


def test_rows_are_added_and_keep_their_order(connection: duckdb.DuckDBPyConnection) -> None:
    for first in (0, 1000):
        rows = [(0, number, first) for number in range(first, first + 1000)]
        arrow.insert(connection, "positions", arrow.table(arrow.POSITIONS, rows))
    assert [row[1] for row in stored(connection, "positions")] == list(range(2000))


def test_an_insert_that_fails_within_a_transaction_tells_why(connection: duckdb.DuckDBPyConnection) -> None:
    rows = arrow.table(arrow.POSITIONS, [(0, 1, 1)])
    connection.execute("BEGIN TRANSACTION")
    with pytest.raises(duckdb.CatalogException, match="nowhere"):
        arrow.insert(connection, "nowhere", rows)
    connection.execute("ROLLBACK")
    arrow.insert(connection, "positions", rows)
    assert stored(connection, "positions") == [(0, 1, 1)]
