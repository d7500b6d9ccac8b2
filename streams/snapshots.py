"""Snapshots: files that tell how things are, not what happened. The events they stand for are the differences.

What a source said last is read from the log itself (there is no other memory): per entity, the text of each register. A
row that says the same is nothing; one that says something else asserts only what differs, so that it does not repeat,
and by repeating overrule, what others said in between.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from projections.shares import holders
from schemas.envelope import Event, Writes, marked
from schemas.events import EVENTS, adapter
from schemas.facts import FEED, NOBODY, STEPS, TAKEN_BACK, Fact, data_of, fact
from schemas.moments import instant_text
from streams.recorder import encode
from streams.rows import RowFaultError

Registers = dict[str, str]
HOLDER = "shares"
SILENT = (TAKEN_BACK, NOBODY, "open")  # texts that say nothing that could be taken back


class Snapshot:
    """What one source said last, and what its file says now: gives the events that lead from one to the other."""

    def __init__(self, facts: Iterable[Fact], source: str, exported_at: datetime, sequence: int) -> None:
        """`facts`: everything the source said so far, in any order. `sequence`: greater than in earlier snapshots."""
        self._envelope = {"source": source, "time": exported_at, "sequence": sequence}
        self._known = _latest(facts)
        self._told: dict[tuple[str, str], tuple[str, int]] = {}

    def knows(self, entity: str) -> bool:
        """Whether the source ever said anything about an entity."""
        return entity in self._known

    def differences(self, events: Iterable[Event], silent: Mapping[str, str], line: int) -> list[Event]:
        """The events that a row adds to what is known; their people are numbers.

        `silent`: entities (with their trail) of which the row could speak. RowFaultError where an earlier row of
        the same file says otherwise, or where something was said that no event takes back.
        """
        said = [(event, {_register(name): text for name, text in fact(event, FEED).writes}) for event in events]
        now: dict[str, Registers] = {}
        for event, writes in said:
            now.setdefault(event.entity, {}).update(writes)
        self._check_file(now, line)
        trails = dict(silent) | {event.entity: event.trail for event, _ in said}
        taken_back = [
            back for entity, trail in trails.items() for back in self._back(entity, trail, now.get(entity, {}))
        ]
        return [one for event, writes in said for one in self._difference(event, writes)] + taken_back

    def _check_file(self, now: Mapping[str, Registers], line: int) -> None:
        for entity, writes in now.items():
            for name, text in writes.items():
                earlier, first = self._told.setdefault((entity, name), (text, line))
                if earlier != text:
                    raise RowFaultError(
                        f"line {first} of this file says otherwise about {name} of {entity}",
                        "a snapshot says each thing once: take one of the two rows out",
                    )

    def _difference(self, event: Event, writes: Registers) -> list[Event]:
        known = self._known.setdefault(event.entity, {})
        changed = {name for name, text in writes.items() if known.get(name) != text}
        is_new = not known
        known.update(writes)
        if not changed:
            return []
        amended = None if is_new else _amended(event, changed - {HOLDER})
        if amended is None:
            return [self._event(event.type, event.trail, event.logged())]
        kind, id_ = event.entity.split(":", 1)
        found = [self._event(f"quotum.{kind}.amended.v1", event.trail, {"id": id_, **amended})] if amended else []
        if HOLDER in changed:
            found.append(self._event(f"quotum.{kind}.reassigned.v1", event.trail, {"id": id_, "rep": _rep(writes)}))
        return found

    def _back(self, entity: str, trail: str, now: Registers) -> list[Event]:
        """What was said of an entity and is not said any more."""
        known = self._known.get(entity, {})
        missing = {name for name, text in known.items() if name not in now and text not in SILENT}
        kind, id_ = entity.split(":", 1)
        nulls = {field: None for name, field in _amendable(kind).items() if name in missing}
        events: list[tuple[str, dict[str, Any]]] = []
        if "outcome" in missing:
            events.append(("reopened", {}))
            known |= {"outcome": "open", "closed_by": NOBODY}
            missing -= {"outcome", "closed_by"}
        if nulls:
            events.append(("amended", nulls))
            known |= dict.fromkeys(_amendable(kind).keys() & missing, TAKEN_BACK)
        if HOLDER in missing and nulls.keys() | _amendable(kind).keys():
            events.append(("reassigned", {"rep": None}))
            known[HOLDER] = NOBODY
        rest = missing - _amendable(kind).keys() - {HOLDER, "closed_by"}
        if rest:
            raise RowFaultError(
                f"the file no longer says {', '.join(sorted(rest))} of {entity}, and no event takes that back",
                "keep it in the export, or void or delete the entity",
            )
        return [self._event(f"quotum.{kind}.{verb}.v1", trail, {"id": id_, **data}) for verb, data in events]

    def _event(self, kind: str, trail: str, data: dict[str, Any]) -> Event:
        """An event with its id: entity, kind and a digest of the content, the moment of the export included.

        Without that moment a value that comes back after a change would look like the event that first told it.
        """
        found = adapter().validate_python({**self._envelope, "id": "-", "type": kind, "trail": trail, "data": data})
        verb = kind.removeprefix("quotum.").rpartition(".v")[0]
        content = encode((kind, trail, found.logged(), instant_text(found.time)))
        return found.model_copy(update={"id": f"{found.entity}/{verb}/{hashlib.sha256(content).hexdigest()[:16]}"})


def _latest(facts: Iterable[Fact]) -> dict[str, Registers]:
    greatest: dict[str, dict[str, tuple[tuple[int, int, str], str]]] = {}
    for one in facts:
        registers = greatest.setdefault(one.entity, {})
        for name, text in one.writes:
            told, register = (one.stamp, text), _register(name)
            registers[register] = max(registers.get(register, told), told)
    return {entity: {name: text for name, (_, text) in registers.items()} for entity, registers in greatest.items()}


def _register(name: str) -> str:
    """The register by which a row is compared: all statements of who holds it are one."""
    return HOLDER if name.startswith(HOLDER + STEPS) else name


def _rep(writes: Registers) -> int | None:
    found = holders(writes[HOLDER])[0][0]
    return found or None


@cache
def _amendable(kind: str) -> dict[str, str]:
    """Register -> the field by which an amendment of this kind of entity writes it (for a moment: its day)."""
    event = EVENTS.get(f"quotum.{kind}.amended.v1")
    marks = marked(data_of(event), Writes) if event else {}
    return {mark.register: field for field, mark in reversed(marks.items())}


def _amended(event: Event, changed: set[str]) -> dict[str, Any] | None:
    """The data of an amendment that changes just these registers; None where an amendment cannot."""
    amendable = _amendable(event.entity.partition(":")[0])
    if not changed <= amendable.keys():
        return None
    told = event.logged()
    own = {mark.register: field for field, mark in marked(type(event.data), Writes).items() if field in told}
    return {_same_form(amendable[name], own[name]): told[own[name]] for name in sorted(changed)}


def _same_form(amending: str, own: str) -> str:
    """An instant is amended by an instant, a day by a day."""
    return amending.removesuffix("day") + "at" if own == "at" else amending
