"""The demo keeps its own books, fills them once, goes on from its log, and never mixes with what is real."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event as Signal
from typing import Any

import pytest

from quotum import boards
from quotum.demo import running, selling
from quotum.demo.running import ZONE, DemoError, Sales, catch_up, go_on, sell
from schemas.facts import FEED, PERSON
from schemas.moments import microseconds
from schemas.received import read_event
from streams.appending import Entry
from streams.books import Books, Outcome, UnavailableError
from streams.door import DEMO_SOURCE
from tests.schemas.making import won

NOW = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
LOG = """
SELECT id, type, entity, regexp_replace(data, '"reason":"[0-9a-f]+"', ''), layer, asserted_at FROM events
ORDER BY log_offset
"""  # without references to texts, which are salted


def clock() -> int:
    return microseconds(NOW)


@pytest.fixture(autouse=True)
def few_days(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selling, "PAST_DAYS", 5)


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    with Books.create(tmp_path / "demo.duckdb", zone=ZONE, currency="EUR", demo=True, clock=clock) as made:
        yield made


@pytest.fixture
def real(tmp_path: Path) -> Iterator[Books]:
    with Books.create(tmp_path / "real.duckdb", zone=ZONE, currency="EUR", clock=clock) as made:
        yield made


def live(books: Books, sales: Sales, count: int) -> None:
    """Sell so many moves, at once."""
    stopped = Signal()
    left = iter(range(count - 1))

    def one_recorded() -> None:
        if next(left, None) is None:
            stopped.set()

    books.on_recorded(one_recorded)
    sell(books, sales, 1_000_000, stopped)


def log(books: Books) -> list[tuple[Any, ...]]:
    return books.history.rows(LOG)


def test_the_first_start_writes_a_past_with_targets_and_a_full_board(books: Books) -> None:
    catch_up(books, go_on(books, None))
    board = boards.board(books, "revenue", "2026-11")
    assert len(board.rows) == 14
    assert sum(row.value > 0 for row in board.rows if row.value is not None) > 2
    assert {target.period.first.month for target in books.targets()} == {11}
    assert len(books.targets()) == 28


def test_a_second_start_adds_nothing(books: Books) -> None:
    catch_up(books, go_on(books, None))
    before = log(books)
    catch_up(books, go_on(books, None))
    assert log(books) == before


def test_the_same_seed_and_clock_sell_the_same(tmp_path: Path) -> None:
    def sold(name: str, starts: Callable[[Books], None]) -> list[tuple[Any, ...]]:
        with Books.create(tmp_path / name, zone=ZONE, currency="EUR", demo=True, clock=clock) as made:
            starts(made)
            return log(made)

    def at_once(made: Books) -> None:
        sales = go_on(made, 5)
        catch_up(made, sales)
        live(made, sales, 20)

    def with_a_stop_on_the_way(made: Books) -> None:
        sales = go_on(made, 5)
        catch_up(made, sales)
        live(made, sales, 7)
        live(made, go_on(made, None), 13)

    assert sold("a.duckdb", at_once) == sold("b.duckdb", with_a_stop_on_the_way)


def test_a_past_that_was_broken_off_is_written_to_its_end(
    books: Books, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Books.create(tmp_path / "whole.duckdb", zone=ZONE, currency="EUR", demo=True, clock=clock) as whole:
        catch_up(whole, go_on(whole, None))
        wanted = log(whole)
    monkeypatch.setattr(running, "AT_ONCE", 50)
    taken, record = 0, books.record

    def record_and_break_off(entries: Sequence[Entry]) -> list[Outcome]:
        nonlocal taken
        taken += 1
        if taken == 5:
            raise KeyboardInterrupt
        return record(entries)

    monkeypatch.setattr(books, "record", record_and_break_off)
    with pytest.raises(KeyboardInterrupt):
        catch_up(books, go_on(books, None))
    catch_up(books, go_on(books, None))
    assert log(books) == wanted


def test_what_a_log_took_only_a_part_of_is_sold_again_from_the_first_that_is_missing(books: Books) -> None:
    sales = go_on(books, 1)
    catch_up(books, sales)
    other, first = go_on(books, None), sales.floor.moves
    for number in range(first, first + 4):
        move = other.move(NOW)
        if number != first + 2:
            running._record(books, 1, [move])  # noqa: SLF001 (one by one, as partitions take them)
    again = go_on(books, None)
    assert again.floor.moves == sales.floor.moves + 2
    live(books, again, 3)  # and the one that was there already
    assert go_on(books, None).floor.moves == sales.floor.moves + 6


def test_of_a_team_that_was_written_in_part_the_rest_is_written(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    record = books.record
    with monkeypatch.context() as patched:
        patched.setattr(books, "record", lambda entries: record(entries[:5]))
        catch_up(books, go_on(books, None))
    catch_up(books, go_on(books, None))
    assert (len(books.organisation().regions), len(books.targets())) == (3, 28)
    assert len(boards.board(books, "revenue", "2026-11").rows) == 14


def test_what_the_log_does_not_take_now_is_said_again_until_it_does(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(UnavailableError, "retry_after", 0)
    record, tries = books.record, iter([UnavailableError("away"), UnavailableError("away")])

    def record_at_last(entries: Sequence[Entry]) -> list[Outcome]:
        if away := next(tries, None):
            raise away
        return record(entries)

    monkeypatch.setattr(books, "record", record_at_last)
    live(books, go_on(books, 1), 3)
    assert go_on(books, None).floor.moves == 3


def test_a_person_corrects_above_what_was_sold(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selling, "CORRECTED", 0.9)
    catch_up(books, go_on(books, 1))
    assert {layer for *_, layer, _ in log(books)} == {FEED, PERSON}


def test_targets_of_a_new_month_are_agreed_at_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "demo.duckdb"
    with Books.create(path, zone=ZONE, currency="EUR", demo=True, clock=clock) as books:
        catch_up(books, go_on(books, None))
    with Books.open(path, clock=lambda: microseconds(NOW + timedelta(days=20))) as books:
        catch_up(books, go_on(books, None))
        assert {target.period.first.month for target in books.targets()} == {11, 12}


def test_targets_of_a_new_month_are_agreed_as_it_begins_while_it_sells(tmp_path: Path) -> None:
    now = NOW
    path = tmp_path / "demo.duckdb"
    with Books.create(path, zone=ZONE, currency="EUR", demo=True, clock=lambda: microseconds(now)) as books:
        sales = go_on(books, None)
        catch_up(books, sales)
        live(books, sales, 1)
        assert {target.period.first.month for target in books.targets()} == {11}
        stopped = Signal()

        def one_sold() -> None:
            nonlocal now
            if now == NOW:
                now = NOW + timedelta(days=8)
            elif books.targets() and sales.floor.moves % 7 == 0:
                stopped.set()

        books.on_recorded(one_sold)
        sell(books, sales, 1_000_000, stopped)
        assert Counter(target.period.first.month for target in books.targets()) == {11: 28, 12: 28}


def test_another_seed_does_not_go_on_in_the_same_books(books: Books) -> None:
    catch_up(books, go_on(books, 3))
    with pytest.raises(DemoError, match="seed 3"):
        go_on(books, 4)


def test_the_demo_refuses_real_books(real: Books) -> None:
    with pytest.raises(DemoError, match="holds real books"):
        go_on(real, None)


def test_a_feed_is_refused_by_the_books_of_a_demo(books: Books) -> None:
    [outcome] = books.take([read_event(won())])
    assert outcome.fate == "refused"
    assert "the books of a demo" in outcome.reason


def test_what_a_demo_sold_is_refused_by_real_books(real: Books) -> None:
    [outcome] = books_take(real, DEMO_SOURCE)
    assert outcome == "refused"


def books_take(books: Books, source: str) -> list[str]:
    return [outcome.fate for outcome in books.take([read_event(won(source=source))])]


def test_a_person_may_try_a_correction_on_the_demo(books: Books) -> None:
    [outcome] = books.take([read_event(won(source="quotum:person"))], PERSON)
    assert outcome.fate == "taken"
