"""The table of metrics reads what events can write, amounts are exact, and the median is the one everybody knows."""

import statistics
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.fold import credits  # noqa: A004 (the domain's own word)
from projections.metrics import BASES, BY_KIND, METRICS, Metric, median, quantity
from schemas.data import MILLIONTHS
from schemas.facts import registers
from tests.projections.strategies import AMSTERDAM, folded, told

THE_METRICS = [
    "calls",
    "emails",
    "offers",
    "appointments",
    "demos",
    "meetings",
    "leads_created",
    "leads_handled",
    "leads_qualified",
    "deals_opened",
    "deals_won",
    "deals_lost",
    "revenue",
    "units",
    "cycle_days_median",
]
metrics = pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)


# The table


def test_these_are_the_metrics() -> None:
    assert list(METRICS) == THE_METRICS
    assert BASES == ("owner", "closer", "seller")


def test_every_metric_is_found_by_its_kind_of_entity() -> None:
    found = [(kind, metric) for kind, of_kind in BY_KIND.items() for occasion in of_kind for metric in occasion.metrics]
    assert sorted(metric.name for _, metric in found) == sorted(METRICS)
    assert all(metric.of == kind for kind, metric in found)


@metrics
def test_a_metric_reads_only_what_an_event_can_write(metric: Metric) -> None:
    named = {metric.day, metric.holder, metric.amount, metric.since} - {""}
    assert named <= registers(metric.of)


@metrics
def test_a_metric_is_of_money_or_days_where_its_fields_say_so(metric: Metric) -> None:
    assert (metric.unit == "days") == bool(metric.since)
    assert metric.unit != "money" or metric.amount
    assert bool(metric.outcome) == metric.credited
    assert metric.text


def test_every_metric_counts_something_and_credited_ones_by_every_basis() -> None:
    history = [
        told(what, id="1", day="2017-03-01", rep=1)
        for what in [
            "call.logged",
            "email.sent",
            "offer.sent",
            "appointment.held",
            "demo.given",
            "meeting.held",
            "lead.created",
            "lead.handled",
            "lead.qualified",
            "deal.opened",
        ]
    ]
    amount = {"value": "5.00", "currency": "EUR"}
    history += [
        told("deal.won", id="1", day="2017-03-02", rep=1, amount=amount, units="2"),
        told("deal.lost", id="2", day="2017-03-02", rep=1),
    ]
    found = {(metric, basis) for _, _, metric, basis, _ in credits(folded(history), AMSTERDAM)}
    expected = {(metric.name, basis) for metric in METRICS.values() for basis in BASES[: 3 if metric.credited else 1]}
    assert found == expected


# Amounts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1054.00 EUR", (105_400, "EUR")),
        ("-0.05 EUR", (-5, "EUR")),
        ("1054 JPY", (1_054, "JPY")),
        ("0.125 KWD", (125, "KWD")),
        ("0.00 EUR", (0, "EUR")),
    ],
)
def test_money_is_read_in_minor_units(text: str, expected: tuple[int, str]) -> None:
    assert quantity("money", text) == expected


@given(st.decimals(-(10**9), 10**9, places=6))
def test_a_quantity_is_read_in_millionths(value: Decimal) -> None:
    assert quantity("count", f"{value:f}") == (int(value * MILLIONTHS), "")


# The median

_histograms = st.dictionaries(st.integers(-5, 40), st.integers(0, 12), max_size=8)


@settings(max_examples=400)
@given(st.lists(st.integers(-5, 400), min_size=1, max_size=40))
def test_the_median_of_whole_deals_is_the_one_of_statistics(days: list[int]) -> None:
    histogram = {day: days.count(day) * MILLIONTHS for day in days}
    assert median(histogram) == statistics.median(days)


@settings(max_examples=400)
@given(_histograms)
def test_a_weight_counts_as_that_many_deals(histogram: dict[int, int]) -> None:
    spelled_out = [day for day, weight in histogram.items() for _ in range(weight)]
    assert median(histogram) == (statistics.median(spelled_out) if spelled_out else None)


@pytest.mark.parametrize(
    ("histogram", "expected"),
    [
        ({}, None),
        ({3: 0}, None),
        ({3: 1}, 3.0),
        ({10: MILLIONTHS // 2, 2: MILLIONTHS}, 2.0),  # a shared deal of ten days weighs its half
        ({10: MILLIONTHS, 2: MILLIONTHS}, 6.0),
        ({1: 5, 2: 0, 4: 5}, 2.5),
        ({-2: 1, 0: 1, 9: 1}, 0.0),
    ],
)
def test_a_median_by_hand(histogram: dict[int, int], expected: float | None) -> None:
    assert median(histogram) == expected
