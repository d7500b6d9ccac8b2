"""The door: what is refused is refused here, before the log, never behind it. People get their numbers here.

The fold takes every event that is in the log, so an event that should not count must not come in. A person's id and
name and free texts go into the vault first, durably, and only numbers and references go on.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple, Protocol

from projections.metrics import METRICS
from schemas.corrections import CorrectionWithdrawn
from schemas.data import Reassigned, Share
from schemas.envelope import Data, Event, PartyId, VaultText, altered, marked, names_of
from schemas.facts import FEED, PERSON, registers
from schemas.moments import from_microseconds, instant_text, microseconds
from schemas.organisation import TargetAgreed, TargetLost, TargetReached, WorkspaceOpened
from schemas.wire import near
from streams.appending import Entry
from streams.sound import MOST_PEOPLE
from streams.texts import Told
from streams.vault import Kind, Vault
from streams.vault_file import VaultError

FUTURE_TOLERANCE_US = 10 * 60 * 1_000_000  # clocks of feeds run a little ahead; ten minutes is no clock any more

OWN_SOURCE, DEMO_SOURCE = "quotum", "quotum-demo"
PERSON_SOURCE: Final = "quotum:person"  # of corrections; followed by a slash and a number where it is known whose
BY_NUMBER: Final = "\0numbers"  # given as `people`: ids are the vault's own numbers. No source can have this name
REFERENCE = re.compile("[0-9a-f]{64}")  # to a text in the vault
UNCORRECTABLE = ("rep", "team", "workspace", "target", "correction")  # steps by day: a later statement puts them right


class Refused(NamedTuple):
    """Why an event was not taken, and what to do."""

    reason: str


class People(Protocol):
    """Who gives people their numbers and keeps their names and words: the vault, here or where it lies."""

    def numbered(self, namespace: str, kind: Kind, parties: Mapping[str, str | None]) -> dict[str, int]:
        """The numbers of parties by their ids, and the names told put away; BY_NUMBER: they are numbers already."""

    def kept(self, told: Sequence[Told]) -> list[str]:
        """Put free texts away; the references that stand for them."""


class VaultPeople:
    """The vault beside the history."""

    def __init__(self, vault: Vault) -> None:
        """`vault`: open, and the caller's to close."""
        self._vault = vault

    def numbered(self, namespace: str, kind: Kind, parties: Mapping[str, str | None]) -> dict[str, int]:
        """The numbers of parties by their ids, and the names told put away; VaultError for a number it never gave."""
        if namespace == BY_NUMBER:
            return {text: self._given(text, kind) for text in parties}
        given = self._vault.numbers(namespace, list(parties), kind)
        erased = self._vault.erased()
        names = {given[source_id]: name for source_id, name in parties.items() if name}
        self._vault.set_names({number: name for number, name in names.items() if number not in erased})
        return given

    def kept(self, told: Sequence[Told]) -> list[str]:
        """Put free texts away; the references that stand for them."""
        return self._vault.keep_told(told)

    def _given(self, text: str, kind: Kind) -> int:
        if not text.isdecimal() or int(text) not in self._vault.labels(kind):
            raise VaultError(f"the vault gave no {kind} the number {text[:20]!r}: ask it for the number first")
        return int(text)


class Door:
    """Lets events in: says why not, or gives them back with numbers for people."""

    def __init__(self, people: People, clock: Callable[[], int], *, demo: bool = False) -> None:
        """`clock`: microseconds since 1970-01-01T00:00:00Z. `demo`: whether what is behind the door is made up."""
        self._people = people
        self._clock = clock
        self._demo = demo

    def admit(self, events: Sequence[Event], layer: int, people: str | None = None) -> list[Entry | Refused]:
        """One answer per event. `people`: whose ids the people's ids are; without it the event's source's.

        BY_NUMBER as `people`: they are numbers of the vault already; VaultError for one that it never gave.
        """
        now = self._clock()
        reasons = [
            reason_against_mixing(event, layer, demo=self._demo) or reason_against(event, layer, now)
            for event in events
        ]
        let_in = [event for event, no in zip(events, reasons, strict=True) if no is None]
        numbers = self._numbers(let_in, people)
        numbered = iter(self._referenced([_numbered(event, numbers, people or event.source) for event in let_in]))
        return [Entry(next(numbered), layer) if no is None else Refused(no) for no in reasons]

    def _numbers(self, events: Iterable[Event], people: str | None) -> dict[tuple[str, Kind, str], int]:
        """The numbers of all parties, and their names put away."""
        wanted: dict[tuple[str, Kind], dict[str, str | None]] = {}
        for event in events:
            for kind, party, name in _parties(event):
                known = wanted.setdefault((people or event.source, kind), {})
                known[str(party)] = name or known.get(str(party))
        numbers: dict[tuple[str, Kind, str], int] = {}
        for (namespace, kind), parties in wanted.items():
            given = self._people.numbered(namespace, kind, parties)
            numbers |= {(namespace, kind, source_id): number for source_id, number in given.items()}
        return numbers

    def _referenced(self, events: list[Event]) -> list[Event]:
        """The events with references in place of free texts, and the texts put away."""
        told = [
            (index, Told(event.source, event.id, field, getattr(event.data, field)))
            for index, event in enumerate(events)
            for field in _telling(type(event.data)).texts
        ]
        refs = self._people.kept([one for _, one in told]) if told else []
        for (index, one), ref in zip(told, refs, strict=True):
            data = events[index].data.model_copy(update={one.field: ref})
            events[index] = events[index].model_copy(update={"data": data})
        return events


