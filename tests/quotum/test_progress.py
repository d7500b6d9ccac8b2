"""Progress stands on a day: what was done by then against what was to be reached then, for whoever it is asked of."""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quotum.boards import board
from quotum.progress import ProgressRow, figure_text, longer_periods, percent, progress, wholes
from quotum.questions import QuestionError
from quotum.targets import Wish, set_target
from quotum.values import value_text
from streams.books import Books
from tests.small_books import called, in_teams, make_books, say, won

MAY = "2017-05-01..2017-05-28"  # four weeks of five working days
Line = tuple[str, str, str, str, str]


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    with make_books(tmp_path) as it:
        teams = ("Ann", "north", "2017-01-01"), ("Bob", "north", "2017-01-01"), ("Cas", "south", "2017-01-01")
        say(it, *in_teams(*teams))
        yield it


def aim(books: Books, metric: str, value: str, period: str = MAY, **other: Any) -> None:  # noqa: ANN401 (any of a wish)
    set_target(books, Wish(metric, period, value, "agreed", "Cas", **other))


def lines(rows: list[ProgressRow]) -> list[Line]:
    return [
        (
            row.who,
            row.metric.name,
            value_text(row.metric, row.done, row.currency),
            value_text(row.metric, row.target, row.currency),
            "" if row.attainment is None else percent(row.attainment),
        )
        for row in rows
    ]


# Worked figures


def sold(books: Books, id_: str, rep: str, day: str, units: str, amount: str = "0.00") -> None:
    money = {"value": amount, "currency": "EUR"}
    say(books, ("deal.opened", {"id": id_, "rep": rep, "day": day}))
    say(books, ("deal.won", {"id": id_, "rep": rep, "day": day, "units": units, "amount": money}))


def test_eighteen_of_fifteen_phones_in_two_months_are_120_percent(books: Books) -> None:
    months = "2017-05-01..2017-06-30"
    aim(books, "units", "15", months, rep="Ann")
    sold(books, "1", "Ann", "2017-05-10", "11")
    sold(books, "2", "Ann", "2017-06-30", "7")
    [row] = progress(books, months, "Ann", "units")
    assert lines([row]) == [("Ann", "units", "18", "15", "120")]
    assert (row.attainment, row.pace.standing) == (Fraction(6, 5), "ahead")


def test_three_of_four_activities_are_reached_and_the_fourth_is_half_done(books: Books) -> None:
    done = {"calls": ("call.logged", 125, 125), "emails": ("email.sent", 200, 200)}
    done |= {"demos": ("demo.given", 10, 20), "meetings": ("meeting.held", 5, 5)}
    for metric, (kind, count, wanted) in done.items():
        say(books, *[(kind, {"id": str(number), "rep": "Bob", "day": "2017-05-05"}) for number in range(count)])
        aim(books, metric, str(wanted), rep="Bob")
    assert {line[1]: line[4] for line in lines(progress(books, MAY, "Bob"))} == {
        "calls": "100",
        "emails": "100",
        "demos": "50",
        "meetings": "100",
    }
    [whole] = wholes(progress(books, MAY, "Bob"))
    assert (whole.who, whole.reached, whole.targets) == ("Bob", 3, 4)
    assert wholes(progress(books, MAY, "Bob", "calls")) == []


def test_a_combination_shows_each_of_its_parts(books: Books) -> None:
    aim(books, "units", "5", rep="Ann")
    aim(books, "revenue", "10000", rep="Ann")
    for number in range(5):
        sold(books, str(number), "Ann", "2017-05-05", "1", "2000.00")
    assert [line for line in lines(progress(books, MAY, "Ann")) if line[3]] == [
        ("Ann", "revenue", "10000.00", "10000.00", "100"),
        ("Ann", "units", "5", "5", "100"),
    ]


@pytest.mark.parametrize(
    ("amounts", "target", "shown"),
    [
        (["19500.00"], "19500", "100"),  # Abigael: 15,000 and 30 %
        (["19499.99"], "19500", "99.9"),
        (["15000.00", "5250.00"], "15000", "135"),
        (["120.00", "-200.00"], "1000", "-8"),
        ([], "1000", "0"),
    ],
)
def test_attainment_shows_as_it_is(books: Books, amounts: list[str], target: str, shown: str) -> None:
    aim(books, "revenue", target, rep="Ann")
    for number, amount in enumerate(amounts):
        say(books, *won(str(number), "Ann", "2017-05-08", amount))
    assert [line[4] for line in lines(progress(books, MAY, "Ann", "revenue"))] == [shown]


# Days


