"""`quotum reached` says who got there and when, first come first."""

import json

import pytest

from tests.quotum.conftest import Quotum


def test_csv_has_who_and_the_day_and_the_instant_where_there_is_one(quotum: Quotum, history: str) -> None:
    found = quotum("reached", "revenue", "2017-06", "99.95", "--history", history, "--format", "csv")
    assert found.stdout == (
        "who,reached_on,reached_at\n"
        "Anna de Vries,2017-06-01,\n"
        '"Bas ""Baas"", Jansen",2017-06-15,2017-06-15T10:00:00.25Z\n'
        "Anna de Vries (2),2017-06-20,\n"
    )
    assert (found.exit_code, found.stderr) == (0, "")


def test_a_table_reads_well(quotum: Quotum, history: str) -> None:
    found = quotum("reached", "revenue", "2017-06", "800", "--history", history)
    assert [line.rstrip() for line in found.stdout.splitlines()] == [
        "revenue of 800 reached, 2017-06",
        "who                 reached_on  reached_at",
        "Anna de Vries       2017-06-01",
        'Bas "Baas", Jansen  2017-06-15  2017-06-15T10:00:00.25Z',
    ]


def test_json_has_the_same_rows(quotum: Quotum, history: str) -> None:
    found = quotum("reached", "deals_won", "2017", "2", "--by", "team", "--history", history, "--format", "json")
    assert json.loads(found.stdout) == [
        {"who": "Team 1", "reached_on": "2017-06-15", "reached_at": "2017-06-15T10:00:00.25Z"},
        {"who": "Team 2", "reached_on": "2017-08-02", "reached_at": None},
    ]


def test_several_currencies_have_a_column(quotum: Quotum, history: str) -> None:
    found = quotum("reached", "revenue", "2017-08", "1", "--history", history, "--format", "csv")
    assert found.stdout.splitlines()[0] == "who,reached_on,reached_at,currency"
    assert {line.rpartition(",")[2] for line in found.stdout.splitlines()[1:]} == {"EUR", "JPY"}


def test_nobody_is_an_answer(quotum: Quotum, history: str) -> None:
    found = quotum("reached", "revenue", "2017", "1000000", "--history", history)
    assert found.stdout == "revenue of 1000000 reached, 2017\nnobody so far\n"
    assert found.exit_code == 0
    as_csv = quotum("reached", "revenue", "2031", "1", "--history", history, "--format", "csv")
    assert as_csv.stdout == "who,reached_on,reached_at\n"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("cycle_days_median", "2017", "3"), "cycle_days_median does not add up over time"),
        (("revenue", "2017", "0"), "0 is reached before anything happens: give a value above 0"),
        (("revenue", "2017", "0.00"), "0.00 is reached before anything happens: give a value above 0"),
        (("--", "revenue", "2017", "-5"), "-5 is reached before anything happens: give a value above 0"),
        (("revenue", "2031", "much"), "'much' is not a plain number"),
        (("revenue", "2031", "50.000,00"), "'50.000,00' is not a plain number"),
        (("revenue", "2031", "50.000"), "'50.000' can be read in two ways: write 50000 or 50"),
        (("revenue", "2031", "0.001"), "'0.001' has more than the 2 digits after the point of EUR"),
        (("sales", "2031", "1"), "there is no metric 'sales'"),
        (("revenue", "31", "1"), "not a period: '31'"),
    ],
)
def test_a_question_that_cannot_be_answered_is_one_line(
    quotum: Quotum, history: str, words: tuple[str, ...], says: str
) -> None:
    found = quotum("reached", "--history", history, *words)
    assert (found.exit_code, found.stdout) == (2, "")
    assert found.stderr.startswith(f"quotum: {says}")
    assert found.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "words", [("revenue", "2017"), ("revenue", "2017", "5", "6"), ("revenue", "2017", "5", "--by", "day")]
)
def test_a_command_that_is_not_whole_says_how_it_is_used(quotum: Quotum, history: str, words: tuple[str, ...]) -> None:
    found = quotum("reached", *words, "--history", history)
    assert found.exit_code == 2
    assert "quotum reached --help" in found.stderr
