"""What a person puts right: recorded, amended, voided, reassigned or withdrawn, above whatever feeds say.

A correction is an event like any other, of layer 1, and its answer says which figures it moved. Its source says who
put it right, where that is known: by a number of the vault, since the log holds nobody's name.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from secrets import token_hex
from typing import Any
from uuid import uuid4

from projections.metrics import METRICS
from projections.organisation import rule_on
from projections.postings import Posting
from quotum.people import Author, author_number, party
from quotum.questions import QuestionError
from quotum.values import value_text
from schemas.envelope import Event, PartyId, marked
from schemas.events import EVENTS
from schemas.facts import PERSON, data_of
from schemas.moments import from_day_number, from_microseconds, instant_text
from schemas.received import read_event
from schemas.wire import EventError, Fault
from streams.appending import Entry
from streams.books import Books
from streams.door import BY_NUMBER, PERSON_SOURCE, Refused

NOBODY_NAMED = Author()
VOIDED = {name.split(".")[1] for name in EVENTS if name.endswith(".voided.v1")}
VOIDING = {"deal": "deleted", "lead": "deleted"}
END = "SELECT coalesce(max(next_offset), 0), coalesce(max(known_at), 0) FROM positions"
RECORDED = {  # what happens to one thing; who belongs where and what is planned has commands of its own
    name for name, event in EVENTS.items() if not event.shared_trail and event.entity_kind != "correction"
}
BEGINS = {  # with these something begins, so that an id can be made up for it; all others are about what there is
    f"quotum.{kind}.v1"
    for kind in (
        "call.logged",
        "email.sent",
        "offer.sent",
        "appointment.held",
        "demo.given",
        "meeting.held",
        "lead.created",
        "deal.opened",
    )
}
ALL = re.compile(r"0*1(?:\.0*)?", re.ASCII)  # a share that leaves nothing for others
TRAILS = "SELECT DISTINCT trail FROM events WHERE entity = $entity"


@dataclass(frozen=True)
class Moved:
    """A figure that a correction moved: whose (None: unassigned), of which day, by how much (a signed decimal)."""

    metric: str
    who: str | None
    day: str
    by: str
    currency: str


def record(
    books: Books, kind: str, fields: Mapping[str, Any], trail: str | None = None, author: Author = NOBODY_NAMED
) -> list[Moved]:
    """Say that something happened; `kind` such as call.logged. QuestionError says what is missing or wrong."""
    name = f"quotum.{kind}.v1"
    if name not in RECORDED:
        near = get_close_matches(kind, [one.removeprefix("quotum.").removesuffix(".v1") for one in RECORDED], 3)
        hint = f"did you mean {' or '.join(near)}?" if near else "docs/events.md lists them"
        raise QuestionError(f"there is nothing like {kind!r} to record; {hint}", field="kind")
    if not fields.get("id"):
        fault = Fault("id", f"is missing: say which {EVENTS[name].entity_kind} it is about")
        raise QuestionError(str(fault), [fault])
    known = _trails(books, entity_of(kind, fields))
    return _correct(books, name, trail or (known[0] if known else str(fields["id"])), fields, author)


def with_id(kind: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields with an id of their own, made up where something begins that has none; it is like no other."""
    begins = f"quotum.{kind}.v1" in BEGINS and not fields.get("id")
    return {**fields, "id": str(uuid4())} if begins else dict(fields)


def entity_of(kind: str, fields: Mapping[str, Any]) -> str:
    """What something that is recorded is about: kind and id."""
    return f"{kind.partition('.')[0]}:{fields.get('id', '')}"


def why_unassigned(found: Sequence["Moved"], entity: str) -> str:
    """Why figures that a correction brought are nobody's, and what to do about it; empty where none of them is."""
    if not any(one.who is None and one.by.startswith("+") for one in found):
        return ""
    kind, _, id_ = entity.partition(":")
    opened = f"quotum record deal.opened id={id_} rep=WHO day=DAY"
    remedy = opened if kind == "deal" else f"quotum reassign {entity} WHO"
    return f"what is unassigned is so since nobody said whose {entity} is; say it with `{remedy}`"


def amend(books: Books, entity: str, fields: Mapping[str, Any], author: Author = NOBODY_NAMED) -> list[Moved]:
    """Put fields of an entity right; None as a value takes back what a person said of it before."""
    kind, id_ = _parts(entity, "amended")
    if fields.get("id", id_) != id_:
        raise QuestionError(
            f"id: is what {entity} is known by and is not amended: leave it out",
            [Fault("id", f"is what {entity} is known by", "leave it out")],
        )
    return _correct(books, f"quotum.{kind}.amended.v1", _trail(books, entity), {**fields, "id": id_}, author)


def void(books: Books, entity: str, author: Author = NOBODY_NAMED) -> list[Moved]:
    """It did not happen after all, and counts for nothing."""
    kind, id_ = _parts(entity, VOIDING.get(entity.partition(":")[0], "voided"))
    verb = VOIDING.get(kind, "voided")
    return _correct(books, f"quotum.{kind}.{verb}.v1", _trail(books, entity), {"id": id_}, author)


def reassign(
    books: Books, entity: str, shares: Mapping[str, str], day: date | None = None, author: Author = NOBODY_NAMED
) -> list[Moved]:
    """Give the credit to others: who -> share (one alone gets all), from a day on or for the present step."""
    kind, id_ = _parts(entity, "reassigned")
    if len(shares) == 1:
        [(who, share)] = shares.items()
        if share and not ALL.fullmatch(share):
            raise QuestionError(f"the shares must sum to 1 exactly; say who has the rest of {share}", field="shares")
        told: dict[str, Any] = {"rep": who}
    else:
        told = {"shares": [{"rep": who, "share": share} for who, share in shares.items()]}
    fields = {"id": id_, **told, **({"day": str(day)} if day else {})}
    return _correct(books, f"quotum.{kind}.reassigned.v1", _trail(books, entity), fields, author)


