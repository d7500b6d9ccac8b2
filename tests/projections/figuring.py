"""What a history comes to, by both ways at once, and short words to tell one by hand."""

from collections import Counter
from typing import Any

from hypothesis import settings

from projections.entities import State
from projections.fold import credits  # noqa: A004 (the domain's own word)
from projections.postings import Cell, Posting
from projections.trail import Trail
from schemas.log_events import Fact
from schemas.moments import Calendar
from tests.projections.strategies import AMSTERDAM, MARCH_1, summed, told

MANY = settings(max_examples=400)


def posted(history: list[Fact], calendar: Calendar = AMSTERDAM) -> tuple[Trail, list[Posting]]:
    trail = Trail(calendar)
    return trail, [posting for one in history for posting in trail.post(one)]


def cells_of(history: list[Fact], calendar: Calendar = AMSTERDAM) -> dict[Cell, int]:
    """The figures, by both ways at once."""
    trail, postings = posted(history, calendar)
    cells = credits(trail.state, calendar)
    assert summed(postings) == cells
    return cells


def registers(state: State) -> dict[str, object]:
    return {name: (entity.feed, entity.person) for name, entity in state.items()}


ONE, HALF = 1_000_000, 500_000
EUR_100 = {"value": "100.00", "currency": "EUR"}


def at(day: int, clock: str = "10:00:00") -> str:
    return f"2017-03-{day:02}T{clock}Z"


def figures(history: list[Fact], metric: str, basis: str = "owner") -> dict[int, int]:
    """A metric by rep, over all days."""
    found: Counter[int] = Counter()
    for (rep, _, name, by, _), amount in cells_of(history).items():
        if (name, by) == (metric, basis):
            found[rep] += amount
    return dict(found)


def by_day(history: list[Fact], metric: str, basis: str = "owner") -> dict[tuple[int, int], int]:
    """A metric by rep and day of March 2017."""
    found: Counter[tuple[int, int]] = Counter()
    for (rep, day, name, by, _), amount in cells_of(history).items():
        if (name, by) == (metric, basis):
            found[rep, day - MARCH_1 + 1] += amount
    return dict(found)


def sellers(*history: Fact) -> dict[int, int]:
    return figures(list(history), "deals_won", "seller")


def on(moment: str) -> dict[str, Any]:
    return {"day" if len(moment) == 10 else "at": moment}


def offer(id_: str, rep: int, moment: str, sequence: int = 0) -> Fact:
    return told("offer.sent", sequence=sequence, id=id_, rep=rep, **on(moment))


def win(moment: str, sequence: int = 0, **more: Any) -> Fact:  # noqa: ANN401 (the fields of a win)
    return told("deal.won", sequence=sequence, **{"id": "d", "rep": 7, "amount": EUR_100, **on(moment), **more})
