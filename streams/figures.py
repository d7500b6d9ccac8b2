"""Figures from history: sums of postings, by whatever a board asks for. Plain scans; DuckDB's zone maps do the rest."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from datetime import date
from typing import Any, Literal, NamedTuple, Protocol, TypeVar

import duckdb
import pyarrow as pa

from projections.metrics import METRICS
from projections.organisation import Organisation, Span
from projections.reached import Credit
from schemas.facts import PERSON
from schemas.moments import day_number, from_day_number
from streams.door import PERSON_SOURCE
from streams.history import History

LAST_DAY = day_number(date.max)
By = Literal["rep", "team", "region", "product", "kind", "day", "total"]
WHO: Mapping[By, str] = {
    "rep": "rep",
    "team": "coalesce(team, 0)",
    "region": "coalesce(region, '')",
    "product": "product",
    "kind": "kind",
    "day": "CAST(day AS VARCHAR)",
    "total": "'total'",
}
TEAM_OF_THE_DAY = """
LEFT JOIN stays ON stays.member = postings.rep AND postings.day BETWEEN stays.first AND stays.last
LEFT JOIN regions USING (team)
"""
DECIDED = """
SELECT data FROM events
WHERE trail = 'organisation' AND type IN ('quotum.target.agreed.v1', 'quotum.target.changed.v1')
"""
CORRECTED = f"""
SELECT source FROM events WHERE layer = {PERSON} AND starts_with(source, '{PERSON_SOURCE}/')
"""  # noqa: S608 (made of our own words)
T = TypeVar("T")
Where = tuple[str, dict[str, Any]]
Key = tuple[str, Any, int | None]  # currency; who: rep or team number (0: none), text, or day; days of a duration
Amounts = dict[Key, int]  # in whole units of the metric; none of nothing


class Asked(NamedTuple):
    """Which postings a figure is made of. `team`: only those that count for it; None for all, 0 for no team."""

    metric: str
    spans: Sequence[Span]
    by: By
    organisation: Organisation
    team: int | None = None

    @property
    def by_team(self) -> bool:
        """Whether the team of the day matters."""
        return self.by in ("team", "region") or self.team is not None


class Source(Protocol):
    """Where boards get their figures from."""

    def amounts(self, asked: Asked, since_us: int | None = None) -> Amounts:
        """The figures of a question; or by how much they were changed by what was recorded since a moment."""


class StandsFor(NamedTuple):
    """Which events figures count: of each partition of the log those before an offset; and by whom they are kept."""

    source: Literal["history", "cells"]
    positions: Mapping[int, int]


class Postings(Protocol):
    """Where postings lie, or what has their form."""

    def read(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """A cursor to read with."""

    def write(self, change: Callable[[duckdb.DuckDBPyConnection], T]) -> Future[T]:
        """Have something run between two steps of whoever writes."""


class Scanning:
    """The figures as postings have them at the moment of asking."""

    def __init__(self, postings: Postings) -> None:
        """`postings`: of a history, or cells in their form."""
        self._postings = postings

    def amounts(self, asked: Asked, since_us: int | None = None) -> Amounts:
        """The figures of a question; or by how much they were changed by what was recorded since a moment."""
        with self._postings.read() as cursor:
            return scanned(cursor, asked, since_us)


def scanned(
    cursor: duckdb.DuckDBPyConnection, asked: Asked, since_us: int | None = None, *, until_us: int | None = None
) -> Amounts:
    """The same by a cursor of the caller's; or the figures as they were known before a moment."""
    days = "days" if METRICS[asked.metric].since else "NULL"
    only, values = "", {}
    if since_us is not None:
        only, values = "AND known_at >= $since", {"since": since_us}
    if until_us is not None:
        only, values = f"{only} AND known_at < $until", {**values, "until": until_us}
    query = f"""
        SELECT currency, {WHO[asked.by]} AS who, {days} AS days, CAST(sum(amount) AS HUGEINT) AS amount
        FROM postings {{join}} WHERE {{where}} {only} GROUP BY ALL HAVING sum(amount) <> 0
    """  # noqa: S608 (made of our own words; values are parameters)
    return {(currency, who, days): amount for currency, who, days, amount in _selected(cursor, query, asked, values)}


def sums(
    history: History, metric: str, spans: Sequence[Span], by: By, organisation: Organisation, team: int | None = None
) -> dict[tuple[str, Any], int]:
    """(currency, who) -> amount in whole units of the metric. Who: rep or team number (0: none), text, or day.

    `team`: only what counts for this team, by the day it counts on; 0 for what counts for none.
    """
    amounts = Scanning(history).amounts(Asked(metric, spans, by, organisation, team))
    return {(currency, who): amount for (currency, who, _), amount in amounts.items()}


def histograms(amounts: Amounts) -> dict[tuple[str, Any], dict[int, int]]:
    """(currency, who) -> days -> weight in millionths, of a metric that is a duration."""
    found: dict[tuple[str, Any], dict[int, int]] = {}
    for (currency, who, days), amount in amounts.items():
        if days is not None:
            found.setdefault((currency, who), {})[days] = amount
    return found


