"""A target is what was valid on the day: steps with author and reason, whatever the order in which they arrived."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.organisation import ALWAYS
from projections.targets import Scope, Target, in_force, targets
from schemas.facts import FEED, PERSON, fact
from schemas.log_events import Fact
from schemas.moments import day_number
from schemas.received import read_event
from tests.schemas.making import sent

Json = dict[str, Any]
FIRST, SECOND = "2017-05-01T08:00:00Z", "2017-05-02T08:00:00Z"


def euro(value: str) -> Json:
    return {"value": value, "currency": "EUR"}


def agreed(layer: int = FEED, time: str = FIRST, **told: object) -> Fact:
    plain: Json = {"id": "t1", "metric": "units", "period": "2017-05", "author": 9, "reason": "agreed"}
    value = {} if "amount" in told else {"value": "15"}
    return fact(read_event(sent("quotum.target.agreed.v1", {**plain, **value, **told}, time=time)), layer)


def changed(day: str, layer: int = FEED, time: str = FIRST, **told: object) -> Fact:
    plain: Json = {"id": "t1", "day": day, "author": 8, "reason": f"changed {day}"}
    return fact(read_event(sent("quotum.target.changed.v1", {**plain, **told}, time=time)), layer)


def workspace(fiscal_start: int) -> Fact:
    told = {"zone": "UTC", "currency": "EUR", "fiscal_start": fiscal_start}
    return fact(read_event(sent("quotum.workspace.opened.v1", told)), FEED)


def only(*facts: Fact) -> Target:
    (found,) = targets(facts)
    return found


def test_a_target_says_what_is_to_be_reached_by_whom_and_when() -> None:
    found = only(agreed(rep=5, value="15"))
    assert (found.id, found.metric.name, found.scope) == ("t1", "units", Scope("rep", 5))
    assert (found.period.first, found.period.last, found.period.text) == (
        date(2017, 5, 1),
        date(2017, 5, 31),
        "2017-05",
    )
    assert found.currency == ""
    assert found.steps == ((ALWAYS, 15_000_000, 9, "agreed"),)


@pytest.mark.parametrize(
    ("told", "scope"), [({"rep": 5}, Scope("rep", 5)), ({"team": 5}, Scope("team", 5)), ({}, Scope("company", 0))]
)
def test_a_target_is_for_a_rep_a_team_or_the_company(told: Json, scope: Scope) -> None:
    assert only(agreed(**told)).scope == scope


def test_agreeing_anew_for_a_team_lets_go_of_the_rep() -> None:
    assert only(agreed(rep=5), agreed(team=3, time=SECOND)).scope == Scope("team", 3)
    assert only(agreed(team=3), agreed(time=SECOND)).scope == Scope("company")


def test_money_is_in_minor_units_of_its_currency() -> None:
    found = only(agreed(metric="revenue", amount=euro("19500.00")))
    assert (found.steps[0].value, found.currency) == (1_950_000, "EUR")
    yen = only(agreed(metric="revenue", amount={"value": "19500", "currency": "JPY"}))
    assert (yen.steps[0].value, yen.currency) == (19_500, "JPY")


def test_a_changed_value_holds_from_its_day_and_an_earlier_day_keeps_the_value_it_had() -> None:
    found = only(agreed(value="10"), changed("2017-05-20", value="30"), changed("2017-05-10", value="20"))
    values = {day: found.value_on(date(2017, 5, day)) // 10**6 for day in (1, 9, 10, 19, 20, 31)}
    assert values == {1: 10, 9: 10, 10: 20, 19: 20, 20: 30, 31: 30}
    assert found.value_on(date(2001, 1, 1)) == 10_000_000


def test_each_step_keeps_who_decided_it_and_why() -> None:
    found = only(agreed(value="10"), changed("2017-05-10", value="20", author=4))
    assert [(step.author, step.reason) for step in found.steps] == [(9, "agreed"), (4, "changed 2017-05-10")]
    assert found.step_on(date(2017, 5, 9)).reason == "agreed"
    assert found.step_on(date(2017, 5, 10)).author == 4


def test_what_is_changed_after_the_period_does_not_move_how_it_ended() -> None:
    found = only(agreed(value="10"), changed("2017-06-01", value="20"))
    assert found.value_on(date(2017, 7, 1)) == 10_000_000


def test_a_later_statement_about_the_same_day_puts_it_right() -> None:
    found = only(changed("2017-05-10", time=SECOND, value="21"), agreed(), changed("2017-05-10", value="20"))
    assert [step.value for step in found.steps] == [15_000_000, 21_000_000]


def test_what_a_person_corrected_outlives_a_later_feed() -> None:
    said = [agreed(value="10"), agreed(PERSON, value="12", author=2), agreed(time=SECOND, value="11")]
    said += [changed("2017-05-10", PERSON, value="22", author=2), changed("2017-05-10", time=SECOND, value="21")]
    found = only(*said)
    assert [(step.value // 10**6, step.author) for step in found.steps] == [(12, 2), (22, 2)]


def test_a_change_waits_for_what_it_changes() -> None:
    assert targets([changed("2017-05-10", value="20")]) == []
    assert only(changed("2017-05-10", value="20"), agreed()).value_on(date(2017, 5, 10)) == 20_000_000


def test_a_step_in_another_currency_or_of_another_kind_says_nothing() -> None:
    money = agreed(metric="revenue", amount=euro("10.00"))
    dollars = changed("2017-05-10", amount={"value": "20.00", "currency": "USD"})
    assert len(only(money, dollars, changed("2017-05-11", value="20")).steps) == 1
    assert len(only(agreed(), changed("2017-05-11", amount=euro("20.00"))).steps) == 1


@pytest.mark.parametrize(
    "told", [{"metric": "smiles"}, {"metric": "cycle_days_median"}, {"metric": "revenue"}, {"amount": euro("1.00")}]
)
def test_what_no_metric_measures_is_no_target(told: Json) -> None:
    assert targets([agreed(**told)]) == []


def test_a_fiscal_period_is_one_of_the_workspaces_own_year() -> None:
    found = only(workspace(4), agreed(period="FY2017-Q1"))
    assert (found.period.first, found.period.last) == (date(2017, 4, 1), date(2017, 6, 30))
    assert only(agreed(period="FY2017-Q1")).period.first == date(2017, 1, 1)


def test_a_period_that_falls_off_the_calendar_of_this_workspace_is_no_target() -> None:
    assert targets([workspace(12), agreed(period="FY9999-Q4")]) == []
    assert only(agreed(period="FY9999-Q4")).period.last == date.max


def test_of_two_targets_for_the_same_thing_the_one_agreed_last_holds() -> None:
    said = [
        agreed(id="b", rep=5, value="1", time=SECOND),
        agreed(id="a", rep=5, value="2", period="2017-05-01..2017-05-31"),
        agreed(id="c", rep=5, value="3", period="2017-Q2"),
        agreed(id="d", rep=6, value="4"),
        agreed(id="e", rep=5, value="5", metric="calls"),
    ]
    may = (date(2017, 5, 1), date(2017, 5, 31))
    found = in_force(targets(said))
    assert {key: target.id for key, target in found.items()} == {
        ("units", Scope("rep", 5), *may): "b",
        ("units", Scope("rep", 5), date(2017, 4, 1), date(2017, 6, 30)): "c",
        ("units", Scope("rep", 6), *may): "d",
        ("calls", Scope("rep", 5), *may): "e",
    }
    tied = [agreed(id="b", value="1"), agreed(id="a", value="2")]
    assert [target.id for target in in_force(targets(tied)).values()] == ["b"]


days = st.dates(date(2017, 4, 25), date(2017, 6, 5))


@given(
    st.lists(st.tuples(days, st.integers(0, 99)), unique_by=lambda step: step[0]),
    days,
    st.randoms(use_true_random=False),
)
def test_the_value_of_a_day_is_that_of_the_last_step_before_it(
    steps: list[tuple[date, int]],
    day: date,
    chance: Any,  # noqa: ANN401 (Hypothesis's own random)
) -> None:
    said = [agreed(value="7"), *(changed(str(step), value=str(value)) for step, value in steps)]
    chance.shuffle(said)
    found = only(*said, *said[:3])
    valid = [value for step, value in sorted(steps) if step <= min(day, date(2017, 5, 31))]
    assert found.value_on(day) == (valid or [7])[-1] * 10**6
    assert [step.day for step in found.steps] == [ALWAYS, *sorted(day_number(step) for step, _ in steps)]
