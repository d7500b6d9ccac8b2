"""Cells that lie on a real broker are read as whole batches, and compared with what history has up to there."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from streams.books import BehindError
from streams.kafka import KafkaError, clients
from streams.kafka import live as under_test
from streams.kafka.cells import CellReading, Snapshot
from streams.kafka.live import LiveBooks
from streams.kafka.topics import Log
from streams.live.forms import Counted, cell_key, cell_value, counted_key, counted_value
from streams.live.gathering import Moved
from streams.replaying import stored_cells
from tests.kafka.cell_writer import CellWriter, tamper
from tests.kafka.selling import CALLS, entries, sell, won


@pytest.fixture
def books(log: Log, tmp_path: Path) -> Iterator[LiveBooks]:
    with LiveBooks.follow(tmp_path / "quotum.duckdb", log) as made:
        yield made


def counts(moved: Sequence[Moved]) -> dict[int, int]:
    """Up to where each partition counts that moved."""
    return {one.partition: one.counted.next_offset for one in moved}


def sums(found: Snapshot) -> dict[object, int]:
    """Over all partitions."""
    cells: dict[object, int] = {}
    for (_, cell), tagged in found.cells.items():
        cells[cell] = cells.get(cell, 0) + tagged.amount
    return cells


def test_a_topic_without_cells_is_read_at_once(log: Log) -> None:
    assert Snapshot.of(log) == Snapshot(dict.fromkeys(range(3), Counted(0, 0)), {})


def test_cells_of_all_partitions_add_up_to_what_history_has(books: LiveBooks, log: Log) -> None:
    sell(books, *range(20))
    positions = CellWriter(log).catch_up(at_once=7)
    found = Snapshot.of(log)
    assert {number: one.next_offset for number, one in found.counted.items()} == positions
    with books.history.read() as cursor:
        assert sums(found) == stored_cells(cursor)
    compared = books.compare()
    assert (compared.positions, compared.events, compared.differing) == (positions, 40, ())
    assert compared.cells == len(found.cells)


def test_cells_that_are_behind_are_compared_where_they_stand(books: LiveBooks, log: Log) -> None:
    sell(books, 1, 2, 3)
    writer = CellWriter(log)
    positions = writer.catch_up()
    sell(books, 4, 5, 6)
    assert (books.compare().positions, books.compare().events, books.compare().differing) == (positions, 6, ())
    writer.catch_up()
    assert (books.compare().events, books.compare().differing) == (12, ())


def test_cells_that_became_nothing_and_cells_counted_anew_agree_too(books: LiveBooks, log: Log) -> None:
    sell(books, 1, 2, 3)
    writer = CellWriter(log)
    writer.catch_up(at_once=2)
    again = [{**one, "id": f"again-{one['id']}", "time": "2026-03-04T10:00:00Z"} for one in won(1, "u-9")]
    books.catch_up(books.record(entries(books, again)))
    writer.catch_up()
    assert books.compare().differing == ()
    writer.begin_anew()
    writer.catch_up(at_once=3)
    assert books.compare().differing == ()


def test_what_a_transaction_has_not_committed_is_not_read(books: LiveBooks, log: Log) -> None:
    sell(books, 1, 2, 3)
    positions = CellWriter(log).catch_up()
    with clients.transactional_producer(log.broker, f"{log.names.cells}-open") as producer:
        producer.begin_transaction()
        producer.send(log.names.cells, key=cell_key(0, CALLS), value=cell_value(5, 1), partition=0).get()
        found = books.compare()
        assert (found.positions, found.differing) == (positions, ())
        producer.abort_transaction()
    assert books.compare().differing == ()


def test_a_cell_that_differs_is_named_with_what_both_say(books: LiveBooks, log: Log) -> None:
    sell(books, 1)
    CellWriter(log).catch_up()
    position = Snapshot.of(log).counted[0]
    tamper(log, 0, {cell_key(0, CALLS): cell_value(7, position.next_offset), counted_key(0): counted_value(position)})
    [one] = books.compare().differing
    assert (one.partition, one.difference.cell, one.difference.says) == (0, CALLS, {"live": 7, "history": 0})


def test_cells_beyond_the_end_of_the_log_are_of_another_log(books: LiveBooks, log: Log) -> None:
    tamper(log, 1, {counted_key(1): counted_value(Counted(10**6, 1))})
    with pytest.raises(KafkaError, match=r"counts more events than .* holds \(partition 1 up to 1000000 of 0\)"):
        books.compare()


def test_what_no_worker_writes_is_told(log: Log) -> None:
    tamper(log, 1, {cell_key(1, CALLS): cell_value(7, 1)})
    with pytest.raises(KafkaError, match="nothing says up to where the cells of partition 1 count"):
        Snapshot.of(log)


def test_a_history_that_is_behind_the_cells_is_waited_for_and_not_for_ever(
    books: LiveBooks, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    sell(books, 1, 2, 3)
    CellWriter(log).catch_up()
    monkeypatch.setattr(under_test, "PATIENCE_SECONDS", 0)
    monkeypatch.setattr(books, "_positions", {})
    with pytest.raises(BehindError, match="the recorder is behind"):
        books.compare()


def test_reading_goes_on_where_it_stands_whenever_it_begins_again(books: LiveBooks, log: Log) -> None:
    sell(books, 1)
    writer = CellWriter(log)
    writer.catch_up()
    with CellReading(log) as reading:
        reading.begin()
        first = reading.fetch()
        while not reading.is_settled:
            first += reading.fetch()
        reading.begin()
        assert reading.fetch() == []
        sell(books, 2)
        positions = {number: end for number, end in writer.catch_up().items() if end}
        second = reading.fetch()
        while {**counts(first), **counts(second)} != positions:
            second += reading.fetch()
    assert {tagged.next_offset for one in first for tagged in one.cells.values()} == set(counts(first).values())
    assert {tagged.next_offset for one in second for tagged in one.cells.values()} <= set(counts(second).values())
