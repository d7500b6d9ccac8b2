"""What counts, on which day, as how much and under which dimensions, worked by hand."""

from collections import Counter
from typing import Any

import pytest
from msgspec.structs import replace

from projections.metrics import median
from schemas.facts import PERSON
from tests.projections.by_hand import EUR_100, HALF, ONE, at, by_day, figures, win
from tests.projections.strategies import MARCH_1, cells_of, told

ACTIVITIES = {
    "call": ("logged", "calls"),
    "email": ("sent", "emails"),
    "offer": ("sent", "offers"),
    "appointment": ("held", "appointments"),
    "demo": ("given", "demos"),
    "meeting": ("held", "meetings"),
}


# Once, and on its day


@pytest.mark.parametrize("kind", ACTIVITIES)
def test_an_activity_counts_once_for_its_rep_until_it_is_voided(kind: str) -> None:
    verb, metric = ACTIVITIES[kind]
    done = told(f"{kind}.{verb}", id="a", rep=1, day="2017-03-03")
    assert cells_of([done]) == {(1, MARCH_1 + 2, metric, "owner", ("", "", "", "", "", None)): ONE}
    assert by_day([done, told(f"{kind}.amended", time=at(9), id="a", at=at(4))], metric) == {(1, 4): ONE}
    assert by_day([done, told(f"{kind}.reassigned", time=at(9), id="a", rep=2)], metric) == {(2, 3): ONE}
    assert cells_of([done, told(f"{kind}.voided", id="a")]) == {}
    assert cells_of([told(f"{kind}.voided", time=at(1), id="a"), done]) == {}


def test_each_step_of_a_lead_counts_for_its_own_rep() -> None:
    created = told("lead.created", id="l", day="2017-03-01", rep=1, campaign="spring")
    handled = told("lead.handled", time=at(2), id="l", day="2017-03-02", rep=2)
    qualified = told("lead.qualified", time=at(3), id="l", day="2017-03-03", rep=3)
    nameless = told("lead.qualified", time=at(4), id="l", day="2017-03-04")
    assert by_day([created, handled, qualified], "leads_created") == {(1, 1): ONE}
    assert by_day([created, handled, qualified], "leads_handled") == {(2, 2): ONE}
    assert by_day([created, handled, qualified], "leads_qualified") == {(3, 3): ONE}
    assert by_day([created, qualified, nameless], "leads_qualified") == {(0, 4): ONE}
    assert by_day([created, qualified, nameless], "leads_created") == {(1, 1): ONE}
    assert {dims[0] for *_, dims in cells_of([created, handled, qualified])} == {"spring"}
    assert cells_of([created, handled, qualified, told("lead.deleted", id="l")]) == {}


def test_a_reopened_deal_leaves_nothing_and_a_second_win_counts_once() -> None:
    opened = told("deal.opened", id="d", day="2017-03-01", rep=1)
    reopened = told("deal.reopened", time=at(7), id="d")
    history = [opened, win(at(5)), reopened]
    assert {cell[2] for cell in cells_of(history)} == {"deals_opened"}
    again = told("deal.won", time=at(9), id="d", day="2017-03-08", rep=7)
    assert by_day([*history, again], "revenue") == {(1, 8): 100_00}
    assert by_day([*history, again], "deals_won") == {(1, 8): ONE}


def test_a_deleted_deal_counts_for_nothing_whatever_comes_later() -> None:
    opened = told("deal.opened", id="d", day="2017-03-01", rep=1)
    assert cells_of([opened, win(at(5)), told("deal.deleted", id="d")]) == {}
    assert cells_of([told("deal.deleted", time="2017-01-01T00:00:00Z", id="d"), opened, win(at(5))]) == {}
    by_person = told("deal.deleted", layer=PERSON, id="d")
    withdrawn = told("correction.withdrawn", time=at(9), layer=PERSON, entity="deal:d", fields=["alive"])
    assert cells_of([opened, by_person]) == {}
    assert figures([opened, by_person, withdrawn], "deals_opened") == {1: ONE}


def test_a_figure_can_be_asked_for_by_campaign_product_kind_and_customer() -> None:
    called = told(
        "call.logged", id="c", rep=1, day="2017-03-01", kind="first", campaign="spring", product="phone", customer="new"
    )
    assert {dims for *_, dims in cells_of([called])} == {("spring", "phone", "first", "new", "", None)}
    no_product = told("call.amended", time=at(2), id="c", product=None, kind="second")
    assert {dims for *_, dims in cells_of([called, no_product])} == {("spring", "", "second", "new", "", None)}
    won = win(at(5), product="laptop", campaign="autumn", customer="existing")
    assert {dims for _, _, metric, _, dims in cells_of([won]) if metric == "revenue"} == {
        ("autumn", "laptop", "", "existing", "EUR", None)
    }


