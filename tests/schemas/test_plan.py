"""A target says what is to be reached, by whom and when, in one way; a half-said one is refused."""

import pytest
from pydantic import ValidationError

from schemas.envelope import TEXT_LENGTH, Data
from schemas.plan import TargetAgreed, TargetChanged
from tests.schemas.making import Json, refused

AGREED: Json = {"id": "1", "metric": "calls", "period": "2017-03", "value": "15", "author": "mary", "reason": "agreed"}
CHANGED: Json = {"id": "1", "day": "2017-03-10", "value": "15", "author": "mary", "reason": "agreed"}
EURO = {"value": "10.00", "currency": "EUR"}


def without(data: Json, *names: str) -> Json:
    return {name: value for name, value in data.items() if name not in names}


@pytest.mark.parametrize("scope", [{}, {"rep": "ann"}, {"team": "north"}, {"rep": None, "team": "north"}])
def test_a_target_is_for_a_rep_or_a_team_or_else_for_everybody(scope: Json) -> None:
    told = TargetAgreed.model_validate({**AGREED, **scope})
    assert (told.rep, told.team) == (scope.get("rep"), scope.get("team"))


def test_a_target_for_a_rep_and_a_team_at_once_is_refused() -> None:
    assert "give `rep` or `team`, one of the two" in refused(TargetAgreed, {**AGREED, "rep": "ann", "team": "north"})


@pytest.mark.parametrize(("model", "data"), [(TargetAgreed, AGREED), (TargetChanged, CHANGED)])
def test_a_target_has_a_value_or_an_amount_and_not_both(model: type[Data], data: Json) -> None:
    model.model_validate({**without(data, "value"), "amount": EURO})
    assert "one of the two" in refused(model, {**data, "amount": EURO})
    assert "one of the two" in refused(model, without(data, "value"))


@pytest.mark.parametrize(("model", "data"), [(TargetAgreed, AGREED), (TargetChanged, CHANGED)])
def test_nothing_below_0_is_to_be_reached_and_0_says_that_nothing_is(model: type[Data], data: Json) -> None:
    model.model_validate({**data, "value": "0"})
    model.model_validate({**data, "value": "-0"})
    assert "-1 lies below 0" in refused(model, {**data, "value": "-1"})
    amount = {"value": "-0.01", "currency": "EUR"}
    assert "-0.01 lies below 0" in refused(model, {**without(data, "value"), "amount": amount})


@pytest.mark.parametrize("needed", ["author", "reason", "id"])
@pytest.mark.parametrize(("model", "data"), [(TargetAgreed, AGREED), (TargetChanged, CHANGED)])
def test_a_target_without_an_author_and_a_reason_is_none(model: type[Data], data: Json, needed: str) -> None:
    assert "Field required" in refused(model, without(data, needed))


def test_a_period_is_one_that_the_calendar_knows() -> None:
    assert "there is no month 13" in refused(TargetAgreed, {**AGREED, "period": "2017-13"})
    assert "not a period" in refused(TargetAgreed, {**AGREED, "period": "next spring"})


def test_equal_values_have_equal_texts() -> None:
    assert TargetAgreed.model_validate({**AGREED, "value": "015.50"}).value == "15.5"
    amount = TargetAgreed.model_validate(
        {**without(AGREED, "value"), "amount": {"value": "5", "currency": "EUR"}}
    ).amount
    assert amount is not None
    assert amount.value == "5.00"


@pytest.mark.parametrize(
    ("reason", "why"),
    [
        ("", "write a sentence"),
        (" \n ", "write a sentence"),
        ("x" * (TEXT_LENGTH + 1), "more than 2000"),
        ("a\x00b", r"U\+0000"),
        ("a\u202eb", r"U\+202E"),
        ("\ud800", "valid string|U\\+D800"),
    ],
)
def test_a_reason_is_a_text_that_can_be_shown(reason: str, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        TargetAgreed.model_validate({**AGREED, "reason": reason})


def test_a_reason_may_have_lines_and_blanks_around_it_are_dropped() -> None:
    told = TargetAgreed.model_validate({**AGREED, "reason": " one\n\ttwo \n"})
    assert told.reason == "one\n\ttwo"
    TargetAgreed.model_validate({**AGREED, "reason": "x" * TEXT_LENGTH})
