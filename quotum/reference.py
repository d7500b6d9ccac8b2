"""docs/events.md, written from the models, and the command that writes it and the other pages of reference.

A page by hand would be wrong a week later. `python -m quotum.reference` writes all of them; tests fail until it was
run, and while anything has no description.
"""

import json
from collections.abc import Iterable, Iterator
from inspect import getdoc
from itertools import groupby
from pathlib import Path
from string import Template
from typing import Any

from quotum.markdown import table
from quotum.metrics_page import metrics_page
from quotum.settings_page import settings_page
from schemas.data import Share
from schemas.envelope import Data, Event, PartyId, Writes, marked
from schemas.events import EVENTS
from schemas.facts import STEPS, data_of, registers
from schemas.wire import describe

DOCS = Path(__file__).resolve().parent.parent / "docs"
Json = dict[str, Any]

KINDS = {
    "call": "Calls",
    "email": "E-mails",
    "offer": "Offers",
    "appointment": "Appointments",
    "demo": "Demos",
    "meeting": "Meetings",
    "lead": "Leads",
    "deal": "Deals",
    "correction": "Corrections",
    "team": "Teams",
    "rep": "Reps",
    "target": "Targets",
    "workspace": "The workspace",
}
"""The kinds of entities, in the order of the page, with their headings."""

EXAMPLES: dict[str, tuple[str, Json]] = {
    "call": ("quotum.call.logged.v1", {"id": "call-981", "rep": "u-17", "at": "2017-03-01T09:30:00+01:00"}),
    "email": ("quotum.email.sent.v1", {"id": "mail-5520", "rep": "u-17", "day": "2017-03-01", "campaign": "spring"}),
    "offer": ("quotum.offer.sent.v1", {"id": "offer-77", "rep": "u-17", "day": "2017-03-02", "product": "GTX Pro"}),
    "appointment": (
        "quotum.appointment.held.v1",
        {"id": "app-31", "rep": "u-17", "at": "2017-03-02T14:00:00+01:00", "kind": "visit", "customer": "new"},
    ),
    "demo": ("quotum.demo.amended.v1", {"id": "demo-8", "day": "2017-03-03", "product": None}),
    "meeting": ("quotum.meeting.reassigned.v1", {"id": "meet-4", "rep": "u-18"}),
    "lead": (
        "quotum.lead.created.v1",
        {"id": "lead-300", "day": "2017-02-20", "campaign": "spring", "customer": "new"},
    ),
    "deal": (
        "quotum.deal.won.v1",
        {
            "id": "42",
            "rep": "u-17",
            "day": "2017-03-09",
            "amount": {"value": "1054.00", "currency": "EUR"},
            "units": "2",
            "product": "GTX Pro",
        },
    ),
    "correction": ("quotum.correction.withdrawn.v1", {"entity": "deal:42", "fields": ["amount"]}),
    "team": ("quotum.team.formed.v1", {"team": "west-1", "name": "West coast", "region": "West"}),
    "rep": ("quotum.rep.joined.v1", {"rep": "u-17", "name": "Ann Smith", "team": "west-1", "day": "2017-01-01"}),
    "target": (
        "quotum.target.agreed.v1",
        {
            "id": "plan-2017-12",
            "metric": "revenue",
            "period": "2017-Q1",
            "rep": "u-17",
            "amount": {"value": "30000.00", "currency": "EUR"},
            "author": "u-3",
            "reason": "Two new accounts since the autumn.",
        },
    ),
    "workspace": ("quotum.credit_rule.set.v1", {"rule": "seller", "day": "2018-01-01"}),
}
"""One event per kind, as a feed would send it: type and data."""

FORMS = {
    "date": "day, `2017-03-01`",
    "date-time": "instant, `2017-03-01T09:30:00+01:00`",
    "decimal": "decimal text, `2.5`",
}

