"""What is told of the organisation holds only days, money and rules that there are."""

import pytest

from schemas.organisation_data import CreditRuleSet, RepLeft, WorkspaceOpened, team_text, yes_text
from tests.schemas.making import Json, refused


def test_registers_hold_teams_and_answers_as_plain_text() -> None:
    assert team_text(7) == "7"
    assert [yes_text(said) for said in (True, False)] == ["yes", "no"]


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"zone": "Amsterdam"}, "is not a time zone"),
        ({"currency": "euro"}, "unknown currency"),
        ({"currency": "XAU"}, "no minor unit"),
        ({"fiscal_start": 0}, "greater than or equal to 1"),
        ({"fiscal_start": 13}, "less than or equal to 12"),
        ({"fiscal_start": 1.5}, "valid integer"),
        ({"partitions": 0}, "greater than or equal to 1"),
        ({"partitions": 10_001}, "less than or equal to 10000"),
    ],
)
def test_books_are_not_opened_with_a_zone_money_or_year_that_does_not_exist(told: Json, why: str) -> None:
    fine = {"zone": "Europe/Amsterdam", "currency": "EUR", "fiscal_start": 4}
    WorkspaceOpened.model_validate(fine)
    assert why in refused(WorkspaceOpened, {**fine, **told})


def test_a_credit_rule_is_one_of_three() -> None:
    for rule in ("owner", "closer", "seller"):
        assert CreditRuleSet.model_validate({"rule": rule}).rule == rule
    assert "'owner', 'closer' or 'seller'" in refused(CreditRuleSet, {"rule": "manager"})


def test_whoever_leaves_needs_no_team() -> None:
    assert RepLeft.model_validate({"rep": "a", "day": "2017-03-01"}).constant == {"team@": "left"}
