"""The recorder: puts events into history together with what they moved, in one transaction a batch.

It folds as it records, so that a figure is a sum of postings and needs no fold to be read. Trails are read back from
history when an event touches them, and only so many are kept; after a failure all of them are forgotten, so memory
never says more than the file.
"""

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import Future
from itertools import chain, islice
from typing import NamedTuple, Self

import duckdb
import msgspec
import pyarrow as pa

from projections.fold import Lines, Posting, Trail
from schemas.envelope import Event
from schemas.facts import Fact, read_fact
from schemas.moments import Calendar, microseconds
from streams import arrow
from streams.collecting import collection_paused
from streams.history import History, HistoryError, transaction

EMBEDDED_PARTITION = 0
ROWS_AT_ONCE = 50_000
TRAILS_KEPT = 50_000  # in memory, those touched last (some 9 kB each); others are read back when they are touched again
encode = msgspec.json.Encoder(order="deterministic").encode

STORED = """
SELECT type, data, trail, layer, asserted_at, sequence, id
FROM events {where} ORDER BY log_partition, log_offset
"""


class Entry(NamedTuple):
    """An event as it goes into the log: its people are numbers, its layer follows from who sent it."""

    event: Event
    layer: int


class Recorded(NamedTuple):
    """What became of a batch: per entry its offset, or None for a duplicate; and what all of them moved."""

    offsets: list[int | None]
    postings: list[Posting]

    @classmethod
    def of(cls, moved: Sequence["_Moved | None"]) -> Self:
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
        self.trails_kept = trails_kept
        self._recorded = recorded or (lambda _: None)
        self._waiting: deque[_Waiting] = deque()
        self._trails: dict[str, Trail] = {}  # those touched last at the end
        self._stored: set[str] | None = None  # the trails that history has events of; None: not looked up yet
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
        rows = [[_row(entry) for entry in entries] for entries in batches]
        try:
            moved = self._moved(connection, list(chain.from_iterable(rows)))
        except BaseException:
            self._trails.clear()
            self._stored = self._end = None
            raise
        return [Recorded.of([moved.get(id(row)) for row in own]) for own in rows]

    def _moved(self, connection: duckdb.DuckDBPyConnection, rows: Sequence["_Row"]) -> dict[int, "_Moved"]:
        """What each row that is new moved, by its identity."""
        trails = dict.fromkeys(row[0].trail for row in rows)
        with collection_paused():
            stored = self._load(connection, trails.keys())
        next_offset, last_known_at = self._end = self._end or _end(connection)
        known = self._already_there(connection, rows)
        fresh = {row[-1]: row for row in reversed(rows) if row[-1] not in known}  # the first of those that are equal
        taken = [row for row in rows if fresh.get(row[-1]) is row]
        if not taken:
            self._keep_latest(trails)
            return {}
        known_at = max(self.clock(), last_known_at)
        with collection_paused():
            moved = [self._trails[row[0].trail].post(row[0]) for row in taken]
        self._append(connection, next_offset, known_at, taken, moved)
        stored.update(trails)
        self._end = (next_offset + len(taken), known_at)
        self._recorded(Batch(*self._end, list(chain.from_iterable(moved))))
        self._keep_latest(trails)
        return {id(row): (next_offset + place, moved[place]) for place, row in enumerate(taken)}

    def _load(self, connection: duckdb.DuckDBPyConnection, trails: AbstractSet[str]) -> set[str]:
        """Have all of these trails in memory; history is only asked for those that it has, which come back."""
        if self._stored is None:
            self._stored = {trail for (trail,) in connection.execute("SELECT DISTINCT trail FROM events").fetchall()}
        missing = trails - self._trails.keys()
        self._trails |= {trail: Trail(self.calendar) for trail in missing}
        if known := missing & self._stored:
            for fact in stored_facts(connection, known):
                self._trails[fact.trail].post(fact)
        return self._stored

    def _already_there(self, connection: duckdb.DuckDBPyConnection, rows: Sequence["_Row"]) -> set[bytes]:
        """The digests that history has already; it is only asked for events that would change nothing."""
        asked = [row[-1] for row in rows if self._trails[row[0].trail].knows(row[0])]
        if not asked:
            return set()
        connection.register("new_digests", pa.table({"digest": pa.array(asked, pa.binary())}))
        found = connection.execute("SELECT digest FROM events SEMI JOIN new_digests USING (digest)").fetchall()
        connection.unregister("new_digests")
        return {digest for (digest,) in found}

    def _keep_latest(self, touched: Iterable[str]) -> None:
        for trail in touched:
            self._trails[trail] = self._trails.pop(trail)
        for trail in list(islice(self._trails, max(0, len(self._trails) - self.trails_kept))):
            del self._trails[trail]

    def _append(
        self,
        connection: duckdb.DuckDBPyConnection,
        next_offset: int,
        known_at: int,
        rows: Sequence["_Row"],
        moved: Sequence[Lines],
    ) -> None:
        places = [(EMBEDDED_PARTITION, next_offset + index, known_at) for index in range(len(rows))]
        events = arrow.table(arrow.EVENTS, [(*place, *row[1:], False) for place, row in zip(places, rows, strict=True)])
        postings = arrow.table(
            arrow.POSTINGS,
            [
                posting_row(place, row[0].trail, posting)
                for place, row, postings in zip(places, rows, moved, strict=True)
                for posting in postings
            ],
        )
        position = arrow.table(arrow.POSITIONS, [(EMBEDDED_PARTITION, next_offset + len(rows), known_at)])
        with transaction(connection):
            arrow.insert(connection, "events", events)
            arrow.insert(connection, "postings", postings)
            arrow.insert(connection, "positions", position)


