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

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from sys import intern
from types import MappingProxyType
from typing import Self

import msgspec

from projections.metrics import BY_KIND, CLOSER, OWNER, SELLER, Occasion, quantity
from projections.shares import (
    OPENING,
    REASSIGNING,
    UNASSIGNED,
    Holders,
    Holding,
    Layers,
    Register,
    Stamp,
    holder_on,
    holders,
    spread,
    statement,
    statements,
)
from schemas.data import MILLIONTHS
from schemas.facts import PERSON, STEPS, TAKEN_BACK, WITHDRAWN, Fact
from schemas.moments import Calendar

Dims = tuple[str, str, str, str, str, int | None]  # campaign, product, kind, customer, currency, days of a duration
Line = tuple[str, str, int, int, int | None, Dims]  # metric, basis, rep, day, instant in microseconds, dims
Posting = tuple[str, Line, int]  # entity, line, signed amount
Lines = Sequence[Posting]  # what one entity counts for: no line twice, none of nothing
Cell = tuple[int, int, str, str, Dims]  # rep, day, metric, basis, dims
Place = tuple[int, int, int, str]  # day, microseconds (or where a date stands within its day), sequence, entity

DATE_FIRST, DATE_LAST = -(2**63), 2**63
FIRST_SEQUENCE = -(2**63)
AFTER_ALL_IDS = "\U0010ffff"


PLACED = {
    "offer": ("when", (), DATE_FIRST),
    "deal": ("closed", ("won", "lost"), DATE_LAST),
}  # register, outcomes, a date's place
NOTHING_SAID: Mapping[str, Register] = MappingProxyType({})  # by persons, of most entities
UNSAID: Register = (-(2**63) - 1, 0, "", TAKEN_BACK)  # before all that is ever said


class Entity(msgspec.Struct, gc=False, eq=False):
    """The registers of a call, a lead, a deal ...; beside them only what can be computed from them.

    Most entities are told of once. So until a second event comes, the first one's writes and their stamp are kept as
    they are; registers are made of them when they are asked for.
    """

    name: str  # kind and id
    kind: str
    texts: dict[str, str] = {}  # what speaks, by register: a person's before a feed's; empty text says nothing
    stamp: Stamp | None = None  # of all texts, while one event of a feed is all that was said
    told: dict[str, Register] | None = None  # by feeds, from the second event on
    person: Mapping[str, Register] = NOTHING_SAID
    stepped: bool = False  # whether anything but its opening says who holds it
    holding: Holding | None = None
    lines: Lines = ()
    place: Place | None = None
    sold: Holders = UNASSIGNED  # of an offer: who gets the deals it led to

    @property
    def feed(self) -> dict[str, Register]:
        """What feeds say."""
        if self.stamp is not None:
            self.told = {name: (*self.stamp, text) for name, text in self.texts.items()}
            self.texts, self.stamp = self.texts.copy(), None  # the event keeps its own
        elif self.told is None:
            self.told = {}
        return self.told

    def writable(self, layer: int) -> dict[str, Register]:
        """The registers of a layer, to write to; `speak` has to follow."""
        feed = self.feed
        if layer != PERSON:
            return feed
        if not isinstance(self.person, dict):
            self.person = {}
        return self.person

    def speak(self, names: Iterable[str]) -> None:
        """Say what speaks now in registers that were written."""
        for name in names:
            register = self.register(name)
            self.texts[name] = register[3] if register else TAKEN_BACK

    def register(self, name: str) -> Register | None:
        """The register that speaks: a person's before a feed's; None where neither does (empty text says nothing)."""
        if self.person:
            found = self.person.get(name)
            if found and found[3]:
                return found
        found = self.feed.get(name)
        return found if found and found[3] else None

    @classmethod
    def of(cls, name: str) -> Self:
        """A new one of a name, which is its kind and its id."""
        return cls(name, intern(name.partition(":")[0]))

    @property
    def layers(self) -> Layers:
        """What feeds say, and what persons corrected."""
        return self.feed, self.person

    def read(self, name: str) -> str:
        """Its text, empty where nothing is said."""
        return self.texts.get(name, TAKEN_BACK)

    def sequence(self, name: str) -> int:
        """The sequence of the event that said what speaks in a register."""
        if self.stamp is not None:
            return self.stamp[1]
        register = self.register(name)
        return register[1] if register else 0


State = dict[str, Entity]  # of one trail


def evolve(state: State, fact: Fact) -> Entity | None:
    """Write an event's fields, each where its stamp is the greater; the entity if anything changed. Never refuses."""
    entity = state.get(fact.entity)
    writes = fact.writes
    if entity is None and not fact.layer:  # most are told of once, by a feed
        name = fact.entity
        entity = state[name] = Entity(name, fact.kind, writes, fact.stamp)
        changed: object = writes
    else:
        entity = entity or state.setdefault(fact.entity, Entity(fact.entity, fact.kind))
        changed = _write(entity, fact)
    if not changed:
        return None
    if fact.stepped and any(STEPS in register for register in writes):
        entity.stepped = True
    return entity


