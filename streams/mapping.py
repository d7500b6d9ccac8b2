"""Mappings: how the rows of somebody else's file are read as events. A TOML file; docs/mappings.md explains every key.

A mapping is checked whole before the first row is read, and every fault names its line.
"""

import codecs
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from schemas.envelope import Event, label
from schemas.events import EVENTS
from schemas.facts import data_of
from schemas.moments import zone_of
from schemas.money import digits
from streams.rules import PLACEHOLDER, Condition, CsvForm, RowMapping, Rule, Template

EVENT_TABLE = re.compile(r"""\s*\[\[\s*["']?event["']?\s*\]\]""")
NOT_FROM_A_FILE = ("correction.withdrawn", "workspace.opened")  # the door refuses these from a feed
NOT_A_TEXT = ("shares", "fields")  # fields that hold a list, which no column gives
OWN_ID = ("id", "trail", "data.id")  # what tells rows apart, so the same text for all of them is a slip
FREE_TEXT = ("currency", "data.kind", "data.campaign", "data.product", "data.customer", "data.region")
COLUMNS_SHOWN = 20
COLUMN_SHOWN = 60  # characters
PROBE = datetime(2017, 11, 23, 15, 16, 17, tzinfo=UTC)  # a moment whose parts cannot be mixed up
ENVELOPE = ("id", "trail", "time", "sequence", "currency")
TOP_KEYS = ("source", "form", "people", "zone", "event", "csv", *ENVELOPE)
EVENT_KEYS = ("type", "when", "data", *ENVELOPE)
CSV_KEYS = ("delimiter", "encoding", "decimal", "dates", "times")


class MappingError(Exception):
    """A mapping cannot be used: which line of which file, what, and how to mend it."""


