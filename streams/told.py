"""What the records of a log tell: events as history keeps them, or why they are none.

It needs no history, so that it can be done ahead of whoever takes it, in another process too. What an event says to the
fold is handed over apart from its columns, which only history wants: as Arrow has them, nobody makes them twice.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

import pyarrow as pa

from schemas.log_events import Fact
from schemas.received import read_event
from schemas.wire import EventError, parse
from streams.appending import Entry, Row, row, said
from streams.collecting import collection_paused
from streams.door import came_through
from streams.records import LAYERS, as_written

NO_EVENT = "is no event as docs/events.md tells them"
NO_COLUMNS = said([])
TYPE = re.compile(r"quotum(?:\.[a-z_]{1,40}){2}\.v[1-9]\d{0,3}", re.ASCII)
NEWER = (
    "is of the type {kind}, which this version does not know: a newer Quotum wrote it. Upgrade, and have history made "
    "anew from the log, as docs/kafka.md tells under Dead letters"
)
PAST_THE_DOOR = (
    "came past the door: its people are no numbers, its texts no references, or it withdraws what cannot be corrected"
)
PartitionOf = Callable[[str], int]  # in which partition all events of a trail lie
Known = tuple[Fact, bytes]  # what an event says to the fold, and the digest that history knows it by
Lying = tuple[int, int, int, Known | str]  # as a record; last what it tells, or why it tells nothing


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


@dataclass(frozen=True, slots=True)
class Told:
    """What records tell, in their order; of the events among them the columns of history, from id to digest."""

    lying: list[Lying]
    columns: pa.Table

    def __len__(self) -> int:
        """Of how many records."""
        return len(self.lying)


def read(records: Iterable[Record], partition_of: PartitionOf) -> Told:
    """What records tell, for `Follower.begin`."""
    with collection_paused():
        found = [(record, told(record, partition_of)) for record in records]
        return Told([_lying(*one) for one in found], said([one for _, one in found if not isinstance(one, str)]))


def read_for_fold(records: Iterable[Record], partition_of: PartitionOf) -> Told:
    """What records tell the fold alone, for `Stepping.step`: no columns, which only history wants."""
    with collection_paused():
        return Told([lying(record, partition_of) for record in records], NO_COLUMNS)


def lying(record: Record, partition_of: PartitionOf) -> Lying:
    """What a record tells, at its place."""
    return _lying(record, told(record, partition_of))


def _lying(record: Record, found: Row | str) -> Lying:
    return (*record[:3], found if isinstance(found, str) else (found[0], found[-1]))


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
