"""Following a log that lies elsewhere: history keeps every event of it, and folds beside whoever else folds it.

A step takes what was fetched of any partitions. Events, postings, dead letters and positions become part of history
together or not at all; where to go on stands in history alone, so that a kill between any two steps loses and doubles
nothing. What comes again is passed over by its place; what was put into the log twice keeps both places, and its second
is marked and moves nothing. All events of one trail lie in one partition, so the order among partitions means nothing.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from typing import NamedTuple, TypeVar

import duckdb

from projections.postings import Lines
from schemas.facts import PERSON
from schemas.moments import Calendar
from schemas.organisation import ORGANISATION
from schemas.received import read_event
from schemas.wire import EventError, parse
from streams.appending import DeadLetter, Entry, Place, Position, Row, Told, append, row
from streams.collecting import collection_paused
from streams.door import came_through
from streams.folding import TRAILS_KEPT, Folding
from streams.history import History
from streams.records import LAYERS, as_written

ORGANISATION_PARTITION = -1  # in history; the organisation has a log of its own, so that everybody can read it whole
NO_EVENT = "is no event as docs/events.md tells them"
TYPE = re.compile(r"quotum(?:\.[a-z_]{1,40}){2}\.v[1-9]\d{0,3}", re.ASCII)
NEWER = (
    "is of the type {kind}, which this version does not know: a newer Quotum wrote it. Upgrade, and have history made "
    "anew from the log, as docs/kafka.md tells under Dead letters"
)
PAST_THE_DOOR = (
    "came past the door: its people are no numbers, its texts no references, or it withdraws what cannot be corrected"
)
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
LAYER = 8  # of a row
Ends = dict[int, Position]
PartitionOf = Callable[[str], int]  # in which partition all events of a trail lie


class Record(NamedTuple):
    """What lies at one place of the log. `timestamp`: when the log took it, in microseconds; `layer`: as its header."""

    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    layer: bytes = b"0"
    digest: bytes = b""  # as its header: by which the door that wrote it knew the event
    fault: str = ""  # why nothing of it could be read, its place in the log apart


Read = tuple[int, int, int, Row | str]  # as a record; last what it tells, or why it tells nothing
Lying = TypeVar("Lying", Record, Read)


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

    def begin(self, read: Sequence[Read], reached: Mapping[int, int]) -> Future[Taken]:
        """Have the writer `take` what was read; steps are taken in the order in which they began."""
        return self.history.write(lambda connection: self._take(connection, read, reached))

    def _take(self, connection: duckdb.DuckDBPyConnection, read: Sequence[Read], reached: Mapping[int, int]) -> Taken:
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
        self, connection: duckdb.DuckDBPyConnection, before: Ends, read: Sequence[Read], reached: Mapping[int, int]
    ) -> Taken:
        ends = dict(before)
        fresh = [(place, found) for place, (_, _, _, found) in placed(read, ends)]
        reach(ends, reached)
        rows = [(place, found) for place, found in fresh if not isinstance(found, str)]
        moved = self._folding.fold(connection, [one for _, one in rows])
        lying = [(place, one, moved.get(id(one))) for place, one in rows]
        positions = [end for partition, end in ends.items() if end != before.get(partition)]
        letters = [DeadLetter(*place, found) for place, found in fresh if isinstance(found, str)]
        taken = _taken(positions, lying, letters)
        if positions:
            append(connection, lying, positions, letters)
            self._ends = ends
            self._recorded(taken)
        self._folding.keep(one for _, one in rows)
        return taken


def read(records: Iterable[Record], partition_of: PartitionOf) -> list[Read]:
    """What records tell, for `Follower.begin`. Needs no history: the writer may be at an earlier step meanwhile."""
    with collection_paused():
        return [(*record[:3], told(record, partition_of)) for record in records]


def told(record: Record, partition_of: PartitionOf) -> Row | str:
    """The event that a record tells, as history keeps it, or why it tells none: for all who fold the log alike."""
    if record.value is None:
        return record.fault or "holds nothing"
    if record.layer not in LAYERS:
        return "its header `layer` is neither 0 nor 1"
    known = as_written(record.value, LAYERS[record.layer], record.digest) if record.digest else None
    if known:
        return _misplaced(record, known[0].trail, partition_of) or known
    try:
        event = read_event(record.value)
    except EventError as error:  # what it says may repeat names, which history is to be free of; where is enough
        return _of_newer(record.value, error) or (
            f"{NO_EVENT}: see {', '.join(fault.path or 'the whole' for fault in error.faults)}"
        )
    if not came_through(event):
        return PAST_THE_DOOR
    return _misplaced(record, event.trail, partition_of) or row(Entry(event, LAYERS[record.layer]))


def _of_newer(value: bytes, error: EventError) -> str | None:
    """What is to be done about an event that is none only here; nothing where it is none anywhere."""
    if [fault.path for fault in error.faults] != ["type"]:
        return None
    kind = parse(value).get("type")
    is_ours = isinstance(kind, str) and TYPE.fullmatch(kind)
    return NEWER.format(kind=kind) if is_ours else None


def _misplaced(record: Record, trail: str, partition_of: PartitionOf) -> str | None:
    if record.key != trail.encode():
        return "its key is not its trail"
    partition = partition_of(trail)
    return None if partition == record.partition else f"its trail belongs in partition {partition}"


def placed(records: Iterable[Lying], ends: Ends) -> Iterator[tuple[Place, Lying]]:
    """The records that were not there yet, with their places; once all were asked for, `ends` is moved on to them."""
    at = {end.log_partition: (end.next_offset, end.known_at) for end in ends.values()}
    for record in records:
        partition, offset, timestamp = record[:3]
        next_offset, known_at = at.get(partition, (0, 0))
        if offset >= next_offset:
            known_at = max(known_at, timestamp)
            at[partition] = offset + 1, known_at
            yield (partition, offset, known_at), record
    ends |= {partition: Position(partition, *end) for partition, end in at.items()}


def reach(ends: Ends, reached: Mapping[int, int]) -> None:
    """Move `ends` on to where reading goes on, where that is behind the last record."""
    for partition, offset in reached.items():
        end = ends.get(partition, Position(partition, 0, 0))
        if offset > end.next_offset:
            ends[partition] = end._replace(next_offset=offset)


def _taken(positions: Sequence[Position], told: Sequence[Told], letters: Sequence[DeadLetter]) -> Taken:
    moved = [(place[2], lines) for place, _, lines in told if lines is not None]
    decided = any(row[LAYER] == PERSON or row[0].trail == ORGANISATION for _, row, _ in told)
    return Taken(positions, moved, len(told) - len(moved), letters, decided)


def _ends(connection: duckdb.DuckDBPyConnection) -> Ends:
    return {found[0]: Position(*found) for found in connection.execute(ENDS).fetchall()}
