"""Answers to "who stands where" and "when was it reached": figures from history, ranked, with names from the vault.

The command line asks here, and so will every other door: a question has one answer.
"""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from difflib import get_close_matches
from fractions import Fraction
from typing import Any, Literal

from projections.boards import Figure, Ranked, Ties, rank
from projections.metrics import BASES, METRICS, OWNER, Metric, median
from projections.organisation import Organisation, Span
from projections.progress import attainment
from projections.reached import Credit, reached
from projections.targets import Kind, of_period
from quotum.questions import QuestionError
from quotum.values import LONGEST_VALUE_CHARS, Value, digits_of, number_above_0
from schemas.moments import day_number, from_day_number, from_microseconds, instant_text
from schemas.periods import Period, parse_period
from streams import figures
from streams.books import Books
from streams.figures import By, Scanning, Source

RankBy = Literal["value", "attainment"]
SCOPES: Mapping[By, Kind] = {"rep": "rep", "team": "team", "total": "company"}  # what makes a row: whose targets
TOTAL = "total"
UNASSIGNED: Mapping[str, object] = {"rep": 0, "team": 0, "region": "", "product": "", "kind": ""}


@dataclass(frozen=True)
class BoardRow:
    """A row of a board. Rank and who are None for what is unassigned; value in whole units of the metric."""

    rank: int | None
    who: str | None
    value: Value
    currency: str
    key: str = ""  # what the row is about, the same whatever its name: a number, a label, a day
    target: int | None = None  # in whole units; only where it was asked for
    attainment: Fraction | None = None  # exact, never capped; None without a target
    towards: int | None = None  # what counts towards the target; on a team's board a rep's figures in all teams


@dataclass(frozen=True)
class Board:
    """A board: its rows, best first, per currency; and what it leaves to be said.

    `currencies`: those it has rows in, the books' own first and there even without rows; none without money. `rules`:
    the credit rules in force one after the other; none for a metric that credits its own rep.
    """

    metric: Metric
    period: Period
    rows: tuple[BoardRow, ...]
    currencies: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReachedRow:
    """When somebody got there: the day, and the instant where there is one (both as text)."""

    who: str
    reached_on: str
    reached_at: str | None
    currency: str


@dataclass(frozen=True)
class Question:
    """What is asked, in the log's terms."""

    metric: Metric
    period: Period
    postings: figures.Asked

    @property
    def by(self) -> By:
        """What a row is."""
        return self.postings.by

    @property
    def organisation(self) -> Organisation:
        """The organisation that it is asked of."""
        return self.postings.organisation

    @property
    def spans(self) -> Sequence[Span]:
        """The credit rules in force, one after the other."""
        return self.postings.spans


def metric_named(name: str) -> Metric:
    """The metric of a name; QuestionError gives a near one, or all there are."""
    if name not in METRICS:
        near = get_close_matches(name.lower().replace("-", "_"), METRICS, cutoff=0.75)
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(METRICS)}"
        raise QuestionError(f"there is no metric {name[:LONGEST_VALUE_CHARS]!r}; {hint}", field="metric")
    return METRICS[name]


def board(  # noqa: PLR0913 (each is a part of the question)
    books: Books,
    metric: str,
    period: str,
    *,
    by: By = "rep",
    credit: str | None = None,
    ties: Ties = "standard",
    team: int | None = None,
    rank_by: RankBy | None = None,
    source: Source | None = None,
) -> Board:
    """The board of a metric over a period; QuestionError for a question that cannot be answered.

    `team`: only what counts for this team, and who was in it. `rank_by`: rows have their targets, those that are valid
    today or were at the end of the period; without it there are none, and the board goes by value. `source`: where the
    figures come from, history by default.
    """
    asked = asked_for(books, metric, period, by, credit, team)
    source = source or Scanning(books.history)
    values = _values(source, asked)
    labels = _labels(books, by)
    rows: list[BoardRow] = []
    aims = _aims(books, asked, {who for _, who in values}) if rank_by else {}
    everywhere = _everywhere(source, asked, values) if aims else values
    currencies = _currencies(values.keys() | aims.keys(), asked)
    for currency in currencies:
        of_currency = {who: value for (own, who), value in values.items() if own == currency}
        nobody_else = _scope(books, asked, labels, of_currency) if currency == currencies[0] else {}
        aimed = {who: aim for (own, who), aim in aims.items() if own == currency}
        whole = dict.fromkeys(aimed, 0) | nobody_else | of_currency
        towards = {who: int(everywhere.get((currency, who)) or 0) for who in aimed}
        arrivals = _arrivals(books, asked, currency, of_currency)
        unassigned = UNASSIGNED.get(by)
        standing = _attained(whole, aimed, towards, unassigned) if rank_by == "attainment" else whole
        least_first = asked.metric.least_first
        ranked = rank(standing, ties, least_first=least_first, reached=arrivals, unassigned=unassigned)
        for row in _others_by_value(ranked, whole, least_first=least_first) if rank_by == "attainment" else ranked:
            if row.who is None:
                rows.append(BoardRow(None, None, whole[unassigned], currency))
                continue
            value, aim, done = whole[row.who], aimed.get(row.who), towards.get(row.who)
            part = attainment(done or 0, aim)
            rows.append(BoardRow(row.rank, _shown(row.who, labels), value, currency, str(row.who), aim, part, done))
    rules = tuple(span.rule for span in asked.spans) if asked.metric.credited else ()
    return Board(asked.metric, asked.period, tuple(rows), tuple(one for one in currencies if one), rules)