def reason_against_mixing(event: Event, layer: int, *, demo: bool) -> str | None:
    """Why an event does not belong into books of its kind, as what is made up and what is real never mix."""
    if demo and layer == FEED and event.source not in (DEMO_SOURCE, OWN_SOURCE):
        return "these are the books of a demo, which take in nothing real: send it to books made by `quotum init`"
    if event.source == DEMO_SOURCE and not demo:
        return f"`source` {DEMO_SOURCE} is the demo's, and these books are real: leave what a demo sold in its own"
    return None


def reason_against(event: Event, layer: int, now: int) -> str | None:
    """Why an event may not come in, with the remedy; None if it may. `now` in microseconds."""
    if microseconds(event.time) > now + FUTURE_TOLERANCE_US:
        return (
            f"`time` {instant_text(event.time)} lies in the future (it is {instant_text(from_microseconds(now))}): "
            "send the moment at which the source said it, and set the source's clock right"
        )
    if isinstance(event, WorkspaceOpened):
        return "the books are open already: one history is one workspace; use `quotum init` to make another"
    if isinstance(event, TargetReached | TargetLost):
        return "whether a target is reached is said by Quotum alone, from the figures; send what it is made of"
    if isinstance(event, CorrectionWithdrawn):
        return _reason_against_withdrawal(event, layer)
    if isinstance(event, TargetAgreed):
        return _reason_against_target(event)
    return None


def _reason_against_withdrawal(event: CorrectionWithdrawn, layer: int) -> str | None:
    if layer != PERSON:
        return "only a person withdraws a correction; a feed amends what it said"
    kind, known = event.data.entity.partition(":")[0], _correctable(event.data.entity)
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


def _correctable(entity: str) -> frozenset[str]:
    """The fields of an entity that a person can correct; none of what is no such entity."""
    kind = entity.partition(":")[0]
    return registers(kind) if kind not in UNCORRECTABLE else frozenset()


def _reason_against_target(event: TargetAgreed) -> str | None:
    name = event.data.metric
    metric = METRICS.get(name)
    if metric is None:
        return f"`data.metric` {name!r} is no metric{near(name, METRICS, 1) or ': take one of docs/metrics.md'}"
    if metric.unit == "days":
        return f"`data.metric` {name} is a duration, and there are no targets for them"
    if (metric.unit == "money") != (event.data.amount is not None):
        wanted = "`data.amount`, with its currency" if metric.unit == "money" else "`data.value`"
        return f"a target of {name} is told in {wanted}"
    return None


def came_through(event: Event) -> bool:
    """Whether an event is as a door leaves it: its people are numbers without names, its free texts references.

    And what it withdraws can be corrected: of whom there is no number, nobody could be read of ever again.
    """
    if isinstance(event, CorrectionWithdrawn) and not _correctable(event.data.entity):
        return False
    texts = (getattr(event.data, field) for field in _telling(type(event.data)).texts)
    numbered = (isinstance(party, int) and party <= MOST_PEOPLE and name is None for _, party, name in _parties(event))
    return all(numbered) and all(text is None or REFERENCE.fullmatch(text) for text in texts)


class _Telling(NamedTuple):
    """Where an event's data tell of people, looked up once: this is asked of every event, several times."""

    parties: tuple[tuple[str, Kind, str | None], ...]  # field, kind, and the field of the party's name if there is one
    texts: tuple[str, ...]  # fields of free text
    shares: bool


@cache
def _telling(data: type[Data]) -> _Telling:
    names = {of: field for field, of in names_of(data).items()}
    parties = tuple((field, mark.kind, names.get(field)) for field, mark in marked(data, PartyId).items())
    return _Telling(parties, tuple(marked(data, VaultText)), issubclass(data, Reassigned))


def _parties(event: Event) -> Iterable[tuple[Kind, int | str, str | None]]:
    """Kind, source id (or number) and name (if told) of everyone an event names."""
    data = event.data
    telling = _telling(type(data))
    for field, kind, name in telling.parties:
        value = getattr(data, field)
        if value is not None:
            yield kind, value, getattr(data, name) if name else None
    if telling.shares and isinstance(data, Reassigned):
        for share in data.shares or ():
            yield "person", share.rep, None


def _numbered(event: Event, numbers: dict[tuple[str, Kind, str], int], namespace: str) -> Event:
    data = event.data
    changes: dict[str, Any] = {}
    for field, kind, _ in _telling(type(data)).parties:
        value = getattr(data, field)
        if value is not None:
            changes[field] = numbers[namespace, kind, str(value)]
    if isinstance(data, Reassigned) and data.shares:
        changes["shares"] = [
            Share(rep=numbers[namespace, "person", str(part.rep)], share=part.share) for part in data.shares
        ]
    return altered(event, {"data": altered(data, changes)}) if changes else event
