"""Each metric says on its page what it is and what it is counted from."""

import pytest

from projections.metrics import METRICS
from quotum.metrics_page import metrics_page, sources, unit
from tests.quotum.markdown import rows, section


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("calls", ["quotum.call.logged.v1"]),
        ("leads_qualified", ["quotum.lead.qualified.v1"]),
        ("deals_opened", ["quotum.deal.opened.v1"]),
        ("deals_won", ["quotum.deal.won.v1"]),
        ("deals_lost", ["quotum.deal.lost.v1"]),
        ("cycle_days_median", ["quotum.deal.won.v1"]),
    ],
)
def test_a_metric_names_the_events_it_is_counted_from(metric: str, expected: list[str]) -> None:
    assert sources(METRICS[metric]) == expected


def test_a_metric_says_what_it_is_in_what_for_whom_and_which_end_leads() -> None:
    listed = {row[0].strip("`"): row for row in rows(section(metrics_page(), "Metrics"))}
    assert listed.keys() == METRICS.keys()
    for name, metric in METRICS.items():
        assert listed[name][1:3] == [metric.text, unit(metric)]
        assert listed[name][4] == ("credit rule" if metric.credited else "own rep")
        assert listed[name][5] == ("least first" if name == "cycle_days_median" else "most first")
    assert {name: listed[name][2] for name in ("calls", "revenue", "units", "cycle_days_median")} == {
        "calls": "count",
        "revenue": "money, exact, per currency",
        "units": "units, up to six decimals",
        "cycle_days_median": "days",
    }
