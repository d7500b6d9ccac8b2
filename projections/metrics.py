"""What is counted, as data: which entities, on which condition, on which day, for whom, how much.

A metric is a row of the table below and nothing else; the fold reads the table and knows no metric by name. Amounts are
integers: millionths for counts and units, minor units for money. A duration is a histogram: days -> how many.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Final, Literal

from schemas.data import millionths

OWNER: Final = "owner"
CLOSER: Final = "closer"
SELLER: Final = "seller"
BASES = (OWNER, CLOSER, SELLER)
Unit = Literal["count", "money", "days"]


@dataclass(frozen=True, slots=True)
class Metric:
    """A row of the table. `credited`: follows the credit rule (deals); the others count for their own rep."""

    name: str
    text: str  # what it is, in a sentence: for --help and the documentation
    of: str  # the kind of entity
    day: str  # the register that says when
    outcome: str = ""  # what the register `outcome` must say
    holder: str = "shares"  # the register that says for whom
    amount: str = ""  # the register that says how much; none: each counts for one
    since: str = ""  # for a duration: the register from which days are counted
    unit: Unit = "count"
    credited: bool = False
    least_first: bool = False  # on a board fewer is better


METRICS = {
    metric.name: metric
    for metric in (
        Metric("calls", "calls made", "call", "when"),
        Metric("emails", "e-mails sent", "email", "when"),
        Metric("offers", "offers sent", "offer", "when"),
        Metric("appointments", "appointments held", "appointment", "when"),
        Metric("demos", "demos given", "demo", "when"),
        Metric("meetings", "meetings held", "meeting", "when"),
        Metric("leads_created", "leads that came in", "lead", "created"),
        Metric("leads_handled", "leads worked on to their end", "lead", "handled", holder="handled_by"),
        Metric("leads_qualified", "leads found worth a deal", "lead", "qualified", holder="qualified_by"),
        Metric("deals_opened", "deals opened", "deal", "opened"),
        Metric("deals_won", "deals won", "deal", "closed", "won", credited=True),
        Metric("deals_lost", "deals lost", "deal", "closed", "lost", credited=True),
        Metric(
            "revenue", "amounts of deals won", "deal", "closed", "won", amount="amount", unit="money", credited=True
        ),
        Metric("units", "units of deals won", "deal", "closed", "won", amount="units", credited=True),
        Metric(
            "cycle_days_median",
            "median days from opening to winning a deal",
            "deal",
            "closed",
            "won",
            since="opened",
            unit="days",
            credited=True,
            least_first=True,
        ),
    )
}


class Occasion:
    """What is counted together: of one kind of entity, on one day, on one condition, for the same holder."""

    __slots__ = ("credited", "day", "holder", "metrics", "one", "outcome")

    def __init__(self, metrics: tuple[Metric, ...]) -> None:
        """`metrics`: at least one; they ask the same of an entity."""
        first = metrics[0]
        self.day = first.day  # the register that says when
        self.outcome = first.outcome  # what the register `outcome` must say
        self.holder = first.holder  # the register that says for whom
        self.credited = first.credited  # follows the credit rule
        plain = len(metrics) == 1 and not (first.amount or first.since or first.credited)
        self.one = first.name if plain else ""  # the metric, where it is a single one, each counts for one, for its rep
        self.metrics = metrics


def occasions(metrics: Iterable[Metric]) -> tuple[Occasion, ...]:
    """The metrics of one kind of entity, by what they ask of it."""

    def asks(metric: Metric) -> tuple[str, str, str, bool]:
        return metric.day, metric.outcome, metric.holder, metric.credited

    return tuple([Occasion(tuple(together)) for _, together in groupby(sorted(metrics, key=asks), asks)])


BY_KIND: Final[dict[str, tuple[Occasion, ...]]] = {
    kind: occasions(metric for metric in METRICS.values() if metric.of == kind)
    for kind in sorted({metric.of for metric in METRICS.values()})
}


@lru_cache(maxsize=65_536)
def quantity(unit: Unit, text: str) -> tuple[int, str]:
    """How much an amount's text is: minor units with their currency, or millionths; nothing where nothing is said.

    The log holds an amount with exactly the digits its currency had, so no list of today's currencies is asked.
    """
    if not text:
        return 0, ""
    if unit == "money":
        value, _, currency = text.partition(" ")
        return int(value.replace(".", "")), currency
    return millionths(text), ""


def median(histogram: dict[int, int]) -> float | None:
    """The weighted median of days -> weight: the mean of the two middle days where they differ; None without any."""
    total = sum(histogram.values())
    if total <= 0:
        return None
    reached, low = 0, None
    for days in sorted(histogram):
        reached += histogram[days]
        if low is None and 2 * reached >= total:
            low = days
        if 2 * reached > total:
            return (days + (days if low is None else low)) / 2
    return None
