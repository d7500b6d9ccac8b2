"""What the fold promises of any history; the figures worked by hand follow below.

Each figure is worked out by `credits`, the specification, and as a sum of postings, which must agree (figuring.py).
"""

import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from projections.metrics import median
from projections.postings import Line
from schemas.facts import FEED, PERSON
from schemas.log_events import Fact
from schemas.moments import Calendar
from tests.projections.figuring import (
    EUR_100,
    HALF,
    MANY,
    ONE,
    at,
    by_day,
    cells_of,
    figures,
    offer,
    posted,
    registers,
    sellers,
    win,
)
from tests.projections.strategies import DAYS, DEALS, LAST, MARCH_1, REPS, dated_facts, facts, folded, histories, told

CREDITED = {"deals_won", "deals_lost", "revenue", "units", "cycle_days_median"}


# Properties


@MANY
@given(histories, st.randoms(use_true_random=False))
def test_any_order_and_any_duplicates_give_the_same_cells(history: list[Fact], chance: random.Random) -> None:
    other = history + chance.choices(history, k=3) if history else []
    chance.shuffle(other)
    assert cells_of(other) == cells_of(history)
    assert registers(folded(other)) == registers(folded(history))


@MANY
@given(st.lists(facts, max_size=12), st.sampled_from(DAYS), st.sampled_from([FEED, PERSON]), st.sampled_from(DEALS))
def test_handing_an_account_over_moves_no_past_win(history: list[Fact], day: str, layer: int, deal: str) -> None:
    handed_over = told("deal.reassigned", time=LAST, layer=layer, id=deal, rep=9, day=day)
    first = MARCH_1 + DAYS.index(day)
    before, after = cells_of(history), cells_of([*history, handed_over])
    assert {cell: amount for cell, amount in after.items() if cell[1] < first} == {
        cell: amount for cell, amount in before.items() if cell[1] < first
    }
    assert all(cell[3] == "owner" for cell in after.keys() - before.keys())


@MANY
@given(st.lists(facts, max_size=12), st.sampled_from(DEALS))
def test_unwinning_leaves_no_trace_in_the_sums(history: list[Fact], deal: str) -> None:
    name = f"deal:{deal}"
    trail, postings = posted([*history, told("deal.reopened", time=LAST, layer=PERSON, id=deal)])
    assert not {line for _, line, _ in trail.state[name].lines if line[0] in CREDITED}
    sums: Counter[Line] = Counter()
    for entity, line, amount in postings:
        if entity == name and line[0] in CREDITED:
            sums[line] += amount
    assert not any(sums.values())


@MANY
@given(st.lists(facts, max_size=10), st.sampled_from(DAYS), st.sampled_from(REPS), st.randoms(use_true_random=False))
def test_a_win_that_was_taken_back_is_as_if_it_never_was(
    history: list[Fact], day: str, rep: int, chance: random.Random
) -> None:
    won = told("deal.won", time="2017-05-01T00:00:00Z", id="d3", rep=rep, day=day)
    reopened = told("deal.reopened", time="2017-05-02T00:00:00Z", id="d3")
    both = [*history, won, reopened]
    chance.shuffle(both)
    assert cells_of(both) == cells_of(history)


@MANY
@given(st.lists(dated_facts, max_size=12))
def test_a_date_only_day_stays_in_every_zone(history: list[Fact]) -> None:
    zones = ("Europe/Amsterdam", "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/St_Johns", "UTC")
    in_zones = [cells_of(history, Calendar(zone)) for zone in zones]
    assert all(cells == in_zones[0] for cells in in_zones)


@MANY
@given(histories)
def test_every_basis_cuts_the_same_whole(history: list[Fact]) -> None:
    wholes: dict[str, Counter[tuple[object, ...]]] = {}
    for (_, day, metric, basis, dims), amount in cells_of(history).items():
        if metric in CREDITED:
            wholes.setdefault(basis, Counter())[day, metric, dims] += amount
    kept = [{of: amount for of, amount in whole.items() if amount} for whole in wholes.values()]
    assert all(whole == kept[0] for whole in kept)


@MANY
@given(histories, st.sampled_from(["deal:unheard of", "quote:1", "correction:d1", "rep:7"]))
def test_an_entity_nobody_heard_of_counts_for_nothing(history: list[Fact], entity: str) -> None:
    withdrawn = told("correction.withdrawn", layer=PERSON, entity=entity)
    assert cells_of([withdrawn, *history]) == cells_of(history)


def test_an_amount_stays_readable_when_its_currency_is_no_longer_in_use() -> None:
    won = told("deal.won", id="d", day="2017-03-01", amount={"value": "5.00", "currency": "EUR"})
    before = replace(won, writes={name: text.replace("EUR", "HRK") for name, text in won.writes.items()})
    assert figures([before], "revenue") == {0: 500}


