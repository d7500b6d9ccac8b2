"""The history: one DuckDB file that holds every event, every posting and how far each partition was read.

Append-only: nothing here updates or deletes. One process owns the file; inside it one thread writes, each reader has
a cursor of its own. Whatever an acknowledged batch told is still there after a kill; what was not acknowledged is there
whole or not at all.
"""

import re
import secrets
import shlex
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self, TypeVar

import duckdb

T = TypeVar("T")
SCHEMA_VERSION = 2
APPLICATION = "quotum history"
Migration = Callable[[duckdb.DuckDBPyConnection], object]
MAGIC, MAGIC_AT = b"DUCK", 8  # how and where a DuckDB file says what it is
SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",  # opening a file fetches nothing
    "autoload_known_extensions": "false",
    "checkpoint_threshold": "64MB",  # of journal: with 16 a batch costs a fifth more, a start after a kill less
}
OWNER = re.compile(r"\(PID (\d+)\)")

DEAD_LETTERS = """
CREATE TABLE dead_letters (log_partition INTEGER, log_offset BIGINT, known_at BIGINT, reason VARCHAR);
"""
TABLES = f"""
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
{DEAD_LETTERS}
"""
MIGRATIONS: Mapping[int, Migration] = {  # from this version to the next one
    1: lambda connection: connection.execute(DEAD_LETTERS),
}


class HistoryError(Exception):
    """A history cannot be opened or made: what, where, and how to mend it."""


def how_to_make(path: Path) -> str:
    """The command that makes a history there."""
    return f"quotum init --history {shlex.quote(str(path))} --zone Europe/Amsterdam --currency EUR"


class HistoryInUseError(HistoryError):
    """Another process owns the history; it may be free soon."""


