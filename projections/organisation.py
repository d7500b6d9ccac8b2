"""Who belongs to which team and region on which day, and which books are kept: folded from events like everything else.

Applied when a question is asked, never baked into figures: a team that is formed today may be asked about last year.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from projections.entities import Entity, State, evolve
from schemas.facts import NOBODY
from schemas.log_events import Fact
from schemas.moments import day_number
from schemas.organisation import WORKSPACE
from schemas.periods import Period

LEFT = "left"
ALWAYS = -(2**31) + 1  # a day before all days that still fits 32 bits
NEVER = 2**31 - 1


class Stay(NamedTuple):
    """A rep in a team (0: in none) from a day on, up to but without `until`; day numbers."""

    rep: int
    first: int
    until: int
    team: int


class Span(NamedTuple):
    """A credit rule and the days, both included, on which it is in force."""

    rule: str
    first: int
    last: int


@dataclass(frozen=True)
class Organisation:
    """The workspace, its teams and its people, as the log tells them."""

    zone: str = "UTC"
    currency: str = ""
    fiscal_start: int = 1
    opened: bool = False
    demo: bool = False  # what these books hold was made up
    partitions: int = 0  # of the log on Kafka; 0: it is not there
    regions: Mapping[int, str] = field(default_factory=dict)  # team -> region, "" without one
    stays: tuple[Stay, ...] = ()
    rules: tuple[tuple[int, str], ...] = ((ALWAYS, "owner"),)  # from day on

    def members(self, period: Period, team: int | None = None) -> set[int]:
        """The reps who belong, to a team or to any or none, on any day of a period."""
        first, last = day_number(period.first), day_number(period.last)
        there = (stay for stay in self.stays if stay.first <= last and stay.until > first)
        return {stay.rep for stay in there if team is None or stay.team == team}

    def spans(self, period: Period) -> list[Span]:
        """The credit rules in force within a period, each with its days."""
        first, last = day_number(period.first), day_number(period.last)
        ends = [day - 1 for day, _ in self.rules[1:]] + [NEVER]
        found = (Span(rule, max(day, first), min(end, last)) for (day, rule), end in zip(self.rules, ends, strict=True))
        return [span for span in found if span.first <= span.last]

    def team_on(self, rep: int, day: int) -> int:
        """The team of a rep on a day; 0 for none."""
        return next((stay.team for stay in self.stays if stay.rep == rep and stay.first <= day < stay.until), 0)


def organisation(facts: Iterable[Fact]) -> Organisation:
    """What events about the organisation say; facts of other entities are let by."""
    state: State = {}
    for fact in facts:
        evolve(state, fact)
    workspace = state.get(WORKSPACE, Entity.of(WORKSPACE))
    return Organisation(
        zone=workspace.read("zone") or "UTC",
        currency=workspace.read("currency"),
        fiscal_start=int(workspace.read("fiscal_start") or 1),
        opened=bool(workspace.read("zone")),
        demo=workspace.read("demo") == "yes",
        partitions=int(workspace.read("partitions") or 0),
        regions={_number(team): team.read("region") for team in _of_kind(state, "team")},
        stays=tuple(sorted(stay for rep in _of_kind(state, "rep") for stay in _stays(rep))),
        rules=tuple(_rules(workspace)),
    )


def _of_kind(state: State, kind: str) -> Iterator[Entity]:
    return (entity for entity in state.values() if entity.kind == kind)


def _number(entity: Entity) -> int:
    return int(entity.name.partition(":")[2])


def _steps(entity: Entity, register: str) -> list[tuple[int, str]]:
    """The steps of a register by day; one without a day comes before all days."""
    texts = (
        (name.partition("@")[2], text) for name, text in entity.texts.items() if text and name.startswith(register)
    )
    return sorted((day_number(date.fromisoformat(day)) if day else ALWAYS, text) for day, text in texts)


def _stays(rep: Entity) -> Iterator[Stay]:
    steps = _steps(rep, "team@")
    for (day, text), (until, _) in zip(steps, [*steps[1:], (NEVER, "")], strict=True):
        if text != LEFT:
            yield Stay(_number(rep), day, until, 0 if text == NOBODY else int(text))


def _rules(workspace: Entity) -> list[tuple[int, str]]:
    steps = _steps(workspace, "credit@")
    return steps if steps and steps[0][0] == ALWAYS else [(ALWAYS, "owner"), *steps]


def rule_on(organisation: Organisation, day: int) -> str:
    """The credit rule in force on a day."""
    days = [first for first, _ in organisation.rules]
    return organisation.rules[bisect_right(days, day) - 1][1]
