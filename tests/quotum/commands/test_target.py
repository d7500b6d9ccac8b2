"""`quotum target` as it is typed: one line that says what became of it, and a list with every reason."""

import csv
import json
from pathlib import Path

import pytest

from tests.quotum.conftest import Quotum
from tests.small_books import HISTORY, in_teams, make_books, say

SET = ("target", "set", "revenue", "2018-Q1", "30000", "--rep", "u-1", "--reason", "Agreed in the autumn.")


@pytest.fixture(autouse=True)
def books_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with make_books(tmp_path) as books:
        say(books, *in_teams(("u-1", "north", "2017-01-01"), ("u-2", "north", "2017-01-01")))
        say(books, ("rep.joined", {"rep": "u-1", "name": "Anna", "day": "2017-01-01"}))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QUOTUM_HISTORY", HISTORY)


def test_a_target_is_agreed_changed_and_left_as_it_is(quotum: Quotum) -> None:
    agreed = quotum(*SET, "--by-new", "Marieke Smit")
    assert (agreed.exit_code, agreed.stdout) == (0, "agreed, revenue for Anna in 2018-Q1: 30000.00 EUR\n")
    changed = quotum(*SET[:4], "36000", *SET[5:], "--by", "Marieke Smit", "--from", "2018-02-15")
    assert (changed.exit_code, changed.stdout) == (
        0,
        "changed from 2018-02-15 on, revenue for Anna in 2018-Q1: 36000.00 EUR, before 30000.00 EUR\n",
    )
    again = quotum(*SET[:4], "36000", *SET[5:], "--by", "Marieke Smit", "--from", "2018-02-15")
    assert (again.exit_code, again.stdout) == (
        0,
        "unchanged, revenue for Anna in 2018-Q1: 36000.00 EUR on 2018-02-15 already\n",
    )


def test_without_a_rep_or_a_team_it_is_the_companys(quotum: Quotum) -> None:
    found = quotum("target", "set", "calls", "2018", "1000", "--reason", "The plan.", "--by", "u-2")
    assert found.stdout == "agreed, calls for the company in 2018: 1000\n"
    found = quotum("target", "set", "calls", "2018", "500", "--reason", "Half.", "--by", "u-2", "--team", "Team north")
    assert found.stdout == "agreed, calls for Team north in 2018: 500\n"


def test_the_list_has_a_line_for_each_value_with_who_decided_it_and_why(quotum: Quotum) -> None:
    quotum(*SET, "--by-new", "Marieke Smit")
    quotum(*SET[:4], "36000", *SET[5:-1], "A new, big account.", "--by", "Marieke Smit", "--from", "2018-02-15")
    rows = [
        ["who", "metric", "period", "from", "target", "currency", "by", "reason"],
        ["Anna", "revenue", "2018-Q1", "", "30000.00", "EUR", "Marieke Smit", "Agreed in the autumn."],
        ["Anna", "revenue", "2018-Q1", "2018-02-15", "36000.00", "EUR", "Marieke Smit", "A new, big account."],
    ]
    assert list(csv.reader(quotum("target", "list", "--format", "csv").stdout.splitlines())) == rows
    assert json.loads(quotum("target", "list", "2018", "--format", "json").stdout)[0]["from"] is None
    assert quotum("target", "list", "2019", "--format", "csv").stdout.splitlines() == [",".join(rows[0])]
    assert "36000.00" in quotum("target", "list").stdout


def test_an_empty_list_says_how_to_set_a_target(quotum: Quotum) -> None:
    found = quotum("target", "list")
    assert found.exit_code == 0
    assert " ".join(found.stdout.split()).startswith("no target here; set one: quotum target set METRIC PERIOD VALUE")


def test_a_reason_with_its_author_is_read_among_the_events(quotum: Quotum) -> None:
    quotum(*SET, "--by", "u-2")
    quotum(*SET[:4], "0", *SET[5:-1], "She left.", "--by", "u-2", "--from", "2018-02-01")
    told = [
        row[6]
        for row in csv.reader(
            quotum("events", "--of", "target:revenue/rep-2/2018-Q1", "--format", "csv").stdout.splitlines()
        )
    ]
    assert told[1:] == [
        "amount 30000.00 EUR, author u-2, metric revenue, period 2018-Q1, reason Agreed in the autumn., rep Anna",
        "amount 0.00 EUR, author u-2, day 2018-02-01, reason She left.",
    ]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (
            (*SET, "--by", "Marieke"),
            "quotum: there is no person 'Marieke'; write a name or a source id that a board shows, or #number\n",
        ),
        ((*SET, "--by", "ann"), "quotum: there is no person 'ann'; did you mean Anna?\n"),
        (SET, "quotum: say who decided it: --by WHO, or --by-new NAME for somebody who is known nowhere yet\n"),
        (
            (*SET, "--by", "u-2", "--by-new", "Joke"),
            "quotum: say who decided it: --by WHO, or --by-new NAME for somebody who is known nowhere yet\n",
        ),
        (("target", "list", "soon"), "quotum: not a period: 'soon'"),
    ],
)
def test_what_is_not_clear_ends_with_2_and_one_line(quotum: Quotum, words: tuple[str, ...], why: str) -> None:
    found = quotum(*words)
    assert found.exit_code == 2
    assert found.stderr.startswith(why)
    assert found.stderr.count("\n") == 1


def test_a_reason_is_asked_for(quotum: Quotum) -> None:
    found = quotum(*SET[:-2], "--by", "u-2")
    assert found.exit_code == 2
    assert "--reason" in found.stderr