def test_progress_counts_what_happened_up_to_the_day(books: Books) -> None:
    aim(books, "revenue", "1000", rep="Ann")
    say(
        books,
        *won("1", "Ann", "2017-05-05", "100"),
        *won("2", "Ann", "2017-05-08", "200"),
        *won("3", "Ann", "2017-05-30", "9"),
    )
    done = {day: progress(books, MAY, on=date(2017, 5, day))[0].done for day in (1, 4, 5, 7, 8, 28, 31)}
    assert done == {1: 0, 4: 0, 5: 10000, 7: 10000, 8: 30000, 28: 30000, 31: 30000}
    assert progress(books, MAY, on=date(2017, 4, 1))[0].done == 0
    assert progress(books, MAY)[0].on == date(2018, 1, 1)  # today, by the clock of these books


def test_progress_on_a_past_day_is_held_against_the_target_that_was_valid_then(books: Books) -> None:
    aim(books, "revenue", "1000", rep="Ann")
    aim(books, "revenue", "2000", rep="Ann", day=date(2017, 5, 15))
    say(books, *won("1", "Ann", "2017-05-05", "500"))
    found = [progress(books, MAY, on=date(2017, 5, day))[0] for day in (12, 15)]
    assert [(row.target, row.attainment) for row in found] == [(100_000, Fraction(1, 2)), (200_000, Fraction(1, 4))]
    assert progress(books, MAY)[0].target == 200_000


def test_pace_is_that_of_the_day_in_working_days(books: Books) -> None:
    aim(books, "calls", "40", rep="Ann")
    say(books, *[called(str(number), "Ann", "2017-05-04") for number in range(24)])
    [row] = progress(books, MAY, on=date(2017, 5, 19))
    assert (row.pace.days, row.pace.gone, row.pace.left, row.pace.standing) == (20, 15, 5, "behind")
    shown = [figure_text(row, figure) for figure in (row.pace.expected, row.pace.needed_a_day, row.pace.projected)]
    assert shown == ["30", "3.2", "32"]


# Whose


def test_a_team_has_its_own_target_against_the_sum_of_its_members_of_the_day(books: Books) -> None:
    aim(books, "revenue", "1000", team="Team north")
    aim(books, "revenue", "700", rep="Ann")
    say(
        books,
        *won("1", "Ann", "2017-05-05", "100"),
        *won("2", "Bob", "2017-05-05", "200"),
        *won("3", "Cas", "2017-05-05", "400"),
    )
    say(books, ("rep.moved_team", {"rep": "Bob", "team": "south", "day": "2017-05-08"}))
    say(books, *won("4", "Bob", "2017-05-09", "50"), *won("5", "Ann", "2017-05-09", "5"))
    assert lines(progress(books, MAY)) == [
        ("Team north", "revenue", "305.00", "1000.00", "30.5"),
        ("Ann", "revenue", "105.00", "700.00", "15"),
    ]
    assert lines(progress(books, MAY, "Team south", "revenue")) == [("Team south", "revenue", "450.00", "", "")]


def test_the_company_counts_everything_what_is_unassigned_too(books: Books) -> None:
    aim(books, "revenue", "1000")
    say(books, *won("1", "Ann", "2017-05-05", "100"), *won("2", None, "2017-05-05", "200"))
    assert lines(progress(books, MAY)) == [("company", "revenue", "300.00", "1000.00", "30")]


def test_the_company_comes_first_then_teams_then_reps_each_by_name(books: Books) -> None:
    for who in ({"rep": "Bob"}, {"team": "Team south"}, {}, {"rep": "Ann"}, {"team": "Team north"}):
        aim(books, "calls", "1", **who)
    assert [row.who for row in progress(books, MAY)] == ["company", "Team north", "Team south", "Ann", "Bob"]


def test_without_a_target_somebody_sees_what_was_done_and_no_percentage(books: Books) -> None:
    say(books, *won("1", "Ann", "2017-05-05", "100"), called("1", "Bob", "2017-05-05"))
    found = progress(books, MAY, "Ann")
    assert lines(found) == [
        ("Ann", "deals_opened", "1", "", ""),
        ("Ann", "deals_won", "1", "", ""),
        ("Ann", "revenue", "100.00", "", ""),
    ]
    assert {(row.attainment, row.pace.standing) for row in found} == {(None, None)}
    assert lines(progress(books, MAY, "Bob", "revenue")) == [("Bob", "revenue", "0.00", "", "")]
    assert progress(books, MAY) == progress(books, MAY, metric="calls") == []


def test_a_target_of_nothing_is_none(books: Books) -> None:
    aim(books, "revenue", "1000", rep="Ann")
    aim(books, "revenue", "0", rep="Ann", day=date(2017, 5, 15))
    assert [progress(books, MAY, on=date(2017, 5, day))[0].target for day in (14, 15)] == [100_000, None]


