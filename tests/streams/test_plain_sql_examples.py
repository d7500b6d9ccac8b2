"""Examples worked out by hand from the rules, so that the query and the fold being wrong in the same way is noticed."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import duckdb
import pytest

from projections.postings import Cell
from schemas.envelope import Event
from schemas.facts import FEED, PERSON
from schemas.moments import day_number
from tests.streams.asking_sql import AMSTERDAM, by_fold, by_sql, eur, far_from_utc, said, shares, withdrawn

Figures = dict[int, int]  # rep -> amount


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """One for all examples."""
    with far_from_utc() as opened:
        yield opened


class Answers:
    """What plain SQL says of a history; that the fold says the same is asserted on the way."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def cells(self, *history: tuple[Event, int], zone: str = AMSTERDAM) -> dict[Cell, int]:
        found = by_sql(self.connection, list(history), zone)
        assert found == by_fold(list(history), zone)
        return found

    def figures(self, metric: str, *history: tuple[Event, int], basis: str = "owner") -> Figures:
        cells = self.cells(*history).items()
        return {cell[0]: amount for cell, amount in cells if cell[2:4] == (metric, basis)}

    def days(self, metric: str, *history: tuple[Event, int], zone: str = AMSTERDAM) -> list[int]:
        return sorted(cell[1] for cell in self.cells(*history, zone=zone) if cell[2:4] == (metric, "owner"))


@pytest.fixture
def answers(connection: duckdb.DuckDBPyConnection) -> Answers:
    return Answers(connection)


def test_a_win_counts_for_its_owner_its_closer_and_its_seller(answers: Answers) -> None:
    cells = answers.cells(
        said("deal.opened", "09:00:00", rep=1, day="2011-10-03", campaign="autumn"),
        said("offer.sent", rep=2, day="2011-10-04"),
        said("deal.won", "10:00:00", rep=3, day="2011-10-05", amount=eur("1054.00"), units="2.5", product="GTX"),
    )
    dims = ("autumn", "GTX", "", "")
    won = day_number(date(2011, 10, 5))
    expected: dict[Cell, int] = {
        (1, won - 2, "deals_opened", "owner", (*dims, "", None)): 1_000_000,
        (2, won - 1, "offers", "owner", ("", "", "", "", "", None)): 1_000_000,
    }
    for rep, basis in ((1, "owner"), (3, "closer"), (2, "seller")):
        expected |= {
            (rep, won, "deals_won", basis, (*dims, "", None)): 1_000_000,
            (rep, won, "revenue", basis, (*dims, "EUR", None)): 105_400,
            (rep, won, "units", basis, (*dims, "", None)): 2_500_000,
            (rep, won, "cycle_days_median", basis, (*dims, "", 2)): 1_000_000,
        }
    assert cells == expected


WON = said("deal.won", at="2011-10-05T10:00:00Z", sequence=5)


@pytest.mark.parametrize(
    ("offers", "seller"),
    [
        ([], 0),
        ([{"at": "2011-10-05T08:00:00Z"}, {"at": "2011-10-05T09:00:00Z"}, {"at": "2011-10-05T11:00:00Z"}], 2),
        ([{"at": "2011-10-05T10:00:00Z", "sequence": 5}], 1),
        ([{"at": "2011-10-05T10:00:00Z", "sequence": 6}], 0),
        ([{"at": "2011-10-05T09:00:00Z", "sequence": 9}, {"at": "2011-10-05T09:00:00Z", "sequence": 3}], 1),
        ([{"at": "2011-10-05T09:00:00Z"}, {"at": "2011-10-05T09:00:00Z"}], 2),  # in all equal: the greater id
        ([{"day": "2011-10-05", "sequence": 9}], 1),  # a date comes first within its day
        ([{"day": "2011-10-05"}, {"at": "2011-10-05T00:00:01Z"}], 2),
        ([{"at": "2011-10-04T21:59:59Z"}, {"day": "2011-10-05"}], 2),  # in Amsterdam 23:59:59 of the 4th
        ([{"day": "2011-10-06"}], 0),
        ([{"at": "2011-10-05T09:00:00Z", "trail": "another"}], 0),
    ],
)
def test_the_seller_held_the_latest_offer_before_the_win(
    answers: Answers, offers: list[dict[str, Any]], seller: int
) -> None:
    sent = [said("offer.sent", of=f"O{rep}", rep=rep, **told) for rep, told in enumerate(offers, start=1)]
    assert answers.figures("deals_won", WON, *sent, basis="seller") == {seller: 1_000_000}