_Moved = tuple[int, Lines]  # an event's offset, and what it moved
_Row = tuple[Fact, str, str, str, str, str, int, int, int, str, bytes]  # the fact, then the columns of events


def _row(entry: Entry) -> _Row:
    event, data = entry.event, encode(entry.event.logged())
    asserted_at = microseconds(event.time)
    fact = read_fact(
        event.type, msgspec.json.decode(data), event.trail, entry.layer, (asserted_at, event.sequence, event.id)
    )
    parts = (event.id, event.source, event.type, event.trail, fact.entity, asserted_at, event.sequence, entry.layer)
    digest = hashlib.sha256(encode((*parts, data.decode()))).digest()[:16]
    return (fact, *parts, data.decode(), digest)


def posting_row(place: tuple[int, int, int], trail: str, posting: Posting) -> tuple[object, ...]:
    """A posting as a row of the table of postings. `place`: partition, offset, known_at."""
    entity, (metric, basis, rep, day, at, dims), amount = posting
    return (*place, trail, entity, metric, basis, rep, day, at, *dims, amount)


def stored_facts(connection: duckdb.DuckDBPyConnection, trails: Iterable[str] | None = None) -> Iterable[Fact]:
    """What the history's events write, in the order of the log: of some trails, or of all."""
    if trails is None:
        return _facts(connection.sql(STORED.format(where="")))
    connection.register("wanted_trails", pa.table({"trail": list(trails)}))
    return _facts(connection.sql(STORED.format(where="WHERE trail IN (SELECT trail FROM wanted_trails)")))


def source_facts(connection: duckdb.DuckDBPyConnection, source: str) -> Iterable[Fact]:
    """The same of what one source said."""
    return _facts(connection.sql(STORED.format(where="WHERE source = ? AND layer = 0"), params=[source]))


def _facts(reader: duckdb.DuckDBPyRelation) -> Iterable[Fact]:
    for batch in reader.to_arrow_reader(ROWS_AT_ONCE):
        columns = (column.to_pylist() for column in batch)
        for kind, data, trail, layer, asserted_at, sequence, id_ in zip(*columns, strict=True):
            yield read_fact(kind, msgspec.json.decode(data), trail, layer, (asserted_at, sequence, id_))


def _end(connection: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    """The next offset, and the last known_at."""
    rows = connection.execute(
        "SELECT coalesce(max(next_offset), 0), coalesce(max(known_at), 0) FROM positions WHERE log_partition = ?",
        [EMBEDDED_PARTITION],
    ).fetchall()  # all of it: DuckDB 2 refuses other work on a connection with an unfinished result
    next_offset, known_at = rows[0]
    return next_offset, known_at