def read_mapping(path: Path) -> RowMapping:
    """The mapping in a file; MappingError names the line of what is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise MappingError(f"the mapping {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise MappingError(f"the mapping {path} is no text in UTF-8: save it as such") from None
    try:
        parsed = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MappingError(f"the mapping {path} is not TOML: {error}") from None
    return _Reader(path, text, parsed).mapping()


def check_columns(mapping: RowMapping, header: Iterable[str]) -> None:
    """MappingError if a rule takes a column that the file does not have, or forgets the braces of one it has."""
    header = list(header)
    for rule in mapping.rules:
        given = dict(rule.envelope) | {f"data.{name}": template for name, template in rule.data.items()}
        taken = [(column, template.line) for template in given.values() for column in template.columns]
        for column, line in (*taken, *((condition.column, condition.line) for condition in rule.when)):
            if column not in header:
                hint = _hint_of_column(column, header)
                raise MappingError(f"{mapping.path}, line {line}: the file has no column {column!r}; {hint}")
        for name, template in given.items():
            if template.text.strip() in header and name not in FREE_TEXT:
                raise MappingError(
                    f"{mapping.path}, line {template.line}: {template.text!r} is the same text for every row; for the "
                    f'column of that name write {name} = "{{{template.text}}}"'
                )


def _hint_of_column(column: str, header: list[str]) -> str:
    near = get_close_matches(column, header, 1)
    if near:
        return f"did you mean {near[0]!r}?"
    if len(header) == 1:
        return f"its only one is {header[0][:COLUMN_SHOWN]!r}: does csv.delimiter say what parts the columns?"
    more = f" and {len(header) - COLUMNS_SHOWN} more" if len(header) > COLUMNS_SHOWN else ""
    return f"it has {', '.join(header[:COLUMNS_SHOWN])}{more}"


class _Reader:
    def __init__(self, path: Path, text: str, parsed: dict[str, Any]) -> None:
        self.path = path
        self.parsed = parsed
        self.lines = text.splitlines()
        self.starts = [number for number, line in enumerate(self.lines, 1) if EVENT_TABLE.match(line)]
        events = parsed.get("event")
        if isinstance(events, list) and len(events) != len(
            self.starts
        ):  # written as an array: none has lines of its own
            self.starts = [1] * len(events)

    def fail(self, fault: str, name: str = "", event: int | None = None) -> MappingError:
        return MappingError(f"{self.path}, line {self.line(name, event)}: {fault}")

    def line(self, name: str = "", event: int | None = None) -> int:
        """The line of a key (`form`, `data.rep`, `csv.decimal`), of an event's table or of all; else its table's."""
        first, end = 1, len(self.lines)
        if event is not None:
            first = self.starts[event]
            end = next((start - 1 for start in self.starts if start > first), end)
        table, _, key = name.rpartition(".")
        for pattern in _patterns(table, key) if key else ():
            for number in range(first, end + 1):
                if pattern.match(self.lines[number - 1]):
                    return number
        return self.line(table, event) if table else first

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
        events = top.get("event")
        if not isinstance(events, list) or not events or not all(isinstance(event, dict) for event in events):
            raise self.fail("say which events rows tell: one table [[event]] for each kind", "event")
        source, zone = self._source(), self._text(top, "zone")
        try:
            if zone:
                zone_of(zone)
        except ValueError as error:
            raise self.fail(str(error), "zone") from None
        if form == "snapshot":
            for index, table in ((None, top), *enumerate(events)):
                self._no_own_time(table, index)
        csv = self._csv()
        rules = tuple(self._rule(event, index, form) for index, event in enumerate(events))
        return RowMapping(self.path, source, form, rules, self._text(top, "people") or None, zone, csv)

    def _source(self) -> str:
        source = self._text(self.parsed, "source")
        if not source:
            raise self.fail(
                '`source` names the feed; give one that stays the same, such as source = "our-crm"', "source"
            )
        try:
            return label(source)
        except ValueError as error:
            raise self.fail(f"`source` {error}", "source") from None

    def _no_own_time(self, table: Mapping[str, Any], event: int | None) -> None:
        for key in ("id", "time", "sequence"):
            if key in table:
                raise self.fail(
                    f"`{key}` has no meaning in a snapshot, whose ids and times are made from content and export; "
                    'take it out, or say form = "log"',
                    key,
                    event,
                )

    def _rule(self, table: dict[str, Any], index: int, form: str) -> Rule:
        self._known(table, EVENT_KEYS, index)
        kind = self._kind(table, index)
        event = EVENTS[kind]
        when = tuple(self._conditions(table.get("when", {}), index))
        data = self._data(table.get("data"), event, index)
        own, general = (
            {key: self._text(tables, key, at) for key in ENVELOPE}
            for tables, at in ((table, index), (self.parsed, None))
        )
        envelope = {key: self._template(own[key], key, index) for key in ENVELOPE if own[key]}
        envelope |= {key: self._template(general[key], key, None) for key in ENVELOPE if general[key] and not own[key]}
        for key in {"log": ("id", "trail", "time"), "snapshot": ("trail",)}[form]:
            if key not in envelope and not (key == "trail" and event.shared_trail):
                raise self.fail(
                    f'`{key}` is missing: say from which columns it comes, such as {key} = "{{column}}"', "", index
                )
        return Rule(event, kind, self.starts[index], when, envelope, data)

    def _kind(self, table: dict[str, Any], index: int) -> str:
        told = self._text(table, "type", index)
        if not told:
            raise self.fail('`type` is missing: say which event the rows tell, such as type = "deal.won"', "", index)
        kind = told if told.startswith("quotum.") else f"quotum.{told}.v1"
        if kind not in EVENTS:
            near = get_close_matches(_short(told), map(_short, EVENTS), 3)
            hint = f"did you mean {', '.join(near)}?" if near else "docs/events.md lists them"
            raise self.fail(f"there is no event {told!r}; {hint}", "type", index)
        if _short(kind) in NOT_FROM_A_FILE:
            raise self.fail(f"{told!r} is not for a file to tell; take this table out", "type", index)
        return kind

    def _data(self, table: object, event: type[Event], index: int) -> dict[str, Template]:
        model = data_of(event)
        fields = [name for name in model.model_fields if name not in NOT_A_TEXT]
        if not isinstance(table, dict):
            raise self.fail(
                '`data` is missing: say which columns fill its fields, such as data.id = "{column}"', "data", index
            )
        for name, text in table.items():
            if name not in fields:
                near = get_close_matches(name, fields, 1)
                hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(fields)}"
                raise self.fail(f"the event has no field {name!r}; {hint}", f"data.{name}", index)
            if not isinstance(text, str) or not text.strip():
                raise self.fail(f'data.{name} is a text such as "{{column}}"', f"data.{name}", index)
        missing = [name for name in fields if model.model_fields[name].is_required() and name not in table]
        choice = [name for name in model.one_of if name in fields]
        if choice and not table.keys() & set(choice):
            missing.append(" or ".join(choice))
        if model.clears and not table.keys() - {event.entity_id}:
            missing.append("a field that changed")
        if missing:
            raise self.fail(f"the event needs {', '.join(missing)} among its data", "data", index)
        return {name: self._template(text, f"data.{name}", index) for name, text in table.items()}

    def _template(self, text: str, name: str, event: int | None) -> Template:
        template = Template(text, self.line(name, event))
        if set("{}") & set(PLACEHOLDER.sub("", text)):
            raise self.fail(
                f'{name} = "{text}" has a brace too many: a column stands in two, "{{column}}"', name, event
            )
        if not template.columns and name in OWN_ID:
            raise self.fail(
                f'{name} = "{text}" is the same for every row: say from which column it comes, as "{{column}}"',
                name,
                event,
            )
        if not template.columns and name == "currency":
            try:
                digits(text)
            except ValueError as error:
                raise self.fail(str(error), name, event) from None
        return template

    def _conditions(self, table: object, index: int) -> Iterator[Condition]:
        if not isinstance(table, dict):
            raise self.fail('`when` is a table such as { stage = ["Won", "Lost"] }', "when", index)
        for column, wanted in table.items():
            negated = isinstance(wanted, dict) and wanted.keys() == {"not"}
            texts = wanted["not"] if negated else wanted
            texts = texts if isinstance(texts, list) else [texts]
            if not texts or not all(isinstance(text, str) for text in texts):
                raise self.fail(
                    f'{column!r} must be a text, a list of texts, or {{ not = "text" }}', f"when.{column}", index
                )
            stripped = frozenset(text.strip() for text in texts)
            yield Condition(column, stripped, negated, self.line(f"when.{column}", index))

    def _csv(self) -> CsvForm:
        table = self.parsed.get("csv", {})
        if not isinstance(table, dict):
            raise self.fail("`csv` is a table: [csv]", "csv")
        self._known(table, CSV_KEYS, table_name="csv")
        texts = {key: self._text(table, key, table_name="csv") for key in table}
        fault = {
            "delimiter": lambda text: len(text) != 1 or text in '"\r\n\0',
            "decimal": lambda text: text not in {".", ","},
            "encoding": lambda text: not _is_encoding(text),
            "dates": lambda text: not _is_form(text),
            "times": lambda text: not _is_form(text),
        }
        for key, text in texts.items():
            if fault[key](text):
                raise self.fail(f"`{key}` {text!r} {CSV_REMEDIES[key]}", f"csv.{key}")
        if texts.get("encoding") and codecs.lookup(texts["encoding"]).name == "utf-8":
            texts["encoding"] = CsvForm.encoding  # which drops a mark at the start of the file
        return CsvForm(**texts)

    def _known(
        self, table: Mapping[str, Any], keys: Iterable[str], event: int | None = None, table_name: str = ""
    ) -> None:
        for key in table:
            if key not in keys:
                near = get_close_matches(key, list(keys), 1)
                hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(keys)}"
                raise self.fail(f"unknown key {key!r}; {hint}", f"{table_name}.{key}".lstrip("."), event)

    def _text(self, table: Mapping[str, Any], key: str, event: int | None = None, table_name: str = "") -> str:
        value = table.get(key, "")
        if not isinstance(value, str):
            raise self.fail(f"`{key}` is a text in quotes", f"{table_name}.{key}".lstrip("."), event)
        return value


CSV_REMEDIES = {
    "delimiter": 'is not one character that can part columns; write it as ";" or "\\t"',
    "decimal": 'is not what stands before decimals; write "." or ","',
    "encoding": "is no encoding of text; write one such as utf-8, cp1252 or utf-16",
    "dates": 'does not say day, month and year in Python\'s way; write it as "%d-%m-%Y"',
    "times": 'does not say day, month, year and hour in Python\'s way; write it as "%d-%m-%Y %H:%M:%S"',
}


def _patterns(table: str, key: str) -> list[re.Pattern[str]]:
    """How a key can stand in TOML, the plainest way first: with its table before it, in braces, under a heading."""
    own, within = (rf"""["']?{re.escape(name)}["']?""" for name in (key, table))
    if not table:
        return [re.compile(rf"\s*{own}\s*[=.]"), re.compile(rf"\s*\[+\s*(event\s*\.\s*)?{own}\s*\]")]
    inside = rf"(?<![\w.-]){own}\s*="
    return [
        re.compile(rf"\s*{within}\s*\.\s*{own}\s*[=.]"),
        re.compile(rf"\s*{within}\s*=.*{inside}"),
        re.compile(rf".*{inside}"),
    ]


def _short(kind: str) -> str:
    return kind.removeprefix("quotum.").removesuffix(".v1")


def _is_encoding(name: str) -> bool:
    try:
        "".encode(name)
    except (LookupError, ValueError):
        return False
    return True


def _is_form(form: str) -> bool:
    """Whether a moment that is written so can be read back: the same day, and the same hour if it says one."""
    try:
        read = datetime.strptime(PROBE.strftime(form), form)  # noqa: DTZ007 (only compared with its own parts)
    except ValueError:
        return False
    return read.date() == PROBE.date() and read.hour in {0, PROBE.hour} and "%Z" not in form
