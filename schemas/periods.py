"""Periods: which days a figure is about, in the words that people type.

Every board, target and seal names its period by a text such as `2017-Q2`. A text means the same days for everyone, and
each day lies in exactly one week, month, quarter and year, or sums of periods would lose or double a day. Days only: a
zone is needed to make a day from an instant, and none is needed here.

The calendar runs from 0001-01-01 to 9999-12-31. Weeks and fiscal years that reach over an end of it are cut off there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

FORMS: Final = (
    "2017-06-15 (day), 2017-W24 (ISO week), 2017-06 (month), 2017-Q2 (calendar quarter), 2017 (year), "
    "FY2017 (fiscal year starting in 2017), FY2017-Q1 (fiscal quarter), 2017-06-01..2017-06-15 (both ends count)"
)

_MONTHS_A_YEAR: Final = 12
_MONTHS_A_QUARTER: Final = 3
_QUARTERS_A_YEAR: Final = 4
_LONG_YEARS_WEEK: Final = 53
_FIRST_MONTH: Final = date.min.year * _MONTHS_A_YEAR
_BEYOND_MONTH: Final = (date.max.year + 1) * _MONTHS_A_YEAR

_Span = tuple[date, date]


@dataclass(frozen=True, slots=True)
class Period:
    """The days from `first` to `last`, both included, and how they are written. ValueError if the ends are reversed."""

    first: date
    last: date
    text: str

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"the period ends on {self.last}, before it begins on {self.first}: swap the two days")

    @property
    def days(self) -> int:
        """How many days the period has, at least 1."""
        return (self.last - self.first).days + 1

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


def parse_period(text: str, fiscal_start: int = 1) -> Period:
    """The period that `text` names, in one of the FORMS.

    FY2017 is the fiscal year that starts in calendar year 2017, in month `fiscal_start` (1 to 12): the convention of
    Dutch corporate tax. With fiscal_start=4 it runs from 2017-04-01 to 2018-03-31, and FY2017-Q1 is its first three
    months. 2017 and 2017-Q2 are of the calendar, whatever the fiscal year. Raises ValueError that says what is wrong,
    what was given, and the forms.
    """
    _check_fiscal_start(fiscal_start)
    for form, read in _READERS:
        if match := form.fullmatch(text):
            try:
                return Period(*read(match, fiscal_start), text)
            except ValueError as why:
                raise ValueError(f"no such period: {text!r}: {why}. Forms: {FORMS}") from None
    raise ValueError(f"not a period: {text[:60]!r}: it has none of the forms. Forms: {FORMS}")


def periods_of(day: date, fiscal_start: int = 1) -> dict[str, str]:
    """The text of each period `day` lies in, by kind: day, week, month, quarter, year, fiscal_year, fiscal_quarter.

    Read back with `parse_period` and the same `fiscal_start` (1 to 12, else ValueError), each of them contains `day`.
    Raises TypeError for an instant: which day it falls on depends on a zone.
    """
    _check_fiscal_start(fiscal_start)
    if isinstance(day, datetime):
        raise TypeError(f"{day!r} is an instant: take its day in the workspace's zone first")
    year, week, _ = day.isocalendar()
    fiscal_year, months_in = divmod(_month_index(day.year, day.month) - (fiscal_start - 1), _MONTHS_A_YEAR)
    return {
        "day": day.isoformat(),
        "week": f"{year:04}-W{week:02}",
        "month": f"{day.year:04}-{day.month:02}",
        "quarter": f"{day.year:04}-Q{(day.month - 1) // _MONTHS_A_QUARTER + 1}",
        "year": f"{day.year:04}",
        "fiscal_year": f"FY{fiscal_year:04}",
        "fiscal_quarter": f"FY{fiscal_year:04}-Q{months_in // _MONTHS_A_QUARTER + 1}",
    }


def _check_fiscal_start(fiscal_start: int) -> None:
    if not 1 <= fiscal_start <= _MONTHS_A_YEAR:
        raise ValueError(f"the fiscal year cannot start in month {fiscal_start}: give a month from 1 to 12")


def _month_index(year: int, month: int) -> int:
    """Months since the start of a year 0, so that spans of months are plain arithmetic."""
    if not 1 <= month <= _MONTHS_A_YEAR:
        raise ValueError(f"there is no month {month:02}: months are 01 to 12")
    return year * _MONTHS_A_YEAR + month - 1


def _months(start: int, count: int) -> _Span:
    """The days of `count` months from month index `start`, cut off at the ends of the calendar."""
    beyond = start + count
    if beyond <= _FIRST_MONTH or start >= _BEYOND_MONTH:
        raise ValueError(f"it has no day in the calendar, which runs from {date.min} to {date.max}")
    first = _first_day(start) if start >= _FIRST_MONTH else date.min
    last = _first_day(beyond) - timedelta(days=1) if beyond < _BEYOND_MONTH else date.max
    return first, last


def _first_day(month_index: int) -> date:
    year, months = divmod(month_index, _MONTHS_A_YEAR)
    return date(year, months + 1, 1)


def _quarter(start: int, quarter: int) -> _Span:
    """The days of the given quarter of the year (fiscal or not) that starts at month index `start`."""
    if not 1 <= quarter <= _QUARTERS_A_YEAR:
        raise ValueError(f"there is no quarter {quarter}: quarters are Q1 to Q4")
    return _months(start + (quarter - 1) * _MONTHS_A_QUARTER, _MONTHS_A_QUARTER)


def _read_day(match: re.Match[str], _: int) -> _Span:
    day = _day(match[0])
    return day, day


def _read_week(match: re.Match[str], _: int) -> _Span:
    year, week = int(match[1]), int(match[2])
    try:
        monday = date.fromisocalendar(year, week, 1)
    except ValueError:
        if date.min.year <= year < date.max.year and week == _LONG_YEARS_WEEK:
            raise ValueError(f"{year:04} has 52 ISO weeks: after {year:04}-W52 comes {year + 1:04}-W01") from None
        if year < date.min.year:
            raise ValueError("there is no year 0000: years are 0001 to 9999") from None
        raise ValueError(f"{year:04} has no week {week:02}: weeks are W01 to W52, in some years W53") from None
    days_left = (date.max - monday).days
    return monday, monday + timedelta(days=min(6, days_left))


def _read_month(match: re.Match[str], _: int) -> _Span:
    return _months(_month_index(int(match[1]), int(match[2])), 1)


def _read_quarter(match: re.Match[str], _: int) -> _Span:
    return _quarter(_month_index(int(match[1]), 1), int(match[2]))


def _read_year(match: re.Match[str], _: int) -> _Span:
    return _months(_month_index(int(match[1]), 1), _MONTHS_A_YEAR)


def _read_fiscal_year(match: re.Match[str], fiscal_start: int) -> _Span:
    return _months(_month_index(int(match[1]), fiscal_start), _MONTHS_A_YEAR)


def _read_fiscal_quarter(match: re.Match[str], fiscal_start: int) -> _Span:
    return _quarter(_month_index(int(match[1]), fiscal_start), int(match[2]))


def _read_custom(match: re.Match[str], _: int) -> _Span:
    return _day(match[1]), _day(match[2])


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text} is not a day of the calendar") from None


# One row a form; no text has two of them.
_READERS: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str], int], _Span]], ...]] = (
    (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), _read_day),
    (re.compile(r"([0-9]{4})-W([0-9]{2})"), _read_week),
    (re.compile(r"([0-9]{4})-([0-9]{2})"), _read_month),
    (re.compile(r"([0-9]{4})-Q([0-9])"), _read_quarter),
    (re.compile(r"([0-9]{4})"), _read_year),
    (re.compile(r"FY([0-9]{4})"), _read_fiscal_year),
    (re.compile(r"FY([0-9]{4})-Q([0-9])"), _read_fiscal_quarter),
    (re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})\.\.([0-9]{4}-[0-9]{2}-[0-9]{2})"), _read_custom),
)
