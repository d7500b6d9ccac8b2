"""Values of metrics as plain decimal text, and back from what a person wrote.

A board counts in whole units: minor units of money, millionths of what is counted. Whoever reads or writes a value does
so with a point, and in one way only.
"""

import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from projections.metrics import Metric
from quotum.questions import QuestionError
from schemas.data import MILLIONTHS
from schemas.money import digits, from_minor

Value = int | float | None
DIGITS_OF_COUNTS = 6
LONGEST_VALUE_CHARS = 64
HUNDREDTH = MILLIONTHS // 100
PLAIN_DECIMAL = re.compile(r"(-?\d+)(?:\.(\d+))?", re.ASCII)
THOUSANDS = re.compile(r"-?[1-9]\d{0,2}\.\d{3}", re.ASCII)


def digits_of(metric: Metric, currency: str) -> int:
    """How many digits after the point a metric's whole units make."""
    return digits(currency) if metric.unit == "money" else DIGITS_OF_COUNTS


def number_above_0(metric: Metric, value: str, currency: str) -> Fraction:
    """`plain_number` of a value that can be reached; QuestionError if it is not above 0."""
    wanted = plain_number(metric, value, currency)
    if wanted <= 0:
        raise QuestionError(f"{value} is reached before anything happens: give a value above 0", field="value")
    return wanted


def plain_number(metric: Metric, value: str, currency: str) -> Fraction:
    """A decimal text as a person wrote it; QuestionError if it is none, or can be read in two ways."""
    found = PLAIN_DECIMAL.fullmatch(value) if len(value) <= LONGEST_VALUE_CHARS else None
    if not found:
        raise QuestionError(
            f"{value[:LONGEST_VALUE_CHARS]!r} is not a plain number: write it such as 1500 or 1500.50", field="value"
        )
    most, plain = digits_of(metric, currency), found[1]
    if THOUSANDS.fullmatch(value) and most != len("000"):  # fifty thousand, as half of Europe writes it, or fifty
        raise QuestionError(_asked_back(plain, found[2], most), field="value")
    if len(found[2] or "") > most:
        unit = currency if metric.unit == "money" else metric.name
        raise QuestionError(
            f"{value!r} has more than the {most} digits after the point of {unit}: round it first", field="value"
        )
    return Fraction(value)


def _asked_back(whole: str, rest: str, most: int) -> str:
    """Which of two values it is, each as it is taken; `most`: how many digits after the point are."""
    fraction = rest.rstrip("0")
    padded = fraction.ljust(2 if len(fraction) < len(rest) else len(rest) + 1, "0")  # not three: they are asked back
    if not fraction:
        small = f"or {whole}"
    elif len(padded) <= most:
        small = f"or {whole}.{padded}"
    else:
        small = f"or round it to {f'{most} digits after the point' if most else 'a whole number'}"
    return f"'{whole}.{rest}' can be read in two ways: write {whole}{rest} {small}"


def value_text(metric: Metric, value: Value, currency: str) -> str:
    """A value as plain decimal text: money with its currency's digits, counts without trailing zeros."""
    if value is None:
        return ""
    if metric.unit == "money":
        return from_minor(int(value), currency)
    if metric.unit == "days":
        return f"{value:f}".rstrip("0").rstrip(".")
    sign, (whole, rest) = "-" if value < 0 else "", divmod(abs(int(value)), MILLIONTHS)
    return f"{sign}{whole}.{rest:06}".rstrip("0").rstrip(".")


def shown_text(metric: Metric, value: Value, currency: str) -> str:
    """The same for people: a count to the hundredth, so that a third of a deal is 0.33; what is not 0 never reads 0."""
    if metric.unit != "count" or value is None:
        return value_text(metric, value, currency)
    hundredths = (2 * abs(int(value)) + HUNDREDTH) // (2 * HUNDREDTH)
    return value_text(metric, (-1 if value < 0 else 1) * hundredths * HUNDREDTH or value, currency)


def decimals_of(values: Sequence[str]) -> int:
    """How many digits after the point a column needs so that all of its figures align; none where all are whole."""
    fractions = [value.partition(".")[2] for value in values]
    return max((len(fraction) for fraction in fractions if fraction.strip("0")), default=0)


def aligned(values: Sequence[str]) -> list[str]:
    """Plain decimals of a column, each with as many digits after the point as `decimals_of` says; "" stays."""
    decimals = decimals_of(values)
    return [f"{Decimal(value):.{decimals}f}" if value else "" for value in values]
