"""The recorder: puts events into history together with what they moved, in one transaction a batch.

It folds as it records, so that a figure is a sum of postings and needs no fold to be read. Trails are read back from
history when an event touches them, and only so many are kept; after a failure all of them are forgotten, so memory
never says more than the file.
"""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from itertools import count, islice
from typing import NamedTuple, Self

import duckdb

from projections.postings import Lines, Posting
from schemas.moments import Calendar
from streams.appending import Entry, Moved, Position, Row, append, row, said
from streams.folding import TRAILS_KEPT, Folding
from streams.history import History, HistoryError
from streams.stored import ROWS_AT_ONCE, stored_facts

__all__ = ["Batch", "Entry", "Recorded", "Recorder", "stored_facts"]  # what is recorded, and how it is read again
EMBEDDED_PARTITION = 0


class Recorded(NamedTuple):
    """What became of a batch: per entry its offset, or None for a duplicate; and what all of them moved."""

    offsets: list[int | None]
    postings: list[Posting]

    @classmethod
    def of(cls, moved: Sequence["_Placed | None"]) -> Self:
        """Of what became of each entry; None for a duplicate."""
        taken = [one for one in moved if one]
        return cls([one and one[0] for one in moved], [posting for _, lines in taken for posting in lines])


class _Waiting(NamedTuple):
    entries: Sequence[Entry]
    done: Future[Recorded]


class Batch(NamedTuple):
    """What one batch made of history."""

    next_offset: int
    known_at: int
    postings: list[Posting]


class Recorder:
    """Records batches of events; embedded, the history is the log, and its only partition is 0."""

    def __init__(
        self,
        history: History,
        calendar: Calendar,
        clock: Callable[[], int],
        trails_kept: int = TRAILS_KEPT,
        recorded: Callable[["Batch"], object] | None = None,
    ) -> None:
        """`clock`: microseconds since 1970-01-01T00:00:00Z; it may go back, known_at does not.

        `recorded` is called by the writer, batch after batch, once a batch is part of history.
        """
        self.history = history
        self.calendar = calendar
        self.clock = clock
        self._recorded = recorded or (lambda _: None)
        self._waiting: deque[_Waiting] = deque()
        self._folding = Folding(calendar, trails_kept)
        self._end: tuple[int, int] | None = None  # the next offset, and the last known_at; None: not looked up yet

    def record(self, entries: Sequence[Entry]) -> Future[Recorded]:
        """Have the writer record a batch; once the future is done, the batch outlives a kill.

        Batches that wait for the writer together become part of history together, in the order they came: writing costs
        by the transaction more than by the event.
        """
        one = _Waiting(entries, Future())
        self._waiting.append(one)
        try:
            writing = self.history.write(self._record_waiting)
        except HistoryError:
            self._waiting.remove(one)
            raise
        writing.add_done_callback(self._give_up)
        return one.done

    def _record_waiting(self, connection: duckdb.DuckDBPyConnection) -> None:
        together: list[_Waiting] = []
        while self._waiting and sum(len(one.entries) for one in together) < ROWS_AT_ONCE:
            together.append(self._waiting.popleft())
        try:
            recorded = self._record(connection, [one.entries for one in together])
        except BaseException as error:  # noqa: BLE001 (told to all who wait for it)
            for one in together:
                one.done.set_exception(error)
            return
        for one, outcome in zip(together, recorded, strict=True):
            one.done.set_result(outcome)

    def _give_up(self, writing: Future[None]) -> None:
        """Where the writer could not even begin, nobody else will tell those who wait."""
        error = writing.exception()
        while error and self._waiting:
            self._waiting.popleft().done.set_exception(error)

    def _record(self, connection: duckdb.DuckDBPyConnection, batches: Sequence[Sequence[Entry]]) -> list[Recorded]:
        rows = [row(entry) for entries in batches for entry in entries]
        try:
            moved = iter(self._moved(connection, rows))
        except BaseException:
            self._folding.forget()
            self._end = None
            raise
        return [Recorded.of(list(islice(moved, len(entries)))) for entries in batches]

    def _moved(self, connection: duckdb.DuckDBPyConnection, rows: Sequence[Row]) -> list["_Placed | None"]:
        """What each row moved, if it is new."""
        moved = self._folding.fold(connection, rows)
        taken = [(one, lines) for one, lines in zip(rows, moved, strict=True) if lines is not None]
        next_offset, last_known_at = self._end = self._end or _end(connection)
        if taken:
            known_at = max(self.clock(), last_known_at)
            told: list[Moved] = [
                ((EMBEDDED_PARTITION, offset, known_at), one[0], lines)
                for offset, (one, lines) in enumerate(taken, next_offset)
            ]
            self._end = (next_offset + len(taken), known_at)
            append(connection, told, said([one for one, _ in taken]), [Position(EMBEDDED_PARTITION, *self._end)])
            self._recorded(Batch(*self._end, [posting for _, lines in taken for posting in lines]))
        self._folding.keep(one[0].trail for one in rows)
        offsets = count(next_offset)
        return [None if lines is None else (next(offsets), lines) for lines in moved]


_Placed = tuple[int, Lines]  # an event's offset, and what it moved


def _end(connection: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    """The next offset, and the last known_at."""
    rows = connection.execute(
        "SELECT coalesce(max(next_offset), 0), coalesce(max(known_at), 0) FROM positions WHERE log_partition = ?",
        [EMBEDDED_PARTITION],
    ).fetchall()  # all of it: DuckDB 2 refuses other work on a connection with an unfinished result
    next_offset, known_at = rows[0]
    return next_offset, known_at
