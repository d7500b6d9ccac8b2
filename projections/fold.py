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
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Self

import msgspec

from projections.metrics import BY_KIND, CLOSER, OWNER, SELLER, Metric, quantity
from projections.shares import (
    OPENING,
    REASSIGNING,
    UNASSIGNED,
    Holders,
    Holding,
    Layers,
    Register,
    holder_on,
    holders,
    spread,
    statement,
    statements,
)
from schemas.data import MILLIONTHS
from schemas.facts import PERSON, STEPS, TAKEN_BACK, WITHDRAWN, Fact
from schemas.moments import DAY_TEXT_LENGTH, Calendar, instant_us

Dims = tuple[str, str, str, str, str, int | None]  # campaign, product, kind, customer, currency, days of a duration
Line = tuple[str, str, int, int, int | None, Dims]  # metric, basis, rep, day, instant in microseconds, dims
Posting = tuple[str, Line, int]  # entity, line, signed amount
Lines = Sequence[Posting]  # what one entity counts for: no line twice, none of nothing
Cell = tuple[int, int, str, str, Dims]  # rep, day, metric, basis, dims
Place = tuple[int, int, int, str]  # day, microseconds (or where a date stands within its day), sequence, entity

DATE_FIRST, DATE_LAST = -(2**63), 2**63
FIRST_SEQUENCE = -(2**63)
AFTER_ALL_IDS = "\U0010ffff"


NOTHING_SAID: Mapping[str, Register] = MappingProxyType({})  # by persons, of most entities
UNSAID: Register = (-(2**63) - 1, 0, "", TAKEN_BACK)  # before all that is ever said
SILENT: Register = (0, 0, "", TAKEN_BACK)


class Entity(msgspec.Struct, gc=False, eq=False):
    """The registers of a call, a lead, a deal ...; beside them only what can be computed from them."""

    name: str  # kind and id
    kind: str
    feed: dict[str, Register] = {}
    person: Mapping[str, Register] = NOTHING_SAID
    stepped: bool = False  # whether anything but its opening says who holds it
    holding: Holding | None = None
    lines: Lines = ()
    place: Place | None = None
    sold: Holders = UNASSIGNED  # of an offer: who gets the deals it led to

    def writable(self, layer: int) -> dict[str, Register]:
        """The registers of a layer, to write to."""
        if layer != PERSON:
            return self.feed
        if not isinstance(self.person, dict):
            self.person = {}
        return self.person

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
        return cls(name, name.partition(":")[0])

    def speaking(self) -> dict[str, Register]:
        """All registers that speak, a person's before a feed's; those of a feed may say nothing any more."""
        return self.feed | {name: register for name, register in self.person.items() if register[3]}

    def texts(self) -> dict[str, str]:
        """All that speaks, by register."""
        return {name: register[3] for name, register in self.speaking().items() if register[3]}

    @property
    def layers(self) -> Layers:
        """What feeds say, and what persons corrected."""
        return self.feed, self.person

    def read(self, name: str) -> str:
        """Its text, empty where nothing is said."""
        found = self.register(name)
        return found[3] if found else TAKEN_BACK


State = dict[str, Entity]  # of one trail


def evolve(state: State, fact: Fact) -> Entity | None:
    """Write an event's fields, each where its stamp is the greater; the entity if anything changed. Never refuses."""
    name, layer = fact.entity, fact.layer
    entity = state.get(name)
    if entity is None:
        entity = state[name] = Entity(name, name.partition(":")[0])
    registers = entity.writable(layer) if layer else entity.feed
    asserted_at, sequence, id_ = fact.stamp
    changed = None
    for register, text in fact.writes:
        told = (asserted_at, sequence, id_, text)
        known = registers.get(register)
        if known is None or known < told:
            registers[register] = told
            changed = entity
    if changed and fact.stepped and any(STEPS in register for register, _ in fact.writes):
        entity.stepped = True
    return changed


def join(ours: State, theirs: State) -> State:
    """The state that knows what either knows: the greater of each register. Changes `ours` and gives it back."""
    for name, other in theirs.items():
        entity = ours.setdefault(name, Entity.of(name))
        entity.stepped |= other.stepped
        for layer, told in enumerate(other.layers):
            registers = entity.writable(layer) if told else {}
            for field, register in told.items():
                registers[field] = max(registers.get(field, register), register)
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
    if entity.kind == "offer":
        moment, within = entity.register("when"), DATE_FIRST
    elif entity.kind == "deal" and entity.read("outcome") in ("won", "lost"):
        moment, within = entity.register("closed"), DATE_LAST
    else:
        return None
    if moment is None or entity.read("alive") == "no":
        return None
    at = within if len(moment[3]) == DAY_TEXT_LENGTH else instant_us(moment[3])
    return calendar.day_of(moment[3]), at, moment[1], entity.name


