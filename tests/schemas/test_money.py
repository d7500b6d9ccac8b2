"""Money is exact in both directions, and says what is wrong with what it refuses."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from iso4217 import raw_table
from pydantic import ValidationError

from schemas.money import MOST_MINOR, Money, digits, from_minor, to_minor

CURRENCIES = sorted(code for code, row in raw_table.items() if code and str(row["CcyMnrUnts"]).isdigit())
amounts_minor = st.integers(-MOST_MINOR, MOST_MINOR)
currencies = st.sampled_from(CURRENCIES)


@pytest.mark.parametrize(("currency", "expected"), [("EUR", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4)])
def test_iso_4217_says_how_many_digits_a_currency_has(currency: str, expected: int) -> None:
    assert digits(currency) == expected


@pytest.mark.parametrize("code", ["", "eur", "Eur", "EURO", "ZZZ", "€", " EUR", "A" * 1000])
def test_an_unknown_currency_is_refused_with_a_remedy(code: str) -> None:
    with pytest.raises(ValueError, match=r"^unknown currency '.{0,12}: write the three capital letters of an ISO 4217"):
        digits(code)


@pytest.mark.parametrize("code", ["XAU", "XAG", "XDR", "XTS", "XXX"])
def test_a_currency_without_a_minor_unit_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match=f"{code} has no minor unit in ISO 4217"):
        digits(code)


@pytest.mark.parametrize(
    ("value", "currency", "minor"),
    [
        ("1054.00", "EUR", 105400),
        ("1054", "EUR", 105400),
        ("1054.5", "EUR", 105450),
        ("1054.5000", "EUR", 105450),
        ("1054.00", "JPY", 1054),
        ("1.234", "KWD", 1234),
        ("-0.05", "EUR", -5),
        ("-0.00", "EUR", 0),
        ("007.10", "EUR", 710),
        ("10000000000000.00", "EUR", MOST_MINOR),
        ("-10000000000000", "EUR", -MOST_MINOR),
    ],
)
def test_a_plain_decimal_becomes_minor_units(value: str, currency: str, minor: int) -> None:
    assert to_minor(value, currency) == minor


@pytest.mark.parametrize(
    "value",
    [
        "", "-", ".", "1.", ".5", "+1", "--1", "1e3", "1E3", "1,000.00", "1.000,00", "1 000", "1_000", " 1", "1\n",
        "0x1", "NaN", "Infinity", "€ 1", "\N{ARABIC-INDIC DIGIT ONE}", "\N{FULLWIDTH DIGIT ONE}", "1\x00", "9" * 65,
        "0" * 5000,
    ],
)  # fmt: skip
def test_any_other_notation_is_refused(value: str) -> None:
    with pytest.raises(
        ValueError, match="is not a plain decimal: write digits with an optional leading minus"
    ) as refusal:
        to_minor(value, "EUR")
    assert len(str(refusal.value)) < 300


@pytest.mark.parametrize(
    ("value", "currency"), [("0.005", "EUR"), ("1.5", "JPY"), ("1.2345", "KWD"), ("1.0001", "EUR")]
)
def test_more_digits_than_the_currency_has_are_refused_rather_than_rounded(value: str, currency: str) -> None:
    with pytest.raises(ValueError, match=f"has more than the . digits after the point of {currency}: round it first"):
        to_minor(value, currency)


@pytest.mark.parametrize("value", ["10000000000000.01", "-10000000000000.01", "9" * 60])
def test_an_amount_beyond_the_limit_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"is beyond 10000000000000\.00: check its decimal point"):
        to_minor(value, "EUR")


@pytest.mark.parametrize("number", [10.54, 10, Decimal("10.54"), None])
def test_a_number_that_is_not_a_string_is_never_taken(number: object) -> None:
    with pytest.raises(TypeError):
        to_minor(number, "EUR")  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match=r"is not a string: write '1054\.00' with quotes"):
        Money.model_validate({"currency": "EUR", "value": number})


@pytest.mark.parametrize(
    ("minor", "currency", "value"),
    [(105400, "EUR", "1054.00"), (1054, "JPY", "1054"), (-5, "EUR", "-0.05"), (0, "EUR", "0.00"), (0, "JPY", "0"),
     (-100, "KWD", "-0.100"), (10**18, "EUR", "10000000000000000.00")],
)  # fmt: skip
def test_minor_units_are_written_with_exactly_the_digits_of_the_currency(minor: int, currency: str, value: str) -> None:
    assert from_minor(minor, currency) == value


@given(amounts_minor, currencies)
def test_writing_and_reading_an_amount_changes_nothing(minor: int, currency: str) -> None:
    assert to_minor(from_minor(minor, currency), currency) == minor


@given(amounts_minor, currencies)
def test_what_is_written_means_what_decimal_arithmetic_says(minor: int, currency: str) -> None:
    assert Decimal(from_minor(minor, currency)) == Decimal(minor).scaleb(-digits(currency))


def test_equal_amounts_are_equal_models_with_equal_bytes() -> None:
    short, long = Money(value="1054", currency="EUR"), Money(value="1054.000", currency="EUR")
    assert short == long
    assert hash(short) == hash(long)
    assert short.model_dump_json() == long.model_dump_json() == '{"currency":"EUR","value":"1054.00"}'
    assert short.minor == 105400


@given(amounts_minor, currencies)
def test_money_survives_its_own_json(minor: int, currency: str) -> None:
    money = Money(value=from_minor(minor, currency), currency=currency)
    assert Money.model_validate_json(money.model_dump_json()) == money
    assert money.minor == minor


def test_money_names_the_field_that_is_wrong() -> None:
    with pytest.raises(ValidationError) as refusal:
        Money.model_validate({"currency": "XAU", "value": "1.00"})
    assert [error["loc"] for error in refusal.value.errors()] == [("currency",)]
    with pytest.raises(ValidationError) as refusal:
        Money.model_validate({"currency": "EUR", "value": "1e3"})
    assert [error["loc"] for error in refusal.value.errors()] == [("value",)]


def test_money_is_frozen_and_has_no_other_fields() -> None:
    money = Money(value="1.00", currency="EUR")
    with pytest.raises(ValidationError, match="frozen"):
        money.value = "2.00"  # type: ignore[misc]
    with pytest.raises(ValidationError, match="Extra inputs"):
        Money.model_validate({"currency": "EUR", "value": "1.00", "rate": "1.1"})


def test_a_currency_that_was_withdrawn_since_keeps_its_digits_so_that_old_books_can_be_read() -> None:
    assert to_minor("12.50", "HRK") == 1250
    assert from_minor(1250, "HRK") == "12.50"
