"""Answers to "who stands where" and "when was it reached": figures from history, ranked, with names from the vault.

The command line asks here, and so will every other door: a question has one answer.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from projections.boards import Ties, rank
from projections.metrics import BASES, METRICS, OWNER, Metric, median
from projections.organisation import Organisation, Span
from projections.reached import reached
from schemas.data import MILLIONTHS
from schemas.moments import day_number, from_day_number, from_microseconds, instant_text
from schemas.money import from_minor, to_minor
from schemas.periods import Period, parse_period
from streams import figures
from streams.books import Books
from streams.figures import By

Value = int | float | None
UNASSIGNED: Mapping[str, object] = {"rep": 0, "team": 0, "region": "", "product": "", "kind": ""}


class QuestionError(ValueError):
    """A question that has no answer as it was asked: what, and how to ask it."""


@dataclass(frozen=True)
class BoardRow:
    """A row of a board. Rank and who are None for what is unassigned; value in whole units of the metric."""

    rank: int | None
    who: str | None
    value: Value
    currency: str


@dataclass(frozen=True)
class Board:
    """A board: its rows, best first, per currency; and what it leaves to be said."""

    metric: Metric
    period: Period
    rows: tuple[BoardRow, ...]
    without_amount: tuple[str, ...] = ()

    @property
    def currencies(self) -> list[str]:
        """The currencies of its rows, none for a metric without money."""
        return sorted({row.currency for row in self.rows} - {""})


@dataclass(frozen=True)
class ReachedRow:
    """When somebody got there: the day, and the instant where there is one (both as text)."""

    who: str
    reached_on: str
    reached_at: str
    currency: str


@dataclass(frozen=True)
class _Question:
    metric: Metric
    period: Period
    by: By
    spans: list[Span]
    organisation: Organisation


def metric_named(name: str) -> Metric:
    """The metric of a name; QuestionError lists those there are."""
    if name not in METRICS:
        raise QuestionError(f"there is no metric {name!r}; there are {', '.join(METRICS)}")
    return METRICS[name]


def board(
    books: Books, metric: str, period: str, *, by: By = "rep", credit: str | None = None, ties: Ties = "standard"
) -> Board:
    """The board of a metric over a period; QuestionError for a question that cannot be answered."""
    asked = _question(books, metric, period, by, credit)
    values = _values(books, asked)
    names = _names(books, by)
    rows: list[BoardRow] = []
    for currency in _currencies(values, asked):
        of_currency = {who: value for (own, who), value in values.items() if own == currency}
        whole = _scope(books, asked, of_currency) | of_currency
        arrivals = _arrivals(books, asked, currency, of_currency)
        unassigned = UNASSIGNED.get(by)
        for row in rank(whole, ties, least_first=asked.metric.least_first, reached=arrivals, unassigned=unassigned):
            who = None if row.who is None else names(row.who)
            rows.append(BoardRow(row.rank, who, row.value, currency))
    listed = figures.wins_without_amount(books.history, asked.spans) if asked.metric.name == "revenue" else []
    return Board(asked.metric, asked.period, tuple(rows), tuple(listed))


def when_reached(
    books: Books, metric: str, period: str, value: str, *, by: By = "rep", credit: str | None = None
) -> list[ReachedRow]:
    """When each rep's running sum first was at least a value, earliest first."""
    asked = _question(books, metric, period, by, credit)
    if asked.metric.unit == "days":
        raise QuestionError(
            f"{metric} does not add up over time, so no sum of it is ever reached; ask for a count or a sum"
        )
    names = _names(books, by)
    found = []
    for (currency, who), credits_ in figures.in_business_order(books.history, *_asked(asked)).items():
        credit_ = reached(credits_, whole_units(asked.metric, value, currency))
        if credit_ and who != UNASSIGNED.get(by):
            at = instant_text(from_microseconds(credit_.at)) if credit_.at is not None else ""
            found.append(
                (credit_.day, at, who, ReachedRow(names(who), str(from_day_number(credit_.day)), at, currency))
            )
    return [row for *_, row in sorted(found, key=lambda entry: (entry[0], entry[1], str(entry[2]).zfill(12)))]


