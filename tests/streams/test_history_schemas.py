"""A history of an older schema is brought to the present one whole or not at all; a newer one is refused."""

from pathlib import Path

import duckdb
import pytest

from streams.history import SCHEMA_VERSION, History, HistoryError
from tests.streams.notes import note, refusal

Connection = duckdb.DuckDBPyConnection


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "quotum.duckdb"


def test_a_history_of_a_newer_quotum_is_refused(path: Path) -> None:
    with History.create(path) as history:
        newer = "UPDATE about SET value = '99' WHERE name = 'schema_version'"
        history.write(lambda connection: connection.execute(newer)).result()
    assert refusal(path) == (
        f"{path} was written by a newer Quotum (schema 99, this one knows {SCHEMA_VERSION}). Upgrade Quotum."
    )


def add_note(connection: Connection) -> None:
    connection.execute("ALTER TABLE imports ADD COLUMN note VARCHAR")


def fill_note(connection: Connection) -> None:
    connection.execute("UPDATE imports SET note = 'migrated'")
    connection.execute("ALTER TABLE imports RENAME COLUMN note TO remark")


def fail(connection: Connection) -> None:
    connection.execute("SELECT nothing FROM nowhere")


def schema_of(history: History) -> tuple[str, list[str]]:
    """The schema's version, and the columns of the table that the migrations here change."""
    columns = [str(row[0]) for row in history.rows("DESCRIBE imports")]
    return history.rows("SELECT value FROM about WHERE name = 'schema_version'")[0][0], columns


def test_an_older_history_is_migrated_step_by_step_and_only_once(path: Path) -> None:
    steps = {SCHEMA_VERSION: add_note, SCHEMA_VERSION + 1: fill_note}
    with History.create(path) as history:
        note(history, 7)
    for _ in range(2):
        with History.open(path, version=SCHEMA_VERSION + 2, migrations=steps) as history:
            version, columns = schema_of(history)
            assert version == str(SCHEMA_VERSION + 2)
            assert columns[-1] == "remark"
            assert history.rows("SELECT known_at, remark FROM imports") == [(7, "migrated")]
            steps = {}
    assert f"schema {SCHEMA_VERSION + 2}, this one knows {SCHEMA_VERSION}" in refusal(path)


def as_of_schema_1(connection: Connection) -> None:
    connection.execute("DROP TABLE dead_letters")
    connection.execute("UPDATE about SET value = '1' WHERE name = 'schema_version'")


def test_a_history_of_schema_1_gets_the_table_of_dead_letters_and_keeps_what_it_has(path: Path) -> None:
    with History.create(path) as history:
        note(history, 7)
        made = history.rows("DESCRIBE dead_letters")
        history.write(as_of_schema_1).result()
    with History.open(path) as history:
        assert schema_of(history)[0] == str(SCHEMA_VERSION)
        assert history.rows("DESCRIBE dead_letters") == made
        assert history.rows("SELECT known_at FROM imports") == [(7,)]


def test_a_migration_that_fails_leaves_the_history_as_it_was_with_the_steps_before_it(path: Path) -> None:
    with History.create(path) as history:
        before = schema_of(history)
    steps = {SCHEMA_VERSION: add_note, SCHEMA_VERSION + 1: fail}
    with pytest.raises(HistoryError, match=f"schema {SCHEMA_VERSION} to {SCHEMA_VERSION + 2} and was left as it was"):
        History.open(path, version=SCHEMA_VERSION + 2, migrations=steps)
    with History.open(path) as history:
        assert schema_of(history) == before


def test_a_migration_that_is_not_known_any_more_says_which_way_to_go(path: Path) -> None:
    History.create(path).close()
    missing = f"is too old: this Quotum cannot bring schema {SCHEMA_VERSION} to {SCHEMA_VERSION + 1}. Open it once with"
    with pytest.raises(HistoryError, match=missing):
        History.open(path, version=SCHEMA_VERSION + 2, migrations={SCHEMA_VERSION + 1: add_note})
    History.open(path).close()
