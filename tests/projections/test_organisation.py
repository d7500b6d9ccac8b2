"""The organisation of any day follows from what was told about it: who was in which team, which rule was in force."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.organisation import Organisation, Span, organisation, rule_on
from schemas.facts import FEED, PERSON
from schemas.log_events import Fact
from schemas.moments import day_number, from_day_number
from schemas.periods import parse_period
from tests.projections.strategies import stated, told

FIRST, LATER, LAST = ("2017-01-01T00:00:00Z", "2017-01-02T00:00:00Z", "2017-01-03T00:00:00Z")
DAYS = st.integers(0, 12).map(lambda count: date(2017, 1, 1) + timedelta(days=count))


def number(day: str) -> int:
    return day_number(date.fromisoformat(day))


def joined(day: str, team: int | None = 1, *, rep: int = 7, time: str = FIRST, layer: int = FEED) -> Fact:
    return stated("joined", "rep.joined", {"rep": rep, "day": day, "team": team}, time=time, sequence=0, layer=layer)


def moved(day: str, team: int, *, time: str = FIRST, layer: int = FEED) -> Fact:
    return told("rep.moved_team", rep=7, day=day, team=team, time=time, layer=layer)


def left(day: str, *, time: str = FIRST) -> Fact:
    return told("rep.left", rep=7, day=day, time=time)


def teams(found: Organisation, *days: str) -> list[int]:
    return [found.team_on(7, number(day)) for day in days]


def test_a_rep_is_in_a_team_from_the_day_of_joining() -> None:
    found = organisation([joined("2017-03-01")])
    assert teams(found, "2017-02-28", "2017-03-01", "2030-01-01") == [0, 1, 1]


def test_moving_changes_the_team_from_its_day_and_no_day_before() -> None:
    found = organisation([joined("2017-03-01"), moved("2017-06-15", 2)])
    assert teams(found, "2017-03-01", "2017-06-14", "2017-06-15", "2017-12-31") == [1, 1, 2, 2]


def test_who_left_belongs_nowhere_and_may_come_back() -> None:
    facts = [joined("2017-03-01"), left("2017-05-01"), joined("2017-08-01", 3)]
    found = organisation(facts)
    assert teams(found, "2017-04-30", "2017-05-01", "2017-07-31", "2017-08-01") == [1, 0, 0, 3]
    members = {
        text: found.members(parse_period(text)) for text in ("2017-02", "2017-04", "2017-05", "2017-06", "2017-Q3")
    }
    assert members == {"2017-02": set(), "2017-04": {7}, "2017-05": set(), "2017-06": set(), "2017-Q3": {7}}


def test_a_single_day_of_belonging_is_enough_for_a_period() -> None:
    found = organisation([joined("2017-03-31"), left("2017-04-01")])
    assert [found.members(parse_period(month)) for month in ("2017-02", "2017-03", "2017-04")] == [set(), {7}, set()]


def test_who_joined_without_a_team_belongs_all_the_same() -> None:
    found = organisation([joined("2017-03-01", None)])
    assert teams(found, "2017-03-01") == [0]
    assert found.members(parse_period("2017-03")) == {7}


def test_what_was_said_later_about_a_day_holds_in_any_order() -> None:
    facts = [joined("2017-03-01", 1), joined("2017-03-01", 2, time=LATER)]
    for order in (facts, facts[::-1]):
        assert teams(organisation(order), "2017-03-01") == [2]


def test_what_a_person_corrected_outlives_what_a_feed_says_later() -> None:
    facts = [joined("2017-03-01", 1), joined("2017-03-01", 2, layer=PERSON), joined("2017-03-01", 3, time=LAST)]
    assert teams(organisation(facts), "2017-03-01") == [2]


def test_a_team_keeps_its_number_and_has_the_region_said_last() -> None:
    facts = [told("team.formed", team=1, region="West", time=FIRST), told("team.formed", team=2, time=FIRST)]
    assert organisation(facts).regions == {1: "West", 2: ""}
    corrected = told("team.formed", team=1, region="East", time=LATER)
    assert organisation([corrected, *facts]).regions[1] == "East"


def test_the_workspace_is_what_its_opening_said() -> None:
    found = organisation([told("workspace.opened", zone="Europe/Amsterdam", currency="EUR", fiscal_start=4)])
    assert (found.zone, found.currency, found.fiscal_start, found.opened) == ("Europe/Amsterdam", "EUR", 4, True)
    assert not organisation([]).opened


def test_a_log_on_kafka_says_how_many_partitions_it_has_and_an_embedded_one_nothing() -> None:
    assert organisation([told("workspace.opened", zone="UTC", currency="EUR", partitions=12)]).partitions == 12
    assert organisation([told("workspace.opened", zone="UTC", currency="EUR")]).partitions == 0


def rule(name: str, day: str | None = None, *, time: str = FIRST, layer: int = FEED) -> Fact:
    data = {"rule": name, "day": day} if day else {"rule": name}
    return stated(f"{name} at {time}", "credit_rule.set", data, time=time, sequence=0, layer=layer)


def test_without_a_rule_the_owner_is_credited() -> None:
    assert rule_on(organisation([]), number("2017-03-01")) == "owner"
    assert rule_on(organisation([rule("seller", "2017-06-15")]), number("2017-06-14")) == "owner"


def test_a_period_over_two_rules_is_cut_where_the_rule_changes() -> None:
    found = organisation([rule("closer"), rule("seller", "2017-06-15")])
    assert found.spans(parse_period("2017-06")) == [
        Span("closer", number("2017-06-01"), number("2017-06-14")),
        Span("seller", number("2017-06-15"), number("2017-06-30")),
    ]
    assert [span.rule for span in found.spans(parse_period("2017-05"))] == ["closer"]
    assert [span.rule for span in found.spans(parse_period("2017-07"))] == ["seller"]


def test_a_rule_that_begins_on_the_first_day_of_a_period_is_the_only_one_in_it() -> None:
    found = organisation([rule("closer"), rule("seller", "2017-06-01")])
    assert [span.rule for span in found.spans(parse_period("2017-06"))] == ["seller"]


def test_a_person_corrects_the_rule_of_a_day() -> None:
    facts = [rule("closer", "2017-06-15"), rule("seller", "2017-06-15", layer=PERSON)]
    assert rule_on(organisation([*facts, rule("owner", "2017-06-15", time=LAST)]), number("2017-06-20")) == "seller"


STEPS = st.lists(st.tuples(DAYS, st.sampled_from((1, 2, 3, None, "left"))), max_size=8)


def _step(day: date, what: int | str | None, sequence: int) -> Fact:
    if what == "left":
        return told("rep.left", rep=7, day=day.isoformat(), time=FIRST, sequence=sequence)
    data = {"rep": 7, "day": day.isoformat(), "team": what}
    return stated("joined", "rep.joined", data, time=FIRST, sequence=sequence, layer=FEED)


@given(STEPS, st.lists(st.tuples(DAYS, st.sampled_from((1, 2)))))
def test_on_each_day_each_rep_is_in_one_team_at_most(
    steps: list[tuple[date, int | str | None]], others: list[tuple[date, int]]
) -> None:
    facts = [_step(day, what, sequence) for sequence, (day, what) in enumerate(steps)]
    facts += [joined(day.isoformat(), team, rep=8) for day, team in others]
    found = organisation(facts)
    for day in range(number("2016-12-31"), number("2017-01-16")):
        here = [stay for stay in found.stays if stay.first <= day < stay.until]
        assert len({stay.rep for stay in here}) == len(here)
        said = [what for when, what in sorted(steps, key=lambda step: step[0]) if day_number(when) <= day]
        in_force = said[-1] if said else "left"
        assert found.team_on(7, day) == (in_force if isinstance(in_force, int) else 0)
        assert (7 in {stay.rep for stay in here}) == (in_force != "left")


@given(st.lists(st.tuples(DAYS, st.sampled_from(("owner", "closer", "seller"))), max_size=5), DAYS, st.integers(0, 15))
def test_spans_cover_each_day_of_a_period_once_by_the_rule_in_force(
    rules: list[tuple[date, str]], first: date, days: int
) -> None:
    facts = [
        told("credit_rule.set", rule=name, day=day.isoformat(), sequence=sequence)
        for sequence, (day, name) in enumerate(rules)
    ]
    found = organisation(facts)
    spans = found.spans(parse_period(f"{first}..{first + timedelta(days=days)}"))
    covered = [(day, span.rule) for span in spans for day in range(span.first, span.last + 1)]
    wanted = [day_number(first) + count for count in range(days + 1)]
    assert covered == [(day, rule_on(found, day)) for day in wanted]
    for day, name in covered:
        said = [one for when, one in sorted(rules, key=lambda step: step[0]) if when <= from_day_number(day)]
        assert name == (said[-1] if said else "owner")


def test_facts_of_other_things_are_let_by() -> None:
    assert organisation([told("deal.won", id="d", day="2017-03-01", rep=7)]) == organisation([])


@pytest.mark.parametrize("text", ["2017-02-28", "2017-W09", "2017-02", "2017"])
def test_nobody_belongs_where_nobody_was_told_of(text: str) -> None:
    assert organisation([]).members(parse_period(text)) == set()
