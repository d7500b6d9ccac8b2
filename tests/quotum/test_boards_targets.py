"""A board can hold what was done against what was agreed, and rank by how far everyone came."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from quotum.boards import board
from quotum.questions import QuestionError
from quotum.targets import Wish, set_target
from streams.books import Books
from tests.small_books import in_teams, say, won


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


def test_who_has_no_target_stands_below_by_value_whoever_was_known_first(aimed: Books) -> None:
    say(aimed, *won("more", "Dee", "2017-05-05", "260.00"))
    assert [row[1] for row in aims(aimed, rank_by="attainment")] == ["Bob", "Ann", "Dee", "Cas", None]


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
