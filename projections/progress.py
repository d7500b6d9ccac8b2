"""How far along: what is done against what was to be reached, and whether it is going fast enough.

Pure arithmetic on whole units, as fractions, so nothing is rounded before it is shown.

Rules
- Attainment is done / target: never capped, below 0 where more was taken back than done; none without a target, nor for
  a target of 0.
- Working days are Monday to Friday. The day itself counts as gone by.
- Expected by now: the target, spread evenly over the working days of the period. A period without any expects nothing
  before its last day, and then everything.
- Needed: what is left to do over the working days that are left; 0 once it is reached, none when no day is left.
- Projected finish: what is done, at the pace of the days gone by, over all working days.
- Standing (DOMAIN.md section 7 wants green, amber and red with the rule shown, and prescribes no tolerance): what is
  reached is ahead. Once all of the target is expected (no working day is left, or a period without any is over), what
  is not reached is behind. Until then more than 2 % above what is expected is ahead, more than 2 % below is behind,
  between them is on track. While the first working day of a period runs nothing is due yet, so nobody is behind on it
  who took back no more than they did.
"""

from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from schemas.periods import Period

TOLERANCE = Fraction(2, 100)
WORKING_DAYS_A_WEEK, DAYS_A_WEEK = 5, 7


class Standing(StrEnum):
    """Whether it is going fast enough; whoever has no target has no standing either."""

    AHEAD = "ahead"
    ON_TRACK = "on track"
    BEHIND = "behind"


class Pace(NamedTuple):
    """Working days of a period as they stand on a day; without a target what depends on one is None.

    `expected`, `needed_a_day` and `projected` are exact, in whole units of the metric.
    """

    days: int
    gone: int
    left: int
    projected: Fraction | None  # also None before the first working day
    expected: Fraction | None
    needed_a_day: Fraction | None
    standing: Standing | None


def working_days(first: date, last: date) -> int:
    """How many days from `first` to `last`, both included, are Monday to Friday; 0 if the ends are reversed."""
    return max(0, _until(last.toordinal()) - _until(first.toordinal() - 1))


def _until(ordinal: int) -> int:
    """The working days from 0001-01-01, a Monday, on."""
    weeks, days = divmod(ordinal, DAYS_A_WEEK)
    return weeks * WORKING_DAYS_A_WEEK + min(days, WORKING_DAYS_A_WEEK)


def attainment(done: int, target: int | None) -> Fraction | None:
    """Which part of a target is done: 27/20 for 135 %; None without one."""
    return Fraction(done, target) if target else None


def pace(done: int, target: int | None, period: Period, on: date) -> Pace:
    """How fast it is going on a day; before the period nothing has gone by, after it everything."""
    days = working_days(period.first, period.last)
    gone = working_days(period.first, min(on, period.last))
    left = days - gone
    over = on >= period.last
    projected = Fraction(done * days, gone) if gone else Fraction(done) if over else None
    if not target:
        return Pace(days, gone, left, projected, None, None, None)
    expected = Fraction(target * gone, days) if days else Fraction(target * over)
    needed = Fraction(max(0, target - done), left) if left else None
    is_first = gone == 1 and on <= period.last and on.weekday() < WORKING_DAYS_A_WEEK
    return Pace(days, gone, left, projected, expected, needed, standing(done, target, expected, due=not is_first))


def standing(done: int, target: int | None, expected: Fraction | None, *, due: bool = True) -> Standing | None:
    """Whether what is done is what was `expected` by now, all in whole units; None without a target.

    `due`: whether less than expected is behind already; it is not while the first working day runs.
    """
    if not target or expected is None:
        return None
    if done >= target:
        return Standing.AHEAD
    slack = expected * TOLERANCE
    if expected >= target or done < expected - slack:
        return Standing.BEHIND if due or done < 0 else Standing.ON_TRACK
    return Standing.AHEAD if done > expected + slack else Standing.ON_TRACK