@pytest.mark.parametrize(
    ("offers", "seller"),
    [
        ([{"at": "2011-10-05T21:59:59Z", "sequence": 9}], 1),  # a win that is a date comes last within its day
        ([{"at": "2011-10-05T22:00:00Z"}], 0),  # but in Amsterdam that is the 6th
        ([{"day": "2011-10-05", "sequence": 5}], 1),  # two dates go by sequence
        ([{"day": "2011-10-05", "sequence": 6}], 0),
        ([{"day": "2011-10-04", "sequence": 9}, {"day": "2011-10-05", "sequence": 6}], 1),
        ([{"day": "2011-10-05", "sequence": 4}, {"day": "2011-10-05", "sequence": 3}], 1),
        ([{"at": "2011-10-05T06:00:00Z", "sequence": 9}, {"day": "2011-10-05", "sequence": 4}], 1),
    ],
)
def test_a_win_that_is_only_a_date_comes_last_in_its_day(
    answers: Answers, offers: list[dict[str, Any]], seller: int
) -> None:
    sent = [said("offer.sent", of=f"O{rep}", rep=rep, **told) for rep, told in enumerate(offers, start=1)]
    won = said("deal.won", day="2011-10-05", sequence=5)
    assert answers.figures("deals_won", won, *sent, basis="seller") == {seller: 1_000_000}


def test_a_voided_offer_sells_nothing_and_a_seller_is_who_held_the_offer_on_its_own_day(answers: Answers) -> None:
    history = [
        WON,
        said("offer.sent", rep=1, day="2011-10-03"),
        said("offer.reassigned", rep=2, day="2011-10-04"),
        said("offer.sent", of="2", rep=3, day="2011-10-04"),
        said("offer.voided", "13:00:00", of="2"),
    ]
    assert answers.figures("deals_won", *history, basis="seller") == {1: 1_000_000}


@pytest.mark.parametrize(
    ("total", "parts", "expected"),
    [
        # 10000 cents: 3333.33, 3333.33 and 3333.34; the cent that is left goes to the largest remainder.
        ("100.00", ("0.333333", "0.333333", "0.333334"), {1: 3333, 2: 3333, 3: 3334}),
        # -10001 cents: -3333.6633 twice and -3333.6733, down to -3334 each; one cent back, the tie goes to rep 1.
        ("-100.01", ("0.333333", "0.333333", "0.333334"), {1: -3333, 2: -3334, 3: -3334}),
        # One cent: 0.5 each; the tie goes to rep 1, and rep 2 has no figure.
        ("0.01", ("0.5", "0.500"), {1: 1}),
        ("-0.01", ("0.5", "0.5"), {2: -1}),
        ("10000000000000.00", ("0.000001", "0.999999"), {1: 10**9, 2: 10**15 - 10**9}),
    ],
)
def test_shares_sum_to_the_whole(answers: Answers, total: str, parts: tuple[str, ...], expected: Figures) -> None:
    won = said("deal.won", day="2011-10-05", amount=eur(total))
    split = said("deal.reassigned", shares=shares(*parts), day="2011-10-01")
    assert answers.figures("revenue", won, split) == expected


def test_a_handover_with_a_day_moves_no_past_win(answers: Answers) -> None:
    opened = said("deal.opened", "09:00:00", rep=1, day="2011-09-01")
    won = said("deal.won", day="2011-10-05")
    for day, owner in (("2011-10-05", 2), ("2011-10-06", 1)):
        handed_over = said("deal.reassigned", "13:00:00", rep=2, day=day)
        assert answers.figures("deals_won", opened, won, handed_over) == {owner: 1_000_000}
    nobody = said("deal.reassigned", "13:00:00", rep=None, day="2011-10-05")
    assert answers.figures("deals_won", opened, won, nobody) == {0: 1_000_000}


