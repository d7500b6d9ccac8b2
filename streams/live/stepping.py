"""The step of a worker: what a batch of one partition makes of the trail states and cells as they stood.

It reads through what it is handed and writes nothing: whoever commits takes all of it in one transaction, or none.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from projections.postings import Cell, Posting, add_lines
from projections.trail import Trail
from schemas.log_events import Fact
from schemas.moments import Calendar
from streams.appending import DeadLetter, Position
from streams.collecting import collection_paused
from streams.following import placed, reach
from streams.live.forms import (
    cell_key,
    cell_value,
    part,
    read_cell_value,
    read_part,
    read_trail,
    state_key,
    trail_value,
)
from streams.told import Known, Lying, PartitionOf, Record, lying

Values = Mapping[bytes, bytes]
Read = Record | Lying  # as the log has it, or what it tells where somebody has read that already
GetMany = Callable[[Collection[bytes]], Values]  # those of the keys that there are


class Stored(NamedTuple):
    """How values stand at the position that a step begins at."""

    trails: GetMany
    cells: GetMany


class Writes(NamedTuple):
    """What a step makes of a batch; of values only those that changed. A cell that returned to nothing is None."""

    position: Position  # to go on from
    trails: Mapping[bytes, bytes]
    cells: Mapping[bytes, bytes | None]
    letters: Sequence[DeadLetter]


class Stepping:
    """What is the same for all steps of one log."""

    def __init__(self, calendar: Calendar, partition_of: PartitionOf) -> None:
        """`partition_of`: in which partition all events of a trail lie."""
        self._calendar = calendar
        self._partition_of = partition_of

    def step(self, position: Position, records: Sequence[Read], stored: Stored, reached: int = 0) -> Writes:
        """Take what was fetched of the partition of `position`; what lies before that is passed over.

        `reached`: where reading goes on, if that is behind the last record. FormError where what is stored cannot be
        read, ValueError for records of another partition; whatever else a record holds is an event or a dead letter.
        """
        partition, ends = position.log_partition, {position.log_partition: position}
        with collection_paused():
            places = placed(records, ends)
            read = [(place, self._told(one)) for place, one in zip(places, records, strict=True) if place]
            if len(ends) > 1:
                raise ValueError(f"a step takes records of one partition, and these are of {sorted(ends)}")
            reach(ends, {partition: reached})
            facts = [found[0] for _, found in read if not isinstance(found, str)]
            trails, moved = self._fold(facts, stored.trails)
            cells = _add(partition, moved, stored.cells, ends[partition].next_offset)
        letters = [DeadLetter(*place, found) for place, found in read if isinstance(found, str)]
        return Writes(ends[partition], trails, cells, letters)

    def _told(self, one: Read) -> Known | str:
        return (lying(one, self._partition_of) if isinstance(one, Record) else one)[-1]

    def _fold(self, facts: Iterable[Fact], get_many: GetMany) -> tuple[dict[bytes, bytes], dict[Cell, int]]:
        """The states that change, and by how much cells do."""
        told_of: defaultdict[bytes, list[Fact]] = defaultdict(list)
        for fact in facts:
            told_of[state_key(fact.trail, fact.entity, fact.kind)].append(fact)
        known = get_many(told_of.keys()) if told_of else {}
        changed: dict[bytes, bytes] = {}
        moved: dict[Cell, int] = {}
        for key, told_here in told_of.items():
            before = known.get(key)
            after, postings = go_on(before, told_here, self._calendar)
            if after is not None and after != before:
                changed[key] = after
            add_lines(moved, postings)
        return changed, moved


def go_on(value: bytes | None, facts: Sequence[Fact], calendar: Calendar) -> tuple[bytes | None, list[Posting]]:
    """Take events about what lies under one key: its bytes then (None: nothing was ever said), and what they moved."""
    parts = {} if value is None else read_trail(value)
    trail = Trail.of({name: read_part(name, found) for name, found in parts.items()}, calendar)
    moved = [posting for fact in facts for posting in trail.post(fact)]
    for name in {fact.entity for fact in facts}:
        if found := part(trail.state[name]):
            parts[name] = found
    return trail_value(parts) if parts else None, moved


def _add(partition: int, moved: Mapping[Cell, int], get_many: GetMany, next_offset: int) -> dict[bytes, bytes | None]:
    by_key = {cell_key(partition, cell): amount for cell, amount in moved.items() if amount}
    known = get_many(by_key.keys()) if by_key else {}
    return {
        key: cell_value(amount + (read_cell_value(known[key]).amount if key in known else 0), next_offset)
        for key, amount in by_key.items()
    }
