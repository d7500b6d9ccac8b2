"""A value is written one way, comes back as it was, and is asked back where it can be read in two ways."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.metrics import METRICS, Metric
from quotum.questions import QuestionError
from quotum.values import aligned, decimals_of, digits_of, number_above_0, shown_text, value_text
from schemas.money import digits

CURRENCIES = st.sampled_from(("EUR", "USD", "JPY", "KWD"))
COUNTS = [name for name, metric in METRICS.items() if metric.unit == "count"]
REVENUE, CALLS, CYCLE = (METRICS[name] for name in ("revenue", "calls", "cycle_days_median"))


def whole(metric: Metric, text: str, currency: str) -> Fraction:
    units: int = 10 ** digits_of(metric, currency)
    return number_above_0(metric, text, currency) * units


# Written


@given(st.integers(-(10**15), 10**15), CURRENCIES)
def test_money_has_its_currencys_digits_and_comes_back_as_it_was(minor: int, currency: str) -> None:
    text = value_text(REVENUE, minor, currency)
    assert len(text.partition(".")[2]) == digits(currency)
    assert Fraction(text) * 10 ** digits(currency) == minor
    if minor > 0 and not _is_thousands(text):
        assert whole(REVENUE, text, currency) == minor


@given(st.integers(-(10**18), 10**18), st.sampled_from(COUNTS))
def test_a_count_has_no_trailing_zeros_and_comes_back_as_it_was(millionths: int, name: str) -> None:
    text = value_text(METRICS[name], millionths, "")
    assert Fraction(text) * 1_000_000 == millionths
    assert text == "0" or not text.startswith("-0") or "." in text
    assert not (("." in text) and text.endswith(("0", ".")))
    if millionths > 0 and not _is_thousands(text):
        assert whole(METRICS[name], text, "") == millionths


def _is_thousands(text: str) -> bool:
    whole, _, rest = text.partition(".")
    return len(rest) == 3 and 1 <= len(whole) <= 3 and not whole.startswith("0")


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [(-5, "EUR", "-0.05"), (0, "EUR", "0.00"), (1054, "JPY", "1054"), (1054, "KWD", "1.054"), (5, "USD", "0.05")],
)
def test_money_is_written_in_full(minor: int, currency: str, text: str) -> None:
    assert value_text(REVENUE, minor, currency) == text


@pytest.mark.parametrize(
    ("millionths", "text"),
    [(0, "0"), (1_000_000, "1"), (100_000_000, "100"), (333_333, "0.333333"), (-2_500_000, "-2.5"), (1, "0.000001")],
)
def test_a_count_is_written_as_short_as_it_is(millionths: int, text: str) -> None:
    assert value_text(CALLS, millionths, "") == text


@pytest.mark.parametrize(("days", "text"), [(44.0, "44"), (60.5, "60.5"), (0.0, "0"), (-1.5, "-1.5"), (None, "")])
def test_a_median_is_in_days_and_halves(days: float | None, text: str) -> None:
    assert value_text(CYCLE, days, "") == text


# Shown to people


@pytest.mark.parametrize(
    ("millionths", "text"),
    [
        (333_333, "0.33"),
        (333_334, "0.33"),
        (666_667, "0.67"),
        (-333_333, "-0.33"),
        (5_000, "0.01"),
        (2_500_000, "2.5"),
        (-12_000_000, "-12"),
        (0, "0"),
        (4_999, "0.004999"),  # not 0, so it never reads 0
    ],
)
def test_a_part_of_a_deal_is_shown_to_the_hundredth(millionths: int, text: str) -> None:
    assert shown_text(METRICS["deals_won"], millionths, "") == text


def test_money_and_days_are_shown_as_they_are() -> None:
    assert shown_text(REVENUE, 1054, "KWD") == "1.054"
    assert (shown_text(CYCLE, 60.5, ""), shown_text(CALLS, None, "")) == ("60.5", "")


def test_a_column_has_cents_only_if_one_of_its_figures_has() -> None:
    assert decimals_of(["1.00", "2.50", "0.00"]) == 2
    assert decimals_of(["1.00", "2.00"]) == decimals_of(["1", ""]) == decimals_of([]) == 0


def test_figures_of_a_column_have_the_same_digits_after_the_point() -> None:
    assert aligned(["164", "163.7", "", "-8"]) == ["164.0", "163.7", "", "-8.0"]
    assert aligned(["164", "100"]) == ["164", "100"]


# Read


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("0", "0 is reached before anything happens: give a value above 0"),
        ("-5", "-5 is reached before anything happens: give a value above 0"),
        ("abc", "'abc' is not a plain number: write it such as 1500 or 1500.50"),
        ("1e5", "'1e5' is not a plain number: write it such as 1500 or 1500.50"),
        ("1/2", "'1/2' is not a plain number: write it such as 1500 or 1500.50"),
        ("", "'' is not a plain number: write it such as 1500 or 1500.50"),
        ("٣", "'٣' is not a plain number: write it such as 1500 or 1500.50"),
        ("1" * 65, f"'{'1' * 64}' is not a plain number: write it such as 1500 or 1500.50"),
        ("50.000,00", "'50.000,00' is not a plain number: write it such as 1500 or 1500.50"),
        ("50.000", "'50.000' can be read in two ways: write 50000 or 50"),
        ("50.120", "'50.120' can be read in two ways: write 50120 or 50.12"),
        ("1.2345", "'1.2345' has more than the 2 digits after the point of EUR: round it first"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_in_a_line(value: str, says: str) -> None:
    with pytest.raises(QuestionError) as refused:
        whole(REVENUE, value, "EUR")
    assert str(refused.value) == says


@pytest.mark.parametrize(
    ("metric", "currency", "ways"),
    [
        (CALLS, "", "write 1234 or 1.2340"),
        (REVENUE, "EUR", "write 1234 or round it to 2 digits after the point"),
        (REVENUE, "JPY", "write 1234 or round it to a whole number"),
    ],
)
def test_three_digits_after_a_point_are_asked_back_in_ways_that_are_taken(
    metric: Metric, currency: str, ways: str
) -> None:
    with pytest.raises(QuestionError) as refused:
        whole(metric, "1.234", currency)
    assert str(refused.value) == f"'1.234' can be read in two ways: {ways}"


@given(st.integers(1, 999), st.from_regex(r"[0-9]{3}", fullmatch=True), CURRENCIES, st.sampled_from((CALLS, REVENUE)))
def test_whatever_is_offered_instead_of_a_value_of_two_readings_is_taken(
    before: int, after: str, currency: str, metric: Metric
) -> None:
    try:
        whole(metric, f"{before}.{after}", currency)
    except QuestionError as asked_back:
        large, small = str(asked_back).rpartition("write ")[2].split(" or ")
        assert whole(metric, large, currency) == int(f"{before}{after}") * 10 ** digits_of(metric, currency)
        if not small.startswith("round"):
            assert whole(metric, small, currency) == Fraction(f"{before}.{after}") * 10 ** digits_of(metric, currency)


def test_a_count_of_a_thousand_is_not_taken_for_one() -> None:
    with pytest.raises(QuestionError, match=r"'1\.000' can be read in two ways: write 1000 or 1$"):
        whole(CALLS, "1.000", "")
    assert whole(CALLS, "0.125", "") == 125_000
    assert whole(REVENUE, "1.054", "KWD") == 1054