class History:
    """An open history. Use it as a context manager, so that the file is closed cleanly."""

    def __init__(self, path: Path, connection: duckdb.DuckDBPyConnection) -> None:
        """Use `History.open` or `History.create`."""
        self.path = path
        self._connection = connection
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="history-writer")

    @classmethod
    def create(cls, path: Path, fill: Callable[[Self], object] | None = None) -> Self:
        """A new history, empty or with what `fill` writes; all of it or no file. HistoryError where one is there."""
        _expect_nothing(path)
        unfinished = path.with_name(f"{path.name}.new-{secrets.token_hex(4)}")
        try:
            with _made(unfinished, path) as connection:
                connection.execute(TABLES)
                for row in (("application", APPLICATION), ("schema_version", str(SCHEMA_VERSION))):
                    connection.execute("INSERT INTO about VALUES (?, ?)", row)
            if fill:
                with cls.open(unfinished) as history:
                    fill(history)
            _put(unfinished, path)
        finally:
            unfinished.unlink(missing_ok=True)
            _journal(unfinished).unlink(missing_ok=True)
        return cls.open(path)

    @classmethod
    def open(
        cls, path: Path, *, version: int = SCHEMA_VERSION, migrations: Mapping[int, Migration] = MIGRATIONS
    ) -> Self:
        """A history that is there, brought to the present schema; HistoryError where that cannot be done."""
        if not path.exists():
            raise HistoryError(f"there is no history at {path}. Make one: {how_to_make(path)}")
        _expect_duckdb(path)
        connection = _connect(path)
        try:
            _migrate(connection, path, version, migrations)
        except BaseException:
            connection.close()
            raise
        return cls(path, connection)

    def share_no_query(self) -> None:
        """Have each query run by whoever asks it alone, for a history that is written all the time while it is asked.

        A step of a few rows waited longer for a second thread, on processors that have other work, than that saved it.
        """
        self._connection.execute("SET GLOBAL threads = 1")

    def close(self) -> None:
        """Finish what is being written and let go of the file; again is harmless."""
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
        try:
            return self._writer.submit(self._change, change)
        except RuntimeError as error:
            raise HistoryError(f"{self.path} was closed. Open it again to write to it.") from error

    def _change(self, change: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
        with self._connection.cursor() as cursor:  # of its own: what it leaves unfinished ends with it
            return change(cursor)

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
    """All or nothing; whatever fails, the next transaction can begin."""
    with undone_on_error(connection):
        connection.execute("BEGIN TRANSACTION")
        yield
        connection.execute("COMMIT")


@contextmanager
def undone_on_error(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """For what begins a transaction and commits it: where it fails in between nothing of it stays, or open."""
    try:
        yield
    except BaseException:
        with suppress(duckdb.Error):  # it never began, or COMMIT ended it; what went wrong first is what counts
            connection.execute("ROLLBACK")
        raise


def _connect(path: Path) -> duckdb.DuckDBPyConnection:
    try:
        connection = duckdb.connect(path.absolute(), config=SETTINGS)  # DuckDB takes md:x and :memory:x for no files
    except duckdb.Error as error:
        raise _why_not(path, str(error)) from error
    connection.execute("SET GLOBAL TimeZone = 'UTC'")  # for the readers' cursors too
    return connection


def _made(unfinished: Path, path: Path) -> duckdb.DuckDBPyConnection:
    try:
        unfinished.touch()  # its reason is plainer than DuckDB's
        unfinished.unlink()
    except OSError as error:
        raise HistoryError(
            f"{path} cannot be made ({error.strerror}). See to the rights of its folder and to the disk, or give "
            "another --history."
        ) from error
    return _connect(unfinished)


def _why_not(path: Path, said: str) -> HistoryError:
    reason = said.replace(str(path.absolute()), "").partition("\n")[0].removeprefix("IO Error: ").strip()
    reason = reason.removeprefix('Cannot open file "": ').replace(' from file ""', "")
    if reason.startswith("Could not set lock") or "used by another process" in reason:
        owner = OWNER.search(reason)
        who = f"process {owner[1]}" if owner else "another process"
        return HistoryInUseError(
            f"{path} is in use by {who}. Wait until it ends, or stop it: one process owns a history."
        )
    if "version number" in reason:
        return HistoryError(
            f"{path} was written by another version of DuckDB, which {duckdb.__version__} cannot read ({reason})."
        )
    return HistoryError(
        f"{path} cannot be opened ({reason}). See to its rights and its disk, or put a backup in its place."
    )


def _expect_nothing(path: Path) -> None:
    if path.exists():
        raise HistoryError(f"{path} is already there. Use it as it is, or give another file with --history.")
    if not path.parent.is_dir():
        raise HistoryError(f"the folder {path.parent} does not exist. Make it first, or give another --history.")
    if _journal(path).exists():  # DuckDB would put what it holds into the new history
        raise HistoryError(
            f"{_journal(path)} holds the last writes of a history that is not there. Put that history back, or move "
            "this file away."
        )


def _expect_duckdb(path: Path) -> None:
    """DuckDB itself would fetch an extension for a file of another kind."""
    try:
        with path.open("rb") as file:
            head = file.read(MAGIC_AT + len(MAGIC))
    except OSError as error:
        raise HistoryError(f"{path} cannot be read ({error.strerror}). Give another file with --history.") from error
    if head[MAGIC_AT:] != MAGIC:
        raise HistoryError(f"{path} is not a history: it is no DuckDB file. Give another file with --history.")


def _journal(path: Path) -> Path:
    """Where DuckDB keeps what it has not yet put into the file."""
    return path.with_name(path.name + ".wal")


def _put(unfinished: Path, path: Path) -> None:
    """Give the finished file its name, in one step, and never to the loss of a file that has come in between."""
    try:
        path.hardlink_to(unfinished)
    except FileExistsError as error:
        raise HistoryError(f"{path} was made by another process just now. Use that one.") from error
    except OSError:  # a file system without links
        unfinished.rename(path)


def _migrate(
    connection: duckdb.DuckDBPyConnection, path: Path, version: int, migrations: Mapping[int, Migration]
) -> None:
    found = _schema_version(connection, path)
    if found > version:
        raise HistoryError(
            f"{path} was written by a newer Quotum (schema {found}, this one knows {version}). Upgrade Quotum."
        )
    if found == version:
        return
    if missing := [step for step in range(found, version) if step not in migrations]:
        raise HistoryError(
            f"{path} is too old: this Quotum cannot bring schema {missing[0]} to {missing[0] + 1}. Open it once with a "
            "release in between."
        )
    try:
        with transaction(connection):  # all steps or none
            for step in range(found, version):
                migrations[step](connection)
            connection.execute("UPDATE about SET value = ? WHERE name = 'schema_version'", [str(version)])
    except Exception as error:
        raise HistoryError(
            f"{path} could not be brought from schema {found} to {version} and was left as it was ({error}). Use the "
            "Quotum that wrote it, and tell the maintainers."
        ) from error


def _schema_version(connection: duckdb.DuckDBPyConnection, path: Path) -> int:
    try:
        about = dict(connection.execute("SELECT name, value FROM about").fetchall())
    except duckdb.Error:
        about = {}
    if about.get("application") != APPLICATION:
        raise HistoryError(f"{path} is a DuckDB file of something else. Give another file with --history.")
    return int(about["schema_version"])
