"""Cells of a partition as somebody else reads them from their topic: whole batches, never a part of one.

Rules
1. A change is shown only where reading has come to the end of what was committed, and the end of a batch is all that
   this can be. In the middle a part of a batch may be missing; so may, of a topic that is compacted meanwhile, a cell
   whose next value lies further on, while what tells up to where it counts is still there.
2. What was read tells up to where it counts, by the record that comes with each batch; cells without it are a fault.
3. No cell counts an event beyond that, and all of them are of the partition that they lie in.
"""

from collections.abc import Mapping
from typing import NamedTuple

from projections.postings import Cell
from streams.live.forms import (
    Counted,
    FormError,
    Tagged,
    is_counted_key,
    read_cell_key,
    read_cell_value,
    read_counted_key,
    read_counted_value,
)

NOWHERE = Counted(0, 0)
NOTHING = Tagged(0, 0)


class Moved(NamedTuple):
    """How cells of a partition stand, those that changed, and up to where all of its cells count."""

    partition: int
    counted: Counted
    cells: Mapping[Cell, Tagged]  # an amount of 0: nothing any more
    is_whole: bool = False  # whether those that are not named are nothing any more, too


class Gathering:
    """What was read of a partition and is not shown yet."""

    def __init__(self, partition: int, *, is_anew: bool = False) -> None:
        """Read from the beginning. `is_anew`: what is known of its cells may be no more, and nothing tells so."""
        self._partition = partition
        self._is_whole = is_anew
        self._cells: dict[bytes, bytes | None] = {}
        self._counted: bytes | None = None

    def take(self, key: bytes | None, value: bytes | None) -> None:
        """The next record; what an earlier one with its key said is of no interest any more."""
        if key and is_counted_key(key):
            self._expect_own(read_counted_key(key))
            self._counted = value
        else:
            self._cells[key or b""] = value

    def moved(self) -> Moved | None:
        """What was read since the last time, nothing if that is nothing. Only at the end of what was committed.

        FormError for what no worker of this log writes.
        """
        if self._counted is None:
            if self._cells:
                raise FormError(f"nothing says up to where the cells of partition {self._partition} count")
            return None
        counted = read_counted_value(self._counted)
        cells = dict(self._cell(*one, counted) for one in self._cells.items())
        found = Moved(self._partition, counted, cells, self._is_whole)
        self._cells, self._counted, self._is_whole = {}, None, False
        return found

    def _cell(self, key: bytes, value: bytes | None, counted: Counted) -> tuple[Cell, Tagged]:
        partition, cell = read_cell_key(key)
        self._expect_own(partition)
        if value is None:
            return cell, NOTHING
        tagged = read_cell_value(value)
        if tagged.next_offset > counted.next_offset:
            raise FormError(
                f"a cell of partition {partition} counts events up to {tagged.next_offset}, and all are said to count "
                f"them up to {counted.next_offset}"
            )
        return cell, tagged

    def _expect_own(self, partition: int) -> None:
        if partition != self._partition:
            raise FormError(f"a cell of partition {partition} lies in partition {self._partition}")