def test_a_handover_without_a_day_puts_right_the_step_in_force_when_it_was_said(answers: Answers) -> None:
    opened = said("deal.opened", "09:00:00", rep=1, day="2011-09-01")
    before = said("deal.reassigned", "10:00:00", rep=2, day="2011-09-10")
    put_right = said("deal.reassigned", "13:00:00", rep=3)  # said on 2011-10-01, in the step of 09-10
    after = said("deal.reassigned", "11:00:00", rep=4, day="2011-10-10")
    said_later = said("deal.reassigned", "14:00:00", rep=5, day="2011-09-20")
    for day, owner in (
        ("2011-09-09", 1),
        ("2011-09-10", 3),
        ("2011-09-19", 3),
        ("2011-09-20", 5),
        ("2011-10-09", 5),
        ("2011-10-10", 4),
    ):
        won = said("deal.won", day=day)
        history = (opened, before, put_right, after, said_later, won)
        assert answers.figures("deals_won", *history) == {owner: 1_000_000}, day


def test_who_was_put_right_is_put_right_again_in_the_whole_step(answers: Answers) -> None:
    history = [
        said("deal.opened", "09:00:00", rep=1, day="2011-09-01"),
        said("deal.reassigned", "10:00:00", rep=2),
        said("deal.reassigned", "11:00:00", rep=3),
        said("deal.won", day="2011-09-15"),
    ]
    assert answers.figures("deals_won", *history) == {3: 1_000_000}


def test_a_correction_outlives_later_feed_events_until_it_is_withdrawn(answers: Answers) -> None:
    history = [
        said("deal.won", "09:00:00", day="2011-10-05", amount=eur("1.00")),
        said("deal.amended", "10:00:00", PERSON, amount=eur("2.00")),
        said("deal.amended", "11:00:00", amount=eur("3.00")),
    ]
    assert answers.figures("revenue", *history) == {0: 200}
    for taken_back in (
        withdrawn("12:00:00", entity="deal:1"),
        withdrawn("12:00:00", entity="deal:1", fields=["amount"]),
    ):
        assert answers.figures("revenue", *history, taken_back) == {0: 300}
    for without_effect in (
        withdrawn("09:30:00", entity="deal:1"),  # before the correction was made
        withdrawn("12:00:00", FEED, entity="deal:1"),  # a feed has nothing to withdraw
        withdrawn("12:00:00", entity="deal:1", fields=["units"]),
        withdrawn("12:00:00", entity="deal:1", fields=["amounts"]),  # no register at all
        withdrawn("12:00:00", entity="deal:1", trail="another"),
    ):
        assert answers.figures("revenue", *history, without_effect) == {0: 200}


def test_a_persons_handover_holds_against_feeds_until_it_is_withdrawn(answers: Answers) -> None:
    history = [
        said("deal.opened", "09:00:00", rep=1, day="2011-09-01"),
        said("deal.reassigned", "10:00:00", PERSON, rep=2, day="2011-09-02"),
        said("deal.reassigned", "11:00:00", rep=3, day="2011-09-03"),
        said("deal.won", "11:30:00", day="2011-10-05"),
    ]
    assert answers.figures("deals_won", *history) == {2: 1_000_000}
    for fields, owner in ((None, 3), (["shares"], 3), (["units"], 2)):
        taken_back = withdrawn("12:00:00", entity="deal:1", fields=fields)
        assert answers.figures("deals_won", *history, taken_back) == {owner: 1_000_000}
    for time in ("12:00:00", "13:00:00"):  # said with the withdrawal or after it
        again = said("deal.reassigned", time, PERSON, rep=4)
        assert answers.figures("deals_won", *history, withdrawn("12:00:00", entity="deal:1"), again) == {4: 1_000_000}


def test_null_takes_back_in_an_amendment_and_a_win_without_an_amount_counts(answers: Answers) -> None:
    won = said("deal.won", day="2011-10-05", amount=eur("1.00"), units="1")
    taken_back = said("deal.amended", "13:00:00", amount=None)
    assert answers.figures("revenue", won, taken_back) == {}
    assert answers.figures("deals_won", won, taken_back) == {0: 1_000_000}
    assert answers.cells(won, said("deal.amended", "13:00:00", closed_day=None)) == {}


