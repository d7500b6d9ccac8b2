"""What a mapping says, once mapping.py has read it: which rows tell which events, from which columns."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

from schemas.envelope import Event

Row = Mapping[str, str]
PLACEHOLDER = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True)
class Template:
    """Text with `{column}` in it, and the line of the mapping on which it stands."""

    text: str
    line: int = field(default=0, compare=False)

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
    line: int = field(default=0, compare=False)

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

    @property
    def encoding_named(self) -> str:
        """The encoding as people call it; ours reads UTF-8 with and without a mark before it."""
        return "UTF-8" if self.encoding == CsvForm.encoding else self.encoding


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