def first_rows(found: Board, limit: int | None) -> list[BoardRow]:
    """The first rows of a board, so many of each currency; all without a limit."""
    currencies = found.currencies or ("",)
    return [row for one in currencies for row in [row for row in found.rows if row.currency == one][:limit]]


def wins_without_amount(books: Books, period: str, credit: str | None = None) -> list[str]:
    """The deals that count as won in a period and bring no revenue, since nobody said how much they are worth."""
    return figures.wins_without_amount(books.history, asked_for(books, "revenue", period, "rep", credit).spans)


def _attained(
    values: Mapping[Any, Value], aims: Mapping[Any, int], towards: Mapping[Any, int], unassigned: object
) -> dict[Any, Figure | None]:
    """Attainment in place of values; what is unassigned stays as it is, since it has no rank anyway."""
    return {
        who: value if who == unassigned else attainment(towards.get(who, 0), aims.get(who))
        for who, value in values.items()
    }


def _others_by_value(ranked: Sequence[Ranked], values: Mapping[Any, Value], *, least_first: bool) -> list[Ranked]:
    """The same board, but whoever has no target stands below by value; what is unassigned stays last."""
    sign = 1 if least_first else -1

    def place(row: Ranked) -> tuple[int, Value]:
        if row.rank is not None:
            return 0, 0
        return (2, 0) if row.who is None else (1, sign * (values[row.who] or 0))

    return sorted(ranked, key=place)


def _aims(books: Books, asked: Question, there: Collection[Any]) -> dict[tuple[str, Any], int]:
    """(currency, who) -> the target that is valid now; one of 0 is none. `there`: who has a figure on the board."""
    if asked.by not in SCOPES:
        raise QuestionError(
            f"reps, teams and the company have targets, a {asked.by} has none; ask by {', '.join(SCOPES)}",
            field="by",
        )
    metric, today, team = measured(asked.metric), books.today(), asked.postings.team
    kind: Kind = "team" if asked.by == TOTAL and team is not None else SCOPES[asked.by]
    within: Collection[Any] | None = None  # a team's board has the targets of who belongs on it
    if team is not None:
        within = asked.organisation.members(asked.period, team).union(there) if kind == "rep" else {team}
    return {
        (target.currency, TOTAL if asked.by == TOTAL else scope.number): aim
        for (name, scope), target in of_period(books.targets(), asked.period).items()
        if name == metric.name
        and scope.kind == kind
        and (within is None or scope.number in within)
        and (aim := target.value_on(today))
    }


def _everywhere(
    source: Source, asked: Question, values: Mapping[tuple[str, Any], Value]
) -> Mapping[tuple[str, Any], Value]:
    """What counts towards targets: a rep's target is for what they do, in whichever team."""
    if asked.by != "rep" or asked.postings.team is None:
        return values
    return _values(source, replace(asked, postings=asked.postings._replace(team=None)))


def measured(metric: Metric) -> Metric:
    """The same metric; QuestionError for one that has no targets."""
    if metric.unit == "days":
        raise QuestionError(
            f"{metric.name} is a duration, and there are no targets for them; ask for a count or a sum", field="metric"
        )
    return metric


