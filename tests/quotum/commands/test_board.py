"""`quotum board` prints what scripts rely on, and a table that a manager can read."""

import json
from pathlib import Path

import pytest

from tests.quotum.conftest import Quotum
from tests.small_books import HISTORY, make_books, say, won


def test_csv_has_rank_who_value_with_zeros_and_unassigned_last(quotum: Quotum, history: str) -> None:
    found = quotum("board", "revenue", "2017-06", "--history", history, "--format", "csv")
    assert (found.exit_code, found.stderr) == (0, "")
    assert found.stdout == (
        "rank,who,value\n"
        "1,Anna de Vries,1250.50\n"
        '2,"Bas ""Baas"", Jansen",800.00\n'
        "3,Anna de Vries (2),99.95\n"
        "4,Žofie; O'Neil,0.00\n"
        ",,10.00\n"
    )


def test_a_table_reads_well_at_80_columns(quotum: Quotum, history: str) -> None:
    found = quotum("board", "revenue", "2017-06", "--history", history)
    assert [line.rstrip() for line in found.stdout.splitlines()] == [
        "revenue by rep, 2017-06-01 to 2017-06-30, EUR",
        "rank  who                   value",
        "   1  Anna de Vries       1250.50",
        '   2  Bas "Baas", Jansen   800.00',
        "   3  Anna de Vries (2)     99.95",
        "   4  Žofie; O'Neil          0.00",
        "      (unassigned)          10.00",
    ]


def test_json_has_the_same_rows(quotum: Quotum, history: str) -> None:
    found = json.loads(quotum("board", "deals_won", "2017-06", "--history", history, "--format", "json").stdout)
    assert found[0] == {"rank": 1, "who": "Anna de Vries", "value": "1"}
    assert found[-1] == {"rank": None, "who": None, "value": "1"}


