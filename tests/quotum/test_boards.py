"""A question has one answer, whichever door it comes in by: ranked, named, and in the words it was asked in."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.metrics import METRICS
from quotum.boards import (
    QuestionError,
    ReachedRow,
    board,
    metric_named,
    value_text,
    when_reached,
    whole_units,
    wins_without_amount,
)
from quotum.targets import Wish, set_target
from schemas.money import digits
from streams.books import Books
from tests.small_books import Told, called, in_teams, make_books, say, won

CURRENCIES = st.sampled_from(("EUR", "USD", "JPY", "KWD"))
COUNTS = [name for name, metric in METRICS.items() if metric.unit == "count"]
REVENUE, CALLS, CYCLE = (METRICS[name] for name in ("revenue", "calls", "cycle_days_median"))
Cells = list[tuple[int | None, str | None, str]]


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    with make_books(tmp_path) as it:
        yield it


def cells(books: Books, metric: str, period: str, **how: Any) -> Cells:  # noqa: ANN401 (any option of a board)
    """Rank, who and value as they are printed."""
    found = board(books, metric, period, **how)
    return [(row.rank, row.who, value_text(found.metric, row.value, row.currency)) for row in found.rows]


# Values in words


@given(st.integers(-(10**15), 10**15), CURRENCIES)
def test_money_has_its_currencys_digits_and_comes_back_as_it_was(minor: int, currency: str) -> None:
    text = value_text(REVENUE, minor, currency)
    assert len(text.partition(".")[2]) == digits(currency)
    assert Fraction(text) * 10 ** digits(currency) == minor
    if minor > 0 and not _is_thousands(text):
        assert whole_units(REVENUE, text, currency) == minor


@given(st.integers(-(10**18), 10**18), st.sampled_from(COUNTS))
def test_a_count_has_no_trailing_zeros_and_comes_back_as_it_was(millionths: int, name: str) -> None:
    text = value_text(METRICS[name], millionths, "")
    assert Fraction(text) * 1_000_000 == millionths
    assert text == "0" or not text.startswith("-0") or "." in text
    assert not (("." in text) and text.endswith(("0", ".")))
    if millionths > 0 and not _is_thousands(text):
        assert whole_units(METRICS[name], text, "") == millionths


def _is_thousands(text: str) -> bool:
    whole, _, rest = text.partition(".")
    return len(rest) == 3 and 1 <= len(whole) <= 3 and not whole.startswith("0")


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [(-5, "EUR", "-0.05"), (0, "EUR", "0.00"), (1054, "JPY", "1054"), (1054, "KWD", "1.054"), (5, "USD", "0.05")],
)
def test_money_is_written_in_full(minor: int, currency: str, text: str) -> None:
    assert value_text(REVENUE, minor, currency) == text


@pytest.mark.parametrize(
    ("millionths", "text"),
    [(0, "0"), (1_000_000, "1"), (100_000_000, "100"), (333_333, "0.333333"), (-2_500_000, "-2.5"), (1, "0.000001")],
)
def test_a_count_is_written_as_short_as_it_is(millionths: int, text: str) -> None:
    assert value_text(CALLS, millionths, "") == text


@pytest.mark.parametrize(("days", "text"), [(44.0, "44"), (60.5, "60.5"), (0.0, "0"), (-1.5, "-1.5"), (None, "")])
def test_a_median_is_in_days_and_halves(days: float | None, text: str) -> None:
    assert value_text(CYCLE, days, "") == text


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("0", "0 is reached before anything happens: give a value above 0"),
        ("-5", "-5 is reached before anything happens: give a value above 0"),
        ("abc", "'abc' is not a plain number: write it such as 1500 or 1500.50"),
        ("1e5", "'1e5' is not a plain number: write it such as 1500 or 1500.50"),
        ("1/2", "'1/2' is not a plain number: write it such as 1500 or 1500.50"),
        ("", "'' is not a plain number: write it such as 1500 or 1500.50"),
        ("٣", "'٣' is not a plain number: write it such as 1500 or 1500.50"),
        ("1" * 65, f"'{'1' * 64}' is not a plain number: write it such as 1500 or 1500.50"),
        ("50.000,00", "'50.000,00' is not a plain number: write it such as 1500 or 1500.50"),
        ("50.000", "'50.000' can be read in two ways: write 50000 or 50"),
        ("50.120", "'50.120' can be read in two ways: write 50120 or 50.12"),
        ("1.2345", "'1.2345' has more than the 2 digits after the point of EUR: round it first"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_in_a_line(value: str, says: str) -> None:
    with pytest.raises(QuestionError) as refused:
        whole_units(REVENUE, value, "EUR")
    assert str(refused.value) == says


def test_a_count_of_a_thousand_is_not_taken_for_one() -> None:
    with pytest.raises(QuestionError, match=r"'1\.000' can be read in two ways: write 1000 or 1$"):
        whole_units(CALLS, "1.000", "")
    assert whole_units(CALLS, "0.125", "") == 125_000
    assert whole_units(REVENUE, "1.054", "KWD") == 1054


# Boards


def test_zeros_follow_then_unassigned_without_rank_or_name(books: Books) -> None:
    say(books, called("1", "cor", "2017-06-01"), called("2", None, "2017-06-02"), called("3", "ann", "2017-05-01"))
    say(books, called("4", None, "2017-06-02"), called("5", "bob", "2017-07-01"))
    assert cells(books, "calls", "2017-06") == [(1, "cor", "1"), (2, "ann", "0"), (2, "bob", "0"), (None, None, "2")]


def test_inside_a_tie_rows_go_by_id_not_by_name_or_order_of_arrival(books: Books) -> None:
    for name in ("zoe", "ann", "bob"):
        say(books, called(f"first {name}", name, "2017-06-01"))
    assert [who for _, who, _ in cells(books, "calls", "2017-06")] == ["zoe", "ann", "bob"]


def test_whoever_got_there_first_stands_first_where_ties_are_first(books: Books) -> None:
    say(books, called("1", "ann", "2017-06-03"), called("2", "bob", "2017-06-01"), called("3", "cor", "2017-06-02"))
    say(books, called("4", "cor", "2017-06-09"), called("5", "eva", "2017-05-01"), called("6", "dan", "2017-05-01"))
    assert cells(books, "calls", "2017-06", ties="first") == [
        (1, "cor", "2"),
        (2, "bob", "1"),
        (3, "ann", "1"),
        (4, "eva", "0"),
        (5, "dan", "0"),
    ]


def test_a_team_has_whoever_is_in_it_and_a_rep_on_a_board_belongs_on_some_day(books: Books) -> None:
    say(books, *in_teams(("ann", "1", "2017-01-01"), ("bob", "2", "2017-07-01"), ("cor", "2", "2016-01-01")))
    say(books, ("rep.left", {"rep": "cor", "day": "2017-06-02"}), called("1", "dan", "2017-06-01"))
    assert cells(books, "calls", "2017-06") == [(1, "dan", "1"), (2, "ann", "0"), (2, "cor", "0")]
    assert cells(books, "calls", "2017-05") == [(1, "ann", "0"), (1, "cor", "0")]
    assert cells(books, "calls", "2017-06", by="team") == [(1, "Team 1", "0"), (1, "Team 2", "0"), (None, None, "1")]
    assert cells(books, "calls", "2017-06", by="region") == [(1, "North", "0"), (None, None, "1")]


def test_a_team_that_nobody_formed_has_its_row_all_the_same(books: Books) -> None:
    say(books, ("rep.joined", {"rep": "ann", "team": "t-9", "day": "2017-01-01"}))
    assert cells(books, "calls", "2017", by="team") == [(1, "t-9", "0")]


def test_days_have_a_row_each_whether_anything_happened_or_not(books: Books) -> None:
    say(books, called("1", "ann", "2017-06-02"))
    assert cells(books, "calls", "2017-06-01..2017-06-03", by="day") == [
        (1, "2017-06-02", "1"),
        (2, "2017-06-01", "0"),
        (2, "2017-06-03", "0"),
    ]


def test_a_total_is_one_row_even_of_nothing(books: Books) -> None:
    assert cells(books, "revenue", "2017", by="total") == [(1, "total", "0.00")]
    assert cells(books, "calls", "2017", by="total") == [(1, "total", "0")]


def test_labels_are_rows_and_what_has_none_comes_last(books: Books) -> None:
    say(books, called("1", "ann", "2017-06-01", kind="b"), called("2", "ann", "2017-06-01", kind="a"))
    say(books, called("3", "ann", "2017-06-01"), called("4", "ann", "2017-06-01"))
    assert cells(books, "calls", "2017", by="kind") == [(1, "a", "1"), (1, "b", "1"), (None, None, "2")]
    assert cells(books, "calls", "2017", by="product") == [(None, None, "4")]


def test_a_median_ranks_the_fewest_days_first_and_who_won_nothing_has_none(books: Books) -> None:
    for id_, rep, opened in (("1", "ann", "2017-06-01"), ("2", "ann", "2017-06-04"), ("3", "bob", "2017-06-09")):
        say(books, ("deal.opened", {"id": id_, "day": opened, "rep": rep}))
        say(books, ("deal.won", {"id": id_, "day": "2017-06-10", "rep": rep}))
    say(books, called("1", "cor", "2017-06-01"), *won("4", None, "2017-06-10"))
    for ties in ("standard", "first"):
        assert cells(books, "cycle_days_median", "2017", ties=ties) == [
            (1, "bob", "1"),
            (2, "ann", "7.5"),
            (None, "cor", ""),
            (None, None, "0"),
        ]


def test_each_currency_is_ranked_by_itself_the_books_own_first(books: Books) -> None:
    say(books, *won("1", "ann", "2017-06-01", "5.00"), *won("2", "bob", "2017-06-01", "900", "JPY"))
    say(books, *won("3", "ann", "2017-06-02", "1000", "JPY"), *won("4", "bob", "2017-06-01", "1.00", "CHF"))
    found = board(books, "revenue", "2017")
    assert found.currencies == ("EUR", "CHF", "JPY")
    assert [(row.currency, row.rank, row.who, row.value) for row in found.rows] == [
        ("EUR", 1, "ann", 500),
        ("EUR", 2, "bob", 0),
        ("CHF", 1, "bob", 100),
        ("JPY", 1, "ann", 1000),
        ("JPY", 2, "bob", 900),
    ]


def test_a_single_foreign_currency_has_the_zeros(books: Books) -> None:
    say(books, *won("1", "ann", "2017-06-01", "900", "JPY"), called("1", "bob", "2017-06-01"))
    assert cells(books, "revenue", "2017") == [(1, "ann", "900"), (2, "bob", "0")]


def test_wins_without_amount_count_and_are_named(books: Books) -> None:
    say(books, *won("1", "ann", "2017-06-01"), *won("2", "ann", "2017-06-01", "5.00"))
    assert cells(books, "deals_won", "2017") == [(1, "ann", "2")]
    assert wins_without_amount(books, "2017") == ["deal:1"]
    assert wins_without_amount(books, "2016") == []


def _sold_by_three(rule: str, tmp_path: Path) -> Books:
    books = make_books(tmp_path, credit=rule)
    money = {"value": "9.00", "currency": "EUR"}
    say(books, ("deal.opened", {"id": "d", "rep": "ann", "day": "2017-06-01"}))
    say(books, ("offer.sent", {"id": "o", "rep": "bob", "day": "2017-06-02"}))
    say(books, ("deal.won", {"id": "d", "rep": "cor", "day": "2017-06-03", "amount": money}))
    return books


@pytest.mark.parametrize(("rule", "who"), [("owner", "ann"), ("seller", "bob"), ("closer", "cor")])
def test_the_rule_in_force_credits_unless_another_is_asked_for(tmp_path: Path, rule: str, who: str) -> None:
    with _sold_by_three(rule, tmp_path) as books:
        assert cells(books, "revenue", "2017")[0] == (1, who, "9.00")
        assert board(books, "revenue", "2017").rules == (rule,)
        assert cells(books, "revenue", "2017", credit="seller")[0] == (1, "bob", "9.00")
        assert cells(books, "offers", "2017", credit="owner")[0] == (1, "bob", "1")
        assert board(books, "offers", "2017").rules == ()


def test_a_rule_that_changes_within_a_period_credits_each_day_by_its_own(tmp_path: Path) -> None:
    with _sold_by_three("owner", tmp_path) as books:
        say(books, ("credit_rule.set", {"rule": "closer", "day": "2017-06-15"}))
        money = {"value": "1.00", "currency": "EUR"}
        say(books, ("deal.opened", {"id": "e", "rep": "ann", "day": "2017-06-20"}))
        say(books, ("deal.won", {"id": "e", "rep": "cor", "day": "2017-06-20", "amount": money}))
        assert cells(books, "revenue", "2017-06")[:2] == [(1, "ann", "9.00"), (2, "cor", "1.00")]
        assert board(books, "revenue", "2017-06").rules == ("owner", "closer")


def test_names_are_those_of_the_vault_and_equal_ones_get_a_suffix(books: Books) -> None:
    for rep in ("u-1", "u-2", "u-3"):
        say(books, ("rep.joined", {"rep": rep, "name": "Jan de Vries", "day": "2017-01-01"}))
    assert [who for _, who, _ in cells(books, "calls", "2017")] == [
        "Jan de Vries",
        "Jan de Vries (2)",
        "Jan de Vries (3)",
    ]


# When something was reached


def test_reached_goes_by_day_then_instant_then_id(books: Books) -> None:
    for number, (rep, at) in enumerate(
        [
            ("ann", "2017-06-01T10:00:00.275Z"),
            ("bob", "2017-06-01T10:00:00.27Z"),
            ("cor", "2017-06-01T10:00:00Z"),
            ("dan", "2017-06-01"),
            ("eva", "2017-05-31"),
            ("fay", "2017-06-01"),
        ]
    ):
        say(books, called(str(number), rep, at))
    assert when_reached(books, "calls", "2017", "1") == [
        ReachedRow("eva", "2017-05-31", "", ""),
        ReachedRow("dan", "2017-06-01", "", ""),
        ReachedRow("fay", "2017-06-01", "", ""),
        ReachedRow("cor", "2017-06-01", "2017-06-01T10:00:00Z", ""),
        ReachedRow("bob", "2017-06-01", "2017-06-01T10:00:00.27Z", ""),
        ReachedRow("ann", "2017-06-01", "2017-06-01T10:00:00.275Z", ""),
    ]


def test_the_day_is_the_workspaces_and_the_instant_is_of_utc(books: Books) -> None:
    say(books, called("1", "ann", "2017-05-31T22:30:00Z"))
    assert when_reached(books, "calls", "2017-06", "1") == [ReachedRow("ann", "2017-06-01", "2017-05-31T22:30:00Z", "")]


def test_what_nobody_did_is_reached_by_nobody(books: Books) -> None:
    say(books, called("1", None, "2017-06-01"))
    assert when_reached(books, "calls", "2017", "1") == []
    assert [row.who for row in when_reached(books, "calls", "2017", "1", by="total")] == ["total"]


def test_an_unwon_deal_never_counted_on_the_way(books: Books) -> None:
    say(books, *won("1", "ann", "2017-06-01", "60.00"), *won("2", "ann", "2017-06-02", "60.00"))
    say(books, *won("3", "ann", "2017-06-03", "60.00"), ("deal.reopened", {"id": "1"}))
    assert [row.reached_on for row in when_reached(books, "revenue", "2017", "100")] == ["2017-06-03"]


def test_a_value_finer_than_a_foreign_currency_is_reached_by_the_next_whole_one(books: Books) -> None:
    say(books, *won("1", "ann", "2017-06-01", "99", "JPY"), *won("2", "ann", "2017-06-02", "1", "JPY"))
    say(books, *won("3", "bob", "2017-06-03", "99.50"))
    found = when_reached(books, "revenue", "2017", "99.50")
    assert [(row.who, row.reached_on, row.currency) for row in found] == [
        ("ann", "2017-06-02", "JPY"),
        ("bob", "2017-06-03", "EUR"),
    ]


# Questions without an answer


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("revenu", "there is no metric 'revenu'; did you mean revenue?"),
        ("Deals-Won", "there is no metric 'Deals-Won'; did you mean deals_won"),
        ("call", "there is no metric 'call'; did you mean calls?"),
        ("omzet", "there is no metric 'omzet'; there are calls, emails, offers,"),
    ],
)
def test_an_unknown_metric_is_answered_with_a_near_one_or_all(name: str, says: str) -> None:
    with pytest.raises(QuestionError) as refused:
        metric_named(name)
    assert str(refused.value).startswith(says)


def test_questions_without_an_answer_say_so_even_where_there_is_no_data(books: Books) -> None:
    for question, says in (
        (lambda: board(books, "calls", "2017-Q5"), "there is no quarter 5"),
        (lambda: board(books, "calls", "June"), "not a period: 'June'"),
        (lambda: board(books, "calls", "2017", credit="winner"), "there is no credit rule 'winner'; there are owner"),
        (lambda: when_reached(books, "cycle_days_median", "2017", "3"), "does not add up over time"),
        (lambda: when_reached(books, "revenue", "2017", "much"), "'much' is not a plain number"),
    ):
        with pytest.raises(QuestionError, match=says):
            question()


# What other trackers' own tests assert


@pytest.fixture
def case(shared_data: Path, request: pytest.FixtureRequest) -> Any:  # noqa: ANN401 (any JSON)
    cases = json.loads((shared_data / "peer_cases" / "cases.json").read_text(encoding="utf-8"))
    return next(one["expect"] for one in cases if one["id"] == request.param)


def karma() -> list[Told]:
    """A gains 20 on 1 April and 30 days later; B gains 10 every second day from 1 April, 20 times."""
    april = date(2017, 4, 1)
    gains = [("A", april, 20), ("A", april + timedelta(days=30), 20)]
    gains += [("B", april + timedelta(days=2 * count), 10) for count in range(20)]
    return [
        told
        for number, (who, day, gain) in enumerate(gains)
        for told in (
            ("deal.opened", {"id": str(number), "rep": who, "day": day.isoformat()}),
            ("deal.won", {"id": str(number), "day": day.isoformat(), "units": str(gain)}),
        )
    ]


@pytest.mark.parametrize(
    ("case", "period"),
    [
        ("odoo-karma-all", "2017"),
        ("odoo-karma-to-apr2", "2017-01-01..2017-04-02"),
        ("odoo-karma-from-may1", "2017-05-01..2017-12-31"),
    ],
    indirect=["case"],
)
def test_a_window_counts_both_its_ends_and_may_flip_the_order(books: Books, case: Any, period: str) -> None:  # noqa: ANN401 (any JSON)
    say(books, *karma())
    found = board(books, "units", period)
    assert [[row.who, int(row.value or 0) // 1_000_000, row.rank] for row in found.rows] == case


@pytest.mark.parametrize("case", ["odoo-karma-nobody"], indirect=True)
def test_nobody_gives_no_rows(books: Books, case: Any) -> None:  # noqa: ANN401 (any JSON)
    assert list(board(books, "units", "2017").rows) == case == []


@pytest.mark.parametrize("case", ["erpnext-sales-person"], indirect=True)
def test_a_split_gives_each_the_agreed_part(books: Books, case: Any) -> None:  # noqa: ANN401 (any JSON)
    shares = [{"rep": "P1", "share": "0.5"}, {"rep": "P2", "share": "0.5"}]
    say(books, ("deal.opened", {"id": "d", "rep": "P1", "day": "2017-06-01"}))
    say(books, ("deal.reassigned", {"id": "d", "shares": shares, "day": "2017-06-01"}))
    say(books, ("deal.won", {"id": "d", "day": "2017-06-02", "units": "20"}))
    achieved = str(case["P1"]["achieved"])
    assert cells(books, "units", "2017") == [(1, "P1", achieved), (1, "P2", achieved)]


@pytest.mark.parametrize(
    ("case", "metric"), [("erpnext-analytics-value", "revenue"), ("erpnext-analytics-qty", "units")], indirect=["case"]
)
def test_a_fiscal_year_is_cut_where_its_months_say(tmp_path: Path, case: Any, metric: str) -> None:  # noqa: ANN401 (any JSON)
    orders = [("C1", "2018-02-10", 10), ("C1", "2018-02-15", 10), ("C2", "2017-10-10", 10)]
    orders += [("C2", "2017-09-23", 15), ("C3", "2017-06-15", 20), ("C3", "2017-07-10", 10)]
    with make_books(tmp_path, fiscal_start=4) as books:
        for number, (who, day, units) in enumerate(orders):
            money = {"value": f"{units * 100}.00", "currency": "EUR"}
            say(books, ("deal.opened", {"id": str(number), "rep": who, "day": day}))
            say(books, ("deal.won", {"id": str(number), "day": day, "units": str(units), "amount": money}))
        whole = {who: Fraction(value) for _, who, value in cells(books, metric, "FY2017")}
        assert whole == {
            who: told["total"] if metric == "revenue" else told for who, told in case.items() if who != "all"
        }
        if metric == "revenue":
            months = {month for told in case.values() if isinstance(told, dict) for month in told if month != "total"}
            for month in months:
                found = {who: Fraction(value) for _, who, value in cells(books, metric, month)}
                assert found == {who: case[who].get(month, 0) for who in ("C1", "C2", "C3")}
            assert cells(books, metric, "FY2017", by="total") == [(1, "total", f"{case['all']}.00")]


# Targets


def aim(books: Books, value: str, **other: Any) -> None:  # noqa: ANN401 (any part of a wish)
    set_target(books, Wish(other.pop("metric", "revenue"), "2017-05", value, "agreed", "Ann", **other))


def aims(books: Books, **how: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401 (any option of a board)
    found = board(books, "revenue", "2017-05", **how).rows
    return [(row.rank, row.who, row.value, row.target, row.attainment) for row in found]


@pytest.fixture
def aimed(books: Books) -> Books:
    """Ann sold most, Bob came farthest, Cas and Dee have no target, and somebody unknown sold something."""
    say(books, *[("rep.joined", {"rep": rep, "day": "2017-01-01"}) for rep in ("Ann", "Bob", "Cas", "Dee")])
    sold = {"Ann": "300.00", "Bob": "200.00", "Cas": "250.00", None: "5.00"}
    say(books, *[told for rep, amount in sold.items() for told in won(str(rep), rep, "2017-05-05", amount)])
    aim(books, "400", rep="Ann")
    aim(books, "100", rep="Bob")
    return books


def test_a_board_by_attainment_ranks_whoever_has_a_target_and_shows_the_others_below(aimed: Books) -> None:
    assert aims(aimed, rank_by="attainment") == [
        (1, "Bob", 20_000, 10_000, 2),
        (2, "Ann", 30_000, 40_000, Fraction(3, 4)),
        (None, "Cas", 25_000, None, None),
        (None, "Dee", 0, None, None),
        (None, None, 500, None, None),
    ]


def test_a_board_by_value_can_show_targets_and_without_asking_shows_none(aimed: Books) -> None:
    by_value = aims(aimed, rank_by="value")
    assert [row[:3] for row in by_value] == [row[:3] for row in aims(aimed)]
    assert [row[3:] for row in by_value][:2] == [(40_000, Fraction(3, 4)), (None, None)]
    assert {row[3:] for row in aims(aimed)} == {(None, None)}


def test_equal_attainment_is_a_tie_and_the_earliest_there_may_go_first(aimed: Books) -> None:
    aim(aimed, "125", rep="Cas")
    say(aimed, *won("late", "Bob", "2017-05-06", "1.00"), *won("later", "Cas", "2017-05-04", "1.25"))
    first = [(row[0], row[1]) for row in aims(aimed, rank_by="attainment")][:2]
    assert first == [(1, "Bob"), (1, "Cas")]
    first = [(row[0], row[1]) for row in aims(aimed, rank_by="attainment", ties="first")][:2]
    assert first == [(1, "Cas"), (2, "Bob")]


def test_the_company_and_teams_have_targets_on_their_own_boards(books: Books) -> None:
    say(
        books,
        *in_teams(("Ann", "north", "2017-01-01")),
        *won("1", "Ann", "2017-05-05", "10"),
        *won("2", None, "2017-05-05", "5"),
    )
    aim(books, "20")
    aim(books, "5", team="Team north")
    assert aims(books, by="total", rank_by="attainment") == [(1, "total", 1500, 2000, Fraction(3, 4))]
    assert aims(books, by="team", rank_by="attainment")[0] == (1, "Team north", 1000, 500, 2)


def test_a_board_of_a_team_has_the_targets_of_its_members_held_against_all_they_do(books: Books) -> None:
    say(
        books,
        *in_teams(("Ann", "north", "2017-01-01"), ("Bob", "south", "2017-01-01")),
        ("rep.moved_team", {"rep": "Ann", "team": "south", "day": "2017-05-10"}),
        *won("1", "Ann", "2017-05-05", "10"),
        *won("2", "Ann", "2017-05-15", "30"),
        *won("3", "Bob", "2017-05-15", "20"),
    )
    for who, value in (("Ann", "40"), ("Bob", "10")):
        aim(books, value, rep=who)
    aim(books, "5", team="Team north")
    teams = {name: number for number, name in books.vault.labels("team").items()}
    north, south = (teams[name] for name in ("Team north", "Team south"))
    assert aims(books, team=north, rank_by="value") == [(1, "Ann", 1000, 4000, 1)]
    assert aims(books, team=south, rank_by="attainment") == [(1, "Bob", 2000, 1000, 2), (2, "Ann", 3000, 4000, 1)]
    assert aims(books, team=north, by="total", rank_by="value") == [(1, "total", 1000, 500, 2)]
    assert aims(books, team=south, by="total", rank_by="value") == [(1, "total", 5000, None, None)]


def test_a_target_in_another_currency_has_a_row_of_its_own(aimed: Books) -> None:
    aim(aimed, "50", rep="Dee", currency="USD")
    found = [row for row in board(aimed, "revenue", "2017-05", rank_by="attainment").rows if row.currency == "USD"]
    assert [(row.who, row.value, row.target, row.attainment) for row in found] == [("Dee", 0, 5_000, Fraction())]


def test_a_target_that_was_changed_is_shown_as_it_is_valid_at_the_end_of_the_period(aimed: Books) -> None:
    aim(aimed, "200", rep="Bob", day=date(2017, 5, 31))
    assert aims(aimed, rank_by="attainment")[0] == (1, "Bob", 20_000, 20_000, 1)
    aim(aimed, "0", rep="Bob", day=date(2017, 5, 31))
    assert (None, "Bob", 20_000, None, None) in aims(aimed, rank_by="attainment")


def test_targets_of_what_has_none_are_not_asked_for(books: Books) -> None:
    with pytest.raises(QuestionError, match="a day has none; ask by rep, team, total"):
        board(books, "revenue", "2017-05", by="day", rank_by="value")
    with pytest.raises(QuestionError, match="there are no targets for them"):
        board(books, "cycle_days_median", "2017-05", rank_by="attainment")


def test_who_only_decides_on_targets_stands_on_no_board(books: Books) -> None:
    say(books, *won("1", "Ann", "2017-05-05", "10"))
    set_target(books, Wish("revenue", "2017-05", "20", "agreed", "Marieke", by_is_new=True))
    assert [row.who for row in board(books, "revenue", "2017-05").rows] == ["Ann"]
    set_target(books, Wish("revenue", "2017-05", "20", "agreed", "Marieke", rep="Marieke"))
    assert [row.who for row in board(books, "revenue", "2017-05").rows] == ["Ann", "Marieke"]
