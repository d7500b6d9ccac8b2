"""Targets as step functions of time: what was to be reached, by whom, in which period, as it was valid on each day.

Rules
- The value that was agreed holds from the beginning; a changed value holds from its day up to the next one. So progress
  on a past day is held against the value that was valid then.
- A value of 0 says that there is no target any more.
- A step that does not fit (money for a count, another currency than was agreed) says nothing, nor does a target whose
  metric, value or period is not known.
- Of several targets for one metric, scope and span of days that one holds which was agreed last, by stamp, then by id.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

from projections.entities import Entity, State, evolve
from projections.metrics import METRICS, Metric, quantity
from projections.organisation import ALWAYS
from schemas.facts import NOBODY
from schemas.log_events import Fact
from schemas.moments import day_number
from schemas.organisation import WORKSPACE
from schemas.periods import Period, parse_period

VALUE = "value@"
Kind = Literal["company", "team", "rep"]


class Scope(NamedTuple):
    """Whom a target is for: a rep or a team by number, or the company (number 0)."""

    kind: Kind
    number: int = 0


class Step(NamedTuple):
    """A value and the day number from which it holds (ALWAYS: from the beginning), with who decided it and why."""

    day: int
    value: int
    author: int
    reason: str  # the reference under which the vault keeps the text


class Stamp(NamedTuple):
    """When a target was last agreed; orders targets for the same thing."""

    asserted_at: int
    sequence: int
    id: str


@dataclass(frozen=True)
class Target:
    """What is to be reached, in whole units of the metric: minor units of `currency`, or millionths."""

    id: str
    metric: Metric
    scope: Scope
    period: Period
    currency: str
    steps: tuple[Step, ...]  # by day; the first holds from the beginning
    agreed: Stamp

    def step_on(self, day: date) -> Step:
        """The step that is valid on a day."""
        index = bisect_right([step.day for step in self.steps], day_number(day))
        return self.steps[max(index, 1) - 1]

    def value_on(self, day: date) -> int:
        """The value that is valid on a day; on a day after the period that of its last day."""
        return self.step_on(min(day, self.period.last)).value


Key = tuple[str, Scope, date, date]  # metric, scope, first and last day


def targets(facts: Iterable[Fact]) -> list[Target]:
    """What events about targets say, by id; facts of other entities are let by, save the workspace's."""
    state: State = {}
    for fact in facts:
        if fact.entity.startswith("target:") or fact.entity == WORKSPACE:
            evolve(state, fact)
    workspace = state.pop(WORKSPACE, Entity.of(WORKSPACE))
    fiscal_start = int(workspace.read("fiscal_start") or 1)
    return [found for name in sorted(state) if (found := _target(state[name], fiscal_start))]


def in_force(found: Iterable[Target]) -> Mapping[Key, Target]:
    """The one target that holds for each metric, scope and span of days."""
    by_stamp = sorted(found, key=lambda target: (target.agreed, target.id))
    return {(target.metric.name, target.scope, target.period.first, target.period.last): target for target in by_stamp}


def of_period(found: Iterable[Target], period: Period) -> Mapping[tuple[str, Scope], Target]:
    """The one target that holds for each metric and scope in just these days."""
    days = (period.first, period.last)
    return {(metric, scope): target for (metric, scope, *own), target in in_force(found).items() if (*own,) == days}


def _target(entity: Entity, fiscal_start: int) -> Target | None:
    metric, agreed = METRICS.get(entity.read("metric")), entity.register("metric")
    first = next(iter(_steps(entity, metric)), None) if metric else None
    if metric is None or agreed is None or first is None or first[0].day != ALWAYS:
        return None
    try:
        period = parse_period(entity.read("period"), fiscal_start)
    except ValueError:
        return None
    currency = first[1]
    steps = tuple(step for step, own in _steps(entity, metric) if own == currency)
    scope = _scope(entity)
    return Target(entity.name.partition(":")[2], metric, scope, period, currency, steps, Stamp(*agreed[:3]))


def _scope(entity: Entity) -> Scope:
    for kind in ("rep", "team"):
        number = entity.read(kind)
        if number not in ("", NOBODY):
            return Scope("rep" if kind == "rep" else "team", int(number))
    return Scope("company")


def _steps(entity: Entity, metric: Metric) -> Iterator[tuple[Step, str]]:
    """The steps that fit the metric, by day, each with its currency."""
    days = sorted(name.removeprefix(VALUE) for name, text in entity.texts.items() if text and name.startswith(VALUE))
    for day in days:
        text = entity.read(VALUE + day)
        if (" " in text) == (metric.unit == "money") and metric.unit != "days":
            value, currency = quantity(metric.unit, text)
            number = day_number(date.fromisoformat(day)) if day else ALWAYS
            yield Step(number, value, int(entity.read("author@" + day) or 0), entity.read("reason@" + day)), currency
