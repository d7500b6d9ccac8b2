"""A trail that keeps up says what the specification says after every event, and an event costs what it moves."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import projections.trail
from projections import shares
from projections.entities import Entity, State, evolve
from projections.fold import credits, lines  # noqa: A004 (the domain's own word)
from projections.placing import PLACED, is_before, place_of
from projections.postings import Cell, Line, Lines, add_lines
from projections.shares import UNASSIGNED, Holders, Statement, holder_on, statement, statements
from projections.trail import Trail
from schemas.log_events import Fact
from tests.projections.figuring import EUR_100, MANY, at, posted, registers, win
from tests.projections.strategies import AMSTERDAM, DAYS, LAST, dated_facts, facts, folded, histories, told


def specified(state: State) -> dict[str, Lines]:
    """What each entity counts for, from scratch: the rules again, with nothing kept."""

    def held(entity: Entity, day: int) -> Holders:
        return holder_on(day, statements(entity.layers, AMSTERDAM))

    placed = [place_of(entity, AMSTERDAM) for entity in state.values() if entity.kind == "offer"]
    found: dict[str, Lines] = {}
    for entity in state.values():
        closing, sold = place_of(entity, AMSTERDAM), UNASSIGNED
        before = [place for place in placed if place and closing and is_before(place, closing)]
        if before:
            sold = held(state[max(before)[3]], max(before)[0])
        found[entity.name] = lines(entity, AMSTERDAM, held, sold)
    return found


def _by_date(first: tuple[str, int], second: tuple[str, int], won: tuple[str, int]) -> list[Fact]:
    """Two offers and a win with only days and sequences, in this order; then the first offer is somebody else's."""
    said = [
        told("offer.sent", id=f"o{rep}", day=day, sequence=sequence, rep=rep)
        for rep, (day, sequence) in ((1, first), (2, second))
    ]
    handed_over = told("offer.reassigned", time=LAST, id="o1", day=DAYS[0], rep=3)
    return [*said, told("deal.won", id="d1", day=won[0], sequence=won[1]), handed_over]


@settings(max_examples=600)
@given(histories)
@example(_by_date((DAYS[0], 0), (DAYS[1], 2), (DAYS[1], 1)))
@example(_by_date((DAYS[0], 2), (DAYS[1], 2), (DAYS[1], 1)))
@example(_by_date((DAYS[0], 1), (DAYS[0], 2), (DAYS[0], 1)))
def test_incremental_postings_sum_to_the_specification_after_every_event(history: list[Fact]) -> None:
    trail, state = Trail(AMSTERDAM), dict[str, Entity]()
    sums: dict[str, Counter[Line]] = {}
    for one in history:
        for name, line, amount in trail.post(one):
            assert amount
            sums.setdefault(name, Counter())[line] += amount
        evolve(state, one)
        for name, expected in specified(state).items():
            assert list(trail.state[name].lines) == expected
            assert len({line for _, line, _ in expected}) == len(expected)
            added = sums.get(name, Counter())
            assert {line: amount for line, amount in added.items() if amount} == {
                line: amount for _, line, amount in expected
            }


@MANY
@given(histories)
def test_a_trail_begun_anew_from_its_own_events_says_the_same(history: list[Fact]) -> None:
    trail, postings = posted(history)
    again, second = posted(history)
    assert postings == second
    assert registers(trail.state) == registers(again.state)
    assert all(not again.post(one) for one in history)


@MANY
@given(histories, histories)
def test_a_trail_goes_on_from_a_state_as_if_it_had_posted_what_made_it(before: list[Fact], after: list[Fact]) -> None:
    posted_all, _ = posted(before)
    goes_on = Trail.of(folded(before), AMSTERDAM)
    assert (goes_on.offers, goes_on.closings) == (posted_all.offers, posted_all.closings)
    assert [goes_on.post(one) for one in after] == [posted_all.post(one) for one in after]
    assert registers(goes_on.state) == registers(posted_all.state)


@MANY
@given(histories, st.lists(st.one_of(facts, dated_facts), max_size=4))
def test_a_trail_goes_on_from_the_part_that_events_can_move(before: list[Fact], after: list[Fact]) -> None:
    named = {one.entity for one in after}
    kinds = PLACED if any(name.partition(":")[0] in PLACED for name in named) else ()
    part = {name: one for name, one in folded(before).items() if name in named or one.kind in kinds}
    whole, _ = posted(before)
    goes_on = Trail.of(part, AMSTERDAM)
    assert [goes_on.post(one) for one in after] == [whole.post(one) for one in after]