def withdraw(books: Books, entity: str, fields: Sequence[str] = (), author: Author = NOBODY_NAMED) -> list[Moved]:
    """Take corrections of an entity back: all of them, or those of some fields."""
    told = {"entity": entity, **({"fields": list(fields)} if fields else {})}
    return _correct(books, "quotum.correction.withdrawn.v1", _trail(books, entity), told, author)


def author_of(source: str, layer: int) -> int | None:
    """The number of who put something right, by the source of the event that says so; None where that is not known."""
    number = source.removeprefix(f"{PERSON_SOURCE}/")
    return int(number) if layer == PERSON and number != source and number.isdecimal() else None


def _correct(books: Books, kind: str, trail: str, fields: Mapping[str, Any], author: Author) -> list[Moved]:
    envelope = {"specversion": "1.0", "id": token_hex(16), "source": PERSON_SOURCE, "type": kind, "trail": trail}
    if author.who is not None:
        author_number(books, author)  # who is not known is told before anything else
    try:
        event = read_event({**envelope, **_moment(books), "data": _numbered(books, kind, fields)})
    except EventError as error:
        raise QuestionError(str(error), error.faults) from None
    return _record(books, event, author)


def _moment(books: Books) -> dict[str, Any]:
    """Now, and after all that was said before, even where the clock stood still or went back."""
    offset, known_at = books.history.rows(END)[0]
    return {"time": instant_text(from_microseconds(max(books.clock(), known_at))), "sequence": offset}


def _record(books: Books, event: Event, author: Author) -> list[Moved]:
    [answer] = books.admit([event], PERSON, BY_NUMBER)
    if isinstance(answer, Refused):
        raise QuestionError(answer.reason)
    number = author_number(books, author)  # only now, so that no key gets a number for what was refused
    source = f"{PERSON_SOURCE}/{number}" if number else PERSON_SOURCE
    _, postings = books.record_and_tell([Entry(answer.event.model_copy(update={"source": source}), PERSON)])
    return moved(books, postings)


def _numbered(books: Books, kind: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields with people as the vault's numbers."""
    told = dict(fields)
    for name in marked(data_of(EVENTS[kind]), PartyId):
        if told.get(name) is not None and name != "shares":
            told[name] = _number(books, name, told[name])
    if isinstance(shares := told.get("shares"), list):
        told["shares"] = [_share(books, share) for share in shares]
    return told


def _share(books: Books, share: object) -> object:
    if not isinstance(share, dict) or "rep" not in share:
        return share
    return {**share, "rep": _number(books, "rep", share["rep"])}


def _number(books: Books, field: str, who: object) -> str:
    if not isinstance(who, str):
        fault = Fault(field, "is not a text", "write a name, a source id or '#number' with quotes")
        raise QuestionError(str(fault), [fault])
    return str(party(books, who, ["person"], field=field).number)


def _parts(entity: str, verb: str) -> tuple[str, str]:
    kind, _, id_ = entity.partition(":")
    if not id_ or f"quotum.{kind}.{verb}.v1" not in EVENTS:
        kinds = sorted(name.split(".")[1] for name in EVENTS if name.endswith(f".{verb}.v1"))
        if verb in ("voided", *VOIDING.values()):  # `void` is for all of them
            verb, kinds = "voided", sorted({*kinds, *VOIDING, *VOIDED})
        wrong, remedy = f"{entity!r} cannot be {verb}", f"write kind and id; the kinds are {', '.join(kinds)}"
        raise QuestionError(f"{wrong}: {remedy}", [Fault("entity", wrong, remedy)])
    return kind, id_


def _trails(books: Books, entity: str) -> list[str]:
    return [trail for (trail,) in books.history.rows(TRAILS, {"entity": entity})]


def _trail(books: Books, entity: str) -> str:
    found = _trails(books, entity)
    if not found:
        raise QuestionError(f"there is no {entity} in the log; `quotum events` lists what there is", field="entity")
    if len(found) > 1:
        raise QuestionError(
            f"{entity} stands in several trails ({', '.join(found)}), so it is not clear which is meant; "
            "void what does not belong there at its source",
            field="entity",
        )
    return found[0]


def moved(books: Books, postings: Sequence[Posting]) -> list[Moved]:
    """What postings moved, by the credit rules in force; nothing that moved forth and back."""
    organisation, labels = books.organisation(), books.vault.labels("person")
    sums: dict[tuple[str, int, int, str], int] = {}
    for _, (metric, basis, rep, day, _, dims), amount in postings:
        rule = rule_on(organisation, day) if METRICS[metric].credited else "owner"
        if basis == rule and METRICS[metric].unit != "days":
            key = (metric, rep, day, dims[4])
            sums[key] = sums.get(key, 0) + amount
    return [
        Moved(
            metric,
            labels.get(rep, f"#{rep}") if rep else None,
            str(from_day_number(day)),
            ("+" if amount > 0 else "") + value_text(METRICS[metric], amount, currency),
            currency,
        )
        for (metric, rep, day, currency), amount in sorted(sums.items())
        if amount
    ]


def field_value(text: str) -> Any:  # noqa: ANN401 (any JSON)
    """A field's value as it is written on the command line: nothing, an amount with its currency, or text."""
    if text == "":
        return None
    value, _, currency = text.partition(" ")
    if len(currency) == len("EUR") and currency.isupper():
        return {"value": value, "currency": currency}
    return json.loads(text) if text.startswith(("[", "{")) else text
