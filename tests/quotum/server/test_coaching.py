"""Somebody who is behind is asked first where it sticks, beside what they did by then in the period before."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from quotum.server.coaching import before, pace_of, so_far
from quotum.server.showing import Question
from quotum.server.wording import words_of
from quotum.targets import Wish, set_target
from schemas.periods import Period, parse_period
from streams.books import Books
from tests.small_books import HISTORY, called, make_books, say, won

NOW = 1_516_018_800_000_000  # Monday 15 January 2018, 13:20: the eleventh working day
JANUARY = Question(metric="revenue", period="2018-01")


def told(folder: Path, *, target: str, question: Question = JANUARY) -> dict[str, Any]:
    """What is said of Ann, who sold for 100 and has called more often before."""
    make_books(folder).close()
    with Books.open(folder / HISTORY, clock=lambda: NOW) as books:
        say(books, *won("1", "ann", "2018-01-02", "100"), called("a", "ann", "2018-01-15"))
        say(books, called("b", "ann", "2017-12-01"), called("c", "ann", "2017-12-15"), called("d", "ann", "2017-12-18"))
        set_target(books, Wish("revenue", "2018-01", target, "agreed", "ann", rep="ann"))
        (number,) = books.vault.labels("person")
        return dict(pace_of(books, words_of("en"), question, f"EUR/{number}"))


def test_who_is_behind_sees_every_step_beside_as_many_working_days_of_the_month_before(tmp_path: Path) -> None:
    found = told(tmp_path, target="1000")
    assert (found["status"], found["done"], found["target"]) == ("behind", "10%", "€1,000")
    assert (found["until"], found["earlier"], found["then"]) == ("Mon 15 Jan 2018", "December 2017", "Sun 17 Dec 2017")
    assert [(step["name"], step["now"], step["before"]) for step in found["steps"]] == [
        ("Calls", "1", "2"),
        ("Deals opened", "1", "0"),
        ("Deals won", "1", "0"),
    ]


def test_who_is_not_behind_is_asked_nothing(tmp_path: Path) -> None:
    found = told(tmp_path, target="110")
    assert found["status"] == "ahead"
    assert "steps" not in found


def test_a_figure_without_a_target_is_let_be(tmp_path: Path) -> None:
    assert told(tmp_path, target="1000", question=JANUARY.model_copy(update={"period": "2018"})) == {}


@pytest.mark.parametrize(
    ("period", "fiscal_start", "earlier"),
    [
        ("2018-01", 1, "2017-12"),
        ("2018-W01", 1, "2017-W52"),
        ("2018", 1, "2017"),
        ("FY2018-Q1", 4, "FY2017-Q4"),
        ("2018-01-01", 1, "2017-12-31"),
        ("2018-01-11..2018-01-20", 1, "2018-01-01..2018-01-10"),
    ],
)
def test_the_period_before_is_of_the_same_kind(period: str, fiscal_start: int, earlier: str) -> None:
    assert before(parse_period(period, fiscal_start), fiscal_start).text == earlier


def test_so_far_ends_before_one_working_day_more_would_be_gone() -> None:
    december = parse_period("2017-12")
    assert so_far(december, 1) == Period(date(2017, 12, 1), date(2017, 12, 3), "")
    assert so_far(december, 99).last == december.last
