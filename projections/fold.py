"""The fold: what a history of events means, in figures. The one page on which everything else rests.

Rules
1. An event is a set of writes to registers of one entity. A register keeps the greatest (asserted_at, sequence, id,
   text): a join. So order of arrival, duplicates, and the same id with other content cannot change the outcome.
2. A register has two layers: what feeds say, and above it what a person corrected. Empty text says nothing any more.
3. What an entity counts for is a pure function of the state (`credits`): `lines` of its own registers by the table
   of metrics, on its own business day, for whoever held it on that day (shares.py). An entity that is not alive
   counts for nothing; a win without an amount counts and brings no revenue.
4. Deals are credited by three bases at once: owner (who held the deal), closer (whom the win or loss names), seller
   (who held the latest offer of the trail before it, by instant and sequence). Nobody to be found: rep 0, unassigned.
   Which basis counts is chosen when asked.
5. A moment is a day or an instant. Within a day an offer that only has a date comes first and a win that only has a
   date comes last; two dates, or two equal instants, go by sequence.
6. Postings are the lines after an event less the lines before it. A single posting depends on the order of arrival,
   sums never do: `Trail.post` finds what an event could move and must add up to `credits`, the specification.
7. Amounts are integers (metrics.py), so nothing depends on the order of adding; parts sum to the whole (shares.py).
"""

from collections.abc import Callable
from typing import Any, Final

from projections.entities import Entity, State
from projections.metrics import BY_KIND, CLOSER, OWNER, SELLER, Occasion, quantity
from projections.placing import is_before, place_of
from projections.postings import Cell, Lines, Posting, add_lines
from projections.shares import OPENING, UNASSIGNED, Holders, holder_on, holders, spread, statements
from schemas.data import MILLIONTHS
from schemas.facts import TAKEN_BACK
from schemas.moments import Calendar

SharedDims = Any  # the Dims of many lines: typed by its parts, compiled code would make it anew for each of them
DIMS_KEPT: Final = 4_096
_DIMS: Final[dict[tuple[str, str, str, str], SharedDims]] = {}
NO_OCCASION: Final[tuple[Occasion, ...]] = ()


def credits(state: State, calendar: Calendar) -> dict[Cell, int]:  # noqa: A001 (the domain's own word)
    """What the entities of a trail count for, from scratch: the specification. No cell holds nothing."""

    def held(entity: Entity, day: int) -> Holders:
        return holder_on(day, statements(entity.layers, calendar))

    placed = ((place_of(entity, calendar), entity) for entity in state.values() if entity.kind == "offer")
    offers = {place: entity for place, entity in placed if place}
    cells: dict[Cell, int] = {}
    for entity in state.values():
        closing = place_of(entity, calendar)
        place = max((offer for offer in offers if closing and is_before(offer, closing)), default=None)
        sold = held(offers[place], place[0]) if place else UNASSIGNED
        add_lines(cells, lines(entity, calendar, held, sold))
    return {cell: amount for cell, amount in cells.items() if amount}


def lines(entity: Entity, calendar: Calendar, held: Callable[[Entity, int], Holders], sold: Holders) -> Lines:
    """What one entity counts for now. `held`: who holds it on a day; `sold`: who made the offer that led to it."""
    own: list[Posting] = []
    texts = entity.texts
    if texts.get("alive") == "no":
        return own
    dims: SharedDims = None
    for occasion in BY_KIND.get(entity.kind, NO_OCCASION):
        moment = texts.get(occasion.day)
        if not moment or (occasion.outcome and occasion.outcome != texts.get("outcome")):
            continue
        day, at = calendar.place(moment)
        by_steps = entity.stepped and occasion.holder == OPENING
        holder = held(entity, day) if by_steps else holders(texts.get(occasion.holder, TAKEN_BACK))
        dims = dims or _dims(texts)
        if occasion.one and len(holder) == 1:  # what most are: one more, for one
            own.append((entity.name, (occasion.one, OWNER, holder[0][0], day, at, dims), MILLIONTHS))
        else:
            counted = _counted(occasion, texts, dims, day, calendar)
            shared = (
                _bases(holder, texts.get("closed_by", TAKEN_BACK), sold) if occasion.credited else [(OWNER, holder)]
            )
            for name, amount, by in counted:
                for basis, shares in shared:
                    parts = spread(amount, shares) if len(shares) > 1 else ((shares[0][0], amount),)
                    own += [(entity.name, (name, basis, rep, day, at, by), part) for rep, part in parts if part]
    return own


def _bases(owner: Holders, closer: str, sold: Holders) -> list[tuple[str, Holders]]:
    """Rule 4: by whom a deal can be credited."""
    return [(OWNER, owner), (CLOSER, holders(closer)), (SELLER, sold)]


def _counted(
    occasion: Occasion, texts: dict[str, str], dims: SharedDims, day: int, calendar: Calendar
) -> list[tuple[str, int, SharedDims]]:
    """How much of each metric, by what it can be asked for; nothing where an amount, or a beginning, is missing."""
    found: list[tuple[str, int, SharedDims]] = []
    for metric in occasion.metrics:
        if metric.amount:
            amount, currency = quantity(metric.unit, texts.get(metric.amount, TAKEN_BACK))
            found.append((metric.name, amount, (*dims[:4], currency, None)))
        elif metric.since:
            since = texts.get(metric.since)
            if since:
                found.append((metric.name, MILLIONTHS, (*dims[:5], day - calendar.day_of(since))))
        else:
            found.append((metric.name, MILLIONTHS, dims))
    return found


def _dims(texts: dict[str, str]) -> SharedDims:
    """One tuple for the many entities that are alike: memory is what the fold waits for most."""
    said = texts.get("campaign", ""), texts.get("product", ""), texts.get("kind", ""), texts.get("customer", "")
    known = _DIMS.get(said)
    if known is None:
        if len(_DIMS) >= DIMS_KEPT:
            _DIMS.clear()
        known = _DIMS[said] = (*said, "", None)
    return known
