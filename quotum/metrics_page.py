"""Makes docs/metrics.md: what is counted, from which events and for whom, from the table of metrics itself."""

from collections.abc import Iterator
from string import Template

from projections.metrics import METRICS, Metric
from quotum.markdown import table
from schemas.envelope import Writes, marked
from schemas.events import EVENTS
from schemas.facts import data_of

METRICS_PROSE = """\
# Metrics

<!-- Written by `python -m quotum.reference` from projections/metrics.py. Change the words there. -->

A metric is what can be counted: a row of the table below. Each figure is a sum over the [events](events.md), by the
day on which things happened in the zone of the workspace, for whoever gets the credit.

$metrics

## For whom

- **Own rep**: whoever the call or the lead belongs to on its day: the `rep` it was told with, or to whom it was
  reassigned since. A lead is handled or qualified by whom that event names.
- **Credit rule**: deals have three answers, and the workspace says from which day on which one holds. All three are
  always counted, so another rule can be asked for at any time and nothing is counted anew.

| rule | who gets the credit for a deal that was won or lost |
| --- | --- |
| `owner` | who owned the deal on the day it closed: who opened it, or to whom it was reassigned by then |
| `closer` | whom the event that says so names: `rep` of `quotum.deal.won.v1` or `quotum.deal.lost.v1` |
| `seller` | whose offer was the latest of the same trail before it closed |

Where the rule finds nobody the deal is unassigned: it is part of every total and of nobody's figure. Where several
share a deal, each gets that part of the count, of the units and of the amount; the parts sum to the whole, to the
cent.

## In what

- **count**: each counts for one; shared ones for a part.
- **money**: exact, in the minor unit of its currency. Currencies are never added up. A deal that was won without an
  amount counts as won and brings no revenue.
- **units**: exact, up to six decimals.
- **days**: the median, computed anew from all the single durations of the period, never from other medians. A deal
  that is shared weighs as much as its part. Where the day of opening is not known, there is no duration.

## On a board

The first place is for the most, or where the table says so for the least. What was voided, deleted, lost or reopened
no longer counts as won, on any day.
"""


def metrics_page() -> str:
    """The page."""
    return Template(METRICS_PROSE).substitute(metrics="\n".join(_metrics()))


def _metrics() -> Iterator[str]:
    rows = (
        (
            f"`{metric.name}`",
            metric.text,
            unit(metric),
            ", ".join(f"`{name}`" for name in sources(metric)),
            "credit rule" if metric.credited else "own rep",
            "least first" if metric.least_first else "most first",
        )
        for metric in METRICS.values()
    )
    return table(("metric", "what it is", "unit", "counted from", "counts for", "on a board"), rows)


def unit(metric: Metric) -> str:
    """In what a metric is told."""
    if metric.unit == "money":
        return "money, exact, per currency"
    if metric.unit == "days":
        return "days"
    return "units, up to six decimals" if metric.amount else "count"


def sources(metric: Metric) -> list[str]:
    """The types of events from which a metric counts: those that say its day, and its outcome where it has one."""
    return [
        name
        for name, event in EVENTS.items()
        if event.entity_kind == metric.of
        and not data_of(event).clears
        and metric.day in {mark.register for mark in marked(data_of(event), Writes).values()}
        and data_of(event).constant.get("outcome", "") == metric.outcome
    ]
