"""`quotum events`: what is in the log, in words."""

import json
from typing import Annotated, Any

import typer

from quotum.settings import DEFAULT_HISTORY, Form, History, opened, stop
from quotum.tables import Format, show
from schemas.envelope import PartyId, marked
from schemas.events import EVENTS
from schemas.facts import data_of
from schemas.moments import from_microseconds, instant_text

QUERY = """
SELECT log_offset, known_at, asserted_at, layer, type, entity, data, source, id FROM events
WHERE ($entity IS NULL OR entity = $entity) ORDER BY log_partition, log_offset
"""
COLUMNS = ["offset", "known_at", "asserted_at", "by", "what", "entity", "told", "source", "id"]


def events(
    of: Annotated[str | None, typer.Option(metavar="ENTITY", help="Kind and id, such as deal:1C1I7A6R.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="The first events only.")] = None,
    history: History = DEFAULT_HISTORY,
    form: Form = Format.table,
) -> None:
    """List the events in the log, in its order, with names from the vault."""
    with opened(history) as books:
        labels = books.vault.labels()
        rows = books.history.rows(QUERY + (f" LIMIT {limit}" if limit else ""), {"entity": of})
    if of and not rows:
        stop(f"there is no event of {of!r}; an entity is kind and id, such as deal:1C1I7A6R")
    show(COLUMNS, [_readable(row, labels) for row in rows], form)


def _readable(row: tuple[Any, ...], labels: dict[int, str]) -> list[str]:
    offset, known_at, asserted_at, layer, kind, entity, data, source, id_ = row
    what = kind.removeprefix("quotum.").rpartition(".v")[0].replace(".", " ").replace("_", " ")
    when = [instant_text(from_microseconds(us)) for us in (known_at, asserted_at)]
    return [str(offset), *when, "person" if layer else "feed", what, entity, _told(kind, data, labels), source, id_]


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
        return " and ".join(f"{labels.get(part['rep'], part['rep'])} {part['share']}" for part in value)
    return str(value)
