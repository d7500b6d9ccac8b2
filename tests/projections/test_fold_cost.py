"""A further event costs what it moves, however long its trail and however often its deal changed hands."""

from typing import Any

import pytest

from projections import fold, shares
from projections.fold import Cell, Entity, Lines, credits, lines  # noqa: A004 (the domain's own word)
from projections.shares import Statement, statement
from schemas.facts import Fact
from tests.projections.by_hand import EUR_100, at, win
from tests.projections.strategies import AMSTERDAM, DAYS, posted, told

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

    monkeypatch.setattr(fold, "lines", counted)
    assert work(100) == work(10_000)
    assert max(work(100)) <= 3


def test_2000_handovers_of_one_deal_are_each_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def counted(name: str, *rest: Any) -> Statement:  # noqa: ANN401 (handed on as they came)
        read.append(name)
        return statement(name, *rest)

    monkeypatch.setattr(fold, "statement", counted)
    monkeypatch.setattr(shares, "statement", counted)
    trail, _ = posted([told("deal.opened", id="d", day="2017-03-01", rep=1), win(at(5))])
    for number in range(2000):
        second = f"2017-04-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}Z"
        day: dict[str, Any] = {"day": DAYS[number % 4]} if number % 50 else {}
        trail.post(told("deal.reassigned", time=second, id="d", rep=1 + number % 3, **day))
    assert len(read) <= 2002
    cells: dict[Cell, int] = {}
    for entity in trail.state.values():
        fold.add_lines(cells, entity.lines)
    assert cells == credits(trail.state, AMSTERDAM)
