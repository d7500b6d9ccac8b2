"""Entities: what was said of a call, a lead, a deal ... lies in registers, and an event is written into them.

The state of a trail is a join of what its events say (rules 1 and 2 of fold.py), so any order and any duplicates give
the same one. What deals count for, who is in which team and which targets hold is read from such registers, elsewhere.
"""

from collections.abc import Iterable, Mapping
from sys import intern
from types import MappingProxyType
from typing import Self

import msgspec

from projections.postings import Lines
from projections.shares import UNASSIGNED, Holders, Holding, Layers, Register, Stamp
from schemas.facts import PERSON, STEPS, TAKEN_BACK
from schemas.log_events import Fact

Place = tuple[int, int, int, str]  # day, microseconds (or where a date stands within its day), sequence, entity

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
