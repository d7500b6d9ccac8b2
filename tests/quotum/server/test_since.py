"""The change since a stated moment: one that says something for the period, at which something was known."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from quotum.server import since
from quotum.server.showing import Question, shown
from quotum.server.wording import words_of
from schemas.moments import microseconds, parse_instant
from schemas.periods import parse_period
from streams.books import Books
from tests.small_books import HISTORY, called, make_books, say, won

MONDAY = "2018-01-15T13:20:00Z"  # 14:20 in Amsterdam


def at(folder: Path, moment: str) -> Books:
    """The books of a folder, on a clock that stands still at a moment."""
    return Books.open(folder / HISTORY, clock=lambda: microseconds(parse_instant(moment)))


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    """Begun with the year, now in the middle of January."""
    with make_books(tmp_path) as begun:
        say(begun, *won("old", "ann", "2018-01-02", "100"))
    with at(tmp_path, MONDAY) as found:
        yield found


def local(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+01:00")


@pytest.mark.parametrize(
    ("period", "moment"),
    [
        ("2018-01-15", "2018-01-15T13:00"),
        ("2018-01-14", "2018-01-15T00:00"),
        ("2018-W03", "2018-01-15T00:00"),
        ("2018-01", "2018-01-15T00:00"),
        ("2018-Q1", "2018-01-08T00:00"),
        ("2018", "2018-01-08T00:00"),
    ],
)
def test_the_moment_fits_the_length_of_the_period(books: Books, period: str, moment: str) -> None:
    assert since.moment_for(books, parse_period(period)) == local(moment)


def test_soon_after_midnight_a_day_is_told_from_its_beginning(tmp_path: Path, books: Books) -> None:
    books.close()
    with at(tmp_path, "2018-01-14T23:30:00Z") as early:
        assert since.moment_for(early, parse_period("2018-01-15")) == local("2018-01-15T00:00")


def test_while_nothing_was_known_at_a_moment_a_later_one_serves_or_none(tmp_path: Path) -> None:
    with make_books(tmp_path) as empty:  # it is one o'clock on 1 January there
        assert since.moment_for(empty, parse_period("2018-01")) is None
        assert since.until_one(empty) == 60 * 60
        say(empty, called("1", "ann", "2017-12-30"))
        assert since.moment_for(empty, parse_period("2018-01")) is None
        assert since.until_one(empty) == 5 * 60
    with at(tmp_path, "2018-01-01T00:07:00Z") as soon:
        assert since.moment_for(soon, parse_period("2018-01")) == local("2018-01-01T01:05")
        assert since.moment_for(soon, parse_period("2018-01-01")) == local("2018-01-01T01:05")
    with at(tmp_path, "2018-01-01T09:00:00Z") as later:
        assert since.moment_for(later, parse_period("2018")) == local("2018-01-01T09:00")


def test_a_moment_is_called_by_what_it_is_to_who_reads() -> None:
    now = local("2018-01-15T14:20")
    moments = [local(text) for text in ("2018-01-15T13:00", "2018-01-15T00:00", "2018-01-08T00:00")]
    assert [since.named(words_of("en"), one, now) for one in moments] == [
        "Since 13:00",
        "Since yesterday",
        "Since 8 Jan",
    ]
    assert since.named(words_of("nl"), moments[1], now) == "Sinds gisteren"
    assert [since.moves_hourly(one, now.date()) for one in moments] == [True, False, False]


def test_seconds_until_the_next_hour_are_those_of_the_workspace(books: Books) -> None:
    assert since.until_next_hour(books) == 40 * 60


def test_what_the_log_took_since_then_is_the_change_whatever_day_it_counts_on(books: Books) -> None:
    say(books, *won("new", "bob", "2018-01-15", "30"), ("deal.amended", {"id": "old", "product": "X"}))
    say(books, ("deal.reopened", {"id": "old"}), *won("none", None, "2018-01-03", "5.50"))
    question = Question(metric="revenue", period="2018-01", since=since.moment_for(books, parse_period("2018-01")))
    found = shown(books, question)
    assert found.more["since"] == "Since yesterday"
    assert {row["name"]: row["change"] for row in found.rows.values()} == {
        "ann": "-100.00",
        "bob": "+30.00",
        "Unassigned": "+5.50",
    }


def test_without_a_moment_no_change_is_told_and_a_median_has_none(books: Books) -> None:
    assert shown(books, Question(metric="revenue", period="2018-01")).more["since"] == ""
    median = Question(metric="cycle_days_median", period="2018-01", since=local("2018-01-01T00:00"))
    assert {row["change"] for row in shown(books, median).rows.values()} == {""}
