"""Cells and history are held against each other where both stand, and every cell that differs is told."""

from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.postings import Cell
from streams.comparing import Compared, Differing, compare
from streams.following import ORGANISATION_PARTITION, Follower
from streams.history import History
from streams.live.forms import Tagged
from streams.replaying import Difference
from tests.histories import History as Events
from tests.streams.live.cell_topics import truth
from tests.streams.logs import Log, PartitionOf, by_hash, logs, record
from tests.streams.recording import AMSTERDAM, NOW, call, entries, in_memory

ONE = by_hash(1)
CALLS: Cell = (1, 17287, "calls", "owner", ("", "", "", "", "", None))


def calls(history: History, count: int) -> None:
    told = entries([(call(str(number)), 0) for number in range(count)])
    Follower(history, AMSTERDAM, ONE).take([record(one, 0, offset, NOW) for offset, one in enumerate(told)])


def tagged(amount: int) -> dict[tuple[int, Cell], Tagged]:
    return {(0, CALLS): Tagged(amount, 1)}


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(made=logs(max_size=20, ways=3), part=st.integers(0, 4), changed=st.data())
def test_at_any_position_history_is_what_the_events_up_to_there_count_for(
    made: tuple[Events, Log, PartitionOf], part: int, changed: st.DataObject
) -> None:
    _, log, partition_of = made
    records = [slot.record for slot in chain.from_iterable(log.partitions.values()) if slot.record]
    ends = {partition: end for partition, end in log.ends().items() if partition != ORGANISATION_PARTITION}
    positions = {partition: end * part // 4 for partition, end in ends.items()}
    cells = {place: Tagged(amount, 0) for place, amount in truth(log, positions, AMSTERDAM).items()}
    with in_memory() as history:
        Follower(history, AMSTERDAM, partition_of).take(records, log.ends())
        found = compare(history, positions, cells)
        assert (found.differing, found.cells) == ((), len(cells))
        if cells:
            place = changed.draw(st.sampled_from(sorted(cells, key=repr)))
            amount = cells[place].amount
            [differing] = compare(history, positions, {**cells, place: Tagged(amount + 1, 0)}).differing
            assert differing == Differing(place[0], Difference(place[1], {"live": amount + 1, "history": amount}))
            del cells[place]
            [missing] = compare(history, positions, cells).differing
            assert missing == Differing(place[0], Difference(place[1], {"live": 0, "history": amount}))


def test_what_lies_behind_the_position_is_left_out() -> None:
    with in_memory() as history:
        calls(history, 3)
        assert compare(history, {0: 2}, tagged(2_000_000)) == Compared({0: 2}, 1, 2, ())
        [one] = compare(history, {0: 3}, tagged(2_000_000)).differing
        assert one.difference.says == {"live": 2_000_000, "history": 3_000_000}


def test_the_same_cell_of_another_partition_is_another_cell() -> None:
    with in_memory() as history:
        calls(history, 1)
        found = compare(history, {0: 1, 1: 1}, {(1, CALLS): Tagged(1_000_000, 1)})
        assert [(one.partition, dict(one.difference.says)) for one in found.differing] == [
            (0, {"live": 0, "history": 1_000_000}),
            (1, {"live": 1_000_000, "history": 0}),
        ]


def test_an_amount_beyond_64_bits_is_told_as_it_is() -> None:
    with in_memory() as history:
        calls(history, 1)
        [one] = compare(history, {0: 1}, tagged(2**70)).differing
        assert one.difference.says["live"] == 2**70
