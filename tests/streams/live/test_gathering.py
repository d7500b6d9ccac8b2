"""Whoever reads cells has whole batches only, whatever else happens to the topic meanwhile."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.postings import Cell
from streams.live.forms import Counted, FormError, Tagged, cell_key, cell_value, counted_key, counted_value
from streams.live.gathering import Gathering, Moved
from tests.histories import History as Events
from tests.streams.live.cell_topics import Records, Topic, batches, truth
from tests.streams.logs import Log, PartitionOf, logs
from tests.streams.recording import AMSTERDAM

A: Cell = (1, 17287, "calls", "owner", ("", "", "", "", "", None))
B: Cell = (2, *A[1:])


def batch(next_offset: int, **amounts: int) -> Records:
    cells = {"a": A, "b": B}
    told: Records = [(cell_key(0, cells[name]), cell_value(amount, next_offset)) for name, amount in amounts.items()]
    return [*told, (counted_key(0), counted_value(Counted(next_offset, next_offset)))]


def gathered(records: Records, partition: int = 0) -> Gathering:
    found = Gathering(partition)
    for one in records:
        found.take(*one)
    return found


class Reader:
    """Somebody who reads a topic bit by bit, and shows what a gathering lets them."""

    def __init__(self, partition: int) -> None:
        self.gathering = Gathering(partition)
        self.reached = 0
        self.counted = Counted(0, 0)
        self.cells: dict[Cell, Tagged] = {}

    def read(self, topic: Topic, count: int) -> None:
        found, self.reached = topic.read(self.reached, count)
        for one in found:
            self.gathering.take(one.key, one.value)
        if self.reached >= topic.end and (moved := self.gathering.moved()):
            self.counted = moved.counted
            self.cells |= moved.cells
            self.cells = {cell: tagged for cell, tagged in self.cells.items() if tagged.amount}


# What may happen next: a batch is committed, some records are read, the topic is compacted up to some part of it.
happenings = st.one_of(
    st.just(("commit", 0)),
    st.tuples(st.just("read"), st.integers(1, 6)),
    st.tuples(st.just("compact"), st.integers(1, 4)),
)


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(
    made=logs(max_size=20, ways=3),
    sizes=st.lists(st.integers(1, 5), min_size=1, max_size=8),
    script=st.lists(happenings, max_size=40),
)
def test_whatever_is_shown_is_what_the_events_up_to_its_position_count_for(
    made: tuple[Events, Log, PartitionOf], sizes: list[int], script: list[tuple[str, int]]
) -> None:
    _, log, partition_of = made
    pending: dict[int, list[Records]] = {}
    for partition, records in batches(log, partition_of, AMSTERDAM, sizes):
        pending.setdefault(partition, []).append(records)
    for partition, waiting in pending.items():
        topic, reader = Topic(), Reader(partition)
        for what, count in [*script, *[("commit", 0)] * len(waiting), ("read", 10**6)]:
            if what == "commit" and waiting:
                topic.commit(waiting.pop(0))
            elif what == "compact":
                topic.compact(topic.end * count // 4)
            elif what == "read":
                reader.read(topic, count)
                shown = {(partition, cell): tagged.amount for cell, tagged in reader.cells.items()}
                assert shown == truth(log, {partition: reader.counted.next_offset}, AMSTERDAM)
        assert reader.counted.next_offset == len(log.partitions[partition])


def test_a_batch_is_shown_with_up_to_where_it_counts_and_once() -> None:
    found = gathered([*batch(3, a=1_000_000), *batch(5, b=2_000_000)])
    assert found.moved() == Moved(0, Counted(5, 5), {A: Tagged(1_000_000, 3), B: Tagged(2_000_000, 5)})
    assert found.moved() is None


def test_a_cell_that_is_nothing_any_more_is_told_as_nothing() -> None:
    found = gathered(batch(3, a=0)).moved()
    assert found is not None
    assert found.cells == {A: Tagged(0, 0)}


def test_a_batch_that_moves_no_cell_moves_the_position() -> None:
    assert gathered(batch(7)).moved() == Moved(0, Counted(7, 7), {})


def test_of_nothing_nothing_is_shown() -> None:
    assert Gathering(0).moved() is None


@pytest.mark.parametrize(
    ("records", "why"),
    [
        (batch(3, a=1)[:1], "nothing says up to where the cells of partition 1 count"),
        (batch(3, a=1), "a cell of partition 0 lies in partition 1"),
        ([(counted_key(1), counted_value(Counted(2, 2))), (cell_key(1, A), cell_value(1, 3))], "counts events up to 3"),
        ([(counted_key(1), b"\x09")], "a newer Quotum wrote this"),
        ([(b"", b""), (counted_key(1), counted_value(Counted(2, 2)))], "no state and no cell"),
    ],
)
def test_what_no_worker_writes_is_refused(records: Records, why: str) -> None:
    with pytest.raises(FormError, match=why):
        gathered(records, 1).moved()
