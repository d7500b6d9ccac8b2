"""Who is meant is one of them or a question back, in words that lead on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from quotum.people import Author, Party, author_number, entity_meant, of_key, party
from quotum.questions import QuestionError
from streams.books import Books
from tests.small_books import in_teams, make_books, say

ANNA, BAS, OTHER, NORTH = (
    Party("person", 2, "Anna Bos"),
    Party("person", 3, "Bas"),
    Party("person", 4, "Anna Bos (2)"),
    Party("team", 1, "Team North"),
)


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    with make_books(tmp_path) as it:
        say(it, *in_teams(("u-1", "North", "2017-01-01"), ("u-2", "North", "2017-01-01")))
        say(it, *[("rep.joined", {"rep": rep, "name": name, "day": "2017-01-01"}) for rep, name in NAMES.items()])
        yield it


NAMES = {"u-1": "Anna Bos", "u-2": "Bas", "u-3": "Anna Bos"}


def why_not(books: Books, who: str) -> str:
    with pytest.raises(QuestionError) as error:
        party(books, who)
    return str(error.value)


@pytest.mark.parametrize(
    ("who", "meant"),
    [
        ("Bas", BAS),
        ("u-2", BAS),
        ("#3", BAS),
        ("u-1", ANNA),
        ("Anna Bos (2)", OTHER),
        ("#4", OTHER),
        ("Team North", NORTH),
    ],
)
def test_somebody_is_meant_by_name_source_id_label_or_number(books: Books, who: str, meant: Party) -> None:
    assert party(books, who) == meant


def test_of_two_with_one_name_neither_is_guessed(books: Books) -> None:
    assert why_not(books, "Anna Bos") == (
        "'Anna Bos' can be Anna Bos (person #2), Anna Bos (2) (person #4): write the number, such as '#2'"
    )


@pytest.mark.parametrize(
    ("who", "hint"),
    [
        ("bas", "; did you mean Bas?"),
        ("Ana Bos", "; did you mean Anna Bos or Anna Bos (2)?"),
        ("anna", "; did you mean Anna Bos or Anna Bos (2)?"),
        ("Zz", ""),
        ("", ""),
        ("#99", ""),
        ("x" * 5000, ""),
    ],
)
def test_nobody_is_meant_and_who_is_near_is_named(books: Books, who: str, hint: str) -> None:
    assert why_not(books, who) == f"there is no person or team {who[:60]!r}{hint}"


def test_only_the_kind_that_is_asked_for_is_meant(books: Books) -> None:
    assert party(books, "Bas", ["person"]) == BAS
    with pytest.raises(QuestionError, match="there is no team 'Bas'"):
        party(books, "Bas", ["team"])


def test_a_person_and_a_team_of_one_name_are_told_apart_by_kind(books: Books) -> None:
    say(books, ("team.formed", {"team": "b", "name": "Bas", "region": "West"}))
    assert "Bas (person #3), Bas (team #5)" in why_not(books, "Bas")
    assert party(books, "Bas", ["team"]) == Party("team", 5, "Bas")


def test_an_erased_person_is_found_by_label_and_number_alone(books: Books) -> None:
    books.vault.erase(3)
    assert party(books, "#3") == party(books, "erased 3") == Party("person", 3, "erased 3")
    assert why_not(books, "Bas").startswith("there is no person or team 'Bas'")


def test_an_author_is_who_is_named_else_whose_key_it_is_else_nobody(books: Books) -> None:
    last = max(books.vault.labels())
    assert author_number(books, Author()) is None
    assert author_number(books, Author("Bas", "ops")) == BAS.number
    assert max(books.vault.labels()) == last  # nobody new yet
    assert [author_number(books, Author(key=name)) for name in ("ops", "Bas", "ops")] == [last + 1, last + 2, last + 1]


def test_a_key_that_is_called_as_a_person_makes_nobody_unclear(books: Books) -> None:
    author_number(books, Author(key="Bas"))
    assert party(books, "Bas") == BAS
    assert party(books, of_key("Bas")).label == "key:Bas"
    assert len(of_key("x" * 5_000)) <= 200


def test_an_author_who_is_not_known_is_asked_back(books: Books) -> None:
    with pytest.raises(QuestionError, match="did you mean Bas"):
        author_number(books, Author("Ba", "ops"))


def test_a_number_that_is_also_the_id_of_somebody_else_is_asked_back(books: Books) -> None:
    assert [entity_meant(books, one) for one in ("rep:3", "rep:u-2", "deal:3", "rep:")] == [
        "rep:3",
        "rep:3",
        "deal:3",
        "rep:",
    ]
    say(books, ("rep.joined", {"rep": "3", "name": "Zoe", "day": "2017-01-01"}))
    with pytest.raises(QuestionError, match=r"'3' can be Zoe \(person #5\), Bas \(person #3\): write the number"):
        entity_meant(books, "rep:3")
    assert entity_meant(books, "rep:#3") == "rep:3"
