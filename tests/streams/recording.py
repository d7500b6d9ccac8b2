"""What tests of the recorder and of replay share: histories in memory, what must hold of each, what it counts for by
the specification of the fold, and a connection that fails where it is told to.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Self, cast

import duckdb

from projections.entities import State, evolve
from projections.fold import credits  # noqa: A004 (the domain's own word)
from projections.postings import Cell
from schemas.envelope import Event
from schemas.events import adapter
from schemas.facts import FEED, fact
from schemas.log_events import Fact
from schemas.moments import Calendar
from streams.appending import Entry
from streams.history import TABLES, History
from streams.recorder import Recorder
from streams.replaying import folded_cells, sql_cells, stored_cells
from tests.histories import History as Events

AMSTERDAM = Calendar("Europe/Amsterdam")
NOW = 1_500_000_000_000_000  # in July 2017
Rows = list[tuple[Any, ...]]


def entries(events: Events) -> list[Entry]:
    """Events with their layers, as the door lets them in."""
    return [Entry(event, layer) for event, layer in events]


def call(id_: str = "1", trail: str = "case-1", rep: int = 1, **envelope: object) -> Event:
    """A call by a rep on a day."""
    data = {"id": id_, "rep": rep, "day": "2017-05-01"}
    plain = {"id": f"e{id_}", "source": "crm", "type": "quotum.call.logged.v1", "time": "2017-05-01T08:00:00Z"}
    return adapter().validate_python({**plain, "trail": trail, **envelope, "data": data})


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

    def connect(self) -> duckdb.DuckDBPyConnection:
        """A new connection: what others have not committed it does not see."""
        return self._tables.cursor()

    def opened(self) -> History:
        """The history by a new connection."""
        return History(Path("memory"), self.connect())


def recorder(history: History, clock: Callable[[], int] = lambda: NOW) -> Recorder:
    """A recorder into a history, on a clock that stands still unless another one is given."""
    return Recorder(history, AMSTERDAM, clock)


def offsets(recorder: Recorder, *events: Event, layer: int = FEED) -> list[int | None]:
    """Where events came to lie, recorded as one batch; None for a duplicate."""
    return recorder.record([Entry(event, layer) for event in events]).result().offsets


def same_cells(history: History, calendar: Calendar) -> dict[Any, int]:
    """The cells, on which stored postings, a cold fold and plain SQL agree."""
    with history.read() as cursor:
        stored = stored_cells(cursor)
        assert folded_cells(cursor, calendar) == stored
        assert sql_cells(cursor, calendar.zone) == stored
    return stored


def is_whole(history: History, expected: int) -> None:
    """Events lie without a gap, positions and postings speak of these events only."""
    assert history.rows("SELECT log_offset FROM events ORDER BY log_offset") == [(n,) for n in range(expected)]
    assert history.rows("SELECT coalesce(max(next_offset), 0) FROM positions") == [(expected,)]
    strangers = "SELECT count(*) FROM postings ANTI JOIN events USING (log_partition, log_offset, known_at, trail)"
    assert history.rows(strangers) == [(0,)]


def specified(facts: Iterable[Fact], calendar: Calendar) -> dict[Cell, int]:
    """What facts count for, from scratch."""
    trails: dict[str, State] = {}
    for one in facts:
        evolve(trails.setdefault(one.trail, {}), one)
    cells: dict[Cell, int] = {}
    for state in trails.values():
        for cell, amount in credits(state, calendar).items():
            cells[cell] = cells.get(cell, 0) + amount
    return {cell: amount for cell, amount in cells.items() if amount}


def specified_events(events: Events, calendar: Calendar) -> dict[Cell, int]:
    """The same of events."""
    return specified([fact(event, layer) for event, layer in events], calendar)


class CrashError(duckdb.Error):
    """The process is no more."""


class Faults:
    """Where a connection fails, and what it ran. A statement is whatever goes to DuckDB, names for tables too."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self._crash_at: int | None = None
        self._is_run = False
        self._is_for_good = False

    def crash(self, at: int, *, is_run: bool, is_for_good: bool) -> None:
        """Fail at the statement with this index, from now: before it is run or after; and at all later ones."""
        self.ran.clear()
        self._crash_at, self._is_run, self._is_for_good = at, is_run, is_for_good

    def recover(self) -> None:
        """Fail no more."""
        self._crash_at = None

    def run(self, statement: str, function: Callable[[], Any]) -> Any:  # noqa: ANN401 (whatever DuckDB gives)
        """Run a statement, or fail."""
        index, at = len(self.ran), self._crash_at
        self.ran.append(statement)
        crashes = at is not None and (index == at or (self._is_for_good and index > at))
        if crashes and not (self._is_run and index == at):
            raise CrashError(f"before {statement}")
        result = function()
        if crashes:
            raise CrashError(f"after {statement}")
        return result


class Unreliable:
    """A connection, with its cursors, that fails where it is told to."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, faults: Faults) -> None:
        self._connection = connection
        self._faults = faults

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def cursor(self) -> "Unreliable":
        """One that fails at the same place."""
        return Unreliable(self._connection.cursor(), self._faults)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 (whatever DuckDB has)
        method = getattr(self._connection, name)
        if name not in ("execute", "sql", "register", "unregister"):
            return method

        def run(*arguments: object, **named: object) -> Any:  # noqa: ANN401 (whatever DuckDB gives)
            if name == "execute" and len(arguments) == 1 and not named:
                return [self._faults.run(one, partial(method, one)) for one in self._each(str(arguments[0]))][-1]
            statement = str(arguments[0]) if name in ("execute", "sql") else name
            return self._faults.run(statement, lambda: method(*arguments, **named))

        return run

    def _each(self, text: str) -> list[str]:
        """Its statements: DuckDB too runs one after the other, and may end between any two."""
        return [one.query.strip() for one in self._connection.extract_statements(text)]


def unreliable(connection: duckdb.DuckDBPyConnection) -> tuple[History, Faults]:
    """A history on a connection that can be told to fail."""
    faults = Faults()
    connection.execute("SET GLOBAL python_scan_all_frames = true")  # rows are named by whoever calls this
    return History(Path("unreliable"), cast("duckdb.DuckDBPyConnection", Unreliable(connection, faults))), faults