def test_what_is_in_another_currency_stands_apart(books: Books) -> None:
    aim(books, "revenue", "1000", rep="Ann")
    say(books, *won("1", "Ann", "2017-05-05", "100"), *won("2", "Ann", "2017-05-05", "200", "USD"))
    found = progress(books, MAY)
    assert [(row.currency, row.done, row.target) for row in found] == [("EUR", 10_000, 100_000), ("USD", 20_000, None)]


def test_a_target_of_other_days_is_another_target(books: Books) -> None:
    aim(books, "revenue", "1000", "2017-05", rep="Ann")
    assert progress(books, MAY) == []
    assert len(progress(books, "2017-05-01..2017-05-31")) == 1


def test_the_rule_of_credit_that_is_in_force_decides_whose_it_is(books: Books) -> None:
    aim(books, "deals_won", "2", rep="Ann")
    say(books, ("credit_rule.set", {"rule": "closer", "day": "2017-05-10"}))
    for id_, day in (("1", "2017-05-05"), ("2", "2017-05-12")):
        say(
            books,
            ("deal.opened", {"id": id_, "rep": "Ann", "day": day}),
            ("deal.won", {"id": id_, "rep": "Bob", "day": day}),
        )
    assert [row.done for row in progress(books, MAY)] == [1_000_000]


@pytest.mark.parametrize(
    ("question", "why"),
    [
        ({"metric": "cycle_days_median"}, "is a duration, and there are no targets for them"),
        ({"metric": "revenu"}, "did you mean revenue"),
        ({"who": "Anne"}, "there is no person or team 'Anne'; did you mean Ann?"),
        ({"period": "may"}, "not a period: 'may'"),
    ],
)
def test_what_cannot_be_answered_is_asked_back(books: Books, question: dict[str, Any], why: str) -> None:
    with pytest.raises(QuestionError) as error:
        progress(books, **{"period": MAY, **question})
    assert why in str(error.value)


def test_what_is_done_is_what_the_board_says(books: Books) -> None:
    for who in ("Ann", "Bob", "Cas"):
        aim(books, "revenue", "1000", rep=who)
    say(
        books,
        *won("1", "Ann", "2017-05-05", "100"),
        *won("2", "Bob", "2017-05-06", "0.01"),
        *won("3", "Cas", "2017-05-05", "-4"),
    )
    on_board = {
        row.who: (row.value, row.target, row.attainment) for row in board(books, "revenue", MAY, rank_by="value").rows
    }
    assert {row.who: (row.done, row.target, row.attainment) for row in progress(books, MAY)} == on_board


# Percentages


@pytest.mark.parametrize(
    ("part", "shown"),
    [
        (Fraction(27, 20), "135"),
        (Fraction(-8, 100), "-8"),
        (Fraction(2, 3), "66.7"),
        (Fraction(-2, 3), "-66.7"),
        (Fraction(1045, 1000), "104.5"),
        (Fraction(99_999, 100_000), "99.9"),
        (Fraction(1), "100"),
        (Fraction(100_001, 100_000), "100"),
        (Fraction(1, 10_000), "0"),
        (Fraction(-1, 10_000), "0"),
        (Fraction(12_345), "1234500"),
    ],
)
def test_a_percentage_is_shown_to_the_tenth(part: Fraction, shown: str) -> None:
    assert percent(part) == shown


@given(st.fractions(-100, 100))
def test_a_percentage_is_never_off_by_a_tenth_and_says_100_only_when_it_is_reached(part: Fraction) -> None:
    assert abs(Fraction(percent(part)) - 100 * part) < Fraction(1, 10)
    assert (Fraction(percent(part)) >= 100) is (part >= 1)


def test_a_longer_period_that_has_targets_covers_those_within_it(books: Books) -> None:
    aim(books, "calls", "5", "2017-05", rep="Ann")
    aim(books, "calls", "9", "2017", rep="Ann")
    aim(books, "emails", "9", "2017-Q2", rep="Bob")
    assert longer_periods(books, "2017-05-31") == ["2017-05", "2017-Q2", "2017"]
    assert longer_periods(books, "2017-05", "Ann") == ["2017"]
    assert longer_periods(books, "2017-05-31..2017-06-01", "Ann", "calls") == ["2017"]
    assert longer_periods(books, "2017-05-31", "Cas") == longer_periods(books, "2017") == []
    aim(books, "calls", "0", "2017", rep="Ann", day=date(2017, 5, 1))
    assert longer_periods(books, "2017-05", "Ann") == []
