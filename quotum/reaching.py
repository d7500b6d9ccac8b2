"""Which targets are reached now, by the figures that boards show: what is done by today, against the value of today."""

from datetime import date

from projections.metrics import OWNER
from projections.organisation import Organisation, Span
from projections.progress import attainment
from projections.targets import Target, in_force
from quotum.progress import BY
from schemas.moments import day_number
from schemas.periods import Period
from streams.books import Books
from streams.figures import Amounts, Asked

FRESH_DAYS = 7


def reached(books: Books, *, fresh_only: bool = False) -> dict[str, bool]:
    """Whether each target is reached that holds, has begun, and has a value to be reached, by its id.

    `fresh_only`: of those alone whose period is not over for long.
    """
    organisation, today = books.organisation(), books.today()
    found: dict[str, bool] = {}
    asked: dict[tuple[str, date, date, str], Amounts] = {}
    for target in in_force(books.targets()).values():
        if target.period.first > today or (fresh_only and not is_fresh(target, today)):
            continue
        name = (target.metric.name, target.period.first, target.period.last, BY[target.scope.kind])
        if name not in asked:
            asked[name] = books.figures.amounts(_question(organisation, target, today))
        who = target.scope.number or "total"
        done = asked[name].get((target.currency, who, None), 0)
        attained = attainment(done, target.value_on(today))
        if attained is not None:
            found[target.id] = attained >= 1
    return found


def is_fresh(target: Target, today: date) -> bool:
    """Whether a target is still of interest to a floor: its period is not over for long."""
    return (today - target.period.last).days <= FRESH_DAYS


def _question(organisation: Organisation, target: Target, today: date) -> Asked:
    period = target.period
    until = Period(period.first, min(today, period.last), period.text)
    spans = organisation.spans(until)
    if not target.metric.credited:
        spans = [Span(OWNER, day_number(until.first), day_number(until.last))]
    return Asked(target.metric.name, spans, BY[target.scope.kind], organisation)
