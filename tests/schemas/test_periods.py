"""Each day lies in exactly one period of each kind, and every text says which days it means."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.periods import FORMS, Period, parse_period, periods_of

ONE_DAY = timedelta(days=1)
KINDS = ["day", "week", "month", "quarter", "year", "fiscal_year", "fiscal_quarter"]
fiscal_starts = st.integers(1, 12)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2017-06-15", date(2017, 6, 15), date(2017, 6, 15)),
        ("2017-W24", date(2017, 6, 12), date(2017, 6, 18)),
        ("2015-W53", date(2015, 12, 28), date(2016, 1, 3)),
        ("2020-W53", date(2020, 12, 28), date(2021, 1, 3)),
        ("2019-W01", date(2018, 12, 31), date(2019, 1, 6)),
        ("2017-06", date(2017, 6, 1), date(2017, 6, 30)),
        ("2016-02", date(2016, 2, 1), date(2016, 2, 29)),
        ("1900-02", date(1900, 2, 1), date(1900, 2, 28)),
        ("2017-12", date(2017, 12, 1), date(2017, 12, 31)),
        ("2017-Q2", date(2017, 4, 1), date(2017, 6, 30)),
        ("2017-Q4", date(2017, 10, 1), date(2017, 12, 31)),
        ("2017", date(2017, 1, 1), date(2017, 12, 31)),
        ("FY2017", date(2017, 4, 1), date(2018, 3, 31)),
        ("FY2017-Q1", date(2017, 4, 1), date(2017, 6, 30)),
        ("FY2017-Q4", date(2018, 1, 1), date(2018, 3, 31)),
        ("2017-06-01..2017-06-15", date(2017, 6, 1), date(2017, 6, 15)),
        ("2017-06-01..2017-06-01", date(2017, 6, 1), date(2017, 6, 1)),
    ],
)
def test_a_text_means_these_days_when_the_fiscal_year_starts_in_april(text: str, first: date, last: date) -> None:
    assert parse_period(text, fiscal_start=4) == Period(first, last, text)


def test_the_fiscal_year_is_the_calendar_year_unless_told_otherwise() -> None:
    assert parse_period("FY2017").last == date(2017, 12, 31)
    assert parse_period("FY2017-Q2").first == date(2017, 4, 1)


def test_both_ends_of_a_period_count() -> None:
    period = parse_period("2017-06-01..2017-06-15")
    assert period.days == 15
    assert date(2017, 6, 1) in period
    assert date(2017, 6, 15) in period
    assert date(2017, 5, 31) not in period
    assert date(2017, 6, 16) not in period


def _monday(day: date) -> date:
    return day - (day.toordinal() - 1) % 7 * ONE_DAY  # 0001-01-01 was a Monday


def _named_without_the_code_under_test(day: date, fiscal_start: int) -> dict[str, str]:
    """ISO 8601 numbers a week by its Thursday; everything else is read off the day's own text."""
    year, month = int(day.isoformat()[:4]), int(day.isoformat()[5:7])
    thursday = min(_monday(day).toordinal() + 3, date.max.toordinal())
    new_year = date(date.fromordinal(thursday).year, 1, 1)
    fiscal = year if month >= fiscal_start else year - 1
    fiscal_months = [*range(fiscal_start, 13), *range(1, fiscal_start)]
    return {
        "day": day.isoformat(),
        "week": f"{new_year.year:04}-W{(thursday - new_year.toordinal()) // 7 + 1:02}",
        "month": day.isoformat()[:7],
        "quarter": f"{year:04}-Q{'111222333444'[month - 1]}",
        "year": day.isoformat()[:4],
        "fiscal_year": f"FY{fiscal:04}",
        "fiscal_quarter": f"FY{fiscal:04}-Q{'111222333444'[fiscal_months.index(month)]}",
    }


@given(st.dates(), fiscal_starts)
@example(date(2015, 12, 31), 1)
@example(date(2016, 1, 1), 4)
@example(date(2020, 12, 31), 7)
@example(date(2021, 1, 3), 12)
@example(date(2016, 2, 29), 3)
@example(date.min, 1)
@example(date.min, 4)
@example(date.max, 1)
@example(date.max, 10)
def test_each_day_is_in_exactly_one_week_month_quarter_and_year(day: date, fiscal_start: int) -> None:
    texts = periods_of(day, fiscal_start)
    assert list(texts) == KINDS
    assert texts == _named_without_the_code_under_test(day, fiscal_start)
    for kind, text in texts.items():
        period = parse_period(text, fiscal_start)
        assert period.text == text
        assert day in period
        # Its own days bear its name and the days beside it do not: so neighbours neither overlap nor leave a gap.
        assert _named_without_the_code_under_test(period.first, fiscal_start)[kind] == text
        assert _named_without_the_code_under_test(period.last, fiscal_start)[kind] == text
        if period.first > date.min:
            before = parse_period(periods_of(period.first - ONE_DAY, fiscal_start)[kind], fiscal_start)
            assert before.last + ONE_DAY == period.first
        if period.last < date.max:
            after = parse_period(periods_of(period.last + ONE_DAY, fiscal_start)[kind], fiscal_start)
            assert after.first - ONE_DAY == period.last