def test_opening_again_by_a_person_leaves_what_was_handed_over_in_between() -> None:
    history = [
        told("deal.opened", time=at(1), layer=PERSON, id="d", day="2017-03-01", rep=1),
        told("deal.reassigned", time=at(2), id="d", day="2017-03-10", rep=2),
        told("deal.opened", time=at(3), layer=PERSON, id="d", day="2017-03-01", rep=3),
        told("deal.won", time=at(4), id="d", day="2017-03-12"),
    ]
    assert figures(history, "deals_opened") == {3: 1_000_000}
    assert figures(history, "deals_won") == {2: 1_000_000}


# By hand: who gets the credit


def test_an_offer_that_was_put_right_moves_the_seller() -> None:
    offers = [offer("a", 1, at(1)), offer("b", 2, at(2)), win(at(5))]
    assert sellers(*offers) == {2: ONE}
    assert sellers(*offers, told("offer.voided", id="b")) == {1: ONE}
    assert sellers(*offers, told("offer.voided", id="b"), told("offer.voided", id="a")) == {0: ONE}
    assert sellers(*offers, told("offer.amended", time=at(6), id="a", at=at(3))) == {1: ONE}
    assert sellers(*offers, told("offer.amended", time=at(6), id="b", at=at(6))) == {1: ONE}
    assert sellers(*offers, told("offer.amended", time=at(6), id="b", at=None)) == {1: ONE}
    assert sellers(*offers, told("offer.reassigned", time=at(6), id="b", rep=3)) == {3: ONE}
    assert sellers(*offers, told("offer.reassigned", time=at(6), id="b", rep=None)) == {0: ONE}
    assert sellers(*offers, told("offer.reassigned", time=at(6), id="b", rep=3, day="2017-03-02")) == {3: ONE}
    assert sellers(*offers, told("offer.reassigned", time=at(6), id="b", rep=3, day="2017-03-03")) == {2: ONE}


def test_each_deal_of_a_trail_has_its_own_seller() -> None:
    history = [offer("a", 1, at(1)), win(at(2), id="first"), offer("b", 2, at(3)), win(at(4), id="second")]
    lost = told("deal.lost", id="third", at=at(5), rep=7)
    assert by_day([*history, lost], "deals_won", "seller") == {(1, 2): ONE, (2, 4): ONE}
    assert by_day([*history, lost], "deals_lost", "seller") == {(2, 5): ONE}
    moved = told("deal.amended", time=at(9), id="second", closed_at=at(2, "12:00:00"))
    assert by_day([*history, lost, moved], "deals_won", "seller") == {(1, 2): 2 * ONE}


def test_an_offer_of_two_cuts_the_deal_in_two() -> None:
    shares = [{"rep": 2, "share": "0.5"}, {"rep": 1, "share": "0.5"}]
    history = [offer("a", 1, at(1)), told("offer.reassigned", time=at(2), id="a", shares=shares)]
    history.append(win(at(3), amount={"value": "0.05", "currency": "EUR"}))
    assert figures(history, "deals_won", "seller") == {1: HALF, 2: HALF}
    assert figures(history, "revenue", "seller") == {1: 3, 2: 2}
    assert figures(history, "offers") == {1: HALF, 2: HALF}


def test_the_closer_is_whom_the_win_names_and_the_owner_who_opened_it() -> None:
    opened = told("deal.opened", id="d", day="2017-03-01", rep=1)
    assert figures([opened, win(at(3))], "revenue", "closer") == {7: 100_00}
    assert figures([opened, win(at(3))], "revenue", "owner") == {1: 100_00}
    nameless = told("deal.won", time=at(9), id="d", at=at(3))
    assert figures([opened, nameless], "deals_won", "closer") == {0: ONE}
    assert figures([opened, win(at(3)), nameless], "deals_won", "closer") == {0: ONE}
    assert figures([win(at(3))], "deals_won", "owner") == {0: ONE}
    lost = told("deal.lost", time=at(10), id="d", day="2017-03-05", rep=6)
    assert figures([opened, win(at(3)), lost], "deals_lost", "closer") == {6: ONE}
    assert figures([opened, win(at(3)), lost], "deals_won", "closer") == {}


def test_a_win_counts_for_whoever_owned_the_deal_on_its_day() -> None:
    opened = told("deal.opened", id="d", day="2017-03-01", rep=1)
    handed_over = told("deal.reassigned", time=at(20), id="d", rep=2, day="2017-03-10")
    assert figures([opened, handed_over, win(at(9))], "revenue") == {1: 100_00}
    assert figures([opened, handed_over, win(at(10))], "revenue") == {2: 100_00}
    assert figures([opened, handed_over, win(at(10))], "deals_opened") == {1: ONE}
    put_right = told("deal.reassigned", time=at(21), id="d", rep=3)
    assert figures([opened, handed_over, put_right, win(at(9))], "revenue") == {1: 100_00}
    assert figures([opened, handed_over, put_right, win(at(10))], "revenue") == {3: 100_00}
    put_right_before = told("deal.reassigned", time=at(9), id="d", rep=3)
    assert figures([opened, put_right_before, handed_over, win(at(9))], "revenue") == {3: 100_00}
    assert figures([opened, put_right_before, handed_over, win(at(10))], "revenue") == {2: 100_00}
    assert figures([opened, put_right_before, handed_over, win(at(10))], "deals_opened") == {3: ONE}


