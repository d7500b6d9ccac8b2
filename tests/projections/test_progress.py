"""Progress is exact arithmetic: worked figures come out to the cent, and a percentage is never bent."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from projections.progress import TOLERANCE, Pace, Standing, attainment, pace, standing, working_days
from schemas.periods import Period, parse_period

ONE = 10**6  # a count in millionths
amounts = st.integers(-(10**15), 10**15)
aims = st.integers(1, 10**15)
days = st.dates(date(2015, 1, 1), date(2018, 12, 31))
lengths = st.integers(0, 400)
AHEAD, ON_TRACK, BEHIND = Standing.AHEAD, Standing.ON_TRACK, Standing.BEHIND
FOUR_WEEKS = parse_period("2017-05-01..2017-05-28")  # from a Monday to a Sunday: 20 working days


@st.composite
def periods(draw: st.DrawFn) -> Period:
    first = draw(days)
    last = first + timedelta(days=draw(lengths))
    return Period(first, last, f"{first}..{last}")


# Attainment


@pytest.mark.parametrize(
    ("done", "target", "percent"),
    [
        (18, 15, 120),  # Ann: at least 15 phones in two months, 18 sold
        (19_500_00, 19_500_00, 100),  # Abigael: 15,000 and 30 % more
        (15_000_00, 19_500_00, Fraction(1000, 13)),
        (135, 100, 135),
        (-8, 100, -8),
        (0, 5, 0),
        (1, 3, Fraction(100, 3)),
    ],
)
def test_attainment_is_the_exact_part_that_is_done(done: int, target: int, percent: int | Fraction) -> None:
    assert attainment(done, target) == Fraction(percent) / 100


def test_an_own_history_with_growth_is_a_target_to_the_cent() -> None:
    assert 15_000_00 + 15_000_00 * 30 // 100 == 19_500_00
    assert attainment(19_499_99, 19_500_00) != 1


def test_three_of_four_activities_reached_are_not_the_quota() -> None:
    james = {"calls": (125, 125), "emails": (200, 200), "meetings": (5, 5), "demos": (10, 20)}
    reached = {metric: attainment(*figures) for metric, figures in james.items()}
    assert reached == {"calls": 1, "emails": 1, "meetings": 1, "demos": Fraction(1, 2)}


def test_a_combination_is_reached_when_each_part_is() -> None:
    assert [attainment(5, 5), attainment(5 * 2_000_00, 10_000_00)] == [1, 1]  # Regina: 5 garments at 2,000


@pytest.mark.parametrize("target", [None, 0])
def test_without_a_target_there_is_no_attainment(target: int | None) -> None:
    assert attainment(5, target) is None


@given(amounts, aims)
def test_attainment_is_never_capped_and_gives_back_what_was_done(done: int, target: int) -> None:
    found = attainment(done, target)
    assert found is not None
    assert found * target == done


# Working days


@given(days, days)
def test_working_days_are_those_from_monday_to_friday(one: date, other: date) -> None:
    counted = sum((one + timedelta(days=n)).weekday() < 5 for n in range((other - one).days + 1))
    assert working_days(one, other) == counted


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("2017-05-01", "2017-05-31", 23),
        ("2017-05-06", "2017-05-07", 0),
        ("2017-05-05", "2017-05-08", 2),
        ("2017-05-02", "2017-05-01", 0),
        ("2017-05-09", "2017-05-01", 0),
        ("0001-01-01", "0001-01-07", 5),
    ],
)
def test_working_days_by_the_calendar_on_the_wall(first: str, last: str, expected: int) -> None:
    assert working_days(date.fromisoformat(first), date.fromisoformat(last)) == expected


def test_the_whole_calendar_can_be_counted() -> None:
    assert working_days(date.min, date.max) == 2_608_615


# Pace


def test_pace_says_what_was_expected_what_is_needed_and_where_it_ends() -> None:
    on = date(2017, 5, 19)  # a Friday: 15 of 20 days have gone by
    found = pace(30 * ONE, 40 * ONE, FOUR_WEEKS, on)
    assert found == Pace(20, 15, 5, Fraction(40 * ONE), Fraction(30 * ONE), Fraction(2 * ONE), ON_TRACK)
    late = pace(24 * ONE, 40 * ONE, FOUR_WEEKS, on)
    assert late == Pace(20, 15, 5, Fraction(32 * ONE), Fraction(30 * ONE), Fraction(16 * ONE, 5), BEHIND)


def test_a_weekend_stands_where_friday_stood() -> None:
    friday, sunday = (pace(5, 40, FOUR_WEEKS, date(2017, 5, day)) for day in (19, 21))
    assert friday == sunday


def test_before_the_period_nothing_is_expected_and_after_it_everything() -> None:
    before = pace(0, 40, FOUR_WEEKS, date(2017, 4, 1))
    assert before == Pace(20, 0, 20, None, Fraction(0), Fraction(2), ON_TRACK)
    after = pace(30, 40, FOUR_WEEKS, date(2018, 1, 1))
    assert after == Pace(20, 20, 0, Fraction(30), Fraction(40), None, BEHIND)


@pytest.mark.parametrize("target", [None, 0])
def test_without_a_target_only_days_and_the_projected_finish_are_left(target: int | None) -> None:
    assert pace(15, target, FOUR_WEEKS, date(2017, 5, 19)) == Pace(20, 15, 5, Fraction(20), None, None, None)


@pytest.mark.parametrize(
    ("done", "day", "found"),
    [
        (0, 1, ON_TRACK),  # the first working day runs
        (1021, 1, AHEAD),
        (-1, 1, BEHIND),
        (0, 2, BEHIND),
        (5099, 5, ON_TRACK),  # 5,000 expected, and 2 % of them are 100
        (5100, 5, ON_TRACK),
        (5101, 5, AHEAD),
        (4900, 5, ON_TRACK),
        (4899, 5, BEHIND),
        (-1, 5, BEHIND),
        (20_000, 5, AHEAD),
        (20_000, 28, AHEAD),
        (19_001, 25, ON_TRACK),
        (19_999, 26, BEHIND),  # the last Friday: no working day is left
        (30_000, 26, AHEAD),
    ],
)
def test_the_standing_follows_the_rule_that_the_module_states(done: int, day: int, found: Standing) -> None:
    assert pace(done, 20_000, FOUR_WEEKS, date(2017, 5, day)).standing is found


def test_before_the_first_day_whoever_began_early_is_ahead_and_whoever_gave_back_is_behind() -> None:
    standings = [pace(done, 40, FOUR_WEEKS, date(2017, 4, 1)).standing for done in (1, 0, -1)]
    assert standings == [AHEAD, ON_TRACK, BEHIND]


@pytest.mark.parametrize(("day", "found"), [(1, ON_TRACK), (2, ON_TRACK), (3, BEHIND)])
def test_a_month_that_begins_on_a_weekend_is_not_due_before_its_first_working_day_is_over(
    day: int, found: Standing
) -> None:
    november = parse_period("2026-11")  # from a Sunday
    assert pace(0, 20_000, november, date(2026, 11, day)).standing is found


def test_the_target_of_a_day_is_due_once_the_day_is_over() -> None:
    friday = parse_period("2017-05-05")
    standings = [pace(done, 8, friday, date(2017, 5, day)).standing for done, day in ((0, 5), (8, 5), (0, 6))]
    assert standings == [ON_TRACK, AHEAD, BEHIND]


def test_a_period_without_working_days_expects_everything_on_its_last_day() -> None:
    weekend = parse_period("2017-05-06..2017-05-07")
    assert pace(1, 4, weekend, date(2017, 5, 6)) == Pace(0, 0, 0, None, Fraction(0), None, AHEAD)
    assert pace(0, 4, weekend, date(2017, 5, 6)).standing == ON_TRACK
    assert pace(1, 4, weekend, date(2017, 5, 7)) == Pace(0, 0, 0, Fraction(1), Fraction(4), None, BEHIND)


@given(amounts, aims, periods(), days)
def test_what_is_needed_a_day_leads_to_the_target_exactly(done: int, target: int, period: Period, on: date) -> None:
    found = pace(done, target, period, on)
    assert found.gone + found.left == found.days
    if found.needed_a_day is None:
        assert found.left == 0
    else:
        assert found.needed_a_day * found.left + done == max(target, done)


@given(amounts, aims, periods(), days)
def test_expected_and_projected_are_of_the_same_line(done: int, target: int, period: Period, on: date) -> None:
    found = pace(done, target, period, on)
    assert found.expected is not None
    if found.gone:
        assert found.projected is not None
        assert found.expected * found.days == target * found.gone
        assert found.projected * found.gone == done * found.days
        assert (found.projected >= target) is (done >= found.expected)


@example(1, Period(date(2016, 11, 1), date(2017, 10, 2), "2016-11-01..2017-10-02"), date(2017, 10, 1))
@given(aims, periods(), days)
def test_doing_what_is_expected_is_on_track_until_it_is_all_done(target: int, period: Period, on: date) -> None:
    expected = pace(0, target, period, on).expected
    assert expected is not None
    found = pace(round(expected), target, period, on)
    if round(expected) == target:
        assert found.standing == AHEAD
    elif abs(round(expected) - expected) <= expected * TOLERANCE:
        assert found.standing == ON_TRACK


@pytest.mark.parametrize(
    ("done", "expected", "found"),
    [
        (102, 100, ON_TRACK),
        (103, 100, AHEAD),
        (98, 100, ON_TRACK),
        (97, 100, BEHIND),
        (200, 100, AHEAD),
        (199, 200, BEHIND),  # all of it is expected, and 2 % less is less
        (0, 0, ON_TRACK),
        (-1, 0, BEHIND),
    ],
)
def test_a_standing_needs_no_calendar_only_what_was_expected(done: int, expected: int, found: Standing) -> None:
    assert standing(done, 200, Fraction(expected)) is found


@pytest.mark.parametrize("target", [None, 0])
def test_without_a_target_there_is_no_standing(target: int | None) -> None:
    assert standing(5, target, None) is None
    assert standing(5, target, Fraction(3)) is None


@given(amounts, aims, periods(), days)
def test_a_standing_is_the_one_that_the_days_left_tell(done: int, target: int, period: Period, on: date) -> None:
    found = pace(done, target, period, on)
    over = on >= period.last if found.days == 0 else found.left == 0
    is_first = on.weekday() < 5 and on <= period.last and found.gone == 1
    if is_first and 0 <= done < target and (over or done * 100 * found.days < target * 98):
        assert found.standing is ON_TRACK
    elif over:
        assert found.standing is (AHEAD if done >= target else BEHIND)
    else:
        by_now = target * found.gone * 100
        told = done * 100 * max(found.days, 1)
        level = BEHIND if told * 100 < by_now * 98 else AHEAD if told * 100 > by_now * 102 else ON_TRACK
        assert found.standing is (AHEAD if done >= target else level)