@pytest.mark.parametrize("kind", KINDS)
def test_twenty_eight_years_counted_day_by_day_are_tiled_without_gap_or_overlap(kind: str) -> None:
    # After 28 years weekdays and leap years repeat. Runs of days that bear one name must be the periods themselves.
    day, runs = date(1999, 1, 1), dict[str, list[date]]()
    while day < date(2027, 6, 1):
        runs.setdefault(_named_without_the_code_under_test(day, 4)[kind], []).append(day)
        day += ONE_DAY
    for text in list(runs)[1:-1]:
        days, period = runs[text], parse_period(text, fiscal_start=4)
        assert (period.first, period.last, period.days) == (days[0], days[-1], len(days))


@given(st.dates(), st.dates())
def test_a_custom_period_is_the_days_between_its_two_ends(one: date, other: date) -> None:
    first, last = min(one, other), max(one, other)
    period = parse_period(f"{first}..{last}")
    assert (period.first, period.last) == (first, last)
    assert period.days == last.toordinal() - first.toordinal() + 1


def test_reversed_ends_are_refused() -> None:
    with pytest.raises(ValueError, match=r"'2017-06-15..2017-06-01': the period ends on .* swap the two days"):
        parse_period("2017-06-15..2017-06-01")
    with pytest.raises(ValueError, match="swap the two days"):
        Period(date(2017, 6, 15), date(2017, 6, 1), "June")


def test_week_53_of_a_year_without_one_names_the_week_that_was_meant() -> None:
    with pytest.raises(ValueError, match="2017 has 52 ISO weeks: after 2017-W52 comes 2018-W01"):
        parse_period("2017-W53")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2017-02-29", "2017-02-29 is not a day of the calendar"),
        ("2017-06-01..2017-06-31", "2017-06-31 is not a day of the calendar"),
        ("2017-13", "there is no month 13"),
        ("2017-00", "there is no month 00"),
        ("2017-Q5", "there is no quarter 5"),
        ("FY2017-Q0", "there is no quarter 0"),
        ("2017-W00", "2017 has no week 00"),
        ("2017-W54", "2017 has no week 54"),
        ("9999-W53", "9999 has no week 53"),
        ("0000-W01", "there is no year 0000"),
        ("0000", "it has no day in the calendar"),
        ("0000-12", "it has no day in the calendar"),
        ("FY0000", "it has no day in the calendar"),
        ("0000-01-01", "0000-01-01 is not a day of the calendar"),
    ],
)
def test_a_period_that_does_not_exist_says_why_and_lists_the_forms(text: str, why: str) -> None:
    with pytest.raises(ValueError, match="no such period") as refusal:
        parse_period(text)
    assert repr(text) in str(refusal.value)
    assert why in str(refusal.value)
    assert FORMS in str(refusal.value)


@pytest.mark.parametrize(
    "text",
    [
        "", "June", "17", "20170615", "2017-6", "2017-6-15", "2017-w24", "2017-Q", "Q2-2017", "fy2017", "FY17", " 2017",
        "2017\n", "2017-06-15T00:00:00Z", "2017-06..2017-07",
        "2017-06-01...2017-06-15", "\N{ARABIC-INDIC DIGIT TWO}017", "2017-W24-1",
        "9" * 9999,
    ],
)  # fmt: skip
def test_a_text_of_no_form_is_refused_with_the_forms(text: str) -> None:
    with pytest.raises(ValueError, match="not a period") as refusal:
        parse_period(text)
    assert FORMS in str(refusal.value)
    assert len(str(refusal.value)) < 400


def test_a_text_of_the_forms_is_itself_a_period() -> None:
    for form in FORMS.split(", "):
        parse_period(form.split(" ")[0])


def test_periods_that_reach_over_an_end_of_the_calendar_are_cut_off_there() -> None:
    assert parse_period("9999-W52").last == date.max
    assert parse_period("FY9999", fiscal_start=4) == Period(date(9999, 4, 1), date.max, "FY9999")
    assert parse_period("FY0000", fiscal_start=4) == Period(date.min, date(1, 3, 31), "FY0000")
    with pytest.raises(ValueError, match="it has no day in the calendar"):
        parse_period("FY9999-Q4", fiscal_start=4)


@pytest.mark.parametrize("month", [0, 13, -1])
def test_a_fiscal_year_starts_in_a_month_from_1_to_12(month: int) -> None:
    with pytest.raises(ValueError, match=f"cannot start in month {month}: give a month from 1 to 12"):
        parse_period("FY2017", fiscal_start=month)
    with pytest.raises(ValueError, match="from 1 to 12"):
        periods_of(date(2017, 6, 15), fiscal_start=month)


def test_an_instant_has_no_periods_before_a_zone_makes_it_a_day() -> None:
    with pytest.raises(TypeError, match="take its day in the workspace's zone first"):
        periods_of(datetime.fromisoformat("2017-06-15T12:00:00+00:00"))