def whole_units(metric: Metric, value: str, currency: str) -> int:
    """A decimal text in whole units of a metric; QuestionError if it is none, or not above zero."""
    try:
        found = to_minor(value, currency) if metric.unit == "money" else to_minor(value, "USD") * (MILLIONTHS // 100)
    except ValueError as error:
        raise QuestionError(str(error)) from None
    if found <= 0:
        raise QuestionError(f"{value} is reached before anything happens; give a value above 0")
    return found


def value_text(metric: Metric, value: Value, currency: str) -> str:
    """A value as plain decimal text: money with its currency's digits, counts without trailing zeros."""
    if value is None:
        return ""
    if metric.unit == "money":
        return from_minor(int(value), currency)
    if metric.unit == "days":
        return f"{value:f}".rstrip("0").rstrip(".")
    sign, (whole, rest) = "-" if value < 0 else "", divmod(abs(int(value)), MILLIONTHS)
    return f"{sign}{whole}.{rest:06}".rstrip("0").rstrip(".")


def _question(books: Books, metric: str, period: str, by: By, credit: str | None) -> _Question:
    organisation = books.organisation()
    found = metric_named(metric)
    try:
        span = parse_period(period, organisation.fiscal_start)
    except ValueError as error:
        raise QuestionError(str(error)) from None
    if credit is not None and credit not in BASES:
        raise QuestionError(f"there is no credit rule {credit!r}; there are {', '.join(BASES)}")
    whole = Span(credit or OWNER, day_number(span.first), day_number(span.last))
    spans = [whole] if credit else organisation.spans(span)
    if not found.credited:  # only deals have several ways to be credited
        spans = [whole._replace(rule=OWNER)]
    return _Question(found, span, by, spans, organisation)


def _asked(asked: _Question) -> tuple[str, list[Span], By, Organisation]:
    return asked.metric.name, asked.spans, asked.by, asked.organisation


def _values(books: Books, asked: _Question) -> dict[tuple[str, Any], Value]:
    if asked.metric.unit == "days":
        return {key: median(days) for key, days in figures.histograms(books.history, *_asked(asked)).items()}
    return dict(figures.sums(books.history, *_asked(asked)))


def _currencies(values: Mapping[tuple[str, Any], Value], asked: _Question) -> list[str]:
    return sorted({currency for currency, _ in values}) or [
        asked.organisation.currency if asked.metric.unit == "money" else ""
    ]


def _scope(books: Books, asked: _Question, values: Mapping[Any, Value]) -> dict[Any, Value]:
    """Everyone who belongs on the board, with nothing yet."""
    nothing = None if asked.metric.unit == "days" else 0
    organisation, by = asked.organisation, asked.by
    whos: Collection[Any] = ()
    if by == "rep":
        members = organisation.members(asked.period)
        whos = members if organisation.stays else books.vault.labels("person")
    elif by == "team":
        whos = organisation.regions
    elif by == "region":
        whos = {region for region in organisation.regions.values() if region}
    elif by == "day":
        first = asked.period.first
        whos = [str(first + timedelta(days=count)) for count in range(asked.period.days)]
    elif by == "total":
        whos = ["total"]
    return {who: nothing for who in whos if who not in values}


def _arrivals(
    books: Books, asked: _Question, currency: str, values: Mapping[Any, Value]
) -> Callable[[Collection[Any]], dict[Any, tuple[int, int]]]:
    """When each of some first had all of the value that they end with."""

    def arrivals(tied: Collection[Any]) -> dict[Any, tuple[int, int]]:
        found = {}
        for (own, who), credits_ in figures.in_business_order(books.history, *_asked(asked)).items():
            if own == currency and who in tied and (there := reached(credits_, int(values.get(who) or 0))):
                found[who] = (there.day, 0)
        return found

    return arrivals


def _names(books: Books, by: By) -> Callable[[Any], str]:
    if by not in ("rep", "team"):
        return str
    labels = books.vault.labels("person" if by == "rep" else "team")
    return lambda number: labels.get(number, f"#{number}")
