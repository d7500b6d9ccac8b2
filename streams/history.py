"""The history: one DuckDB file that holds every event, every posting and how far each partition was read.

Append-only: nothing here updates or deletes. One process owns the file; inside it one thread writes, each reader has
a cursor of its own. Whatever an acknowledged batch told is still there after a kill; what was not acknowledged is there
whole or not at all.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, TypeVar

import duckdb

T = TypeVar("T")
SCHEMA_VERSION = 1
APPLICATION = "quotum history"
Migration = Callable[[duckdb.DuckDBPyConnection], object]
MIGRATIONS: Mapping[int, Migration] = {}  # from this version to the next one

TABLES = """
CREATE TABLE about (name VARCHAR, value VARCHAR);
CREATE TABLE events (
    log_partition INTEGER, log_offset BIGINT, known_at BIGINT,
    id VARCHAR, source VARCHAR, type VARCHAR, trail VARCHAR, entity VARCHAR,
    asserted_at BIGINT, sequence BIGINT, layer TINYINT, data VARCHAR, digest BLOB, duplicate BOOLEAN);
CREATE TABLE postings (
    log_partition INTEGER, log_offset BIGINT, known_at BIGINT, trail VARCHAR, entity VARCHAR,
    metric VARCHAR, basis VARCHAR, rep INTEGER, day DATE, instant BIGINT,
    campaign VARCHAR, product VARCHAR, kind VARCHAR, customer VARCHAR, currency VARCHAR, days INTEGER, amount BIGINT);
CREATE TABLE positions (log_partition INTEGER, next_offset BIGINT, known_at BIGINT);
CREATE TABLE imports (source VARCHAR, about VARCHAR, file VARCHAR, exported_at BIGINT, known_at BIGINT, counts VARCHAR);
"""


class HistoryError(Exception):
    """A history cannot be opened or made: what, where, and how to mend it."""


class History:
    """An open history. Use it as a context manager, so that the file is closed cleanly."""

    def __init__(self, path: Path, connection: duckdb.DuckDBPyConnection) -> None:
        """Use `History.open` or `History.create`."""
        self.path = path
        self._connection = connection
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="history-writer")

    @classmethod
    def create(cls, path: Path) -> Self:
        """A new, empty history; HistoryError where a file is already there."""
        if path.exists():
            raise HistoryError(f"{path} is already there. Use it as it is, or give another file with --history.")
        if not path.parent.is_dir():
            raise HistoryError(f"the folder {path.parent} does not exist. Make it first, or give another --history.")
        unfinished = path.with_name(f"{path.name}.new-{os.getpid()}")
        try:
            with _connect(unfinished) as connection:
                connection.execute(TABLES)
                for row in (("application", APPLICATION), ("schema_version", str(SCHEMA_VERSION))):
                    connection.execute("INSERT INTO about VALUES (?, ?)", row)
            unfinished.rename(path)  # so that a file which is there is always whole
        finally:
            unfinished.unlink(missing_ok=True)
        return cls.open(path)

    @classmethod
    def open(
        cls, path: Path, *, version: int = SCHEMA_VERSION, migrations: Mapping[int, Migration] = MIGRATIONS
    ) -> Self:
        """A history that is there, brought to the present schema; HistoryError where that cannot be done."""
        if not path.exists():
            raise HistoryError(f"there is no history at {path}. Make one: quotum init --history {path} --zone ... ")
        connection = _connect(path)
        try:
            _migrate(connection, path, version, migrations)
        except BaseException:
            connection.close()
            raise
        return cls(path, connection)

    def close(self) -> None:
        """Finish what is being written and let go of the file."""
        self._writer.shutdown(wait=True)
        self._connection.close()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def write(self, change: Callable[[duckdb.DuckDBPyConnection], T]) -> Future[T]:
        """Have the one writer run a change, after those before it; its outcome comes in the future."""
        return self._writer.submit(change, self._connection)

    @contextmanager
    def read(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor to read with; an unfinished result blocks no one else."""
        cursor = self._connection.cursor()
        try:
            yield cursor
        finally:
            cursor.close()

    def rows(self, query: str, parameters: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with self.read() as cursor:
            return cursor.execute(query, parameters or {}).fetchall()


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All or nothing."""
    connection.execute("BEGIN TRANSACTION")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _connect(path: Path) -> duckdb.DuckDBPyConnection:
    try:
        connection = duckdb.connect(str(path))
    except duckdb.IOException as error:
        raise HistoryError(_why_not(path, str(error))) from error
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def _why_not(path: Path, said: str) -> str:
    if "lock" in said:
        return f"{path} is in use by another process. Wait until it ends, or stop it: one process owns a history."
    if "not a valid DuckDB database file" in said:
        return f"{path} is not a history: it is no DuckDB file. Give another file with --history."
    if "version number" in said:
        return f"{path} was written by another version of DuckDB, which this one cannot read: {said}"
    return f"{path} cannot be opened: {said}"


def _migrate(
    connection: duckdb.DuckDBPyConnection, path: Path, version: int, migrations: Mapping[int, Migration]
) -> None:
    try:
        about = dict(connection.execute("SELECT name, value FROM about").fetchall())
    except duckdb.Error:
        about = {}
    if about.get("application") != APPLICATION:
        raise HistoryError(f"{path} is a DuckDB file of something else. Give another file with --history.")
    found = int(about["schema_version"])
    if found > version:
        raise HistoryError(
            f"{path} was written by a newer Quotum (schema {found}, this one knows {version}). Upgrade Quotum."
        )
    for step in range(found, version):
        with transaction(connection):
            migrations[step](connection)
            connection.execute("UPDATE about SET value = ? WHERE name = 'schema_version'", [str(step + 1)])