def in_business_order(
    history: History, metric: str, spans: Sequence[Span], by: By, organisation: Organisation, team: int | None = None
) -> dict[tuple[str, Any], list[Credit]]:
    """(currency, who) -> the present credits, in business order."""
    asked = Asked(metric, spans, by, organisation, team)
    what = f"{WHO[by]} AS who, currency, date_diff('day', DATE '1970-01-01', day) AS day, instant, entity"
    query = f"""
        SELECT * EXCLUDE (entity) FROM (
            SELECT {what}, sum(amount) AS amount FROM postings {{join}} WHERE {{where}}
            GROUP BY ALL HAVING sum(amount) <> 0)
        ORDER BY who, currency, day, instant NULLS FIRST, entity
    """  # noqa: S608 (made of our own words; values are parameters)
    found: dict[tuple[str, Any], list[Credit]] = {}
    for who, currency, day, at, amount in select(history, query, asked):
        found.setdefault((currency, who), []).append(Credit(day, at, amount))
    return found


def wins_without_amount(history: History, spans: Sequence[Span]) -> list[str]:
    """The deals that count as won in a period and bring no revenue."""
    within, values = _within(spans)
    query = f"""
        SELECT entity FROM (
            SELECT trail, entity, metric FROM postings WHERE metric IN ('deals_won', 'revenue') AND {within}
            GROUP BY trail, entity, metric, rep HAVING sum(amount) <> 0)
        GROUP BY trail, entity HAVING NOT bool_or(metric = 'revenue') ORDER BY entity
    """  # noqa: S608 (made of our own words; values are parameters)
    return [entity for (entity,) in history.rows(query, values)]


def only_decides(history: History) -> set[int]:
    """Whom the log knows as authors of targets and corrections and as nothing else: they have no place on a board."""
    if not history.rows(f"{DECIDED} LIMIT 1") and not history.rows(f"{CORRECTED} LIMIT 1"):
        return set()  # the usual case, at the price of a look at three columns
    query = f"""
        SELECT author FROM (
            SELECT CAST(data ->> '$.author' AS INTEGER) AS author FROM ({DECIDED})
            UNION SELECT CAST(split_part(source, '/', 2) AS INTEGER) FROM ({CORRECTED})
        )
        ANTI JOIN (
            SELECT rep AS author FROM postings UNION ALL SELECT CAST(data ->> '$.rep' AS INTEGER) FROM ({DECIDED})
        ) USING (author)
    """  # noqa: S608 (made of our own words)
    return {author for (author,) in history.rows(query)}


def select(
    history: History, query: str, asked: Asked, parameters: Mapping[str, Any] | None = None
) -> list[tuple[Any, ...]]:
    """The rows of a query over postings, with `{join}` and `{where}` in it, for what is asked."""
    with history.read() as cursor:
        return _selected(cursor, query, asked, parameters or {})


def _selected(
    cursor: duckdb.DuckDBPyConnection, query: str, asked: Asked, parameters: Mapping[str, Any]
) -> list[tuple[Any, ...]]:
    where, values = _where(asked)
    if asked.by_team:
        _register(cursor, asked.organisation)
    text = query.format(join=TEAM_OF_THE_DAY if asked.by_team else "", where=where)
    return cursor.execute(text, {**values, **parameters}).fetchall()


def _where(asked: Asked) -> Where:
    within, values = _within(asked.spans)
    team = "" if asked.team is None else " AND coalesce(team, 0) = $team"
    return f"metric = $metric AND {within}{team}", {"metric": asked.metric, **values} | (
        {} if asked.team is None else {"team": asked.team}
    )


def _within(spans: Iterable[Span]) -> Where:
    values: dict[str, Any] = {}
    terms = []
    for index, span in enumerate(spans):
        values |= {f"basis{index}": span.rule, f"first{index}": _date(span.first), f"last{index}": _date(span.last)}
        terms.append(f"(basis = $basis{index} AND day BETWEEN $first{index} AND $last{index})")
    return f"({' OR '.join(terms)})", values


def _date(day: int) -> date:
    return from_day_number(day)


def _register(cursor: duckdb.DuckDBPyConnection, organisation: Organisation) -> None:
    """The stays and regions as tables; a stay without an end lasts until the last date there is."""
    stays = organisation.stays
    first = pa.array([stay.first for stay in stays], pa.int32()).cast(pa.date32())
    last = pa.array([min(stay.until - 1, LAST_DAY) for stay in stays], pa.int32()).cast(pa.date32())
    members = {"member": pa.array([stay.rep for stay in stays], pa.int32()), "first": first, "last": last}
    teams = pa.array([stay.team for stay in stays], pa.int32())
    cursor.register("stays", pa.table({**members, "team": teams}))
    regions = organisation.regions
    cursor.register(
        "regions",
        pa.table(
            {"team": pa.array(list(regions), pa.int32()), "region": pa.array(list(regions.values()), pa.string())}
        ),
    )
