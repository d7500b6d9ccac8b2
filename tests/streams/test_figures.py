"""Figures are sums of postings: by whatever is asked, on the days of a span, for the team of each day."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from projections.organisation import Span
from projections.reached import Credit
from schemas.facts import FEED, PERSON
from schemas.moments import day_number, instant_us
from schemas.periods import parse_period
from schemas.received import read_event
from streams import figures
from streams.books import Books
from streams.door import PERSON_SOURCE
from streams.figures import By
from tests.small_books import HISTORY, called, in_teams, make_books, say, won

ONE = 1_000_000
Sums = Callable[..., dict[Any, int]]


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    with make_books(tmp_path) as it:
        yield it


def spans(period: str, rule: str = "owner") -> list[Span]:
    found = parse_period(period)
    return [Span(rule, day_number(found.first), day_number(found.last))]


def sums(books: Books, metric: str, period: str, by: By = "rep", rule: str = "owner") -> dict[Any, int]:
    """Who -> amount, with labels for reps and teams, in the only currency there is."""
    found = figures.sums(books.history, metric, spans(period, rule), by, books.organisation())
    labels = books.vault.labels() if by in ("rep", "team") else {}
    return {labels.get(who, who): amount for (_, who), amount in found.items()}


def test_a_sum_is_of_the_days_of_its_span_both_ends_included(books: Books) -> None:
    say(books, *(called(day, "ann", day) for day in ("2017-05-31", "2017-06-01", "2017-06-30", "2017-07-01")))
    assert sums(books, "calls", "2017-06") == {"ann": 2 * ONE}
    assert sums(books, "calls", "2017-06-30..2017-07-01") == {"ann": 2 * ONE}
    assert sums(books, "calls", "2017-08") == {}


def test_what_nobody_did_is_under_nobody(books: Books) -> None:
    say(books, called("1", None, "2017-06-01"), called("2", "ann", "2017-06-01"))
    assert sums(books, "calls", "2017-06") == {0: ONE, "ann": ONE}


def test_a_sum_that_returned_to_nothing_is_not_there(books: Books) -> None:
    say(books, *won("d", "ann", "2017-06-01", "100.00"))
    assert sums(books, "revenue", "2017") == {"ann": 10_000}
    say(books, ("deal.reopened", {"id": "d"}))
    assert sums(books, "revenue", "2017") == {}
    assert sums(books, "deals_won", "2017", "product") == {}


def test_who_moved_teams_counts_in_each_team_for_the_days_in_it(books: Books) -> None:
    say(books, *in_teams(("ann", "1", "2017-01-01"), ("bob", "2", "2017-01-01")))
    say(books, ("rep.moved_team", {"rep": "ann", "team": "2", "day": "2017-06-15"}))
    say(books, *won("a", "ann", "2017-06-14", "1.00"), *won("b", "ann", "2017-06-15", "2.00"))
    say(books, *won("c", "bob", "2017-06-14", "4.00"))
    assert sums(books, "revenue", "2017-06", "team") == {"Team 1": 100, "Team 2": 600}
    assert sums(books, "revenue", "2017-06") == {"ann": 300, "bob": 400}


def test_teams_always_sum_to_their_members(books: Books) -> None:
    say(books, *in_teams(("ann", "1", "2017-02-01")), *in_teams(("bob", "2", "2017-03-01"), region="South"))
    say(books, ("rep.left", {"rep": "bob", "day": "2017-04-01"}))
    say(books, *(call for rep in ("ann", "bob", None) for call in _calls_of(rep)))
    whole = sums(books, "calls", "2017", "total")["total"]
    for by in ("rep", "team", "region", "day", "kind", "product"):
        assert sum(sums(books, "calls", "2017", by).values()) == whole == 15 * ONE
    assert sums(books, "calls", "2017", "team") == {"Team 1": 4 * ONE, "Team 2": ONE, 0: 10 * ONE}
    assert sums(books, "calls", "2017", "region") == {"North": 4 * ONE, "South": ONE, "": 10 * ONE}


def _calls_of(rep: str | None) -> list[tuple[str, dict[str, Any]]]:
    return [called(f"{rep} {month}", rep, f"2017-0{month}-10") for month in range(1, 6)]


def test_a_team_formed_today_may_be_asked_about_last_year(books: Books) -> None:
    say(books, called("1", "ann", "2016-06-01"))
    assert sums(books, "calls", "2016", "team") == {0: ONE}
    say(books, *in_teams(("ann", "1", "2016-01-01")))
    assert sums(books, "calls", "2016", "team") == {"Team 1": ONE}


def test_currencies_are_never_added(books: Books) -> None:
    say(books, *won("a", "ann", "2017-06-01", "1.00"), *won("b", "ann", "2017-06-01", "100", "JPY"))
    found = figures.sums(books.history, "revenue", spans("2017"), "total", books.organisation())
    assert found == {("EUR", "total"): 100, ("JPY", "total"): 100}


def test_each_span_has_its_own_rule(books: Books) -> None:
    deal = {"id": "d", "day": "2017-06-20", "amount": {"value": "5.00", "currency": "EUR"}}
    say(books, ("deal.opened", {"id": "d", "day": "2017-06-01", "rep": "ann"}))
    say(books, ("deal.won", deal | {"rep": "bob"}))
    first, second = spans("2017-06-01..2017-06-14", "owner"), spans("2017-06-15..2017-06-30", "closer")
    found = figures.sums(books.history, "revenue", [*first, *second], "rep", books.organisation())
    assert list(found.values()) == [500]
    assert sums(books, "revenue", "2017-06", rule="owner") == {"ann": 500}
    assert sums(books, "revenue", "2017-06", rule="closer") == {"bob": 500}
    assert sums(books, "revenue", "2017-06", rule="seller") == {0: 500}


def test_a_duration_is_a_histogram_of_days(books: Books) -> None:
    for id_, opened in (("a", "2017-06-01"), ("b", "2017-06-03"), ("c", "2017-06-03")):
        say(books, ("deal.opened", {"id": id_, "day": opened, "rep": "ann"}))
        say(books, ("deal.won", {"id": id_, "day": "2017-06-11", "rep": "ann"}))
    asked = figures.Asked("cycle_days_median", spans("2017"), "total", books.organisation())
    found = figures.histograms(figures.Scanning(books.history).amounts(asked))
    assert found == {("", "total"): {10: ONE, 8: 2 * ONE}}


def test_credits_come_in_business_order_dates_before_instants(books: Books) -> None:
    noon, night = "2017-06-02T12:00:00Z", "2017-06-02T21:00:00.5Z"
    say(books, called("1", "ann", night), called("2", "ann", noon), called("3", "ann", "2017-06-02"))
    say(books, called("4", "ann", "2017-06-01"), called("5", "ann", "2017-06-03"), ("call.voided", {"id": "5"}))
    (found,) = figures.in_business_order(books.history, "calls", spans("2017"), "rep", books.organisation()).values()
    first, second = day_number(parse_period("2017-06-01").first), day_number(parse_period("2017-06-02").first)
    assert found == [
        Credit(first, None, ONE),
        Credit(second, None, ONE),
        Credit(second, instant_us(noon), ONE),
        Credit(second, instant_us(night), ONE),
    ]


def test_wins_that_bring_no_revenue_are_listed(books: Books) -> None:
    say(books, *won("with", "ann", "2017-06-01", "1.00"), *won("without", "ann", "2017-06-02"))
    say(books, *won("zero", "ann", "2017-06-03", "0.00"), *won("later", "ann", "2017-07-01"))
    say(books, *won("undone", "ann", "2017-06-04"), ("deal.reopened", {"id": "undone"}))
    assert figures.wins_without_amount(books.history, spans("2017-06")) == ["deal:without", "deal:zero"]
    for rule in ("closer", "seller"):
        assert figures.wins_without_amount(books.history, spans("2017-06", rule)) == ["deal:without", "deal:zero"]


def test_a_win_whose_amount_came_later_is_not_listed(books: Books) -> None:
    say(books, *won("d", "ann", "2017-06-01"))
    say(books, ("deal.amended", {"id": "d", "amount": {"value": "7.00", "currency": "EUR"}}))
    assert figures.wins_without_amount(books.history, spans("2017")) == []
    say(books, ("deal.amended", {"id": "d", "amount": None}))
    assert figures.wins_without_amount(books.history, spans("2017")) == ["deal:d"]


def test_the_last_day_of_the_calendar_has_a_team_too(books: Books) -> None:
    say(books, *in_teams(("ann", "1", "2017-01-01")), called("1", "ann", "9999-12-31"))
    assert sums(books, "calls", "9999-12-31", "team") == {"Team 1": ONE}


def test_who_only_decides_on_targets_is_told_apart_from_reps(books: Books) -> None:
    about = {"metric": "calls", "period": "2017-05", "value": "5", "reason": "agreed"}
    say(books, called("1", "Ann", "2017-05-01"))
    authors = {"1": ("Ann", None), "2": ("Mary", "Ann"), "3": ("Bob", None), "4": ("Zoe", "Bob")}
    for id_, (author, rep) in authors.items():
        say(books, ("target.agreed", {"id": id_, "author": author, **about, **({"rep": rep} if rep else {})}))
    changed = {"id": "1", "day": "2017-05-02", "value": "6", "author": "Kim", "reason": "changed"}
    say(books, ("target.changed", changed))
    labels = books.vault.labels()
    assert {labels[number] for number in figures.only_decides(books.history)} == {"Mary", "Zoe", "Kim"}


def test_who_only_puts_things_right_is_told_apart_from_reps(books: Books) -> None:
    say(books, called("1", "Ann", "2017-05-01"), called("2", "Bob", "2017-05-01"))
    numbers = books.vault.numbers("quotum", ["Mary", "Zoe"], "person")
    ann, mary, zoe = (f"{PERSON_SOURCE}/{number}" for number in (1, numbers["Mary"], numbers["Zoe"]))
    said = [(ann, PERSON), (mary, PERSON), (PERSON_SOURCE, PERSON), (zoe, FEED)]
    for n, (source, layer) in enumerate(said):
        kind = "quotum.call.amended.v1"
        told = {"specversion": "1.0", "id": str(n), "source": source, "type": kind, "trail": "c"}
        event = read_event({**told, "time": "2017-05-02T09:00:00Z", "data": {"id": "1", "kind": "intro"}})
        assert books.take([event], layer)[0].fate == "taken"
    assert figures.only_decides(books.history) == {numbers["Mary"]}


def test_a_change_is_what_the_log_took_from_a_moment_on_whatever_day_it_counts_on(tmp_path: Path) -> None:
    with make_books(tmp_path) as books:
        say(books, *won("a", "ann", "2017-06-01", "1.00"), *won("b", "bob", "2017-06-01", "2.00"))
        later = books.clock() + 1
        books.close()
    with Books.open(tmp_path / HISTORY, clock=lambda: later) as books:
        say(books, ("deal.reopened", {"id": "a"}), *won("c", "bob", "2017-06-02", "4.00"))
        asked = figures.Asked("revenue", spans("2017-06"), "rep", books.organisation())
        labels = books.vault.labels("person")
        found = figures.Scanning(books.history).amounts(asked, later)
        assert {labels[who]: amount for (_, who, _), amount in found.items()} == {"ann": -100, "bob": 400}
        assert figures.Scanning(books.history).amounts(asked, later + 1) == {}
