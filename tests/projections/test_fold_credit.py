"""Who gets the credit for a deal, worked by hand: its owner on the day, its closer, and who made the latest offer."""

from itertools import permutations

import pytest

from projections.fold import Trail
from schemas.facts import FEED, PERSON, Fact
from tests.projections.by_hand import HALF, ONE, at, by_day, figures, offer, win
from tests.projections.strategies import AMSTERDAM, DAYS, LAST, folded, told

# The seller


def sellers(*history: Fact) -> dict[int, int]:
    return figures(list(history), "deals_won", "seller")


@pytest.mark.parametrize(
    ("offers", "won", "seller"),
    [
        pytest.param(
            [offer("a", 1, at(1)), offer("b", 2, at(2)), offer("c", 3, at(4))], win(at(3)), 2, id="latest before"
        ),
        pytest.param([offer("b", 2, at(2)), offer("a", 1, at(1))], win(at(3)), 2, id="not the latest to arrive"),
        pytest.param(
            [offer("a", 1, at(2), 8), offer("b", 2, at(2), 9)], win(at(3)), 2, id="equal instants: by sequence"
        ),
        pytest.param([offer("a", 1, at(2), 9), offer("b", 2, at(2), 8)], win(at(3)), 1, id="by sequence, not by id"),
        pytest.param([offer("a", 1, at(3), 5)], win(at(3), 5), 1, id="at the win's instant and sequence"),
        pytest.param([offer("a", 1, at(3), 6)], win(at(3), 5), 0, id="at the win's instant, a sequence later"),
        pytest.param([], win(at(3)), 0, id="none: unassigned, no fallback"),
        pytest.param([offer("a", 1, at(4))], win(at(3)), 0, id="only after the win"),
        pytest.param([offer("a", 1, "2017-03-03")], win(at(3, "00:00:00")), 1, id="a date comes first in its day"),
        pytest.param([offer("a", 1, "2017-03-03")], win("2017-03-02"), 0, id="a date of the day after"),
        pytest.param(
            [offer("a", 1, at(3, "22:30:00"))], win("2017-03-03"), 1, id="a win by date comes last in its day"
        ),
        pytest.param([offer("a", 1, at(3, "23:30:00"))], win("2017-03-03"), 0, id="past midnight in Amsterdam"),
        pytest.param([offer("a", 1, at(3, "23:30:00"))], win("2017-03-04"), 1, id="and so on the day after"),
        pytest.param([offer("a", 1, "2017-03-03", 5)], win("2017-03-03", 5), 1, id="two dates, the same sequence"),
        pytest.param([offer("a", 1, "2017-03-03", 6)], win("2017-03-03", 5), 0, id="two dates: by sequence"),
        pytest.param(
            [offer("a", 1, "2017-03-03", 4), offer("b", 2, "2017-03-03", 6)], win("2017-03-03", 5), 1, id="three dates"
        ),
        pytest.param(
            [offer("a", 1, at(3, "08:00:00"), 9), offer("b", 2, "2017-03-03", 1)], win("2017-03-03", 5), 1, id="mixed"
        ),
        pytest.param([offer("b", 2, at(2), 5), offer("a", 1, at(2), 5)], win(at(3)), 2, id="equal in all: by id"),
    ],
)
def test_the_seller_made_the_latest_offer_before_the_win(offers: list[Fact], won: Fact, seller: int) -> None:
    opened = told("deal.opened", id="d", day="2017-03-01", rep=8)
    for order in permutations([*offers, won, opened]):
        assert sellers(*order) == {seller: ONE}
        assert figures(list(order), "revenue", "seller") == {seller: 100_00}


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


def test_the_next_offer_of_a_day_leaves_the_wins_before_it_to_the_one_before() -> None:
    history = [
        told("offer.sent", id="a", day="2017-03-01", rep=1),
        told("offer.sent", sequence=6, id="b", day="2017-03-02", rep=2),
        told("deal.won", sequence=5, id="d", day="2017-03-02"),
        told("offer.reassigned", time=LAST, id="a", rep=3),
    ]
    assert figures(history, "deals_won", "seller") == {3: 1_000_000}


def test_a_trail_that_goes_on_knows_who_made_its_offers() -> None:
    before = [told("offer.sent", id="o1", day=DAYS[0], rep=1), told("deal.won", id="d1", day=DAYS[1])]
    moved = Trail.of(folded(before), AMSTERDAM).post(
        told("offer.reassigned", time=LAST, id="o1", day=DAYS[0], rep=None)
    )
    assert {(line[1], line[2]): amount for entity, line, amount in moved if entity == "deal:d1"} == {
        ("seller", 1): -1_000_000,
        ("seller", 0): 1_000_000,
    }


def test_an_offer_of_two_cuts_the_deal_in_two() -> None:
    shares = [{"rep": 2, "share": "0.5"}, {"rep": 1, "share": "0.5"}]
    history = [offer("a", 1, at(1)), told("offer.reassigned", time=at(2), id="a", shares=shares)]
    history.append(win(at(3), amount={"value": "0.05", "currency": "EUR"}))
    assert figures(history, "deals_won", "seller") == {1: HALF, 2: HALF}
    assert figures(history, "revenue", "seller") == {1: 3, 2: 2}
    assert figures(history, "offers") == {1: HALF, 2: HALF}


# The closer and the owner


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


def test_opening_again_by_a_person_leaves_what_was_handed_over_in_between() -> None:
    history = [
        told("deal.opened", time=at(1), layer=PERSON, id="d", day="2017-03-01", rep=1),
        told("deal.reassigned", time=at(2), id="d", day="2017-03-10", rep=2),
        told("deal.opened", time=at(3), layer=PERSON, id="d", day="2017-03-01", rep=3),
        told("deal.won", time=at(4), id="d", day="2017-03-12"),
    ]
    assert figures(history, "deals_opened") == {3: 1_000_000}
    assert figures(history, "deals_won") == {2: 1_000_000}
