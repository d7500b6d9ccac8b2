"""The shapes of what events tell say one thing in one way, and refuse what says nothing or two things at once."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.data import (
    MILLIONTHS,
    UNITS_MAX,
    ActivityAmended,
    ActivityDone,
    CorrectionWithdrawn,
    DealAmended,
    DealOpened,
    DealWon,
    Reassigned,
    Thing,
    holder_text,
    millionths,
    money_text,
    shares_text,
)
from schemas.envelope import Data
from tests.schemas.making import Json, numbers, refused, shares

DAY = "2017-03-01"
AT = "2017-03-01T09:30:00Z"
EURO = {"value": "1.00", "currency": "EUR"}
TWICE_HALF = [{"rep": "a", "share": "0.5"}, {"rep": "b", "share": "0.5"}]


def test_registers_hold_money_and_holders_as_plain_text() -> None:
    assert money_text({"currency": "EUR", "value": "1054.00"}) == "1054.00 EUR"
    assert holder_text(17) == "17:1000000"


def test_shares_are_written_by_number_whatever_the_order_they_were_told_in() -> None:
    told: list[dict[str, object]] = [{"rep": 18, "share": "0.75"}, {"rep": 2, "share": "0.25"}]
    assert shares_text(told) == shares_text(told[::-1]) == "2:250000,18:750000"


@given(shares(numbers))
def test_no_part_of_a_whole_is_lost_in_its_text(told: list[Json]) -> None:
    parts = dict(part.split(":") for part in shares_text(told).split(","))
    assert sum(map(int, parts.values())) == MILLIONTHS
    assert {int(rep): Decimal(part) / MILLIONTHS for rep, part in parts.items()} == {
        part["rep"]: Decimal(part["share"]) for part in told
    }


@given(st.decimals(-(10**14), 10**14, places=6), st.integers(0, 8))
def test_millionths_are_the_decimal_to_the_last_digit(value: Decimal, zeros: int) -> None:
    text = f"{value:f}"
    assert millionths(text + "0" * zeros) == int(value.scaleb(6))
    assert millionths(text.rstrip("0").removesuffix(".")) == int(value.scaleb(6))


@pytest.mark.parametrize(
    "text", ["", "-", ".5", "1.", "+1", "1e3", "1,5", " 1", "1\n", "1_0", "NaN", "1.0000001", "9" * 16, "٣"]
)
def test_what_is_no_plain_decimal_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a decimal with at most six digits after the point, such as 2\.5"):
        millionths(text)


@pytest.mark.parametrize(
    ("told", "kept"),
    [("3", "3"), ("3.0", "3"), ("03.50", "3.5"), ("0.000001", "0.000001"), ("-2.50", "-2.5"), ("-0.5", "-0.5"),
     ("-0", "0"), ("0.0", "0"), ("100", "100"), (str(UNITS_MAX), str(UNITS_MAX))],
)  # fmt: skip
def test_equal_units_have_equal_texts(told: str, kept: str) -> None:
    assert DealAmended.model_validate({"id": "1", "units": told}).units == kept


@given(st.integers(-UNITS_MAX * MILLIONTHS, UNITS_MAX * MILLIONTHS))
def test_units_keep_their_value(whole: int) -> None:
    told = f"{'-' * (whole < 0)}{abs(whole) // 10**6}.{abs(whole) % 10**6:06}"
    kept = DealAmended.model_validate({"id": "1", "units": told}).units
    assert kept is not None
    assert Decimal(kept) == Decimal(told)
    assert len(kept) <= len(told)


@pytest.mark.parametrize("units", [str(UNITS_MAX + 1), f"-{UNITS_MAX}.000001"])
def test_units_that_are_surely_a_slip_are_refused(units: str) -> None:
    assert "which is surely a slip" in refused(DealAmended, {"id": "1", "units": units})


@pytest.mark.parametrize("model", [ActivityDone, DealOpened, DealWon])
def test_what_happened_has_a_day_or_an_instant_and_not_both(model: type[Data]) -> None:
    assert "one of the two" in refused(model, {"id": "1"})
    assert "one of the two" in refused(model, {"id": "1", "day": None, "at": None})
    assert "one of the two" in refused(model, {"id": "1", "day": DAY, "at": AT})
    model.model_validate({"id": "1", "day": DAY, "at": None})
    model.model_validate({"id": "1", "at": AT})


@pytest.mark.parametrize("model", [ActivityAmended, DealAmended])
def test_an_amendment_that_changes_nothing_is_refused(model: type[Data]) -> None:
    assert "give at least one field beside the id" in refused(model, {"id": "1"})
    model.model_validate({"id": "1", "product": None})


@pytest.mark.parametrize(
    ("model", "pair"),
    [
        (ActivityAmended, {"day": DAY, "at": AT}),
        (ActivityAmended, {"day": DAY, "at": None}),
        (DealAmended, {"opened_day": DAY, "opened_at": AT}),
        (DealAmended, {"closed_day": None, "closed_at": AT}),
    ],
)
def test_an_amendment_that_says_two_things_about_one_moment_is_refused(model: type[Data], pair: Json) -> None:
    first, second = pair
    assert f"give `{first}` or `{second}`, one of the two" in refused(model, {"id": "1", **pair})


@pytest.mark.parametrize("told", [{"rep": "a"}, {"rep": None}, {"shares": TWICE_HALF}, {"rep": "a", "shares": None}])
def test_a_reassignment_names_one_rep_or_shares_or_nobody(told: Json) -> None:
    Reassigned.model_validate({"id": "1", **told})


@pytest.mark.parametrize(
    "told",
    [{}, {"day": DAY}, {"shares": None}, {"rep": "a", "shares": TWICE_HALF}, {"rep": None, "shares": TWICE_HALF}],
)
def test_a_reassignment_to_none_or_to_both_is_refused(told: Json) -> None:
    assert "give `rep` or `shares`, one of the two" in refused(Reassigned, {"id": "1", **told})


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ([], "must sum to 1 exactly"),
        ([("a", "0.5")], "must sum to 1 exactly"),
        ([("a", "0.333333"), ("b", "0.333333"), ("c", "0.333333")], "give one of them the rest, such as 0.333334"),
        ([("a", "0.6"), ("b", "0.6")], "must sum to 1 exactly"),
        ([("a", "1"), ("b", "0")], "a share is more than 0; leave out who gets nothing"),
        ([("a", "1.5"), ("b", "-0.5")], "a share is more than 0"),
        ([("a", "0.5"), ("a", "0.5")], "a rep stands twice among the shares; add them up"),
        ([("5", "0.5"), (5, "0.5")], "a rep stands twice among the shares; add them up"),
        ([("a", "0.5"), (" a", "0.5")], "a rep stands twice"),
        ([("a", "50%"), ("b", "50%")], "is not a decimal"),
        ([("a", 1)], "should be a valid string"),
    ],
)
def test_shares_that_are_no_whole_are_refused(parts: list[tuple[str, Any]], why: str) -> None:
    told = {"id": "1", "shares": [{"rep": rep, "share": share} for rep, share in parts]}
    assert why in refused(Reassigned, told)


@pytest.mark.parametrize(
    ("entity", "kept"),
    [
        ("deal:42", "deal:42"),
        ("deal:a:b", "deal:a:b"),
        ("call: 7 ", "call:7"),
        ("deal:" + "x" * 200, "deal:" + "x" * 200),
    ],
)
def test_a_correction_is_withdrawn_for_one_entity(entity: str, kept: str) -> None:
    assert CorrectionWithdrawn.model_validate({"entity": entity}).entity == kept


@pytest.mark.parametrize("entity", ["", "deal", "deal:", "deal: ", ":42", "7:42", "a deal:42"])
def test_what_names_no_entity_is_refused_with_an_example(entity: str) -> None:
    why = refused(CorrectionWithdrawn, {"entity": entity})
    assert "write them with a colon between, such as deal:42" in why


def test_withdrawing_no_field_at_all_is_refused_since_leaving_them_out_means_all() -> None:
    assert "at least 1 item" in refused(CorrectionWithdrawn, {"entity": "deal:42", "fields": []})
    assert CorrectionWithdrawn.model_validate({"entity": "deal:42"}).fields is None


def test_a_void_needs_nothing_but_the_id() -> None:
    assert Thing.model_validate({"id": "1"}).id == "1"
    assert "Extra inputs" in refused(Thing, {"id": "1", "day": DAY})


def test_money_within_data_is_exact() -> None:
    won = DealWon.model_validate({"id": "1", "day": DAY, "amount": {"value": "1", "currency": "EUR"}})
    assert won == DealWon.model_validate({"id": "1", "day": DAY, "amount": EURO})
    assert "not a string" in refused(DealWon, {"id": "1", "day": DAY, "amount": {"value": 1.0, "currency": "EUR"}})
