"""Whether a target is reached follows from what is done by today and what was to be reached today."""

from datetime import date
from pathlib import Path

import pytest

from projections.targets import Target
from quotum.boards import board
from quotum.reaching import is_fresh, reached
from quotum.targets import Wish, set_target
from schemas.moments import microseconds, parse_instant
from streams.books import Books
from tests.small_books import Told, in_teams, make_books, say, won


def aim(id_: str, value: str, period: str = "2017-06", **whose: str) -> Told:
    amount = {"amount": {"value": value, "currency": "EUR"}}
    told = {"id": id_, "metric": "revenue", "period": period, "author": "kim", "reason": "so"}
    return ("target.agreed", {**told, **amount, **whose})


def test_each_scope_has_its_own_and_all_of_it_must_be_done(tmp_path: Path) -> None:
    with make_books(tmp_path) as books:
        say(books, *in_teams(("ann", "1", "2017-01-01"), ("bob", "2", "2017-01-01")))
        say(books, *won("1", "ann", "2017-06-01", "10.00"), *won("2", "bob", "2017-06-02", "4.99"))
        say(books, aim("a", "10.00", rep="ann"), aim("b", "5.00", rep="bob"), aim("t", "10.01", team="1"))
        say(books, aim("all", "14.99"), aim("none", "0", "2017-05"))
        assert reached(books) == {"a": True, "b": False, "t": False, "all": True}
        say(books, ("deal.deleted", {"id": "1"}))
        assert reached(books) == {"a": False, "b": False, "t": False, "all": False}


def test_a_target_that_has_not_begun_is_not_asked_for_nor_what_is_won_after_today(tmp_path: Path) -> None:
    with make_books(tmp_path) as books:
        books.clock = lambda: microseconds(parse_instant("2017-06-02T12:00:00Z"))
        say(books, *won("1", "ann", "2017-06-01", "6.00"), *won("2", "ann", "2017-06-03", "6.00"))
        say(books, aim("a", "10.00", rep="ann"), aim("later", "1.00", "2017-07", rep="ann"))
        assert reached(books) == {"a": False}
        books.clock = lambda: microseconds(parse_instant("2017-06-03T12:00:00Z"))
        assert reached(books) == {"a": True}


def test_another_value_holds_from_its_day_on(tmp_path: Path) -> None:
    with make_books(tmp_path) as books:
        books.clock = lambda: microseconds(parse_instant("2017-06-10T12:00:00Z"))
        say(books, *won("1", "ann", "2017-06-01", "6.00"), aim("a", "6.00", rep="ann"))
        assert reached(books) == {"a": True}
        set_target(books, Wish("revenue", "2017-06", "7", "more", "kim", rep="ann"))
        assert reached(books) == {"a": False}


def test_what_it_says_is_what_a_board_says(tmp_path: Path) -> None:
    with make_books(tmp_path) as books:
        say(books, *won("1", "ann", "2017-06-01", "6.00"), *won("2", "bob", "2017-06-01", "5.00"))
        say(books, aim("a", "6.00", rep="ann"), aim("b", "6.00", rep="bob"))
        rows = board(books, "revenue", "2017-06", rank_by="value").rows
        assert [(row.attainment or 0) >= 1 for row in rows] == list(reached(books).values())


@pytest.mark.parametrize(("day", "fresh"), [("2017-06-15", True), ("2017-07-07", True), ("2017-07-08", False)])
def test_a_target_is_of_interest_until_its_period_is_over_for_long(tmp_path: Path, day: str, *, fresh: bool) -> None:
    with make_books(tmp_path) as books:
        say(books, aim("a", "6.00"))
        assert is_fresh(the_only(books), date.fromisoformat(day)) is fresh
        books.clock = lambda: microseconds(parse_instant(f"{day}T12:00:00Z"))
        assert bool(reached(books, fresh_only=True) == {"a": False}) is fresh
        assert reached(books) == {"a": False}


def the_only(books: Books) -> Target:
    [found] = books.targets()
    return found