def _write(entity: Entity, fact: Fact) -> bool:
    registers = entity.writable(fact.layer)
    asserted_at, sequence, id_ = fact.stamp
    written = []
    for register, text in fact.writes.items():
        said = (asserted_at, sequence, id_, text)
        known = registers.get(register)
        if known is None or known < said:
            registers[register] = said
            written.append(register)
    if entity.person:
        entity.speak(written)
    else:
        for register in written:
            entity.texts[register] = fact.writes[register]
    return bool(written)


def join(ours: State, theirs: State) -> State:
    """The state that knows what either knows: the greater of each register. Changes `ours` and gives it back."""
    for name, other in theirs.items():
        entity = ours.setdefault(name, Entity.of(name))
        entity.stepped |= other.stepped
        for layer, told in enumerate(other.layers):
            registers = entity.writable(layer) if told else {}
            for field, register in told.items():
                registers[field] = max(registers.get(field, register), register)
            entity.speak(told)
    return ours


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


def add_lines(cells: dict[Cell, int], own: Lines) -> None:
    """Add lines to cells: the entity and the instant fall away, since a figure is by day."""
    for _, (metric, basis, rep, day, _, dims), amount in own:
        cell = (rep, day, metric, basis, dims)
        cells[cell] = cells.get(cell, 0) + amount


def place_of(entity: Entity, calendar: Calendar) -> Place | None:
    """Where an offer, or the closing of a deal, stands in the business order of its trail; None: nowhere."""
    if entity.kind not in PLACED:
        return None
    read = entity.texts.get
    name, outcomes, within = PLACED[entity.kind]
    moment = read(name)
    if not moment or read("alive") == "no" or (outcomes and read("outcome") not in outcomes):
        return None
    day, at = calendar.place(moment)
    return day, within if at is None else at, entity.sequence(name), entity.name


def is_before(offer: Place, closing: Place) -> bool:
    """Whether an offer came before the closing of a deal (rule 5)."""
    if offer[0] == closing[0] and offer[1] == DATE_FIRST and closing[1] == DATE_LAST:
        return offer[2] <= closing[2]
    return offer[:3] <= closing[:3]


def lines(entity: Entity, calendar: Calendar, held: Callable[[Entity, int], Holders], sold: Holders) -> Lines:
    """What one entity counts for now. `held`: who holds it on a day; `sold`: who made the offer that led to it."""
    own: list[Posting] = []
    read = entity.texts.get
    if read("alive") == "no":
        return own
    dims: Dims | None = None
    for occasion in BY_KIND.get(entity.kind, ()):
        day_of, outcome, holder_of, _, metric, _ = occasion
        moment = read(day_of)
        if not moment or (outcome and outcome != read("outcome")):
            continue
        day, at = calendar.place(moment)
        by_steps = entity.stepped and holder_of == OPENING
        holder = held(entity, day) if by_steps else holders(read(holder_of, TAKEN_BACK))
        dims = dims or _dims(read("campaign", ""), read("product", ""), read("kind", ""), read("customer", ""))
        if metric and len(holder) == 1:  # what most are: one more, for one
            own.append((entity.name, (metric, OWNER, holder[0][0], day, at, dims), MILLIONTHS))
        else:
            counted = _counted(occasion, entity.texts, dims, day, calendar)
            shared = _bases(holder, read("closed_by", TAKEN_BACK), sold) if occasion.credited else ((OWNER, holder),)
            for name, amount, by in counted:
                for basis, shares in shared:
                    parts = spread(amount, shares) if len(shares) > 1 else ((shares[0][0], amount),)
                    own += [(entity.name, (name, basis, rep, day, at, by), part) for rep, part in parts if part]
    return own


def _bases(owner: Holders, closer: str, sold: Holders) -> tuple[tuple[str, Holders], ...]:
    """Rule 4: by whom a deal can be credited."""
    return (OWNER, owner), (CLOSER, holders(closer)), (SELLER, sold)


def _counted(
    occasion: Occasion, texts: Mapping[str, str], dims: Dims, day: int, calendar: Calendar
) -> list[tuple[str, int, Dims]]:
    """How much of each metric, by what it can be asked for; nothing where an amount, or a beginning, is missing."""
    found: list[tuple[str, int, Dims]] = []
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


@lru_cache(maxsize=4_096)
def _dims(campaign: str, product: str, kind: str, customer: str) -> Dims:
    """One tuple for the many entities that are alike: memory is what the fold waits for most."""
    return campaign, product, kind, customer, "", None


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
        moved = self._moved_by_offer(entity)
        return [*own, *(posting for deal in moved for posting in self._recount(deal, self._sold(deal)))]

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


def differences(before: Lines, after: Lines) -> Lines:
    """What to add to get from what an entity counted for to what it counts for."""
    same = len(before)
    if after[:same] == before:  # what most events do: nothing, or one thing more
        return after[same:]
    changes = {(entity, line): -amount for entity, line, amount in before}
    for entity, line, amount in after:
        changes[entity, line] = changes.get((entity, line), 0) + amount
    return [(entity, line, amount) for (entity, line), amount in changes.items() if amount]
