"""Cells answer as history does at the same position: for any history, any question, however the log was cut."""

from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.metrics import OWNER
from projections.organisation import Organisation, Span
from projections.postings import Cell
from streams.figures import Asked, Scanning, scanned
from streams.following import ORGANISATION_PARTITION, Follower
from streams.keeping import Keeping
from streams.keeping import Moved as Kept
from streams.live.figures import CellTable, Live
from streams.live.forms import Counted, Tagged
from streams.live.gathering import Gathering, Moved
from tests.histories import History as Events
from tests.streams.live.cell_topics import Records, batches
from tests.streams.logs import Log, PartitionOf, logs
from tests.streams.recording import AMSTERDAM, NOW, in_memory
from tests.streams.test_keeping import questions

DAY = 17287
CALLS: Cell = (1, DAY, "calls", "owner", ("", "", "", "", "", None))
ASKED = Asked("calls", [Span(OWNER, 0, 30_000)], "rep", Organisation())


def nobody(_: object) -> None:
    pass


def moved(partition: int, records: Records) -> Moved:
    gathering = Gathering(partition)
    for one in records:
        gathering.take(*one)
    found = gathering.moved()
    assert found is not None
    return found


def step(next_offset: int, amount: int, partition: int = 0) -> Moved:
    return Moved(partition, Counted(next_offset, NOW), {CALLS: Tagged(amount, next_offset)})


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(
    made=logs(max_size=20, ways=3),
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=3),
    asked=st.lists(questions(), min_size=1, max_size=4),
)
def test_after_every_batch_cells_answer_as_a_history_that_has_come_so_far(
    made: tuple[Events, Log, PartitionOf], sizes: list[int], asked: list[Asked]
) -> None:
    _, log, partition_of = made
    with CellTable(spare_rows=3) as table, in_memory() as history:
        follower, scan, kept = Follower(history, AMSTERDAM, partition_of), Scanning(table), Keeping(table)
        for question in asked:
            assert kept.amounts(question) == {}
        for partition, records in batches(log, partition_of, AMSTERDAM, sizes):
            table.take([moved(partition, records)], kept.recorded)
            position = table.counted()[partition].next_offset
            slots = log.partitions[partition][:position]
            follower.take([slot.record for slot in slots if slot.record], {partition: position})
            positions = {one: end for one, end in follower.positions().items() if one != ORGANISATION_PARTITION}
            assert {one: counted.next_offset for one, counted in table.counted().items()} | positions == positions
            for question in asked:
                with history.read() as cursor:
                    expected = scanned(cursor, question)
                assert (scan.amounts(question), kept.amounts(question)) == (expected, expected)


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(made=logs(max_size=20, ways=3), asked=questions(), since=st.integers(NOW, NOW + 10))
def test_what_changed_since_a_moment_is_what_history_says_of_it(
    made: tuple[Events, Log, PartitionOf], asked: Asked, since: int
) -> None:
    _, log, partition_of = made
    records = [slot.record for slot in chain.from_iterable(log.partitions.values()) if slot.record]
    with CellTable() as table, in_memory() as history:
        Follower(history, AMSTERDAM, partition_of).take(records, log.ends())
        for partition, told in batches(log, partition_of, AMSTERDAM, [100]):
            table.take([moved(partition, told)], nobody)
        live = Live(Scanning(table), Keeping(history), lambda _: True)
        assert live.amounts(asked, since) == Scanning(history).amounts(asked, since)
        assert live.amounts(asked, since) == Scanning(history).amounts(asked, since)  # kept from the first time


def test_a_change_is_not_guessed_while_not_all_is_known_that_was_known_before() -> None:
    with CellTable() as table, in_memory() as history:
        table.take([step(1, 5)], nobody)
        assert Live(Scanning(table), Keeping(history), lambda _: False).amounts(ASKED, NOW) == {}
        assert Live(Scanning(table), Keeping(history), lambda _: True).amounts(ASKED, NOW) == {("", 1, None): 5}


def test_a_cell_says_how_it_stands_and_not_by_how_much_it_moved() -> None:
    heard: list[Kept] = []
    with CellTable() as table:
        for found in (step(1, 5), step(2, 3), step(2, 3), step(1, 4, partition=1), step(3, 0)):
            table.take([found], heard.extend)
        told = [(amount, at - NOW) for at, postings in heard for _, _, amount in postings]
        assert told == [
            (5, 0),
            (-2, 0),
            (4, 0),
            (-3, 0),
        ]
        assert Scanning(table).amounts(ASKED) == {("", 1, None): 4}
        assert table.counted() == {0: Counted(3, NOW), 1: Counted(1, NOW)}


def test_an_amount_beyond_64_bits_is_kept_as_it_is() -> None:
    with CellTable() as table:
        table.take([step(1, 2**70)], nobody)
        table.take([step(2, 2**70 + 1)], nobody)
        assert Scanning(table).amounts(ASKED) == {("", 1, None): 2**70 + 1}


def test_rows_are_added_up_once_there_are_many_for_few_cells() -> None:
    with CellTable(spare_rows=10) as table, table.read() as cursor:
        for offset in range(1, 100):
            table.take([step(offset, offset)], nobody)
            assert cursor.execute("SELECT count(*) FROM postings").fetchall()[0][0] <= 13
        assert Scanning(table).amounts(ASKED) == {("", 1, None): 99}


def test_cells_that_were_read_anew_take_the_place_of_all_that_were_known_of_their_partition() -> None:
    other: Cell = (2, *CALLS[1:])
    with CellTable() as table:
        scan, kept = Scanning(table), Keeping(table)
        assert kept.amounts(ASKED) == {}
        both = {CALLS: Tagged(3, 4), other: Tagged(5, 4)}
        table.take([Moved(0, Counted(4, NOW), both), step(9, 7, partition=1)], kept.recorded)
        assert kept.amounts(ASKED) == scan.amounts(ASKED) == {("", 1, None): 10, ("", 2, None): 5}
        table.take([Moved(0, Counted(8, NOW), {CALLS: Tagged(2, 8)}, is_whole=True)], kept.recorded)
        assert kept.amounts(ASKED) == scan.amounts(ASKED) == {("", 1, None): 9}
        table.take([Moved(0, Counted(9, NOW), {})], kept.recorded)
        assert kept.amounts(ASKED) == scan.amounts(ASKED) == {("", 1, None): 9}
