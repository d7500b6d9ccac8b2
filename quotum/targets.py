"""Answers about targets: which there are, with who decided each step and why; and setting one.

A target is set for a metric, a scope and a span of days. The first time it is agreed and holds for the whole period;
after that it is changed from a day on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from pydantic import ValidationError

from projections.metrics import Metric
from projections.organisation import ALWAYS, Organisation
from projections.targets import Kind, Scope, Target, in_force, of_period
from quotum.boards import measured, metric_named
from quotum.people import SHOWN, key_number, parties, party
from quotum.questions import QuestionError
from quotum.values import DIGITS_OF_COUNTS, plain_number
from schemas.envelope import Event, label
from schemas.events import EVENTS
from schemas.facts import FEED
from schemas.moments import from_day_number
from schemas.money import digits
from schemas.periods import Period, parse_period
from schemas.wire import Fault, faults_of
from streams.books import Books
from streams.door import BY_NUMBER
from streams.own_events import own_event

COMPANY = "company"
ORDER: tuple[Kind, ...] = ("company", "team", "rep")
NOBODY_YET = 1
Fate = Literal["agreed", "changed", "unchanged"]
AGREED, CHANGED = "quotum.target.agreed.v1", "quotum.target.changed.v1"


@dataclass(frozen=True)
class StepRow:
    """A value in whole units of the metric, and the day from which it holds (None: from the beginning)."""

    day: date | None
    value: int
    by: str
    reason: str | None  # None where it was erased


@dataclass(frozen=True)
class TargetRow:
    """A target with all its steps, by day."""

    id: str
    metric: Metric
    scope: Scope
    who: str
    period: Period
    currency: str
    steps: tuple[StepRow, ...]


@dataclass(frozen=True)
class Wish:
    """A target as somebody wants it set. `rep`, `team` and `by`: names, source ids or `#numbers`."""

    metric: str
    period: str
    value: str  # a plain decimal; 0 says that there is no target any more
    reason: str
    by: str  # empty: the holder of the key
    rep: str | None = None
    team: str | None = None  # neither of the two: the whole company
    currency: str | None = None  # default: as agreed, or the workspace's
    day: date | None = None  # from when a changed value holds; default: today
    by_is_new: bool = False  # whether `by` is a name that nobody has yet
    key: str = ""  # the name of the key that was shown at the door, if there was one


@dataclass(frozen=True)
class SetTarget:
    """What came of it: the target as it is now, and the day, the value and the value before it in whole units."""

    fate: Fate
    target: TargetRow
    day: date | None
    value: int
    before: int | None


def targets(books: Books, period: str | None = None) -> list[TargetRow]:
    """The targets that hold, the company's first; with a period those whose days all lie in it."""
    within = period_named(books.organisation(), period) if period else None
    found = [
        one
        for one in in_force(books.targets()).values()
        if within is None or (within.first <= one.period.first and one.period.last <= within.last)
    ]
    labels = books.vault.labels()
    rows = [_row(books, one, labels) for one in found]
    return sorted(rows, key=lambda row: (row.period.first, row.period.last, place(row.scope, row.who), row.metric.name))


def set_target(books: Books, wish: Wish) -> SetTarget:
    """Agree a target, or change it from a day on; what is so already is left as it is.

    QuestionError where something of it is not known, not clear, or would have no effect.
    """
    metric = measured(metric_named(wish.metric))
    period = period_named(books.organisation(), wish.period)
    scope = _scope(books, wish)
    known = of_period(books.targets(), period).get((metric.name, scope))
    currency = _currency(books, metric, wish, known)
    value = plain_number(metric, wish.value, currency)
    if value < 0:
        raise QuestionError(
            f"{wish.value} lies below 0; a value of 0 says that there is no target any more", field="value"
        )
    day = _from_day(books, wish, known)
    told: dict[str, Any] = (
        {"amount": {"value": wish.value, "currency": currency}} if currency else {"value": wish.value}
    )
    if known is None or day is None:
        id_ = "/".join((metric.name, f"{scope.kind}-{scope.number}" if scope.number else COMPANY, wish.period))
        whose: dict[str, Any] = {scope.kind: str(scope.number)} if scope.number else {}
        return _tell(books, AGREED, {"id": id_, "metric": metric.name, "period": wish.period, **whose, **told}, wish)
    before = known.step_on(day).value
    if before == value * 10 ** (digits(currency) if currency else DIGITS_OF_COUNTS):
        return SetTarget("unchanged", _row(books, known, books.vault.labels()), day, before, before)
    return replace(_tell(books, CHANGED, {"id": known.id, "day": day, **told}, wish), day=day, before=before)