@MANY
@given(histories, facts)
def test_a_trail_knows_exactly_what_would_change_nothing(history: list[Fact], another: Fact) -> None:
    trail, _ = posted(history)
    assert all(trail.knows(one) for one in history)
    knows = trail.knows(another)
    assert knows == (evolve(trail.state, another) is None)


def test_a_trail_that_goes_on_knows_who_made_its_offers() -> None:
    before = [told("offer.sent", id="o1", day=DAYS[0], rep=1), told("deal.won", id="d1", day=DAYS[1])]
    moved = Trail.of(folded(before), AMSTERDAM).post(
        told("offer.reassigned", time=LAST, id="o1", day=DAYS[0], rep=None)
    )
    assert {(line[1], line[2]): amount for entity, line, amount in moved if entity == "deal:d1"} == {
        ("seller", 1): -1_000_000,
        ("seller", 0): 1_000_000,
    }


# What an event may cost


def _case(size: int) -> list[Fact]:
    """A call, an offer after it and a win after that, over and over."""
    facts: list[Fact] = []
    for number in range(size // 3):
        hour = f"2017-{3 + number // 960:02}-{1 + number // 40 % 24:02}T{number // 2 % 20:02}:{number % 2 * 30:02}"
        facts += [
            told("call.logged", id=f"c{number}", at=f"{hour}:00Z", rep=1),
            told("offer.sent", id=f"o{number}", at=f"{hour}:01Z", rep=2),
            told("deal.won", id=f"d{number}", at=f"{hour}:02Z", rep=3, amount=EUR_100),
        ]
    return facts


FURTHER = [
    told("call.logged", id="c", at=at(2, "05:00:05"), rep=1),
    told("call.voided", id="c3"),
    told("lead.created", id="l", day="2017-03-02", rep=1),
    told("offer.sent", time=at(3), id="last", at="2018-01-01T00:00:00Z", rep=4),
    told("offer.sent", time=at(3), id="between", at=at(1, "05:00:01.5"), rep=4),
    told("offer.amended", time=at(4), id="between", at=at(1, "06:00:01.5")),
    told("offer.reassigned", time=at(4), id="o7", rep=5),
    told("offer.voided", time=at(5), id="o9"),
    told("deal.opened", time=at(5), id="d11", day="2017-03-01", rep=1),
    told("deal.amended", time=at(6), id="d12", closed_at=at(1, "09:00:09")),
    told("deal.reassigned", time=at(6), id="d12", rep=5, day="2017-03-01"),
    told("deal.reopened", time=at(6), id="d13"),
    told("deal.deleted", time=at(6), id="d14"),
    told("deal.lost", time=at(6), id="d15", day="2017-03-01", rep=1),
]


def test_a_further_event_costs_as_much_on_a_trail_of_10000_facts_as_on_one_of_100(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    computed: list[str] = []

    def counted(entity: Entity, *rest: Any) -> Lines:  # noqa: ANN401 (handed on as they came)
        computed.append(entity.name)
        return lines(entity, *rest)

    def work(size: int) -> list[int]:
        trail, _ = posted(_case(size))
        found = []
        for one in FURTHER:
            computed.clear()
            assert trail.post(one)
            found.append(len(computed))
            assert not trail.post(one)
        return found

    monkeypatch.setattr(projections.trail, "lines", counted)
    assert work(100) == work(10_000)
    assert max(work(100)) <= 3


def test_2000_handovers_of_one_deal_are_each_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def counted(name: str, *rest: Any) -> Statement:  # noqa: ANN401 (handed on as they came)
        read.append(name)
        return statement(name, *rest)

    monkeypatch.setattr(projections.trail, "statement", counted)
    monkeypatch.setattr(shares, "statement", counted)
    trail, _ = posted([told("deal.opened", id="d", day="2017-03-01", rep=1), win(at(5))])
    for number in range(2000):
        second = f"2017-04-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}Z"
        day: dict[str, Any] = {"day": DAYS[number % 4]} if number % 50 else {}
        trail.post(told("deal.reassigned", time=second, id="d", rep=1 + number % 3, **day))
    assert len(read) <= 2002
    cells: dict[Cell, int] = {}
    for entity in trail.state.values():
        add_lines(cells, entity.lines)
    assert cells == credits(trail.state, AMSTERDAM)
