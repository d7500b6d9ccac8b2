"""Snapshots: files that tell how things are, not what happened. The events they stand for are the differences.

What a source said last is read from the log itself (there is no other memory): per entity, the text of each register. A
row that says the same is nothing; one that says something else asserts only what differs, so that it does not repeat,
and by repeating overrule, what others said in between. What a file says of an entity is what its rows say together, so
what it no longer says is only known at its end.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from projections.shares import holders
from schemas.envelope import Event, Writes, marked
from schemas.events import EVENTS
from schemas.facts import FEED, NOBODY, STEPS, TAKEN_BACK, data_of, fact
from schemas.log_events import Fact, encode
from schemas.moments import instant_text
from streams.rows import RowFaultError

Registers = dict[str, str]
HOLDER = "shares"
CLOSER = "closed_by"  # comes with every outcome, and says nothing without one
SILENT = (TAKEN_BACK, NOBODY, "open")  # texts that say nothing that could be taken back
ENDINGS = ("deleted", "voided", "left")  # what can be told of an entity that is gone
INSTANTS = ("at", "opened_at", "closed_at")


_Said = tuple[Event, str, Registers]  # an event, its entity, what it writes


class TakenBack(NamedTuple):
    """The events that take back what a file no longer says of an entity; and why not, where none can."""

    events: list[Event]
    fault: RowFaultError | None


class Snapshot:
    """What one source said last, and what its file says now: gives the events that lead from one to the other."""

    def __init__(self, facts: Iterable[Fact], source: str, exported_at: datetime, sequence: int) -> None:
        """`facts`: everything the source said so far, in any order. `sequence`: greater than in earlier snapshots."""
        self._envelope = {"source": source, "time": exported_at, "sequence": sequence}
        self._known: dict[str, Registers] = {}
        self._trails: dict[str, str] = {}
        self._told: dict[str, dict[str, tuple[str, int]]] = {}  # entity -> register -> its text in this file, and line
        self._newest: dict[str, int] = {}  # kind of entity -> the moment of its last statement, in microseconds
        self._learn(facts)

    def _learn(self, facts: Iterable[Fact]) -> None:
        greatest: dict[str, dict[str, tuple[tuple[int, int, str], str]]] = {}
        for one in facts:
            kind = one.entity.partition(":")[0]
            self._newest[kind] = max(self._newest.get(kind, one.stamp[0]), one.stamp[0])
            self._trails[one.entity] = one.trail
            registers = greatest.setdefault(one.entity, {})
            for name, text in one.writes.items():
                told, register = (one.stamp, text), _register(name)
                registers[register] = max(registers.get(register, told), told)
        for entity, registers in greatest.items():
            self._known[entity] = {name: text for name, (_, text) in registers.items()}

    def said_last(self, kinds: Iterable[str]) -> int:
        """When the source last said anything about entities of some kinds, in microseconds; 0 if it never did."""
        return max((self._newest.get(kind, 0) for kind in kinds), default=0)

    def knows(self, entity: str) -> bool:
        """Whether the source ever said anything about an entity, before this file or in it."""
        return entity in self._known

    def differences(self, events: Iterable[Event], line: int) -> list[Event]:
        """The events that a row adds to what is known; their people are numbers.

        RowFaultError, and nothing is known that was not before, where an earlier row of the same file says otherwise.
        """
        said = [_said(event) for event in events]
        now: dict[str, Registers] = {}
        for event, entity, writes in said:
            self._check_trail(entity, event.trail)
            _check_row(event, writes, now.setdefault(entity, {}))
            now[entity].update(writes)
        self._check_file(now, line)
        for entity, writes in now.items():
            told = self._told.setdefault(entity, {})
            for name, text in writes.items():
                told.setdefault(name, (text, line))
        return [one for event, entity, writes in _once(said) for one in self._difference(event, entity, writes)]

    def lacks(self, entity: str) -> bool:
        """Whether something is known of an entity that this file does not say, so far."""
        return bool(self._missing(entity))

    def taken_back(self, entity: str) -> TakenBack:
        """What was said of an entity before and is not in this file, whose rows were all given."""
        missing = self._missing(entity)
        kind, id_ = entity.split(":", 1)
        events: list[tuple[str, dict[str, Any]]] = []
        if "outcome" in missing:
            events.append(("reopened", {}))
            missing -= {"outcome"}
        nulls = {field: None for name, field in _amendable(kind).items() if name in missing}
        if nulls:
            events.append(("amended", nulls))
            missing -= _amendable(kind).keys()
        if HOLDER in missing and _has(kind, "reassigned"):
            events.append(("reassigned", {"rep": None}))
            missing -= {HOLDER}
        trail = self._trails[entity]
        found = [self._event(f"quotum.{kind}.{verb}.v1", trail, {"id": id_, **data}) for verb, data in events]
        return TakenBack(found, _nothing_takes_back(entity, missing) if missing else None)

    def _missing(self, entity: str) -> set[str]:
        told = self._told.get(entity, {})
        if told.get("alive", ("", 0))[0] == "no":
            return set()  # what is gone counts for nothing, whatever was said of it
        known = self._known.get(entity, {})
        return {name for name, text in known.items() if name not in told and name != CLOSER and text not in SILENT}

    def _check_trail(self, entity: str, trail: str) -> None:
        known = self._trails.get(entity, trail)
        if known != trail:
            raise RowFaultError(
                f"{entity} is on the trail {trail!r} here and was on {known!r}",
                "a trail never changes: take a column for it that does not, such as the entity's own id",
            )

    def _check_file(self, now: Mapping[str, Registers], line: int) -> None:
        for entity, writes in now.items():
            told = self._told.get(entity, {})
            for name, text in writes.items():
                earlier, first = told.get(name, (text, line))
                if earlier != text:
                    raise RowFaultError(
                        f"line {first} of this file says otherwise about {name} of {entity}",
                        "a snapshot says each thing once: take one of the two rows out",
                    )

    def _difference(self, event: Event, entity: str, writes: Registers) -> list[Event]:
        known = self._known.setdefault(entity, {})
        changed = {name for name, text in writes.items() if known.get(name) != text}
        if not changed:
            return []
        kind, id_ = entity.split(":", 1)
        amended = _amended(event, kind, changed - {HOLDER}) if known else None
        known.update(writes)
        self._trails[entity] = event.trail
        if amended is None or (HOLDER in changed and not _has(kind, "reassigned")):
            return [self._event(event.type, event.trail, _only(event, changed))]
        found = [self._event(f"quotum.{kind}.amended.v1", event.trail, {"id": id_, **amended})] if amended else []
        if HOLDER in changed:
            found.append(self._event(f"quotum.{kind}.reassigned.v1", event.trail, {"id": id_, "rep": _rep(writes)}))
        return found

    def _event(self, kind: str, trail: str, data: dict[str, Any]) -> Event:
        """An event with its id: entity, kind and a digest of the content, the moment of the export included.

        Without that moment a value that comes back after a change would look like the event that first told it.
        """
        found = EVENTS[kind].model_validate({**self._envelope, "id": "-", "type": kind, "trail": trail, "data": data})
        verb = kind.removeprefix("quotum.").rpartition(".v")[0]
        content = encode((kind, trail, found.logged(), instant_text(found.time)))
        return found.model_copy(update={"id": f"{found.entity}/{verb}/{hashlib.sha256(content).hexdigest()[:16]}"})


def _check_row(event: Event, writes: Registers, before: Registers) -> None:
    if not before or not type(event.data).constant:
        return
    constant = {name.partition(STEPS)[0] for name in type(event.data).constant}
    for name in (name for name in writes if name.partition(STEPS)[0] in constant):
        said = before.get(name, "")
        if said and said != writes[name]:
            raise RowFaultError(
                f"the row says both {said} and {writes[name]} of {event.entity}",
                "let only one of the two rules of the mapping apply to it",
            )


def _said(event: Event) -> _Said:
    told = fact(event, FEED)
    return event, told.entity, {_register(name): text for name, text in told.writes.items()}


def _once(said: list[_Said]) -> list[_Said]:
    """Each register with the last event of a row that writes it: statements of one moment must not compete."""
    if len(said) == 1:
        return said
    last = {(entity, name): index for index, (_, entity, writes) in enumerate(said) for name in writes}
    return [
        (event, entity, {name: text for name, text in writes.items() if last[entity, name] == index})
        for index, (event, entity, writes) in enumerate(said)
    ]


def _register(name: str) -> str:
    """The register by which a row is compared: all statements of who holds it are one."""
    return HOLDER if name.startswith(HOLDER + STEPS) else name


def _nothing_takes_back(entity: str, names: Iterable[str]) -> RowFaultError:
    kind = entity.partition(":")[0]
    endings = " or ".join(f"{kind}.{verb}" for verb in ENDINGS if _has(kind, verb))
    told = f", or tell {endings} in the mapping" if endings else ""
    return RowFaultError(
        f"the file no longer says {', '.join(sorted(names))} of {entity}, and no event takes that back",
        f"keep it in the export{told}",
    )


def _rep(writes: Registers) -> int | None:
    found = holders(writes[HOLDER])[0][0]
    return found or None


def _has(kind: str, verb: str) -> bool:
    return f"quotum.{kind}.{verb}.v1" in EVENTS


@cache
def _amendable(kind: str) -> dict[str, str]:
    """Register -> the field by which an amendment of this kind of entity writes it (for a moment: its day)."""
    event = EVENTS.get(f"quotum.{kind}.amended.v1")
    marks = marked(data_of(event), Writes) if event else {}
    return {mark.register: field for field, mark in reversed(marks.items())}


def _amended(event: Event, kind: str, changed: set[str]) -> dict[str, Any] | None:
    """The data of an amendment that changes just these registers; None where an amendment cannot."""
    amendable = _amendable(kind)
    if not changed <= amendable.keys():
        return None
    told = event.logged()
    own = {mark.register: field for field, mark in marked(type(event.data), Writes).items() if field in told}
    return {_same_form(amendable[name], own[name]): told[own[name]] for name in sorted(changed)}


def _same_form(amending: str, own: str) -> str:
    """An instant is amended by an instant, a day by a day."""
    return amending.removesuffix("day") + "at" if own in INSTANTS else amending


def _only(event: Event, changed: set[str]) -> dict[str, Any]:
    """What an event must tell, and of what it may tell only what changed."""
    model = type(event.data)
    marks = marked(model, Writes)
    may = marks.keys() - {*model.always, *model.one_of}
    may -= {name for name, field in model.model_fields.items() if field.is_required()}
    return {name: value for name, value in event.logged().items() if name not in may or marks[name].register in changed}
