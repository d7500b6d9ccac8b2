"""A trail that keeps up: the figures of `credits`, told as differences after each event, at the cost of what it moves.

The specification starts from scratch and looks at every entity. An event must cost as much on a trail of 10,000 facts
as on one of 100, so here it is kept in order who holds what and which offer leads to which deals (rule 6 of fold.py).
"""

from bisect import bisect_left, bisect_right, insort
from typing import Self

from projections.entities import UNSAID, Entity, Place, State, evolve
from projections.fold import lines
from projections.placing import DATE_FIRST, DATE_LAST, place_of
from projections.postings import Lines, differences
from projections.shares import OPENING, REASSIGNING, UNASSIGNED, Holders, Holding, holders, statement, statements
from schemas.facts import TAKEN_BACK, WITHDRAWN
from schemas.log_events import Fact
from schemas.moments import Calendar

FIRST_SEQUENCE = -(2**63)
AFTER_ALL_IDS = "\U0010ffff"


class Trail:
    """A trail that keeps up with its events: what `credits` says, told as differences, touching only what can move."""

    __slots__ = ("calendar", "closings", "offers", "state")

    def __init__(self, calendar: Calendar) -> None:
        """`calendar`: whose days count."""
        self.calendar = calendar
        self.state: State = {}
        self.offers: list[Place] = []  # in business order
        self.closings: list[Place] = []  # won and lost deals, in business order

    @classmethod
    def of(cls, state: State, calendar: Calendar) -> Self:
        """One that goes on from a state, its own from now on, that `evolve` made: as if it had posted the same events.

        Of the whole state those entities will do that the events to come are about; where one of them is of a kind
        that is PLACED, all others of such kinds besides.
        """
        trail = cls(calendar)
        trail.state = state
        for entity in state.values():
            if entity.stepped:
                entity.holding = Holding(statements(entity.layers, calendar))
            place = place_of(entity, calendar)
            trail._place(trail.offers if entity.kind == "offer" else trail.closings, entity, place)
            if place and entity.kind == "offer":
                entity.sold = trail.held(entity, place[0])
        for entity in state.values():
            sold = trail._sold(entity) if entity.kind == "deal" else UNASSIGNED
            entity.lines = lines(entity, calendar, trail.held, sold)
        return trail

    def post(self, fact: Fact) -> Lines:
        """Take an event; what it changed, per entity and line."""
        entity = evolve(self.state, fact)
        if entity is None:
            return []
        if entity.stepped:
            self._keep_holding(entity, fact)
        kind = entity.kind
        if kind == "deal":
            self._place(self.closings, entity, place_of(entity, self.calendar))
            return self._recount(entity, self._sold(entity))
        before, own = entity.lines, lines(entity, self.calendar, self.held, UNASSIGNED)
        entity.lines = own
        if before:
            own = differences(before, own)
        if kind != "offer":
            return own
        posted = list(own)
        for deal in self._moved_by_offer(entity):
            posted.extend(self._recount(deal, self._sold(deal)))
        return posted

    def knows(self, fact: Fact) -> bool:
        """Whether an event would change nothing: so it is with each that was taken before, and with some others."""
        entity = self.state.get(fact.entity)
        if entity is None:
            return not fact.writes
        registers = entity.layers[fact.layer]
        return all(registers.get(name, UNSAID) >= (*fact.stamp, text) for name, text in fact.writes.items())

    def _recount(self, entity: Entity, sold: Holders) -> Lines:
        """What a deal counts for now less what it counted for before."""
        before, after = entity.lines, lines(entity, self.calendar, self.held, sold)
        entity.lines = after
        return differences(before, after) if before else after

    def held(self, entity: Entity, day: int) -> Holders:
        """Who holds an entity on a day."""
        return entity.holding.on(day) if entity.holding else holders(entity.read(OPENING))

    def _keep_holding(self, entity: Entity, fact: Fact) -> None:
        """Say the new statement, or begin anew where it is not the latest, or takes the place of an earlier one."""
        said = [(name, text) for name, text in fact.writes.items() if name == OPENING or name.startswith(REASSIGNING)]
        replaces_nothing = len(said) == 1 and said[0][0] != OPENING and said[0][1] != TAKEN_BACK
        if replaces_nothing and entity.holding and WITHDRAWN not in entity.person:
            one = statement(said[0][0], (*fact.stamp, said[0][1]), fact.layer, self.calendar)
            if entity.holding.follows(one):
                entity.holding.say(one)
                return
        if said or entity.holding is None:
            entity.holding = Holding(statements(entity.layers, self.calendar))

    def _sold(self, deal: Entity) -> Holders:
        """Who held the latest offer before the deal closed, on the offer's own day."""
        place = self._latest_offer(deal.place) if deal.place and self.offers else None
        return self.held(self.state[place[3]], place[0]) if place else UNASSIGNED

    def _latest_offer(self, closing: Place) -> Place | None:
        day, at, sequence, _ = closing
        index = bisect_right(self.offers, (day, at, sequence, AFTER_ALL_IDS))
        found = self.offers[index - 1] if index else None
        if found and found[:2] == (day, DATE_FIRST) and at == DATE_LAST:  # dates alone: by sequence
            index = bisect_right(self.offers, (day, DATE_FIRST, sequence, AFTER_ALL_IDS))
            found = self.offers[index - 1] if index else None
        return found

    def _moved_by_offer(self, offer: Entity) -> list[Entity]:
        """The deals whose seller an offer can change: those closed after it, up to the next offer; before and after."""
        place, sold = offer.place, offer.sold
        now = place_of(offer, self.calendar)
        offer.sold = self.held(offer, now[0]) if now else UNASSIGNED
        if (place, sold) == (now, offer.sold):
            return []
        before = self._closings_of(place)
        self._place(self.offers, offer, now)
        return [self.state[name] for name in dict.fromkeys([*before, *self._closings_of(now)])]

    def _closings_of(self, offer: Place | None) -> list[str]:
        if offer is None or not self.closings:
            return []
        index = bisect_right(self.offers, offer)
        following = self.offers[index] if index < len(self.offers) else None
        found = self._closed_within(offer, following)
        if following and following[1] == DATE_FIRST:  # a win by date may lie before it, though its day is the same
            day, _, sequence, _ = following
            first = offer[2] if offer[:2] == following[:2] else FIRST_SEQUENCE
            by_date = (day, DATE_LAST, first, ""), (day, DATE_LAST, sequence, AFTER_ALL_IDS)
            found += self._closed_within(*by_date)
        return found

    def _closed_within(self, low: Place, high: Place | None) -> list[str]:
        first = bisect_left(self.closings, (*low[:3], ""))
        last = bisect_right(self.closings, (*high[:3], AFTER_ALL_IDS)) if high else len(self.closings)
        return [place[3] for place in self.closings[first:last]]

    @staticmethod
    def _place(places: list[Place], entity: Entity, place: Place | None) -> None:
        """Keep the entity where it stands now in business order."""
        if place == entity.place:
            return
        if entity.place:
            del places[bisect_left(places, entity.place)]
        if place:
            insort(places, place)
        entity.place = place