def test_what_a_person_put_right_is_not_moved_by_a_later_feed() -> None:
    opened = told("deal.opened", id="d", day="2017-03-01", rep=1)
    put_right = told("deal.reassigned", time=at(11), layer=PERSON, id="d", rep=2, day="2017-03-05")
    by_feed = told("deal.reassigned", time=at(12), id="d", rep=3, day="2017-03-08")
    history = [opened, put_right, by_feed, win(at(10))]
    assert figures(history, "deals_won") == {2: ONE}
    withdrawn = told("correction.withdrawn", time=at(13), layer=PERSON, entity="deal:d", fields=["shares"])
    assert figures([*history, withdrawn], "deals_won") == {3: ONE}
    up_to_the_next_step = told("deal.reassigned", time=at(14), layer=PERSON, id="d", rep=4, day="2017-03-05")
    assert figures([*history, withdrawn, up_to_the_next_step], "deals_won") == {3: ONE}
    again = told("deal.reassigned", time=at(14), layer=PERSON, id="d", rep=4, day="2017-03-09")
    assert figures([*history, withdrawn, again], "deals_won") == {4: ONE}
    by_a_feed = told("correction.withdrawn", time=at(15), layer=FEED, entity="deal:d")
    assert figures([*history, by_a_feed], "deals_won") == {2: ONE}


# By hand: what counts, when and how much


def test_a_win_without_an_amount_counts_and_brings_no_revenue() -> None:
    bare = told("deal.won", id="d", day="2017-03-05", rep=7)
    assert figures([bare], "deals_won", "closer") == {7: ONE}
    assert figures([bare], "revenue", "closer") == {}
    amount = told("deal.amended", time=at(9), id="d", amount=EUR_100)
    assert by_day([bare, amount], "revenue", "closer") == {(7, 5): 100_00}
    taken_back = told("deal.amended", time=at(10), id="d", amount=None)
    assert figures([bare, amount, taken_back], "revenue", "closer") == {}
    assert figures([bare, amount, taken_back], "deals_won", "closer") == {7: ONE}


def test_a_reopened_deal_leaves_nothing_and_a_second_win_counts_once() -> None:
    opened = told("deal.opened", id="d", day="2017-03-01", rep=1)
    reopened = told("deal.reopened", time=at(7), id="d")
    history = [opened, win(at(5)), reopened]
    assert {cell[2] for cell in cells_of(history)} == {"deals_opened"}
    again = told("deal.won", time=at(9), id="d", day="2017-03-08", rep=7)
    assert by_day([*history, again], "revenue") == {(1, 8): 100_00}
    assert by_day([*history, again], "deals_won") == {(1, 8): ONE}


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


def test_units_are_millionths_and_shares_of_them_sum_to_the_whole() -> None:
    thirds = [{"rep": rep, "share": share} for rep, share in ((1, "0.333333"), (2, "0.333333"), (3, "0.333334"))]
    history = [told("deal.reassigned", id="d", shares=thirds), win(at(5), units="2.5")]
    assert figures(history, "units", "closer") == {7: 2_500_000}
    assert figures(history, "units") == {1: 833_333, 2: 833_332, 3: 833_335}
    assert figures(history, "deals_won") == {1: 333_333, 2: 333_333, 3: 333_334}
    assert figures(history, "revenue") == {1: 33_33, 2: 33_33, 3: 33_34}


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


ACTIVITIES = {
    "call": ("logged", "calls"),
    "email": ("sent", "emails"),
    "offer": ("sent", "offers"),
    "appointment": ("held", "appointments"),
    "demo": ("given", "demos"),
    "meeting": ("held", "meetings"),
}


@pytest.mark.parametrize("kind", ACTIVITIES)
def test_an_activity_counts_once_for_its_rep_until_it_is_voided(kind: str) -> None:
    verb, metric = ACTIVITIES[kind]
    done = told(f"{kind}.{verb}", id="a", rep=1, day="2017-03-03")
    assert cells_of([done]) == {(1, MARCH_1 + 2, metric, "owner", ("", "", "", "", "", None)): ONE}
    assert by_day([done, told(f"{kind}.amended", time=at(9), id="a", at=at(4))], metric) == {(1, 4): ONE}
    assert by_day([done, told(f"{kind}.reassigned", time=at(9), id="a", rep=2)], metric) == {(2, 3): ONE}
    assert cells_of([done, told(f"{kind}.voided", id="a")]) == {}
    assert cells_of([told(f"{kind}.voided", time=at(1), id="a"), done]) == {}


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


def test_five_garments_of_2000_are_five_units_and_10000_of_revenue() -> None:
    garment: dict[str, Any] = {"amount": {"value": "2000.00", "currency": "EUR"}, "units": "1", "product": "garment"}
    history = [win(at(day), id=f"d{day}", **garment) for day in range(1, 6)]
    assert figures(history, "units", "closer") == {7: 5 * ONE}
    assert figures(history, "revenue", "closer") == {7: 10_000_00}
