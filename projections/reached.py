"""When a sum got somewhere: the first moment at which a running sum of credits was at least a value.

The credits are the present ones, in business order: by day, within a day first those that only have a date, then by
instant. So a deal that was un-won since never counted on the way.
"""

from collections.abc import Iterable
from typing import NamedTuple


class Credit(NamedTuple):
    """A present credit: day number, instant in microseconds (None: only a date), amount."""

    day: int
    at: int | None
    amount: int


def reached(credits_in_order: Iterable[Credit], value: int) -> Credit | None:
    """The credit with which the running sum first was at least `value`; None if it never was."""
    total = 0
    for credit in credits_in_order:
        total += credit.amount
        if total >= value:
            return credit
    return None