def is_before(offer: Place, closing: Place) -> bool:
    """Whether an offer came before the closing of a deal (rule 5)."""
    if offer[0] == closing[0] and offer[1] == DATE_FIRST and closing[1] == DATE_LAST:
        return offer[2] <= closing[2]
    return offer[:3] <= closing[:3]


def lines(entity: Entity, calendar: Calendar, held: Callable[[Entity, int], Holders], sold: Holders) -> Lines:
    """What one entity counts for now. `held`: who holds it on a day; `sold`: who made the offer that led to it."""
    own: list[Posting] = []
    registers = entity.speaking() if entity.person else entity.feed
    read = registers.get
    if read("alive", SILENT)[3] == "no":
        return own
    for metric in BY_KIND.get(entity.kind, ()):
        moment = read(metric.day, SILENT)[3]
        if not moment or (metric.outcome and metric.outcome != read("outcome", SILENT)[3]):
            continue
        day, at = calendar.place(moment)
        by_steps = entity.stepped and metric.holder == OPENING
        holder = held(entity, day) if by_steps else holders(read(metric.holder, SILENT)[3])
        if metric.plain and len(holder) == 1:  # what most are: one more, for one
            own.append((entity.name, (metric.name, OWNER, holder[0][0], day, at, _dims(registers)), MILLIONTHS))
            continue
        amount, dims = _counted(metric, registers, day, calendar)
        for basis, shares in _bases(holder, registers, sold) if metric.credited else ((OWNER, holder),):
            for rep, part in spread(amount, shares) if len(shares) > 1 else ((shares[0][0], amount),):
                if part:
                    own.append((entity.name, (metric.name, basis, rep, day, at, dims), part))
    return own


def _bases(owner: Holders, registers: Mapping[str, Register], sold: Holders) -> tuple[tuple[str, Holders], ...]:
    """Rule 4: by whom a deal can be credited."""
    return (OWNER, owner), (CLOSER, holders(registers.get("closed_by", SILENT)[3])), (SELLER, sold)


def _counted(metric: Metric, registers: Mapping[str, Register], day: int, calendar: Calendar) -> tuple[int, Dims]:
    """How much, and by what it can be asked for; nothing where an amount, or a beginning, is missing."""
    read = registers.get
    amount, currency, days = MILLIONTHS, "", None
    if metric.amount:
        amount, currency = quantity(metric.unit, read(metric.amount, SILENT)[3])
    elif metric.since:
        since = read(metric.since, SILENT)[3]
        amount, days = (MILLIONTHS, day - calendar.day_of(since)) if since else (0, None)
    return amount, _dims(registers, currency, days)


def _dims(registers: Mapping[str, Register], currency: str = "", days: int | None = None) -> Dims:
    read = registers.get
    campaign, product = read("campaign", SILENT)[3], read("product", SILENT)[3]
    return campaign, product, read("kind", SILENT)[3], read("customer", SILENT)[3], currency, days


class Trail:
    """A trail that keeps up with its events: what `credits` says, told as differences, touching only what can move."""

    __slots__ = ("calendar", "closings", "offers", "state")

    def __init__(self, calendar: Calendar) -> None:
        """`calendar`: whose days count."""
        self.calendar = calendar
        self.state: State = {}
        self.offers: list[Place] = []  # in business order
        self.closings: list[Place] = []  # won and lost deals, in business order

    def post(self, fact: Fact) -> Lines:
        """Take an event; what it changed, per entity and line."""
        entity = evolve(self.state, fact)
        if entity is None:
            return []
        if entity.stepped:
            self._keep_holding(entity, fact)
        kind = entity.kind
        if kind == "deal":
            self._place(self.closings, entity)
            return self._recount(entity, self._sold(entity))
        own = self._recount(entity, UNASSIGNED)
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
        return all(registers.get(name, UNSAID) >= (*fact.stamp, text) for name, text in fact.writes)

    def _recount(self, entity: Entity, sold: Holders) -> Lines:
        """What an entity counts for now less what it counted for before."""
        before, after = entity.lines, lines(entity, self.calendar, self.held, sold)
        entity.lines = after
        return differences(before, after) if before else after

    def held(self, entity: Entity, day: int) -> Holders:
        """Who holds an entity on a day."""
        return entity.holding.on(day) if entity.holding else holders(entity.read(OPENING))

    def _keep_holding(self, entity: Entity, fact: Fact) -> None:
        """Say the new statement, or begin anew where it is not the latest, or takes the place of an earlier one."""
        said = [(name, text) for name, text in fact.writes if name == OPENING or name.startswith(REASSIGNING)]
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
        self._place(self.offers, offer)
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

    def _place(self, places: list[Place], entity: Entity) -> None:
        """Keep the entity where it stands now in business order."""
        place = place_of(entity, self.calendar)
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