EVENTS_PROSE = """\
# Events

<!-- Written by `python -m quotum.reference` from schemas/. Change the words there. -->

Whatever Quotum knows, it was told in an event: a fact in the past tense that is kept and never changed. What turns
out otherwise is told by a further event. This page is for whoever sends them.

An event is a [CloudEvent 1.0](https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md) in JSON:

$first

What cannot be read is refused with one line per fault: which field, what is wrong, and what to write instead.

$contents

## The envelope

$envelope

- An attribute that is `null` counts as left out.
- Attributes beyond these may be sent and say nothing here. Their names are lower-case letters and digits, their
  values texts, whole numbers, `true` or `false`, as CloudEvents has it.
- `datacontenttype` may be any media type of JSON, such as `application/json; charset=utf-8`. Data may come as
  `data_base64`, if that holds JSON.
- The same `id` of the same `source` with the same content is the same event: send it again whenever in doubt. With
  other content it is one more statement.

### Three times

| time | where | what it decides |
| --- | --- | --- |
| when it happened | `day` or `at` in the data | the day, and so the week, month, quarter and year in which it counts |
| when the source said so | `time` | which of two statements about one field holds: the later, in any order of arrival |
| when Quotum took it | added by Quotum | what was known on a day in the past |

`time` is the moment at which the source wrote it, not the moment of sending. It may not lie in the future.

### Days and instants

A day (`2017-03-01`) stays that day in every zone. An instant (`2017-03-01T09:30:00+01:00`, RFC 3339, with its offset)
falls on a day of the workspace's zone. Send a day where your source has no time of day: midnight would be a guess.
Instants are cut to microseconds.

### Trail

The trail is what belongs together: events of one trail are kept and counted together. Take the coarsest id that every
event of your feed about the thing carries in itself: the case or the deal, for its calls, offers and lead too. An
offer makes somebody the seller of a deal only if both are on one trail. Never take a person, and never look it up:
sending again must give the same trail. Events about the organisation, targets and the workspace share one trail, which
Quotum sets.

### Sequence

Where two statements have the same `time`, the higher `sequence` is the later one. Use a counter or a version of your
source. It has 64 bits; CloudEvents' own whole numbers have 32, so send a larger one as a text: `"9007199254740993"`.

### People and teams

Name people and teams by the id that your source has for them, with or without a name. The log never holds either:
Quotum gives everyone a number, and keeps ids and names in a vault beside it, where they can be erased. Put no names
into other fields, and no person's id into `id` or `trail`. Free text, such as a reason, goes into the vault too.

### Amounts, units and shares

An amount is a decimal text with its ISO 4217 currency: `{"value": "1054.00", "currency": "EUR"}`. Units and shares
are decimal texts with at most six digits after the point. None of them is a JSON number, so that none is rounded on
its way.

### Texts

A text has 1 to 200 characters. Blanks around it are cut off; control characters are refused.

### Left out, and null

An event changes what it tells and nothing else: a field that is left out stays as it was. In an event that ends in
`.amended` a `null` takes the field back, as if it had never been told. Elsewhere `null` is the same as left out, save
where the table says that it means nobody. Who won, lost, handled or qualified is part of telling it: left out, it was
nobody.

### Feeds and people

What a person corrects in Quotum stands above what feeds say, and outlives what they say later, until the correction
is withdrawn. Which of the two an event is follows from who sends it, and cannot be said in the event.

$kinds
"""


def events_page() -> str:
    """docs/events.md: how to send events, and every event with its fields."""
    shown = dict[type[Data], str]()
    return Template(EVENTS_PROSE).substitute(
        first=_example("deal"),
        envelope="\n".join(_envelope()),
        contents="\n".join(f"- [{KINDS[kind]}](#{_anchor(KINDS[kind])})" for kind in KINDS),
        kinds="\n\n".join("\n".join(_kind(kind, shown)) for kind in KINDS),
    )


def example(kind: str) -> Json:
    """The example of a kind as a whole CloudEvent."""
    name, data = EXAMPLES[kind]
    event: Json = {"specversion": "1.0", "id": f"evt-{list(EXAMPLES).index(kind) + 1001}", "source": "/crm/eu"}
    event |= {"type": name, "time": "2017-03-09T16:20:05Z"}
    if EVENTS[name].shared_trail is None:
        event["trail"] = "case-42"
    return {**event, "data": data}


def forms(data: type[Data]) -> dict[str, str]:
    """How each field of an event's data is written."""
    schema = data.model_json_schema()
    parties = marked(data, PartyId)
    return {
        name: f"id of a {parties[name].kind}" if name in parties else _form(form)
        for name, form in schema["properties"].items()
    }