def test_the_same_id_with_other_content_is_decided_by_the_text(answers: Answers) -> None:
    both = [said("deal.won", day="2011-10-05", amount=eur(value)) for value in ("9.00", "10.00")]
    assert answers.figures("revenue", *both) == {0: 900}
    people = [said("call.logged", rep=rep, day="2011-10-05") for rep in (10, 9)]
    assert answers.figures("calls", *people) == {9: 1_000_000}


def test_a_deal_that_is_reopened_lost_or_deleted_counts_as_such(answers: Answers) -> None:
    won = said("deal.won", "09:00:00", rep=1, day="2011-10-05", amount=eur("1.00"))
    assert answers.cells(won, said("deal.reopened")) == {}
    assert answers.cells(won, said("deal.deleted")) == {}
    lost = said("deal.lost", rep=2, day="2011-10-06")
    assert answers.figures("deals_lost", won, lost, basis="closer") == {2: 1_000_000}
    assert answers.figures("revenue", won, lost) == {}


def test_a_lead_counts_for_whom_each_step_names(answers: Answers) -> None:
    history = [
        said("lead.created", rep=1, day="2011-10-01"),
        said("lead.handled", rep=2, day="2011-10-02"),
        said("lead.qualified", "13:00:00", rep=3, day="2011-10-03"),
        said("lead.qualified", "14:00:00", day="2011-10-03"),  # now by nobody
    ]
    names = ("leads_created", "leads_handled", "leads_qualified")
    assert [answers.figures(name, *history) for name in names] == [{1: 1_000_000}, {2: 1_000_000}, {0: 1_000_000}]


def test_money_is_in_minor_units_of_its_own_currency(answers: Answers) -> None:
    for value, currency, minor in (("1000", "JPY", 1000), ("-1.234", "KWD", -1234), ("-0.05", "EUR", -5)):
        won = said("deal.won", day="2011-10-05", amount={"value": value, "currency": currency})
        assert answers.figures("revenue", won) == {0: minor}


def test_the_same_entity_name_in_two_trails_is_two_entities(answers: Answers) -> None:
    both = [said("call.logged", rep=1, day="2011-10-05", trail=trail) for trail in ("A", "B")]
    assert answers.figures("calls", *both) == {1: 2_000_000}


@pytest.mark.parametrize(
    ("at", "zone", "day"),
    [
        ("2011-10-29T21:59:59.999999Z", AMSTERDAM, date(2011, 10, 29)),
        ("2011-10-29T22:00:00Z", AMSTERDAM, date(2011, 10, 30)),
        ("2011-10-30T22:59:59.999999Z", AMSTERDAM, date(2011, 10, 30)),  # the 25th hour of the day
        ("2011-10-30T23:00:00Z", AMSTERDAM, date(2011, 10, 31)),
        ("2011-10-30T18:29:59.999999Z", "Asia/Kolkata", date(2011, 10, 30)),
        ("2011-10-30T18:30:00Z", "Asia/Kolkata", date(2011, 10, 31)),
        ("2010-11-07T02:30:00Z", "America/St_Johns", date(2010, 11, 7)),
        ("2010-11-07T02:31:00Z", "America/St_Johns", date(2010, 11, 6)),
        ("2011-12-30T10:00:00Z", "Pacific/Apia", date(2011, 12, 31)),
        ("9999-12-31T23:59:59.999999Z", AMSTERDAM, date(9999, 12, 31)),
        ("0001-01-01T00:00:00Z", "America/St_Johns", date(1, 1, 1)),
        ("1969-12-31T22:59:59.999999Z", AMSTERDAM, date(1969, 12, 31)),
    ],
)
def test_an_instant_falls_on_the_day_of_the_zone(answers: Answers, at: str, zone: str, day: date) -> None:
    assert answers.days("calls", said("call.logged", at=at), zone=zone) == [day_number(day)]


def test_a_date_stays_on_its_day_in_every_zone(answers: Answers) -> None:
    for zone in (AMSTERDAM, "Asia/Kolkata", "America/St_Johns"):
        assert answers.days("calls", said("call.logged", day="2011-10-30"), zone=zone) == [15277]
