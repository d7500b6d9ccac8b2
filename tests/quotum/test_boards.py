"""A question has one answer, whichever door it comes in by: ranked, named, and in the words it was asked in."""

from pathlib import Path

import pytest

from quotum.boards import board, metric_named, when_reached, wins_without_amount
from quotum.questions import QuestionError
from streams.books import Books
from tests.quotum.standing import cells
from tests.small_books import called, in_teams, make_books, say, won

# Rows and places


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


def test_names_are_those_of_the_vault_and_equal_ones_get_a_suffix(books: Books) -> None:
    for rep in ("u-1", "u-2", "u-3"):
        say(books, ("rep.joined", {"rep": rep, "name": "Jan de Vries", "day": "2017-01-01"}))
    assert [who for _, who, _ in cells(books, "calls", "2017")] == [
        "Jan de Vries",
        "Jan de Vries (2)",
        "Jan de Vries (3)",
    ]


# Money


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


# Credit rules


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
