"""A history has one writer, whom no reader holds up, and takes a change whole or not at all."""

import threading
from pathlib import Path

import duckdb
import pytest

from streams.history import History, HistoryError, transaction
from tests.streams.notes import COUNT, NOTE, note

Connection = duckdb.DuckDBPyConnection


def test_changes_are_made_in_the_order_in_which_they_were_asked_for_and_one_at_a_time(history: History) -> None:
    ran: list[int] = []
    started = threading.Event()
    first = history.write(lambda _: started.wait(60))
    later = [history.write(lambda _, number=number: ran.append(number)) for number in range(20)]  # type: ignore[misc]  # mypy sees no default of a lambda
    assert not any(future.done() for future in later)
    started.set()
    assert first.result()
    assert all(future.result() is None for future in later)
    assert ran == list(range(20))


def test_the_outcome_of_a_change_comes_in_its_future_and_a_failed_one_stops_no_other(history: History) -> None:
    failed = history.write(lambda connection: connection.execute("INSERT INTO nowhere VALUES (1)"))
    counted = history.write(lambda connection: connection.execute(COUNT).fetchall())
    with pytest.raises(duckdb.CatalogException):
        failed.result()
    assert counted.result() == [(0,)]


def test_what_a_change_leaves_unfinished_ends_with_it(history: History) -> None:
    def careless(connection: Connection) -> None:
        connection.execute("BEGIN TRANSACTION")
        connection.execute(NOTE, [1])
        connection.execute("SELECT range FROM range(100000)").fetchone()

    history.write(careless).result()
    note(history, 2)
    assert history.rows("SELECT known_at FROM imports") == [(2,)]


def test_an_unfinished_result_holds_up_neither_the_writer_nor_other_readers(history: History) -> None:
    insert = "INSERT INTO imports (source, known_at) SELECT 'crm', range FROM range(300000)"
    history.write(lambda connection: connection.execute(insert)).result()
    with history.read() as slow, history.read() as streaming:
        assert slow.execute("SELECT known_at FROM imports").fetchone() == (0,)
        batches = streaming.sql("SELECT known_at FROM imports").to_arrow_reader(1_000)
        assert batches.read_next_batch().num_rows > 0
        note(history, 300_000)
        assert history.rows(COUNT) == [(300_001,)]
        assert len(slow.fetchall()) == 299_999  # as it was when the question was asked
        assert slow.execute(COUNT).fetchone() == (300_001,)


def test_closing_waits_for_what_is_being_written(path: Path) -> None:
    history = History.create(path)
    started = threading.Event()
    history.write(lambda _: started.wait(60))
    pending = [
        history.write(lambda connection, number=number: connection.execute(NOTE, [number]))  # type: ignore[misc]  # mypy sees no default of a lambda
        for number in range(20)
    ]
    closing = threading.Thread(target=history.close)
    closing.start()
    started.set()
    closing.join()
    assert all(future.done() and not future.exception() for future in pending)
    with History.open(path) as history:
        assert history.rows(COUNT) == [(20,)]


def test_what_is_closed_takes_no_more_writes_and_can_be_closed_again(history: History) -> None:
    history.close()
    with pytest.raises(HistoryError, match=r"was closed\. Open it again to write to it"):
        history.write(lambda connection: connection.execute(COUNT))


# Transactions


def test_a_transaction_is_all_or_nothing_and_the_next_one_can_begin(history: History) -> None:
    def half(connection: Connection) -> None:
        with transaction(connection):
            connection.execute(NOTE, [1])
            connection.execute("INSERT INTO nowhere VALUES (1)")

    def whole(connection: Connection) -> None:
        with transaction(connection):
            connection.execute(NOTE, [2])

    with pytest.raises(duckdb.CatalogException, match="nowhere"):
        history.write(half).result()
    history.write(whole).result()
    assert history.rows("SELECT known_at FROM imports") == [(2,)]


def test_a_transaction_that_was_ended_within_tells_of_its_own_failure(history: History) -> None:
    def ended(connection: Connection) -> None:
        with transaction(connection):
            connection.execute("ROLLBACK")
            raise RuntimeError("why")

    with pytest.raises(RuntimeError, match="why"):
        history.write(ended).result()
    note(history, 1)
