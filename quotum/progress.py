"""Answers to "how far along": what is done, what was to be reached, and whether it is going fast enough.

Each row stands on a day: it counts what happened up to then and is held against the target that was valid then. What a
team did is the sum over who was in it on each day, and its target its own number, never the sum of its members'.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from projections.metrics import METRICS, OWNER, Metric
from projections.organisation import Organisation, Span
from projections.progress import Pace, attainment, pace
from projections.targets import Kind, Scope, in_force, of_period
from quotum.boards import measured, metric_named
from quotum.people import party
from quotum.targets import name_of, period_named, place
from quotum.values import aligned, value_text
from schemas.data import MILLIONTHS
from schemas.moments import day_number
from schemas.periods import Period
from streams.books import Books
from streams.figures import Asked, By

BY: Mapping[Kind, By] = {"company": "total", "team": "team", "rep": "rep"}
TENTH = MILLIONTHS // 10  # a count is shown to the tenth, an amount to its last digit


@dataclass(frozen=True)
class ProgressRow:
    """How far one is with one metric on a day. `done` and `target` in whole units; `attainment` exact, never capped."""

    metric: Metric
    scope: Scope
    who: str
    period: Period
    on: date
    currency: str
    done: int
    target: int | None
    attainment: Fraction | None
    pace: Pace


def progress(
    books: Books, period: str, who: str | None = None, metric: str | None = None, on: date | None = None
) -> list[ProgressRow]:
    """How far everyone with a target is, the company first; or one person or team, with whatever was done.

    `who`: a name, source id or `#number`. `on`: the day, today by default. What is in another currency than the target
    has a row of its own. QuestionError for what cannot be answered.
    """
    organisation = books.organisation()
    span, day = period_named(organisation, period), on or books.today()
    metrics = [measured(metric_named(metric))] if metric else [one for one in METRICS.values() if one.unit != "days"]
    asked = _scope(books, who) if who else None
    targets = of_period(books.targets(), span)
    labels = books.vault.labels()
    rows: list[ProgressRow] = []
    for one in metrics:
        aims = {whom: target for (name, whom), target in targets.items() if name == one.name and asked in (None, whom)}
        done = _done(books, organisation, one, span, day, {asked.kind} if asked else {whom.kind for whom in aims})
        keys = {(whom, target.currency) for whom, target in aims.items()}
        keys |= {key for key in done if key[0] in aims or key[0] == asked}
        if asked and metric and not keys:
            keys = {(asked, organisation.currency if one.unit == "money" else "")}
        for whom, currency in keys:
            target = aims.get(whom)
            aim = target.value_on(day) if target and target.currency == currency else 0
            count = done.get((whom, currency), 0)
            figures_ = (count, aim or None, attainment(count, aim), pace(count, aim, span, day))
            rows.append(ProgressRow(one, whom, name_of(whom, labels), span, day, currency, *figures_))
    order = list(METRICS)
    return sorted(
        rows,
        key=lambda row: (
            place(row.scope, row.who),
            order.index(row.metric.name),
            row.currency != organisation.currency,
            row.currency,
        ),
    )


@dataclass(frozen=True)
class Whole:
    """How many of the targets of one are reached: a quota of several is reached when all of them are."""

    scope: Scope
    who: str
    reached: int
    targets: int


def wholes(rows: Sequence[ProgressRow]) -> list[Whole]:
    """Those of whom rows tell several targets, each with how many of them are reached."""
    found: dict[Scope, list[ProgressRow]] = {}
    for row in rows:
        if row.attainment is not None:
            found.setdefault(row.scope, []).append(row)
    return [
        Whole(scope, ones[0].who, sum((row.attainment or 0) >= 1 for row in ones), len(ones))
        for scope, ones in found.items()
        if len(ones) > 1
    ]


def longer_periods(
    books: Books, period: str, who: str | None = None, metric: str | None = None, on: date | None = None
) -> list[str]:
    """The longer periods with targets, of whom and what was asked, that cover a period; the shortest first."""
    span, day = period_named(books.organisation(), period), on or books.today()
    asked = _scope(books, who) if who else None
    found = {
        target.period.days: target.period.text
        for target in in_force(books.targets()).values()
        if target.period.first <= span.first
        and span.last <= target.period.last
        and target.period.days > span.days
        and asked in (None, target.scope)
        and metric in (None, target.metric.name)
        and target.value_on(day)
    }
    return [found[days] for days in sorted(found)]


def _scope(books: Books, who: str) -> Scope:
    found = party(books, who)
    return Scope("rep" if found.kind == "person" else "team", found.number)


def _done(
    books: Books, organisation: Organisation, metric: Metric, period: Period, day: date, kinds: Collection[Kind]
) -> dict[tuple[Scope, str], int]:
    """(scope, currency) -> what was done from the first day of the period up to a day."""
    if day < period.first:
        return {}
    until = Period(period.first, min(day, period.last), period.text)
    spans = organisation.spans(until)
    if not metric.credited:
        spans = [Span(OWNER, day_number(until.first), day_number(until.last))]
    return {
        (Scope(kind, 0 if kind == "company" else number), currency): amount
        for kind, by in BY.items()
        if kind in kinds
        for (currency, number, _), amount in books.figures.amounts(Asked(metric.name, spans, by, organisation)).items()
    }


def plain(row: ProgressRow) -> dict[str, str | int | None]:
    """A row in plain texts and counts of days, by names that stay: what scripts and other programs get."""
    pace = row.pace
    return {
        "who": row.who,
        "scope": row.scope.kind,
        "metric": row.metric.name,
        "on": str(row.on),
        "done": value_text(row.metric, row.done, row.currency),
        "target": value_text(row.metric, row.target, row.currency) or None,
        "currency": row.currency,
        "attainment_percent": None if row.attainment is None else percent(row.attainment),
        "working_days": pace.days,
        "gone": pace.gone,
        "left": pace.left,
        "expected": figure_text(row, pace.expected) or None,
        "needed_a_day": figure_text(row, pace.needed_a_day, up=True) or None,
        "projected": figure_text(row, pace.projected) or None,
        "standing": pace.standing,
    }


def percent(attained: Fraction) -> str:
    """Attainment in percent to the tenth, such as 135, 99.9 or -8; 100 is shown only where it is reached."""
    tenths = math.floor(attained * 1000 + Fraction(1, 2))
    if attained < 1 <= Fraction(tenths, 1000):
        tenths = 999
    sign, (whole, rest) = "-" if tenths < 0 else "", divmod(abs(tenths), 10)
    return f"{sign}{whole}.{rest}" if rest else f"{sign}{whole}"


def percents(attained: Sequence[Fraction | None]) -> list[str]:
    """A column of attainment for people: 99.9% and 135.0%, with the same digits after the point; "" where none is."""
    texts = aligned(["" if one is None else percent(one) for one in attained])
    return [f"{text}%" if text else "" for text in texts]


def figure_text(row: ProgressRow, figure: Fraction | None, *, up: bool = False) -> str:
    """An exact figure of a row as plain decimal text: money to its last digit, counts to the tenth.

    To the nearest, or `up` to the next, so that doing what is shown is enough.
    """
    if figure is None:
        return ""
    step = 1 if row.metric.unit == "money" else TENTH
    steps = math.ceil(figure / step) if up else math.floor(figure / step + Fraction(1, 2))
    return value_text(row.metric, steps * step, row.currency)
