"""Logs as they could lie in Kafka, made by chance: events twice and three times, markers of transactions, records that
are no events, clocks that go back; with what history is to make of each.
"""

import zlib
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any, NamedTuple

import msgspec
from hypothesis import strategies as st

from schemas.envelope import altered
from schemas.facts import log_line
from schemas.organisation import ORGANISATION
from streams.appending import DeadLetter, Entry, row
from streams.following import ORGANISATION_PARTITION
from streams.told import Record
from tests.histories import History as Events
from tests.histories import histories
from tests.streams.recording import NOW, Rows, call

PLACES = "SELECT log_partition, log_offset, known_at, duplicate FROM events ORDER BY log_partition, log_offset"
TOLD = """
SELECT id, source, type, trail, entity, asserted_at, sequence, layer, data, digest
FROM events ORDER BY log_partition, log_offset
"""
MARKER = None  # a place in the log that no reader is given
Json = dict[str, Any]
PartitionOf = Callable[[str], int]


def by_hash(partitions: int) -> PartitionOf:
    """Where trails lie, in a log of so many partitions."""

    def partition_of(trail: str) -> int:
        return ORGANISATION_PARTITION if trail == ORGANISATION else zlib.crc32(trail.encode()) % partitions

    return partition_of


class Slot(NamedTuple):
    """A place of the log: the record that lies there, if it is one, and the entry that it tells, if it tells one."""

    record: Record | None
    entry: Entry | None

    @property
    def is_poison(self) -> bool:
        """Whether it is to become a dead letter."""
        return self.record is not None and self.entry is None


class Log:
    """Partitions with their slots; every partition begins at 0."""

    def __init__(self, partitions: Mapping[int, list[Slot]]) -> None:
        self.partitions = partitions

    def ends(self) -> dict[int, int]:
        """The next offset of each partition."""
        return {partition: len(slots) for partition, slots in self.partitions.items()}

    def fetch(self, start: Mapping[int, int], size: int, back: int = 0) -> tuple[list[Record], dict[int, int]]:
        """At most so many slots of each partition, from a bit before where one asked; and where reading goes on."""
        records, reached = [], {}
        for partition, slots in self.partitions.items():
            first = max(0, start.get(partition, 0) - back)
            found = list(islice(slots, first, start.get(partition, 0) + size))
            records += [slot.record for slot in found if slot.record]
            reached[partition] = first + len(found)
        return records, reached

    def told(self) -> tuple[Rows, Rows, list[DeadLetter]]:
        """Places and columns of events and dead letters (without reasons) that history is to hold."""
        seen: set[bytes] = set()
        places: Rows = []
        told: Rows = []
        letters = []
        for partition, slots in sorted(self.partitions.items()):
            known_at = 0
            for offset, slot in enumerate(slots):
                known_at = max(known_at, slot.record.timestamp if slot.record else 0)
                if slot.entry:
                    columns = row(slot.entry)[1:]
                    places.append((partition, offset, known_at, columns[-1] in seen))
                    told.append(columns)
                    seen.add(columns[-1])
                elif slot.is_poison:
                    letters.append(DeadLetter(partition, offset, known_at, ""))
        return places, told, letters


def record(entry: Entry, partition: int, offset: int = 0, at: int = NOW, *, is_signed: bool = False) -> Record:
    """An event as it lies in the log; signed with the digest that the door gave it, or written by somebody else."""
    event, digest = entry.event, row(entry)[-1] if is_signed else b""
    return Record(partition, offset, at, event.trail.encode(), log_line(event), str(entry.layer).encode(), digest)


def changed(found: Record, **data: object) -> Record:
    """The same with other fields."""
    told: Json = msgspec.json.decode(found.value or b"")
    return found._replace(value=msgspec.json.encode(told | {"data": told["data"] | data}))


def _withdrawing(found: Record, entity: str) -> bytes:
    told: Json = msgspec.json.decode(found.value or b"")
    return msgspec.json.encode(told | {"type": "quotum.correction.withdrawn.v1", "data": {"entity": entity}})


GOOD = {is_signed: record(Entry(call("poison", "case-1"), 0), 0, is_signed=is_signed) for is_signed in (False, True)}
POISONS: Mapping[str, Callable[[Record], Record]] = {
    "holds nothing": lambda good: good._replace(value=None),
    "empty": lambda good: good._replace(value=b""),
    "no text": lambda good: good._replace(value=b"\xff\xfe"),
    "cut off": lambda good: good._replace(value=(good.value or b"")[:-1]),
    "no object": lambda good: good._replace(value=b"[1]"),
    "of a newer version": lambda good: good._replace(value=(good.value or b"").replace(b"logged.v1", b"sung.v9")),
    "unknown type": lambda good: good._replace(value=(good.value or b"").replace(b"quotum.call.", b"Anna de Vries ")),
    "refused by its model": lambda good: changed(good, day="2017-02-30"),
    "a field too many": lambda good: changed(good, colour="red"),
    "a person's name": lambda good: changed(good, rep="Anna"),
    "a number that is too large": lambda good: changed(good, rep=2**31),
    "of nobody who can be corrected": lambda good: good._replace(value=_withdrawing(good, "team:abc")),
    "another partition": lambda good: good._replace(partition=ORGANISATION_PARTITION),
    "another key": lambda good: good._replace(key=b"case-2"),
    "no key": lambda good: good._replace(key=None),
    "another layer": lambda good: good._replace(layer=b"2"),
}


def poison(kind: str, partition_of: PartitionOf, *, is_signed: bool = False) -> Record:
    """A record that is no event for one reason alone; signed, it was one when it was signed."""
    return POISONS[kind](GOOD[is_signed]._replace(partition=partition_of("case-1")))


@st.composite
def logs(draw: st.DrawFn, max_size: int = 14, ways: int = 1) -> tuple[Events, Log, PartitionOf]:
    """A history, a log that holds each of its events once to three times, in any order, and where trails lie in it.

    Each of the few trails of a history is split so many ways, so that more partitions have something.
    """
    partition_of = by_hash(draw(st.integers(1, 4)))
    events = _split(draw(histories(max_size=max_size)), draw(st.lists(st.integers(1, ways), min_size=max_size)))
    again = draw(st.lists(st.sampled_from(events), max_size=6)) if events else []
    good = [
        _told(Entry(event, layer), partition_of, is_signed=draw(st.booleans())) for event, layer in [*events, *again]
    ]
    kinds = draw(st.lists(st.tuples(st.sampled_from(sorted(POISONS)), st.booleans()), max_size=4))
    bad = [Slot(poison(kind, partition_of, is_signed=is_signed), None) for kind, is_signed in kinds]
    markers = [Slot(MARKER, None)] * draw(st.integers(0, 4))
    partitions: dict[int, list[Slot]] = {}
    for record, entry in draw(st.permutations([*good, *bad, *markers])):
        number = record.partition if record else draw(st.sampled_from([ORGANISATION_PARTITION, 0]))
        lying = partitions.setdefault(number, [])
        at = draw(st.integers(NOW, NOW + 9))
        lying.append(Slot(record and record._replace(offset=len(lying), timestamp=at), entry))
    return events, Log(partitions), partition_of


def _split(events: Events, ways: list[int]) -> Events:
    return [
        (event if way == 1 or event.trail == ORGANISATION else altered(event, {"trail": f"{event.trail}-{way}"}), layer)
        for (event, layer), way in zip(events, ways, strict=False)
    ]


def _told(entry: Entry, partition_of: PartitionOf, *, is_signed: bool) -> Slot:
    return Slot(record(entry, partition_of(entry.event.trail), is_signed=is_signed), entry)