def _form(schema: Json) -> str:
    told = next((one for one in schema.get("anyOf", ()) if one.get("type") != "null"), schema)
    if "enum" in told:
        return " or ".join(f"`{value}`" for value in told["enum"])
    if "$ref" in told:
        return '`{"value": "1054.00", "currency": "EUR"}`' if told["$ref"].endswith("/Money") else "share"
    if told["type"] == "array":
        return f"list of {_form(told['items'])}s"
    if told["type"] == "integer":
        return f"whole number, {told['minimum']} to {told['maximum']}"
    if told.get("type") == "boolean":
        return "true or false"
    return FORMS.get(told.get("format", ""), "text")


def _anchor(heading: str) -> str:
    return heading.lower().replace(" ", "-")


def _example(kind: str) -> str:
    return f"```json\n{json.dumps(example(kind), indent=2, ensure_ascii=False)}\n```"


def _envelope() -> Iterator[str]:
    rows = (
        (f"`{name}`", "yes" if field.is_required() or name == "specversion" else "no", describe(Event, name))
        for name, field in Event.model_fields.items()
    )
    return table(("attribute", "required", "meaning"), rows)


def _kind(kind: str, shown: dict[type[Data], str]) -> Iterator[str]:
    """A section. `shown`: the shapes whose fields stand above already, with the event there; it takes on those here."""
    yield f"## {KINDS[kind]}\n"
    for name, event in EVENTS.items():
        if event.entity_kind == kind:
            yield f"### `{name}`\n"
            yield f"{getdoc(event)}\n"
            above = shown.setdefault(data_of(event), name)
            yield from _fields(data_of(event)) if above == name else [f"Its fields are those of {_link(above)}."]
            yield ""
    if kind == "correction":
        yield "What of an entity a correction can be withdrawn of, and what says it:\n"
        yield from _registers()
        yield ""
    yield "An example:\n"
    yield _example(kind)


def _link(name: str) -> str:
    return f"[`{name}`](#{name.replace('.', '')})"


def _fields(data: type[Data]) -> Iterator[str]:
    form = forms(data)
    first = sorted(data.model_fields.items(), key=lambda item: (not item[1].is_required(), item[0] not in data.one_of))
    rows = ((f"`{name}`", _need(data, name), form[name], field.description or "") for name, field in first)
    yield from table(("field", "required", "form", "meaning"), rows)
    if any("Share" in str(field.annotation) for field in data.model_fields.values()):
        yield "\nA share has two fields:\n"
        shares = ((f"`{name}`", field.description or "") for name, field in Share.model_fields.items())
        yield from table(("field", "meaning"), shares)


def _need(data: type[Data], name: str) -> str:
    if name in data.one_of:
        return " or ".join(f"`{one}`" for one in data.one_of)
    return "yes" if data.model_fields[name].is_required() else "no"


def _registers() -> Iterator[str]:
    """What a correction can be withdrawn of: the names, and what writes them; kinds with the same names in one row."""
    rows: list[tuple[str, str, str]] = []
    for names, same in groupby([kind for kind in KINDS if _correctable(kind)], key=registers):
        kinds = list(same)
        for name in sorted(names):
            written = ", ".join(f"`{one}`" for one in _writers(kinds[0], name, with_event=len(kinds) == 1))
            rows.append((", ".join(kinds), f"`{name}`", written))
    return table(("of", "name", "what says it"), rows)


def _correctable(kind: str) -> bool:
    return any(
        event.entity_kind == kind and event.shared_trail is None and event.entity_id == "id"
        for event in EVENTS.values()
    )


def _writers(kind: str, register: str, *, with_event: bool) -> Iterable[str]:
    """The fields that write a register, `won.day` or `day`; an event by itself where it always writes it."""
    found = dict[str, None]()
    for name, event in EVENTS.items():
        if event.entity_kind == kind:
            verb, data = name.split(".")[2], data_of(event)
            fields = [field for field, mark in marked(data, Writes).items() if _bare(mark.register) == register]
            found |= dict.fromkeys(f"{verb}.{field}" if with_event else field for field in fields)
            found |= {verb: None} if register in map(_bare, data.constant) else {}
    return found


def _bare(register: str) -> str:
    return register.partition(STEPS)[0]


def main() -> None:
    """Write the pages."""
    pages = (("events.md", events_page()), ("metrics.md", metrics_page()), ("settings.md", settings_page()))
    for name, text in pages:
        (DOCS / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
