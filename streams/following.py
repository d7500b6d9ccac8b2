"""Following a log that lies elsewhere: history keeps every event of it, and folds beside whoever else folds it.

A step takes what was fetched of any partitions. Events, postings, dead letters and positions become part of history
together or not at all; where to go on stands in history alone, so that a kill between any two steps loses and doubles
nothing. What comes again is passed over by its place; what was put into the log twice keeps both places, and its second
is marked and moves nothing. All events of one trail lie in one partition, so the order among partitions means nothing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from typing import NamedTuple

import duckdb
import pyarrow as pa

from projections.postings import Lines
from schemas.facts import PERSON
from schemas.moments import Calendar
from schemas.organisation import ORGANISATION
from streams.appending import DeadLetter, Moved, Place, Position, append
from streams.collecting import collection_paused
from streams.folding import TRAILS_KEPT, Folding
from streams.history import History
from streams.told import Lying, PartitionOf, Record, Told, read

ORGANISATION_PARTITION = -1  # in history; the organisation has a log of its own, so that everybody can read it whole
ENDS = "SELECT log_partition, max(next_offset), max(known_at) FROM positions GROUP BY log_partition"
LETTERS = """
WITH ends AS (SELECT log_partition, max(next_offset) AS end_offset FROM positions GROUP BY log_partition),
lasts AS (
    SELECT log_partition, coalesce(max(next_offset) FILTER (next_offset < end_offset), 0) AS first_offset
    FROM positions JOIN ends USING (log_partition) GROUP BY log_partition
)
SELECT log_partition, log_offset, known_at, reason FROM dead_letters JOIN lasts USING (log_partition)
WHERE log_offset >= first_offset ORDER BY log_partition, log_offset
"""
Ends = dict[int, Position]


class Taken(NamedTuple):
    """What a step made part of history: positions of the partitions that moved, what events moved, what is no event."""

    positions: Sequence[Position]
    moved: Sequence[tuple[int, Lines]]  # known_at and postings, of each event that is no duplicate
    duplicates: int
    letters: Sequence[DeadLetter]
    decided: bool  # whether a person said something, or somebody of the organisation


class Follower:
    """Keeps a history up with the log. One thread calls it."""

    def __init__(
        self,
        history: History,
        calendar: Calendar,
        partition_of: PartitionOf,
        trails_kept: int = TRAILS_KEPT,
        recorded: Callable[[Taken], object] | None = None,
    ) -> None:
        """`partition_of`: in which partition all events of a trail lie; ORGANISATION_PARTITION for the organisation's.

        `recorded` is called by the writer, step after step, once a step is part of history.
        """
        self.history = history
        self._partition_of = partition_of
        self._recorded = recorded or (lambda _: None)
        self._folding = Folding(calendar, trails_kept)
        self._ends: Ends | None = None  # None: not looked up yet

    def positions(self) -> dict[int, int]:
        """Per partition of which something was taken, the offset to go on from; others begin at their beginning."""
        return {partition: end.next_offset for partition, end in self.history.write(_ends).result().items()}

    def unsent(self) -> list[DeadLetter]:
        """The dead letters that may not have been passed on: of each partition those of its last step."""
        return [DeadLetter(*found) for found in self.history.rows(LETTERS)]

    def take(self, records: Iterable[Record], reached: Mapping[int, int] | None = None) -> Taken:
        """Make records part of history, each partition's in its order; they outlive a kill once this returns.

        `reached`: where reading goes on, per partition, if that is behind its last record: markers of transactions
        take offsets too. Whatever fails, nothing is taken, and the same records may come again.
        """
        return self.begin(read(records, self._partition_of), reached or {}).result()

    def begin(self, read: Told, reached: Mapping[int, int]) -> Future[Taken]:
        """Have the writer `take` what was read; steps are taken in the order in which they began."""
        return self.history.write(lambda connection: self._take(connection, read, reached))

    def _take(self, connection: duckdb.DuckDBPyConnection, read: Told, reached: Mapping[int, int]) -> Taken:
        try:
            if self._ends is None:
                self._ends = _ends(connection)
            with collection_paused():
                return self._step(connection, self._ends, read, reached)
        except BaseException:
            self._folding.forget()
            self._ends = None
            raise

    def _step(
        self, connection: duckdb.DuckDBPyConnection, before: Ends, read: Told, reached: Mapping[int, int]
    ) -> Taken:
        ends = dict(before)
        places = placed(read.lying, ends)
        reach(ends, reached)
        fresh = [(place, found) for place, (_, _, _, found) in zip(places, read.lying, strict=True) if place]
        known = [(place, found) for place, found in fresh if not isinstance(found, str)]
        moved = self._folding.fold(connection, [one for _, one in known])
        told = [(place, one[0], lines) for (place, one), lines in zip(known, moved, strict=True)]
        positions = [end for partition, end in ends.items() if end != before.get(partition)]
        letters = [DeadLetter(*place, found) for place, found in fresh if isinstance(found, str)]
        taken = _taken(positions, told, letters)
        if positions:
            append(connection, told, _columns(read, places), positions, letters)
            self._ends = ends
            self._recorded(taken)
        self._folding.keep(fact.trail for _, fact, _ in told)
        return taken


def _columns(read: Told, places: Sequence[Place | None]) -> pa.Table:
    """Of the events that are not passed over."""
    if None not in places:
        return read.columns
    are_fresh = [bool(place) for place, one in zip(places, read.lying, strict=True) if not isinstance(one[3], str)]
    return read.columns.filter(pa.array(are_fresh, pa.bool_()))


def placed(records: Sequence[Record | Lying], ends: Ends) -> list[Place | None]:
    """The place of each record, None where it was there already; `ends` is moved on to them."""
    at = {end.log_partition: (end.next_offset, end.known_at) for end in ends.values()}
    places: list[Place | None] = []
    for record in records:
        partition, offset, timestamp = record[0], record[1], record[2]
        next_offset, known_at = at.get(partition, (0, 0))
        if offset >= next_offset:
            known_at = max(known_at, timestamp)
            at[partition] = offset + 1, known_at
            places.append((partition, offset, known_at))
        else:
            places.append(None)
    ends |= {partition: Position(partition, *end) for partition, end in at.items()}
    return places


def reach(ends: Ends, reached: Mapping[int, int]) -> None:
    """Move `ends` on to where reading goes on, where that is behind the last record."""
    for partition, offset in reached.items():
        end = ends.get(partition, Position(partition, 0, 0))
        if offset > end.next_offset:
            ends[partition] = end._replace(next_offset=offset)


def _taken(positions: Sequence[Position], told: Sequence[Moved], letters: Sequence[DeadLetter]) -> Taken:
    moved = [(place[2], lines) for place, _, lines in told if lines is not None]
    decided = any(fact.layer == PERSON or fact.trail == ORGANISATION for _, fact, _ in told)
    return Taken(positions, moved, len(told) - len(moved), letters, decided)


def _ends(connection: duckdb.DuckDBPyConnection) -> Ends:
    return {found[0]: Position(*found) for found in connection.execute(ENDS).fetchall()}
