"""Histories written by hand, and the figures they come to by rep or by day, for tests of what an event is worth."""

from collections import Counter
from typing import Any

from schemas.facts import Fact
from tests.projections.strategies import MARCH_1, cells_of, told

ONE, HALF = 1_000_000, 500_000
EUR_100 = {"value": "100.00", "currency": "EUR"}


def by_day(history: list[Fact], metric: str, basis: str = "owner") -> dict[tuple[int, int], int]:
    """A metric by rep and day of March 2017."""
    found: Counter[tuple[int, int]] = Counter()
    for (rep, day, name, by, _), amount in cells_of(history).items():
        if (name, by) == (metric, basis):
            found[rep, day - MARCH_1 + 1] += amount
    return dict(found)


def figures(history: list[Fact], metric: str, basis: str = "owner") -> dict[int, int]:
    """A metric by rep, over all days."""
    found: Counter[int] = Counter()
    for (rep, _), amount in by_day(history, metric, basis).items():
        found[rep] += amount
    return dict(found)


def at(day: int, clock: str = "10:00:00") -> str:
    return f"2017-03-{day:02}T{clock}Z"


def on(moment: str) -> dict[str, Any]:
    return {"day" if len(moment) == 10 else "at": moment}


def offer(id_: str, rep: int, moment: str, sequence: int = 0) -> Fact:
    return told("offer.sent", sequence=sequence, id=id_, rep=rep, **on(moment))


def win(moment: str, sequence: int = 0, **more: Any) -> Fact:  # noqa: ANN401 (the fields of a win)
    return told("deal.won", sequence=sequence, **{"id": "d", "rep": 7, "amount": EUR_100, **on(moment), **more})
