"""Reading a row by a mapping: from the columns of somebody's file to events that the models accept.

A row that cannot be read is a fault with a reason and a remedy; nothing is guessed and nothing is dropped.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, NamedTuple

from pydantic import ValidationError

from schemas.envelope import Event
from schemas.moments import zone_of
from schemas.wire import faults_of
from streams.rows import RowFaultError
from streams.rules import Row, RowMapping, Rule, Template

DAYS = frozenset({"day", "closed_day", "opened_day"})
INSTANTS = frozenset({"at", "closed_at", "opened_at"})
ENVELOPE_REMEDY = "mend the row, or say in the mapping where to find it"
DATE_REMEDY = "mend the date, or give its form as csv.dates in the mapping"
# Thousands stand apart by one and the same sign and begin with a figure: 0,500 is a half in the other way of writing.
_GROUPS = r"[1-9]\d{0,2}([%s' \u00a0\u202f\u2019])\d{3}(?:\3\d{3})*"
_WITH_POINT = re.compile(rf"(-?)(\d+|{_GROUPS % ','})(?:\.(\d+))?", re.ASCII)
_WITH_COMMA = re.compile(rf"(-?)(\d+|{_GROUPS % '.'})(?:,(\d+))?", re.ASCII)


class Told(NamedTuple):
    """An event that a row tells, by which rule."""

    rule: Rule
    event: Event


class RowReading:
    """Reads rows as events, in the zone and currency of the mapping or else of the workspace."""

    def __init__(self, mapping: RowMapping, zone: str, currency: str) -> None:
        """`zone` and `currency`: the workspace's."""
        self.mapping = mapping
        self._zone = zone_of(mapping.zone or zone)
        self._currency = currency

    def events(self, row: Row, envelope: Callable[[Rule, Row, dict[str, Any]], dict[str, Any]]) -> list[Told]:
        """The events a row tells, none where no rule applies; RowFaultError. `envelope` gives id, time and the like."""
        return [
            Told(rule, self._validated(rule, {**envelope(rule, row, data), "data": data}))
            for rule in self.mapping.rules_for(row)
            for data in (self._data(rule, row),)
        ]

    def logged_envelope(self, rule: Rule, row: Row, _: dict[str, Any]) -> dict[str, Any]:
        """What a row of a log says of itself."""
        found = {key: template.fill(row) for key, template in rule.envelope.items() if key != "currency"}
        for key in ("id", "trail", "time"):
            if key in found and not found[key]:
                raise RowFaultError(f"no {key}: {rule.envelope[key].text} is empty", _NEEDED[key])
        return {**found, "time": self._instant("time", found["time"])}

    def entities(self, row: Row) -> list[str]:
        """The entities that some rule could tell of, whether it applies or not; people and teams left out."""
        found = ((kind, template.fill(row)) for kind, template in self._tellable)
        return [f"{kind}:{id_}" for kind, id_ in found if id_]

    @cached_property
    def _tellable(self) -> tuple[tuple[str, Template], ...]:
        rules = (rule for rule in self.mapping.rules if "id" in rule.data)
        return tuple(dict.fromkeys((rule.event.entity_kind, rule.data["id"]) for rule in rules))

    def exported_envelope(self, rule: Rule, row: Row, exported_at: datetime) -> dict[str, Any]:
        """What a row of a snapshot says, by the moment of its export; its id follows from what is compared."""
        template = rule.envelope.get("trail")
        trail = rule.event.shared_trail or (template.fill(row) if template else "")
        if not trail:
            raise RowFaultError(f"no trail: {template.text if template else 'it'} is empty", _NEEDED["trail"])
        return {"id": "-", "time": exported_at, "trail": trail}

    def _data(self, rule: Rule, row: Row) -> dict[str, Any]:
        data = dict(self._fields(rule, row))
        if rule.event.entity_id in rule.data and rule.event.entity_id not in data:
            text = rule.data[rule.event.entity_id].text
            raise RowFaultError(f"no stable id: {text} is empty", _NEEDED["id"])
        return data

    def _fields(self, rule: Rule, row: Row) -> Iterator[tuple[str, Any]]:
        for name, template in rule.data.items():
            text = template.fill(row)
            if text == "":
                continue
            if name in DAYS:
                yield name, self._day(name, text)
            elif name in INSTANTS:
                yield name, self._instant(name, text)
            elif name == "amount":
                yield name, {"value": self._decimal(name, text), "currency": self._currency_of(rule, row)}
            elif name == "units":
                yield name, self._decimal(name, text)
            else:
                yield name, text

    def _currency_of(self, rule: Rule, row: Row) -> str:
        template = rule.envelope.get("currency")
        return (template.fill(row) if template else "") or self._currency

    def _day(self, name: str, text: str) -> str:
        form = self.mapping.csv.dates
        if not form:
            return text
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC).date().isoformat()
        except ValueError:
            raise RowFaultError(f"{name}: {text!r} is not a date of the form {form}", DATE_REMEDY) from None

    def _instant(self, name: str, text: str) -> datetime:
        """An instant; a naive time is in the mapping's zone (of two such the first; one that summer time
        skips as if it did not), a date is its start.
        """
        form = self.mapping.csv.times
        try:
            moment = datetime.strptime(text, form) if form else datetime.fromisoformat(text)  # noqa: DTZ007 (zone follows)
        except ValueError:
            wanted = f"of the form {form}" if form else "such as 2017-03-01T09:30:00+01:00"
            raise RowFaultError(
                f"{name}: {text!r} is not a time {wanted}", "mend it, or give its form as csv.times"
            ) from None
        return moment if moment.tzinfo else moment.replace(tzinfo=self._zone)

    def _decimal(self, name: str, text: str) -> str:
        """A plain decimal from the file's way of writing one; whole groups of thousands may be set apart."""
        point = self.mapping.csv.decimal
        found = (_WITH_COMMA if point == "," else _WITH_POINT).fullmatch(text)
        if not found:
            raise RowFaultError(
                f"{name}: {text!r} is not a number with {point!r} before its decimals",
                "write it so, or say csv.decimal in the mapping",
            )
        sign, whole, _, decimals = found.groups()
        return f"{sign}{re.sub('[^0-9]', '', whole)}{'.' + decimals if decimals else ''}"

    def _validated(self, rule: Rule, event: dict[str, Any]) -> Event:
        try:
            return rule.event.model_validate({"source": self.mapping.source, "type": rule.type, **event})
        except ValidationError as error:
            fault = faults_of(error, rule.event)[0]
            name = fault.path.removeprefix("data.")
            remedy = DATE_REMEDY if name in DAYS else ENVELOPE_REMEDY
            raise RowFaultError(f"{name}: {fault.text}" if name else fault.text, remedy) from None


_NEEDED = {
    "id": "give the row an id that stays the same in every export",
    "trail": "give the row the id of its case, deal or lead",
    "time": "give the row the moment at which it was written",
}
