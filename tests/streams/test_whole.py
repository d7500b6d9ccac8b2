"""What is gone from a history, or was changed in it, is found, although all figures agree with each other."""

from functools import partial
from pathlib import Path

import duckdb
import pytest

from schemas.facts import FEED
from streams.appending import Entry
from streams.books import Books
from streams.history import History
from streams.whole import faults
from tests.streams.recording import call


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with Books.create(tmp_path / "one.quotum", zone="Europe/Amsterdam", currency="EUR") as books:
        books.record([Entry(call(str(number)), FEED) for number in range(9)])
    return tmp_path / "one.quotum"


def execute(connection: duckdb.DuckDBPyConnection, said: str) -> None:
    connection.execute(said)


def found(path: Path, *changes: str) -> list[str]:
    with History.open(path) as history:
        for change in changes:
            history.write(partial(execute, said=change)).result()
        with history.read() as cursor:
            return faults(cursor)


def test_a_history_that_holds_what_was_put_into_it_is_whole(path: Path) -> None:
    assert found(path) == []


@pytest.mark.parametrize(
    ("gone", "told"),
    [
        ("= 5", "the event at offset 5 is missing in partition 0"),
        ("BETWEEN 5 AND 7", "the events at offsets 5 to 7 are missing in partition 0"),
        (">= 10", "the event at offset 10 is missing in partition 0"),
    ],
)
def test_events_that_are_gone_with_their_postings_are_told(path: Path, gone: str, told: str) -> None:
    changes = [f"DELETE FROM {table} WHERE log_offset {gone}" for table in ("events", "postings")]  # noqa: S608 (the same)
    assert found(path, *changes) == [told]


@pytest.mark.parametrize("change", ["data = replace(data, 'rep', 'raps')", "asserted_at = 1", "id = 'x'", "layer = 1"])
def test_an_event_that_was_changed_is_told(path: Path, change: str) -> None:
    said = f"UPDATE events SET {change} WHERE log_offset = 4"  # noqa: S608 (a test's own words)
    assert found(path, said) == ["the event at offset 4 of partition 0 is not as it was written"]