def test_a_part_of_a_deal_reads_well_in_a_table_and_is_exact_for_scripts(
    quotum: Quotum, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with make_books(tmp_path) as books:
        thirds = [{"rep": rep, "share": share} for rep, share in (("Ann", "0.333333"), ("Bas", "0.666667"))]
        shared = ("deal.reassigned", {"id": "1", "day": "2017-06-01", "shares": thirds})
        say(books, *won("1", None, "2017-06-02"), shared, *won("2", "Cas", "2017-06-02"))
    table = quotum("board", "deals_won", "2017-06", "--history", HISTORY).stdout.splitlines()
    assert [line.split() for line in table[2:]] == [["1", "Cas", "1.00"], ["2", "Bas", "0.67"], ["3", "Ann", "0.33"]]
    found = quotum("board", "deals_won", "2017-06", "--history", HISTORY, "--format", "csv").stdout
    assert found == "rank,who,value\n1,Cas,1\n2,Bas,0.666667\n3,Ann,0.333333\n"


def test_several_currencies_have_a_column_and_ranks_of_their_own(quotum: Quotum, history: str) -> None:
    found = quotum("board", "revenue", "2017-08", "--history", history, "--format", "csv")
    assert found.stdout.splitlines() == [
        "rank,who,value,currency",
        '1,"Bas ""Baas"", Jansen",1.00,EUR',
        "2,Anna de Vries,0.00,EUR",
        "2,Anna de Vries (2),0.00,EUR",
        "2,Žofie; O'Neil,0.00,EUR",
        "1,Anna de Vries (2),5000,JPY",
    ]
    limited = quotum("board", "revenue", "2017-08", "--history", history, "--format", "csv", "--limit", "1")
    assert len(limited.stdout.splitlines()) == 1 + 2
    title = quotum("board", "revenue", "2017-08", "--history", history).stdout.splitlines()[0]
    assert title == "revenue by rep, 2017-08-01 to 2017-08-31"


def test_only_the_first_rows_are_shown_where_there_is_a_limit(quotum: Quotum, history: str) -> None:
    found = quotum("board", "revenue", "2017-06", "--history", history, "--format", "csv", "--limit", "2")
    assert len(found.stdout.splitlines()) == 1 + 2


def test_wins_without_an_amount_are_named_on_standard_error(quotum: Quotum, history: str) -> None:
    found = quotum("board", "revenue", "2017-07", "--by", "total", "--history", history, "--format", "csv")
    assert found.stdout == "rank,who,value\n1,total,0.00\n"
    assert found.stderr == "quotum: 1 deal won that brings no revenue (no amount, or 0): deal:D-5\n"
    assert found.exit_code == 0


@pytest.mark.parametrize(
    ("words", "title"),
    [
        (("calls", "2017-06-01"), "calls by rep, 2017-06-01"),
        (("deals_won", "2017-W24", "--by", "team"), "deals_won by team, 2017-06-12 to 2017-06-18"),
        (
            ("revenue", "2017-Q2", "--credit", "closer"),
            "revenue by rep, credited to the closer, 2017-04-01 to 2017-06-30, EUR",
        ),
        (("calls", "2017-Q2", "--credit", "closer"), "calls by rep, 2017-04-01 to 2017-06-30"),
        (("revenue", "2031", "--by", "total"), "revenue by total, 2031-01-01 to 2031-12-31, EUR"),
    ],
)
def test_a_title_says_what_was_asked(quotum: Quotum, history: str, words: tuple[str, ...], title: str) -> None:
    assert quotum("board", *words, "--history", history).stdout.splitlines()[0].rstrip() == title


@pytest.mark.parametrize(
    ("by", "row"),
    [
        ("team", "2  Team 2       99.95"),
        ("region", "(no region)    10.00"),
        ("product", "(no product)  2160.45"),
        ("kind", "(no kind)  2160.45"),
        ("day", "2017-06-02     0.00"),
        ("total", "1  total  2160.45"),
    ],
)
def test_each_way_to_look_at_a_period_has_its_rows(quotum: Quotum, history: str, by: str, row: str) -> None:
    found = quotum("board", "revenue", "2017-06", "--by", by, "--history", history)
    assert row in " ".join(line.rstrip() for line in found.stdout.splitlines())


@pytest.mark.parametrize("by", ["product", "kind"])
def test_a_table_of_nothing_says_so(quotum: Quotum, history: str, by: str) -> None:
    found = quotum("board", "revenue", "2031", "--by", by, "--history", history)
    assert found.stdout.splitlines()[1] == "nothing in this period"
    assert found.exit_code == 0


@pytest.mark.parametrize("by", ["rep", "team", "region", "product", "kind", "day", "total"])
@pytest.mark.parametrize("metric", ["calls", "revenue", "cycle_days_median"])
def test_an_empty_history_answers_every_question(quotum: Quotum, empty: str, metric: str, by: str) -> None:
    for form in ("csv", "json", "table"):
        found = quotum("board", metric, "2017-06-01", "--by", by, "--history", empty, "--format", form)
        assert (found.exit_code, found.stderr) == (0, "")
        assert found.stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("revenu", "2017"), "quotum: there is no metric 'revenu'; did you mean revenue?\n"),
        (("revenue", "2017-Q5"), "quotum: no such period: '2017-Q5': there is no quarter 5"),
        (("revenue", "June"), "quotum: not a period: 'June'"),
        (("revenue", "2017-06-30..2017-06-01"), "ends on 2017-06-01, before it begins on 2017-06-30"),
        (("revenue", "2017", "--credit", "winner"), "'winner' is not one of 'owner'"),
        (("revenue", "2017", "--by", "reps"), "'reps' is not one of 'rep'"),
        (("revenue", "2017", "--ties", "fair"), "'fair' is not one of 'standard'"),
        (("revenue", "2017", "--format", "xlsx"), "'xlsx' is not one of 'table'"),
        (("revenue", "2017", "--limit", "0"), "greater than or equal to 1"),
        (("revenue",), "Missing argument"),
        ((), "Missing argument"),
    ],
)
def test_a_question_that_cannot_be_answered_is_a_usage_error(
    quotum: Quotum, history: str, words: tuple[str, ...], says: str
) -> None:
    found = quotum("board", *words, "--history", history)
    assert found.exit_code == 2
    assert found.stdout == ""
    assert says in found.stderr
    assert "Traceback" not in found.stderr
