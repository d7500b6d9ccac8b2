"""What tests of the recorder and of replay share: histories in memory, a connection that fails where it is told to, and
what a history counts for by the specification of the fold.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, cast

import duckdb

from projections import fold
from projections.fold import Cell, State
from schemas.facts import Fact, fact
from schemas.moments import Calendar
from streams.history import TABLES, History
from streams.recorder import Entry
from tests.histories import History as Events

NOW = 1_500_000_000_000_000  # in July 2017
Rows = list[tuple[Any, ...]]


def entries(events: Events) -> list[Entry]:
    """Events with their layers, as the door lets them in."""
    return [Entry(event, layer) for event, layer in events]


@contextmanager
def in_memory() -> Iterator[History]:
    """A new history that is in no file."""
    with Memory() as memory, memory.opened() as history:
        yield history


class Memory:
    """Tables that outlive the connections to them, as a file does."""

    def __init__(self) -> None:
        self._tables = duckdb.connect(config={"threads": "1"})
        self._tables.execute(TABLES)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._tables.close()

    def opened(self) -> History:
        """The history by a new connection: what others have not committed it does not see."""
        return History(Path("memory"), self._tables.cursor())


def specified(facts: Iterable[Fact], calendar: Calendar) -> dict[Cell, int]:
    """What facts count for, from scratch."""
    trails: dict[str, State] = {}
    for one in facts:
        fold.evolve(trails.setdefault(one.trail, {}), one)
    cells: dict[Cell, int] = {}
    for state in trails.values():
        for cell, amount in fold.credits(state, calendar).items():
            cells[cell] = cells.get(cell, 0) + amount
    return {cell: amount for cell, amount in cells.items() if amount}


def specified_events(events: Events, calendar: Calendar) -> dict[Cell, int]:
    """The same of events."""
    return specified([fact(event, layer) for event, layer in events], calendar)


class CrashError(duckdb.Error):
    """The process is no more."""


class Unreliable:
    """A connection on which everything fails from a statement on: just before it is run, or just after.

    A statement is whatever goes to DuckDB, a name for a table of Arrow included.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self.ran: list[str] = []
        self.crash_at: int | None = None
        self.is_run = False  # the statement at which it crashes, before it does
        self.is_for_good = False  # else only that statement fails

    def crash(self, at: int, *, is_run: bool, is_for_good: bool) -> None:
        """Fail at the statement with this index, counted from now."""
        self.ran.clear()
        self.crash_at, self.is_run, self.is_for_good = at, is_run, is_for_good

    def recover(self) -> None:
        """Be reliable again."""
        self.crash_at = None

    def _run(self, name: str, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401 (whatever DuckDB takes and gives)
        index = len(self.ran)
        self.ran.append(str(arguments[0]) if name in ("execute", "sql") else name)
        crashes = self.crash_at is not None and (index == self.crash_at or (self.is_for_good and index > self.crash_at))
        if crashes and not (self.is_run and index == self.crash_at):
            raise CrashError(f"before {self.ran[-1]}")
        result = getattr(self.connection, name)(*arguments, **named)
        if crashes:
            raise CrashError(f"after {self.ran[-1]}")
        return result

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 (whatever DuckDB has)
        if name in ("execute", "sql", "register", "unregister"):
            return lambda *arguments, **named: self._run(name, *arguments, **named)
        return getattr(self.connection, name)


def unreliable(history: History) -> tuple[History, Unreliable]:
    """The same history, written to by a connection that can be told to fail."""
    wrapped = Unreliable(history.write(lambda connection: connection).result())
    return History(history.path, cast("duckdb.DuckDBPyConnection", wrapped)), wrapped
