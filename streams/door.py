"""The door: what is refused is refused here, before the log, never behind it. People get their numbers here.

The fold takes every event that is in the log, so an event that should not count must not come in. A person's id and
name go into the vault first, durably, and only the number goes on.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from schemas.data import Reassigned, Share
from schemas.envelope import Event, PartyId, marked, names_of
from schemas.events import CorrectionWithdrawn, WorkspaceOpened
from schemas.facts import PERSON, registers
from schemas.moments import from_microseconds, instant_text, microseconds
from streams.recorder import Entry
from streams.vault import Kind, Vault

FUTURE_TOLERANCE_US = 10 * 60 * 1_000_000  # clocks of feeds run a little ahead; ten minutes is no clock any more


class Refused(NamedTuple):
    """Why an event was not taken, and what to do."""

    reason: str


class Door:
    """Lets events in: says why not, or gives them back with numbers for people."""

    def __init__(self, vault: Vault, clock: Callable[[], int]) -> None:
        """`clock`: microseconds since 1970-01-01T00:00:00Z."""
        self._vault = vault
        self._clock = clock

    def admit(self, events: Sequence[Event], layer: int, people: str | None = None) -> list[Entry | Refused]:
        """One answer per event. `people`: whose ids the people's ids are; without it the event's source's."""
        now = self._clock()
        reasons = [reason_against(event, layer, now) for event in events]
        numbers = self._numbers([event for event, no in zip(events, reasons, strict=True) if no is None], people)
        return [
            Entry(_numbered(event, numbers, people or event.source), layer) if no is None else Refused(no)
            for event, no in zip(events, reasons, strict=True)
        ]

    def _numbers(self, events: Iterable[Event], people: str | None) -> dict[tuple[str, Kind, str], int]:
        """The numbers of all parties, and their names put away."""
        wanted: dict[tuple[str, Kind], dict[str, str | None]] = {}
        for event in events:
            for kind, source_id, name in _parties(event):
                known = wanted.setdefault((people or event.source, kind), {})
                known[source_id] = name or known.get(source_id)
        numbers: dict[tuple[str, Kind, str], int] = {}
        for (namespace, kind), parties in wanted.items():
            given = self._vault.numbers(namespace, list(parties), kind)
            numbers |= {(namespace, kind, source_id): number for source_id, number in given.items()}
            erased = self._vault.erased()
            names = {given[source_id]: name for source_id, name in parties.items() if name}
            self._vault.set_names({number: name for number, name in names.items() if number not in erased})
        return numbers


def reason_against(event: Event, layer: int, now: int) -> str | None:
    """Why an event may not come in, with the remedy; None if it may. `now` in microseconds."""
    if microseconds(event.time) > now + FUTURE_TOLERANCE_US:
        return (
            f"`time` {instant_text(event.time)} lies in the future (it is {instant_text(from_microseconds(now))}): "
            "send the moment at which the source said it, and set the source's clock right"
        )
    if isinstance(event, WorkspaceOpened):
        return "the books are open already: one history is one workspace; use `quotum init` to make another"
    if isinstance(event, CorrectionWithdrawn):
        return _reason_against_withdrawal(event, layer)
    return None


def _reason_against_withdrawal(event: CorrectionWithdrawn, layer: int) -> str | None:
    if layer != PERSON:
        return "only a person withdraws a correction; a feed amends what it said"
    kind = event.data.entity.partition(":")[0]
    known = registers(kind) if kind not in ("rep", "team", "workspace", "correction") else frozenset()
    if not known:
        return (
            f"`data.entity` {event.data.entity!r} is nothing that can be corrected: write kind and id, such as deal:42"
        )
    unknown = sorted(set(event.data.fields or ()) - known)
    if unknown:
        return (
            f"`data.fields` names {', '.join(unknown)}, which a {kind} does not have; it has {', '.join(sorted(known))}"
        )
    return None


def _parties(event: Event) -> Iterable[tuple[Kind, str, str | None]]:
    """Kind, source id and name (if told) of everyone an event names."""
    data = event.data
    names = {of: getattr(data, field) for field, of in names_of(type(data)).items()}
    for field, mark in marked(type(data), PartyId).items():
        value = getattr(data, field)
        if value is not None:
            yield mark.kind, str(value), names.get(field)
    for share in (data.shares or ()) if isinstance(data, Reassigned) else ():
        yield "person", str(share.rep), None


def _numbered(event: Event, numbers: dict[tuple[str, Kind, str], int], namespace: str) -> Event:
    data, changes = event.data, dict[str, Any]()
    for field, mark in marked(type(data), PartyId).items():
        value = getattr(data, field)
        if value is not None:
            changes[field] = numbers[namespace, mark.kind, str(value)]
    if isinstance(data, Reassigned) and data.shares:
        changes["shares"] = [
            Share(rep=numbers[namespace, "person", str(part.rep)], share=part.share) for part in data.shares
        ]
    return event.model_copy(update={"data": data.model_copy(update=changes)}) if changes else event