# How much


def test_a_win_without_an_amount_counts_and_brings_no_revenue() -> None:
    bare = told("deal.won", id="d", day="2017-03-05", rep=7)
    assert figures([bare], "deals_won", "closer") == {7: ONE}
    assert figures([bare], "revenue", "closer") == {}
    amount = told("deal.amended", time=at(9), id="d", amount=EUR_100)
    assert by_day([bare, amount], "revenue", "closer") == {(7, 5): 100_00}
    taken_back = told("deal.amended", time=at(10), id="d", amount=None)
    assert figures([bare, amount, taken_back], "revenue", "closer") == {}
    assert figures([bare, amount, taken_back], "deals_won", "closer") == {7: ONE}


def test_an_amount_stays_readable_when_its_currency_is_no_longer_in_use() -> None:
    won = told("deal.won", id="d", day="2017-03-01", amount={"value": "5.00", "currency": "EUR"})
    before = replace(won, writes={name: text.replace("EUR", "HRK") for name, text in won.writes.items()})
    assert figures([before], "revenue") == {0: 500}


def test_currencies_stay_apart() -> None:
    amounts = ("100.00", "EUR"), ("7", "JPY"), ("0.125", "KWD"), ("-0.01", "EUR")
    history = [
        win(at(5), id=f"d{number}", amount={"value": value, "currency": currency})
        for number, (value, currency) in enumerate(amounts)
    ]
    found = {
        dims[4]: amount
        for (rep, _, name, by, dims), amount in cells_of(history).items()
        if (name, by, rep) == ("revenue", "closer", 7)
    }
    assert found == {"EUR": 99_99, "JPY": 7, "KWD": 125}
    euros = told("deal.amended", time=at(9), id="d1", amount={"value": "0.06", "currency": "EUR"})
    assert figures([*history, euros], "revenue", "closer") == {7: 100_05 + 125}


def test_units_are_millionths_and_shares_of_them_sum_to_the_whole() -> None:
    thirds = [{"rep": rep, "share": share} for rep, share in ((1, "0.333333"), (2, "0.333333"), (3, "0.333334"))]
    history = [told("deal.reassigned", id="d", shares=thirds), win(at(5), units="2.5")]
    assert figures(history, "units", "closer") == {7: 2_500_000}
    assert figures(history, "units") == {1: 833_333, 2: 833_332, 3: 833_335}
    assert figures(history, "deals_won") == {1: 333_333, 2: 333_333, 3: 333_334}
    assert figures(history, "revenue") == {1: 33_33, 2: 33_33, 3: 33_34}


def test_five_garments_of_2000_are_five_units_and_10000_of_revenue() -> None:
    garment: dict[str, Any] = {"amount": {"value": "2000.00", "currency": "EUR"}, "units": "1", "product": "garment"}
    history = [win(at(day), id=f"d{day}", **garment) for day in range(1, 6)]
    assert figures(history, "units", "closer") == {7: 5 * ONE}
    assert figures(history, "revenue", "closer") == {7: 10_000_00}


def test_the_days_of_a_cycle_are_a_histogram_in_which_a_shared_deal_weighs_its_share() -> None:
    shares = [{"rep": 1, "share": "0.5"}, {"rep": 2, "share": "0.5"}]
    history = [
        told("deal.opened", id="shared", day="2017-03-01", rep=1),
        told("deal.reassigned", time=at(2), id="shared", shares=shares),
        told("deal.won", time=at(11), id="shared", at=at(11)),
        told("deal.opened", id="whole", at=at(9, "23:30:00"), rep=1),  # past midnight in Amsterdam: the 10th
        told("deal.won", time=at(12), id="whole", day="2017-03-12"),
        told("deal.won", time=at(12), id="never opened", day="2017-03-12"),
    ]
    of_1, of_2 = Counter[int](), Counter[int]()
    for (rep, _, metric, basis, dims), amount in cells_of(history).items():
        if (metric, basis) == ("cycle_days_median", "owner"):
            assert dims[5] is not None
            {1: of_1, 2: of_2}[rep][dims[5]] += amount
    assert of_1 == {10: HALF, 2: ONE}
    assert of_2 == {10: HALF}
    assert median(of_1) == 2.0
    assert median(of_2) == 10.0
