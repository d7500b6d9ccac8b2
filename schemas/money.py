"""Money that adds up: exact amounts, because a figure that is a cent off is a wrong figure.

An amount travels as a plain decimal string with its currency ("1054.00", "EUR") and is counted as an `int` in the
currency's minor unit (105400 cents). There is no float anywhere between the two. How many digits a currency has is
ISO 4217's to say (the `iso4217` package); this module has no list of its own.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from babel.numbers import get_currency_precision, list_currencies
from iso4217 import Currency
from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator

# Thousands of amounts at this limit still add up inside the 64 bits in which the history keeps them, and a feed that
# sends more (ten trillion euro in one deal) has its decimal point in the wrong place.
MOST_MINOR: Final = 10**15
# An amount within the limit needs 21 characters; the rest is room for zeros. Longer input is hostile, not money.
LONGEST_VALUE_CHARS: Final = 64

_PLAIN_DECIMAL: Final = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?")


@lru_cache(maxsize=1)
def _withdrawn() -> frozenset[str]:
    """Currencies that were paid with once, such as HRK: old books have them, and stay readable for ever."""
    return frozenset(list_currencies())


@lru_cache(maxsize=256)
def digits(currency: str) -> int:
    """How many digits after the point `currency` has (EUR 2, JPY 0, KWD 3), by ISO 4217.

    Raises ValueError for a code that ISO 4217 does not know (they are in capitals) and for one without a minor unit,
    such as gold (XAU), in which no amount can be counted.
    """
    try:
        exponent = Currency(currency).exponent
    except ValueError:
        if currency in _withdrawn():
            return get_currency_precision(currency)
        raise ValueError(
            f"unknown currency {currency!r:.12}: write the three capital letters of an ISO 4217 currency in use, as EUR"
        ) from None
    if exponent is None:
        raise ValueError(
            f"{currency} has no minor unit in ISO 4217, so no amount can be counted in it: "
            "write the amount in a currency that is paid with, such as EUR"
        )
    return exponent


def to_minor(value: str, currency: str) -> int:
    """The amount `value`, a plain decimal such as "-1054.50", in minor units of `currency`.

    Zeros beyond the currency's digits say nothing and are accepted ("1054.00" JPY is 1054). Raises ValueError for
    anything else beyond them, for other notations (exponent, thousands separators, "+", ".5") and for more than
    MOST_MINOR either way; TypeError for a number that is not a string.
    """
    scale = digits(currency)
    plain = _PLAIN_DECIMAL.fullmatch(value) if len(value) <= LONGEST_VALUE_CHARS else None
    if plain is None:
        raise ValueError(
            f"amount {value[:LONGEST_VALUE_CHARS]!r} is not a plain decimal: write digits with an optional leading "
            "minus and a point, such as -1054.00, without separators, exponent or sign of currency"
        )
    sign, whole, fraction = plain[1], plain[2], plain[3] or ""
    if fraction[scale:].strip("0"):
        raise ValueError(
            f"amount {value!r} has more than the {scale} digits after the point of {currency}: round it first"
        )
    minor = int(whole + fraction[:scale].ljust(scale, "0"))
    if minor > MOST_MINOR:
        raise ValueError(
            f"amount {value!r} {currency} is beyond {from_minor(MOST_MINOR, currency)}: check its decimal point"
        )
    return -minor if sign else minor


def from_minor(minor: int, currency: str) -> str:
    """`minor` units of `currency` as a plain decimal with exactly the currency's digits: -5 EUR is "-0.05".

    Totals may be beyond MOST_MINOR; they are written all the same. Raises ValueError as `digits` does.
    """
    scale = digits(currency)
    sign = "-" if minor < 0 else ""
    figures = str(abs(minor)).rjust(scale + 1, "0")
    return f"{sign}{figures[:-scale]}.{figures[-scale:]}" if scale else sign + figures


class Money(BaseModel):
    """An amount in a currency, as an event carries it: {"currency": "EUR", "value": "1054.00"}.

    `value` is brought to the currency's digits ("1054" EUR becomes "1054.00"), so equal amounts are equal models with
    equal bytes. Validation fails where `digits` and `to_minor` do, at the field that is wrong.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    # The currency comes first because the value is validated by its digits.
    currency: str
    value: str

    @field_validator("currency")
    @classmethod
    def _known(cls, currency: str) -> str:
        digits(currency)
        return currency

    @field_validator("value", mode="before")
    @classmethod
    def _exact(cls, value: object, info: ValidationInfo) -> str:
        if not isinstance(value, str):
            raise ValueError(  # noqa: TRY004 - pydantic gathers no TypeError
                f"amount {value!r:.60} is not a string: write '1054.00' with quotes, so that it stays exact"
            )
        currency = info.data.get("currency")
        # A currency that was refused is its own error; without it nothing can be said about the value.
        return value if currency is None else from_minor(to_minor(value, currency), currency)

    @property
    def minor(self) -> int:
        """The amount in minor units of its currency."""
        return to_minor(self.value, self.currency)
