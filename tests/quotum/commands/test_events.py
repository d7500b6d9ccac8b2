"""`quotum events` shows what is in the log in words, with names, and for scripts with where it came from."""

import csv
import io
import json

import pytest

from streams.books import Books
from tests.quotum.conftest import Quotum
from tests.small_books import called, say

COLUMNS = ["offset", "known_at", "asserted_at", "by", "what", "entity", "told", "source", "id"]


def rows(quotum: Quotum, history: str, *words: str) -> list[dict[str, str]]:
    found = quotum("events", *words, "--history", history, "--format", "csv")
    assert (found.exit_code, found.stderr) == (0, "")
    return list(csv.DictReader(io.StringIO(found.stdout)))


def test_csv_says_when_by_whom_what_and_where_from_in_the_order_of_the_log(quotum: Quotum, history: str) -> None:
    found = rows(quotum, history)
    assert list(found[0]) == COLUMNS
    assert [int(row["offset"]) for row in found] == list(range(len(found)))
    assert [row["what"] for row in found[:3]] == ["workspace opened", "credit rule set", "rep joined"]
    assert found[0]["told"] == "currency EUR, fiscal_start 1, zone Europe/Amsterdam"
    assert found[0]["source"] == "quotum"


def test_what_happened_to_one_thing_is_listed_with_names(quotum: Quotum, history: str) -> None:
    told = [(row["by"], row["what"], row["told"]) for row in rows(quotum, history, "--of", "deal:D-1")]
    assert told == [
        ("feed", "deal opened", "day 2017-06-01, rep Anna de Vries"),
        ("feed", "deal won", "amount 1250.50 EUR, day 2017-06-01, rep Anna de Vries"),
        ("feed", "deal reassigned", 'day 2017-09-01, shares Anna de Vries 0.5 and Bas "Baas", Jansen 0.5'),
    ]


def test_nobody_and_what_was_taken_back_are_said_in_words(quotum: Quotum, history: str) -> None:
    told = [row["told"] for row in rows(quotum, history, "--of", "deal:D-2")]
    assert told[-2:] == ["day 2017-09-01, rep nobody", "campaign fall, product taken back"]


def test_a_correction_by_a_person_is_told_apart(quotum: Quotum, history: str) -> None:
    found = [row for row in rows(quotum, history, "--of", "deal:D-3") if row["by"] == "person"]
    assert [(row["what"], row["told"]) for row in found] == [
        ("deal amended", "amount 100.00 EUR"),
        ("correction withdrawn", "entity deal:D-3, fields amount and units"),
    ]


def test_json_has_the_same_fields(quotum: Quotum, history: str) -> None:
    found = json.loads(quotum("events", "--limit", "3", "--history", history, "--format", "json").stdout)
    assert [list(row) for row in found] == [COLUMNS] * 3
    assert [row["offset"] for row in found] == [0, 1, 2]


def test_a_table_shows_what_fits_and_cuts_no_word(quotum: Quotum, history: str) -> None:
    found = quotum("events", "--of", "deal:D-3", "--history", history).stdout.splitlines()
    assert found[0].split() == ["offset", "asserted_at", "event", "told"]
    assert max(len(line) for line in found) <= 80
    text = " ".join(" ".join(found).split())
    for words in ("deal D-3 won", "deal D-3 amended", "says a person", "2017-12-31T00:00Z", "correction withdrawn"):
        assert words in text, text


def test_people_and_teams_are_shown_by_name(quotum: Quotum, history: str) -> None:
    text = " ".join(quotum("events", "--limit", "9", "--history", history).stdout.split())
    assert "team Team 1 formed" in text
    assert "rep Anna de Vries joined" in text


def test_an_empty_log_still_says_how_it_was_opened(quotum: Quotum, empty: str) -> None:
    assert len(rows(quotum, empty)) == 2


@pytest.mark.parametrize("entity", ["deal:unknown", "D-1", "deal"])
def test_an_unknown_entity_is_a_failure_that_says_how_to_name_one(quotum: Quotum, history: str, entity: str) -> None:
    found = quotum("events", "--of", entity, "--history", history)
    assert (found.exit_code, found.stdout) == (1, "")
    assert found.stderr == f"quotum: there is no event of {entity!r}; an entity is kind and id, such as deal:1C1I7A6R\n"


@pytest.mark.parametrize(
    ("of", "entity", "told"),
    [
        ('rep:Bas "Baas", Jansen', "rep:2", ["rep joined", "rep joined"]),
        ("rep:u-2", "rep:2", ["rep joined", "rep joined"]),
        ("rep:#2", "rep:2", ["rep joined", "rep joined"]),
        ("rep:2", "rep:2", ["rep joined", "rep joined"]),
        ("team:Team 1", "team:5", ["team formed"]),
    ],
)
def test_a_rep_and_a_team_are_found_by_name_as_everywhere(
    quotum: Quotum, history: str, of: str, entity: str, told: list[str]
) -> None:
    found = rows(quotum, history, "--of", of)
    assert {row["entity"] for row in found} == {entity}
    assert [row["what"] for row in found] == told


@pytest.mark.parametrize(
    ("of", "why"),
    [
        ("rep:Anna de Vries", "can be Anna de Vries (person #1), Anna de Vries (2) (person #3): write the number"),
        ("rep:anna", "there is no person 'anna'; did you mean Anna de Vries"),
        ("team:Bas", "there is no team 'Bas'"),
    ],
)
def test_who_can_be_several_or_nobody_is_asked_back(quotum: Quotum, history: str, of: str, why: str) -> None:
    found = quotum("events", "--of", of, "--history", history)
    assert (found.exit_code, found.stdout) == (2, "")
    assert why in found.stderr


def test_somebody_of_whom_nothing_else_is_said_is_not_taken_for_a_mistake(quotum: Quotum, books: Books) -> None:
    say(books, called("C-1", "ann", "2017-06-01"))
    books.close()
    found = quotum("events", "--of", "rep:ann", "--history", str(books.history.path))
    assert found.exit_code == 1
    assert found.stderr == "quotum: there is no event of 'rep:ann'; what somebody did is told of each call and deal\n"
