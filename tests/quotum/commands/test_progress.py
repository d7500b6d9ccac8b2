"""`quotum progress` as it is typed: what is done, the target, its attainment and the pace, in words and for scripts."""

import csv
import json
from pathlib import Path

import pytest

from tests.quotum.conftest import Quotum
from tests.small_books import HISTORY, called, in_teams, make_books, say, won

MAY = "2017-05-01..2017-05-28"


@pytest.fixture(autouse=True)
def books_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quotum: Quotum) -> None:
    with make_books(tmp_path) as books:
        say(books, *in_teams(("Ann", "north", "2017-01-01"), ("Bob", "north", "2017-01-01")))
        say(books, *won("1", "Ann", "2017-05-05", "270.00"), *won("2", "Bob", "2017-05-05", "-8.00"))
        say(books, called("1", "Bob", "2017-05-05"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QUOTUM_HISTORY", HISTORY)
    for words in (
        ("revenue", "200", "--rep", "Ann"),
        ("revenue", "100", "--rep", "Bob"),
        ("calls", "3", "--rep", "Bob"),
    ):
        metric, value, *whose = words
        assert quotum("target", "set", metric, MAY, value, *whose, "--reason", "agreed", "--by", "Ann").exit_code == 0


def test_a_table_shows_how_far_everyone_with_a_target_is(quotum: Quotum) -> None:
    found = quotum("progress", MAY, "--on", "2017-05-19")
    assert found.exit_code == 0
    assert [line.rstrip() for line in found.stdout.splitlines()] == [
        "2017-05-01 to 2017-05-28, EUR, on 2017-05-19: 15 of 20 working days gone, 5 left",
        "who  metric     done  target  attainment  standing  a_day",
        "Ann  revenue  270.00  200.00      135.0%  ahead      0.00",
        "Bob  calls         1       3       33.3%  behind      0.4",
        "Bob  revenue   -8.00  100.00       -8.0%  behind    21.60",
        "Bob: 0 of 2 targets reached",
    ]


def test_on_the_first_working_day_nobody_is_behind_yet(quotum: Quotum) -> None:
    asked = ("progress", "Bob", MAY, "--metric", "calls", "--format", "json", "--on")
    standings = [json.loads(quotum(*asked, day).stdout)[0]["standing"] for day in ("2017-05-01", "2017-05-02")]
    assert standings == ["on track", "behind"]


def test_a_script_gets_the_whole_pace(quotum: Quotum) -> None:
    found = quotum("progress", "Bob", MAY, "--on", "2017-05-19", "--metric", "revenue", "--format", "csv")
    assert list(csv.DictReader(found.stdout.splitlines())) == [
        {
            "who": "Bob", "scope": "rep", "metric": "revenue", "on": "2017-05-19", "done": "-8.00", "target": "100.00",
            "currency": "EUR", "attainment_percent": "-8", "working_days": "20", "gone": "15", "left": "5",
            "expected": "75.00", "needed_a_day": "21.60", "projected": "-10.67", "standing": "behind",
        }
    ]  # fmt: skip


def test_without_a_target_there_is_no_percentage_and_no_standing(quotum: Quotum) -> None:
    found = json.loads(quotum("progress", "Ann", MAY, "--metric", "calls", "--format", "json").stdout)
    assert [(row["done"], row["target"], row["attainment_percent"], row["standing"]) for row in found] == [
        ("0", None, None, None)
    ]
    table = quotum("progress", "Ann", MAY, "--metric", "deals_won").stdout.splitlines()
    assert table[2].split() == ["Ann", "deals_won", "1"]


def test_where_there_is_no_target_it_says_how_to_set_one(quotum: Quotum) -> None:
    found = quotum("progress", "2016")
    assert found.exit_code == 0
    assert "no target here; set one: quotum target set" in found.stdout


def test_a_part_of_a_longer_period_with_targets_names_it_rather_than_having_none(quotum: Quotum) -> None:
    nobody = quotum("progress", "2017-05-02..2017-05-03")
    assert nobody.stdout.strip() == "nothing here"
    assert f"there are targets for {MAY}: ask for that period" in nobody.stderr
    ann = quotum("progress", "Ann", "2017-05-05")
    assert "270.00" in ann.stdout
    assert f"there are targets for {MAY}" in ann.stderr
    assert quotum("progress", "Ann", "2017-05-05", "--metric", "calls").stderr == ""
    assert quotum("progress", MAY).stderr == ""


def test_several_currencies_have_a_column(quotum: Quotum) -> None:
    assert (
        quotum("target", "set", "revenue", MAY, "5", "--currency", "USD", "--reason", "x", "--by", "Ann").exit_code == 0
    )
    header = quotum("progress", MAY).stdout.splitlines()[1]
    assert header.split()[-1] == "currency"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ((), "quotum: give a period, such as 2017-Q2\n"),
        (("Anne", MAY), "quotum: there is no person or team 'Anne'; did you mean Ann?\n"),
        (("Ann", "soon"), "quotum: not a period: 'soon'"),
        ((MAY, "--metric", "smiles"), "quotum: there is no metric 'smiles'"),
        ((MAY, "--metric", "cycle_days_median"), "quotum: cycle_days_median is a duration"),
    ],
)
def test_what_cannot_be_answered_ends_with_2_and_one_line(quotum: Quotum, words: tuple[str, ...], why: str) -> None:
    found = quotum("progress", *words)
    assert found.exit_code == 2
    assert found.stderr.startswith(why)
    assert found.stderr.count("\n") == 1


@pytest.mark.parametrize("words", [("a", "b", "c"), ("Ann", MAY, "--on", "soon")])
def test_what_is_no_command_ends_with_2(quotum: Quotum, words: tuple[str, ...]) -> None:
    assert quotum("progress", *words).exit_code == 2


def test_a_board_shows_targets_where_it_is_asked_to(quotum: Quotum) -> None:
    board = ("board", "revenue", MAY)
    assert quotum(*board, "--format", "csv").stdout == "rank,who,value\n1,Ann,270.00\n2,Bob,-8.00\n"
    assert quotum(*board, "--rank-by", "value", "--format", "csv").stdout == (
        "rank,who,value,target,attainment_percent\n1,Ann,270.00,200.00,135\n2,Bob,-8.00,100.00,-8\n"
    )
    table = [line.rstrip() for line in quotum(*board, "--rank-by", "attainment").stdout.splitlines()]
    assert table[1:] == [
        "rank  who   value  target  attainment",
        "   1  Ann  270.00  200.00        135%",
        "   2  Bob   -8.00  100.00         -8%",
    ]
    found = quotum(*board, "--by", "product", "--rank-by", "attainment")
    assert (found.exit_code, found.stderr) == (
        2,
        "quotum: reps, teams and the company have targets, a product has none; ask by rep, team, total\n",
    )
