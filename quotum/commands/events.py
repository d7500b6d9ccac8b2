"""`quotum events`: what is in the log, in words."""

import json
from typing import Annotated, Any, NamedTuple

import typer

from quotum.corrections import author_of
from quotum.people import entity_meant
from quotum.settings import DEFAULT_HISTORY, Form, History, opened, stop
from quotum.tables import Cell, Format, show
from schemas.envelope import PartyId, VaultText, marked
from schemas.events import EVENTS
from schemas.facts import PERSON, data_of
from schemas.moments import from_microseconds, instant_text
from streams.vault import Vault

QUERY = """
SELECT log_partition, log_offset, known_at, asserted_at, layer, type, entity, data, source, id FROM events
WHERE NOT duplicate AND ($entity IS NULL OR entity = $entity) ORDER BY rowid
"""
KIND_AND_ID = "an entity is kind and id, such as deal:1C1I7A6R"
OF_OTHERS = "what somebody did is told of each call and deal"
MINUTES = len("2017-03-01T09:30")


class _Line(NamedTuple):
    """An event for a script: all of it, with names."""

    offset: int | str  # where the log has several partitions `partition:offset`
    known_at: str
    asserted_at: str
    by: str
    what: str
    entity: str
    told: str
    source: str
    id: str


def events(
    of: Annotated[
        str | None, typer.Option(metavar="ENTITY", help="Kind and id, such as deal:1C1I7A6R, or rep:NAME.")
    ] = None,
    limit: Annotated[int | None, typer.Option(metavar="N", min=1, help="The first N events only.")] = None,
    history: History = DEFAULT_HISTORY,
    form: Form = Format.table,
) -> None:
    """List the events in the log, in its order, with names from the vault.

    A table shows what fits a terminal; CSV and JSON say where each event came from, too.
    """
    with opened(history) as books:
        labels = books.vault.labels()
        entity = entity_meant(books, of) if of else None
        found = books.history.rows(QUERY + (f" LIMIT {limit}" if limit else ""), {"entity": entity})
        rows = [(_place(*row[:2]), *row[2:7], _with_texts(row[5], row[7], books.vault), *row[8:]) for row in found]
    if of and not rows:
        stop(f"there is no event of {of!r}; {KIND_AND_ID if entity == of else OF_OTHERS}")
    lines = [_line(row, labels) for row in rows]
    if form is Format.table:
        show(["offset", "asserted_at", "event", "told"], [_short(line, labels) for line in lines], form)
    else:
        show(_Line._fields, lines, form)


def _place(partition: int, offset: int) -> int | str:
    return f"{partition}:{offset}" if partition else offset


def _with_texts(kind: str, data: str, vault: Vault) -> str:
    """The data with free texts in place of their references; of those events what is null says nothing to a reader."""
    fields = marked(data_of(EVENTS[kind]), VaultText) if kind in EVENTS else {}
    if not fields:
        return data
    told = {name: value for name, value in json.loads(data).items() if value is not None}
    return json.dumps(told | {name: vault.text(told[name]) or "(erased)" for name in fields if name in told})


def _line(row: tuple[Any, ...], labels: dict[int, str]) -> _Line:
    offset, known_at, asserted_at, layer, kind, entity, data, source, id_ = row
    what = kind.removeprefix("quotum.").rpartition(".v")[0].replace(".", " ").replace("_", " ")
    known, asserted = (instant_text(from_microseconds(us)) for us in (known_at, asserted_at))
    by = "person" if layer else "feed"
    return _Line(offset, known, asserted, by, what, entity, _told(kind, data, labels), source, id_)


def _short(line: _Line, labels: dict[int, str]) -> list[Cell]:
    """The same for the width of a terminal: to the minute, the thing and what became of it in one phrase."""
    kind, _, id_ = line.entity.partition(":")
    verb = line.what.removeprefix(f"{kind} ")
    whose = labels.get(int(id_), id_) if kind in ("rep", "team") else id_
    event = line.what if kind in ("workspace", "correction") or verb == line.what else f"{kind} {whose} {verb}"
    if line.by == "person":
        number = author_of(line.source, PERSON)
        event += f", says {'a person' if number is None else labels.get(number, f'#{number}')}"
    return [line.offset, f"{line.asserted_at[:MINUTES]}Z", event, line.told]


def _told(kind: str, data: str, labels: dict[int, str]) -> str:
    """The fields of an event, with people's names."""
    parties = marked(data_of(EVENTS[kind]), PartyId) if kind in EVENTS else {}
    fields = json.loads(data).items()
    return ", ".join(f"{name} {_value(value, name in parties, labels)}" for name, value in fields if name != "id")


def _value(value: Any, is_party: bool, labels: dict[int, str]) -> str:  # noqa: ANN401, FBT001 (any JSON)
    if value is None:
        return "nobody" if is_party else "taken back"
    if is_party:
        return labels.get(value, f"#{value}")
    if isinstance(value, dict):
        return f"{value['value']} {value['currency']}"
    if isinstance(value, list):
        return " and ".join(_part(part, labels) for part in value)
    return str(value)


def _part(part: Any, labels: dict[int, str]) -> str:  # noqa: ANN401 (any JSON)
    """One of several: a rep with a share, or a plain text."""
    return f"{labels.get(part['rep'], part['rep'])} {part['share']}" if isinstance(part, dict) else str(part)
