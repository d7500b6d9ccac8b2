"""Mappings: how the rows of somebody else's file are read as events. A TOML file; docs/mappings.md explains every key.

A mapping is checked whole before the first row is read, and every fault names its line.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from schemas.envelope import Event
from schemas.events import EVENTS
from schemas.facts import data_of
from schemas.moments import zone_of

Row = Mapping[str, str]
PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
EVENT_TABLE = "[[event]]"
ENVELOPE = ("id", "trail", "time", "sequence", "currency")
TOP_KEYS = ("source", "form", "people", "zone", "event", "csv", *ENVELOPE)
EVENT_KEYS = ("type", "when", "data", *ENVELOPE)
CSV_KEYS = ("delimiter", "encoding", "decimal", "dates", "times")


class MappingError(Exception):
    """A mapping cannot be used: which line of which file, what, and how to mend it."""


@dataclass(frozen=True)
class Template:
    """Text with `{column}` in it."""

    text: str

    @cached_property
    def _parts(self) -> list[str]:
        return PLACEHOLDER.split(self.text)  # text, column, text, column ... text

    @cached_property
    def columns(self) -> list[str]:
        """The columns it takes."""
        return self._parts[1::2]

    def fill(self, row: Row) -> str:
        """The text for a row; empty where one of its columns is."""
        values = [row[column].strip() for column in self.columns]
        if not all(values):
            return ""
        filled = self._parts.copy()
        filled[1::2] = values
        return "".join(filled)


@dataclass(frozen=True)
class Condition:
    """What a column must hold: one of some texts; or, negated, none of them. The empty text is a text."""

    column: str
    texts: frozenset[str]
    negated: bool = False

    def holds(self, row: Row) -> bool:
        """Whether a row is meant."""
        return (row[self.column].strip() in self.texts) != self.negated


@dataclass(frozen=True)
class Rule:
    """One kind of event that rows can tell."""

    event: type[Event]
    type: str
    line: int
    when: tuple[Condition, ...]
    envelope: Mapping[str, Template]
    data: Mapping[str, Template]

    def applies(self, row: Row) -> bool:
        """Whether a row tells this event."""
        return all(condition.holds(row) for condition in self.when)


@dataclass(frozen=True)
class CsvForm:
    """How the file writes things."""

    delimiter: str = ","
    encoding: str = "utf-8-sig"
    decimal: str = "."
    dates: str = ""  # strptime form; empty: YYYY-MM-DD
    times: str = ""  # strptime form; empty: ISO 8601


@dataclass(frozen=True)
class RowMapping:
    """A whole mapping."""

    path: Path
    source: str
    form: Literal["log", "snapshot"]
    rules: tuple[Rule, ...]
    people: str | None = None
    zone: str = ""
    csv: CsvForm = field(default_factory=CsvForm)

    @cached_property
    def _dispatch(self) -> tuple[str, dict[str, tuple[Rule, ...]]] | None:
        """A column on which every rule has a condition, and the rules that each of its texts leaves."""
        wanted = [{one.column: one.texts for one in rule.when if not one.negated} for rule in self.rules]
        shared = [column for column in wanted[0] if all(column in texts for texts in wanted)]
        if not shared:
            return None
        texts = {text for conditions in wanted for text in conditions[shared[0]]}
        by_text = {
            text: tuple(rule for rule, own in zip(self.rules, wanted, strict=True) if text in own[shared[0]])
            for text in texts
        }
        return shared[0], by_text

    def rules_for(self, row: Row) -> list[Rule]:
        """The rules that apply to a row, in the order of the mapping."""
        rules = self.rules
        if self._dispatch:
            column, by_text = self._dispatch
            rules = by_text.get(row[column].strip(), ())
        return [rule for rule in rules if rule.applies(row)]

    def check_columns(self, header: Iterable[str]) -> None:
        """MappingError if a rule takes a column that the file does not have."""
        header = list(header)
        for rule in self.rules:
            templates = [*rule.envelope.values(), *rule.data.values()]
            taken = [column for template in templates for column in template.columns]
            for column in (*taken, *(condition.column for condition in rule.when)):
                if column not in header:
                    near = get_close_matches(column, header, 1)
                    hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(header)}"
                    raise MappingError(f"{self.path}, line {rule.line}: the file has no column {column!r}; {hint}")


def read_mapping(path: Path) -> RowMapping:
    """The mapping in a file; MappingError names the line of what is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise MappingError(f"{path} cannot be read: {error}") from None
    try:
        parsed = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MappingError(f"{path} is not TOML: {error}") from None
    return _Reader(path, text, parsed).mapping()


