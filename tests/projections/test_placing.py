"""Which offer came before which win, by hand, whether they have an instant or only a date."""

from itertools import permutations

import pytest

from schemas.log_events import Fact
from tests.projections.figuring import ONE, at, figures, offer, sellers, win
from tests.projections.strategies import LAST, told


def test_the_next_offer_of_a_day_leaves_the_wins_before_it_to_the_one_before() -> None:
    history = [
        told("offer.sent", id="a", day="2017-03-01", rep=1),
        told("offer.sent", sequence=6, id="b", day="2017-03-02", rep=2),
        told("deal.won", sequence=5, id="d", day="2017-03-02"),
        told("offer.reassigned", time=LAST, id="a", rep=3),
    ]
    assert figures(history, "deals_won", "seller") == {3: 1_000_000}


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