def when_reached(
    books: Books, metric: str, period: str, value: str, *, by: By = "rep", credit: str | None = None
) -> list[ReachedRow]:
    """When each rep's running sum first was at least a value, earliest first."""
    asked = asked_for(books, metric, period, by, credit)
    if asked.metric.unit == "days":
        raise QuestionError(
            f"{metric} does not add up over time, so no sum of it is ever reached; ask for a count or a sum",
            field="metric",
        )
    wanted = number_above_0(asked.metric, value, asked.organisation.currency)
    labels = _labels(books, by)
    found: list[tuple[Credit, Any, str]] = []
    for (currency, who), credits_ in figures.in_business_order(books.history, *asked.postings).items():
        there = reached(credits_, math.ceil(wanted * 10 ** digits_of(asked.metric, currency)))
        if there and who != UNASSIGNED.get(by):
            found.append((there, who, currency))
    found.sort(key=lambda entry: (entry[0].day, -math.inf if entry[0].at is None else entry[0].at, *entry[1:]))
    return [_reached_row(there, _shown(who, labels), currency) for there, who, currency in found]


def _reached_row(there: Credit, who: str, currency: str) -> ReachedRow:
    at = None if there.at is None else instant_text(from_microseconds(there.at))
    return ReachedRow(who, str(from_day_number(there.day)), at, currency)


def asked_for(books: Books, metric: str, period: str, by: By, credit: str | None, team: int | None = None) -> Question:
    """A question in the log's terms; QuestionError for one that cannot be answered."""
    organisation = books.organisation()
    found = metric_named(metric)
    try:
        span = parse_period(period, organisation.fiscal_start)
    except ValueError as error:
        raise QuestionError(str(error), field="period") from None
    if credit is not None and credit not in BASES:
        raise QuestionError(f"there is no credit rule {credit!r}; there are {', '.join(BASES)}", field="credit")
    whole = Span(credit or OWNER, day_number(span.first), day_number(span.last))
    spans = [whole] if credit else organisation.spans(span)
    if not found.credited:  # only deals have several ways to be credited
        spans = [whole._replace(rule=OWNER)]
    return Question(found, span, figures.Asked(found.name, spans, by, organisation, team))


def _values(source: Source, asked: Question) -> dict[tuple[str, Any], Value]:
    amounts = source.amounts(asked.postings)
    if asked.metric.unit == "days":
        return {key: median(days) for key, days in figures.histograms(amounts).items()}
    return {(currency, who): amount for (currency, who, _), amount in amounts.items()}


def _currencies(values: Collection[tuple[str, Any]], asked: Question) -> list[str]:
    """The currencies that a board has rows in, the books' own before the others; one at least."""
    own = asked.organisation.currency if asked.metric.unit == "money" else ""
    found = {currency for currency, _ in values} or {own}
    return sorted(found, key=lambda currency: (currency != own, currency))


def _scope(books: Books, asked: Question, labels: Mapping[int, str], values: Mapping[Any, Value]) -> dict[Any, Value]:
    """Everyone who belongs on the board, with nothing yet. `labels`: of everyone who is known."""
    nothing = None if asked.metric.unit == "days" else 0
    organisation, by = asked.organisation, asked.by
    whos: Collection[Any] = ()
    if by == "rep":
        members = organisation.members(asked.period, asked.postings.team)
        whos = members if organisation.stays or asked.postings.team is not None else _people(books, labels)
    elif by == "team":
        whos = organisation.regions.keys() | {stay.team for stay in organisation.stays if stay.team}
    elif by == "region":
        whos = {region for region in organisation.regions.values() if region}
    elif by == "day":
        first = asked.period.first
        whos = [str(first + timedelta(days=count)) for count in range(asked.period.days)]
    elif by == "total":
        whos = [TOTAL]
    return {who: nothing for who in whos if who not in values}


def _people(books: Books, labels: Mapping[int, str]) -> set[int]:
    """Everyone who may stand on a board where nothing is told of who belongs: not those who only decide on targets."""
    return labels.keys() - books.only_decides()


def _arrivals(
    books: Books, asked: Question, currency: str, values: Mapping[Any, Value]
) -> Callable[[Collection[Any]], dict[Any, int]]:
    """The day on which each of some first had all of the value that they end with, if that is something."""

    def arrivals(tied: Collection[Any]) -> dict[Any, int]:
        if asked.metric.unit == "days":  # a median is not reached, it moves
            return {}
        found = {}
        for (own, who), credits_ in figures.in_business_order(books.history, *asked.postings).items():
            value = int(values.get(who) or 0)
            if own == currency and who in tied and value > 0 and (there := reached(credits_, value)):
                found[who] = there.day
        return found

    return arrivals


def _labels(books: Books, by: By) -> Mapping[int, str]:
    """What to show for each number that a row can be about; nothing where rows are about texts and days."""
    return books.vault.labels("person" if by == "rep" else "team") if by in ("rep", "team") else {}


def _shown(who: object, labels: Mapping[int, str]) -> str:
    return labels.get(who, f"#{who}") if isinstance(who, int) else str(who)