class _Reader:
    def __init__(self, path: Path, text: str, parsed: dict[str, Any]) -> None:
        self.path = path
        self.parsed = parsed
        self.lines = text.splitlines()
        headers = [number for number, line in enumerate(self.lines, 1) if line.strip().startswith(EVENT_TABLE)]
        self.starts = headers or [len(self.lines)]

    def fail(self, fault: str, key: str = "", event: int | None = None) -> MappingError:
        return MappingError(f"{self.path}, line {self.line(key, event)}: {fault}")

    def line(self, key: str = "", event: int | None = None) -> int:
        """The line on which a key stands: in the table of an event, or before all of them."""
        first = 1 if event is None else self.starts[event]
        last = len(self.lines) + 1 if event is None or event + 1 == len(self.starts) else self.starts[event + 1]
        pattern = re.compile(rf'\s*(data\.|csv\.)?"?{re.escape(key)}"?\s*[=.]|\s*\[+(event\.)?{re.escape(key)}\]')
        found = (number for number in range(first, last) if key and pattern.match(self.lines[number - 1]))
        return next(found, first)

    def mapping(self) -> RowMapping:
        top = self.parsed
        self._known(top, TOP_KEYS)
        form = top.get("form")
        if form not in ("log", "snapshot"):
            raise self.fail(
                '`form` says whether rows are events with their own times (form = "log") or the present state '
                '(form = "snapshot"); give one of the two',
                "form",
            )
        source = self._text(top, "source")
        if not source:
            raise self.fail(
                '`source` names the feed; give one that stays the same, such as source = "our-crm"', "source"
            )
        if form == "snapshot" and (wrong := {"id", "time", "sequence"} & top.keys()):
            key = min(wrong)
            raise self.fail(
                f"`{key}` has no meaning in a snapshot: its ids and times are made from content and export", key
            )
        zone = self._text(top, "zone")
        events = top.get("event")
        if not isinstance(events, list) or not events:
            raise self.fail(f"say which events rows tell: one table {EVENT_TABLE} for each kind", "event")
        try:
            if zone:
                zone_of(zone)
        except ValueError as error:
            raise self.fail(str(error), "zone") from None
        rules = tuple(self._rule(event, index, form) for index, event in enumerate(events))
        return RowMapping(self.path, source, form, rules, self._text(top, "people") or None, zone, self._csv())

    def _rule(self, table: dict[str, Any], index: int, form: str) -> Rule:
        self._known(table, EVENT_KEYS, index)
        kind = self._text(table, "type", index)
        kind = kind if kind.startswith("quotum.") else f"quotum.{kind}.v1"
        if kind not in EVENTS:
            near = get_close_matches(kind, EVENTS, 3)
            hint = f"did you mean {', '.join(near)}?" if near else "docs/events.md lists them"
            raise self.fail(f"there is no event {kind!r}; {hint}", "type", index)
        event = EVENTS[kind]
        data = self._data(table.get("data"), event, index)
        given = {key: self._text(table, key, index) or self._text(self.parsed, key) for key in ENVELOPE}
        envelope = {key: Template(text) for key, text in given.items() if text}
        needed = {"log": ("id", "trail", "time"), "snapshot": ("trail",)}[form]
        for key in needed:
            if key not in envelope and not (key == "trail" and event.shared_trail):
                raise self.fail(
                    f'`{key}` is missing: say from which columns it comes, such as {key} = "{{column}}"', "", index
                )
        when = tuple(self._conditions(table.get("when", {}), index))
        return Rule(event, kind, self.starts[min(index, len(self.starts) - 1)], when, envelope, data)

    def _data(self, table: object, event: type[Event], index: int) -> dict[str, Template]:
        fields = data_of(event).model_fields
        if not isinstance(table, dict):
            raise self.fail(
                '`data` is missing: say which columns fill its fields, such as data.id = "{column}"', "", index
            )
        for name, text in table.items():
            if name not in fields:
                raise self.fail(f"the event has no field {name!r}; it has {', '.join(fields)}", name, index)
            if not isinstance(text, str):
                raise self.fail(f'data.{name} is a text such as "{{column}}"', name, index)
        missing = [name for name, info in fields.items() if info.is_required() and name not in table]
        if (
            "day" in fields
            and "at" in fields
            and not {"day", "at"} & table.keys()
            and not event.__name__.endswith("Amended")
        ):
            missing.append("day (or at)")
        if missing:
            raise self.fail(f"the event needs {', '.join(missing)} among its data", "data", index)
        return {name: Template(text) for name, text in table.items()}

    def _conditions(self, table: object, index: int) -> Iterator[Condition]:
        if not isinstance(table, dict):
            raise self.fail('`when` is a table such as { stage = ["Won", "Lost"] }', "when", index)
        for column, wanted in table.items():
            negated = isinstance(wanted, dict) and wanted.keys() == {"not"}
            texts = wanted["not"] if negated else wanted
            texts = texts if isinstance(texts, list) else [texts]
            if not all(isinstance(text, str) for text in texts):
                raise self.fail(f"{column!r} must be a text, a list of texts, or {{ not = ... }}", "when", index)
            yield Condition(column, frozenset(texts), negated)

    def _csv(self) -> CsvForm:
        table = self.parsed.get("csv", {})
        if not isinstance(table, dict):
            raise self.fail("`csv` is a table: [csv]", "csv")
        for key in table:
            if key not in CSV_KEYS:
                raise self.fail(f"[csv] has no key {key!r}; it has {', '.join(CSV_KEYS)}", key)
        texts = {key: self._text(table, key) for key in table}
        for key in ("delimiter", "decimal"):
            if key in texts and len(texts[key]) != 1:
                raise self.fail(f"`{key}` is one character", key)
        try:
            "".encode(texts.get("encoding", "utf-8"))
        except LookupError as error:
            raise self.fail(f"{error}; take one such as utf-8 or cp1252", "encoding") from None
        return CsvForm(**texts)

    def _known(self, table: dict[str, Any], keys: Iterable[str], event: int | None = None) -> None:
        for key in table:
            if key not in keys:
                near = get_close_matches(key, list(keys), 1)
                hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(keys)}"
                raise self.fail(f"unknown key {key!r}; {hint}", key, event)

    def _text(self, table: dict[str, Any], key: str, event: int | None = None) -> str:
        value = table.get(key, "")
        if not isinstance(value, str):
            raise self.fail(f"`{key}` is a text in quotes", key, event)
        return value