def _tell(books: Books, kind: str, told: Mapping[str, Any], wish: Wish) -> SetTarget:
    """Have a target told and say what it is now."""
    draft = _event(books, kind, told, wish, NOBODY_YET)  # so that nobody gets a number for what cannot be told
    event = _event(books, kind, told, wish, _author(books, wish, draft.source))
    [outcome] = books.take([event], FEED, BY_NUMBER)
    if outcome.fate == "refused":
        raise QuestionError(outcome.reason)
    books.catch_up([outcome])
    now = next(one for one in books.targets() if one.id == told["id"])
    step = now.step_on(told["day"]) if "day" in told else now.steps[0]
    fate: Fate = "agreed" if kind == AGREED else "changed"
    return SetTarget(fate, _row(books, now, books.vault.labels()), None, step.value, None)


def _event(books: Books, kind: str, told: Mapping[str, Any], wish: Wish, author: int) -> Event:
    data = {**told, "author": str(author), "reason": wish.reason}
    try:
        # Where two steps are told within one tick of the clock, the position in the log tells which is the later.
        return own_event(kind, data, books.clock(), books.next_offset())
    except ValidationError as error:
        fault = faults_of(error, EVENTS[kind])[0]
        field = fault.path.partition("data.")[2].removeprefix("amount.")  # of the union of events, then of the wish
        mended = Fault(field, fault.text)
        raise QuestionError(str(mended), [mended]) from None


def period_named(organisation: Organisation, text: str) -> Period:
    """The period of a text, in the workspace's fiscal year; QuestionError with the forms there are."""
    try:
        return parse_period(text, organisation.fiscal_start)
    except ValueError as error:
        raise QuestionError(str(error), field="period") from None


def name_of(scope: Scope, labels: Mapping[int, str]) -> str:
    """How a scope is shown: `company`, or the label of a team or a rep."""
    return labels.get(scope.number, f"#{scope.number}") if scope.number else COMPANY


def place(scope: Scope, who: str) -> tuple[int, str, int]:
    """Where a scope stands in a list: the company, teams, reps, each by label."""
    return ORDER.index(scope.kind), who.casefold(), scope.number


def _row(books: Books, target: Target, labels: Mapping[int, str]) -> TargetRow:
    steps = tuple(
        StepRow(
            None if step.day == ALWAYS else from_day_number(step.day),
            step.value,
            labels.get(step.author, f"#{step.author}"),
            books.vault.text(step.reason),
        )
        for step in target.steps
    )
    who = name_of(target.scope, labels)
    return TargetRow(target.id, target.metric, target.scope, who, target.period, target.currency, steps)


def _scope(books: Books, wish: Wish) -> Scope:
    if wish.rep is not None and wish.team is not None:
        raise QuestionError(
            "a target is for a rep or for a team: give one of the two, or neither for the whole company",
            field="team",
        )
    if wish.rep is not None:
        return Scope("rep", party(books, wish.rep, ["person"], field="rep").number)
    if wish.team is not None:
        return Scope("team", party(books, wish.team, ["team"], field="team").number)
    return Scope("company")


def _currency(books: Books, metric: Metric, wish: Wish, known: Target | None) -> str:
    """The currency of a target that is money, else nothing."""
    given = wish.currency
    if metric.unit != "money":
        if given:
            raise QuestionError(
                f"{metric.name} is counted and has no currency: leave {given[:SHOWN]!r} out", field="currency"
            )
        return ""
    if known and given and given != known.currency:
        raise QuestionError(
            f"this target was agreed in {known.currency}: give the value in it, and leave {given!r} out",
            field="currency",
        )
    currency = known.currency if known else given or books.organisation().currency
    try:
        digits(currency)
    except ValueError as error:
        raise QuestionError(str(error), field="currency") from None
    return currency


def _from_day(books: Books, wish: Wish, known: Target | None) -> date | None:
    """From when a change holds; None for a target that is new."""
    if known is None:
        if wish.day:
            raise QuestionError(
                f"there is no such target in {wish.period} yet, and a new one holds for all of it: "
                f"leave {wish.day} out",
                field="day",
            )
        return None
    day = wish.day or books.today()
    if day > known.period.last:
        raise QuestionError(
            f"{day} lies after {wish.period}, so the change would hold on no day of it: give a day up to "
            f"{known.period.last}",
            field="day",
        )
    return day


def _author(books: Books, wish: Wish, source: str) -> int:
    if wish.key and not wish.by:
        return key_number(books, wish.key)
    if not wish.by_is_new:
        return party(books, wish.by, ["person"], field="by").number
    if parties(books, wish.by, ["person"]):
        known = f"there is a person {wish.by!r} already, who is not new"
        raise QuestionError(known, [Fault("by_new", known, "name them with `by`, or give the new one another name")])
    try:
        name = label(wish.by)
    except ValueError as error:
        raise QuestionError(f"the name of who decided {error}", field="by_new") from None
    return books.vault.numbers(source, [name], "person")[name]
