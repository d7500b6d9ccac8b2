"""Corrections at the prompt: what was moved is printed, a slip is one clear line."""

import json
from pathlib import Path

import pytest

from tests.quotum.conftest import Quotum
from tests.small_books import HISTORY, make_books, say, won


@pytest.fixture
def path(tmp_path: Path) -> str:
    with make_books(tmp_path) as books:
        say(books, *won("D1", "anna", "2017-06-01", "100.00"), *won("D2", "bas", "2017-06-02", "50.00"))
    return str(tmp_path / HISTORY)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("amend", "deal:D-1", "amount=5 eur"), """amount: is '5 eur', without a currency: write "amount=5 EUR\""""),
        (("amend", "deal:D-1", "amount=5 usd"), """write "amount=5 USD\""""),
        (("amend", "deal:D-1", "amount=5 or so"), """write "amount=5 EUR\""""),
        (("reassign", "deal:D-1", "u-2=0.5"), "the shares must sum to 1 exactly; say who has the rest of 0.5"),
        (("void", "deal"), "the kinds are appointment, call, deal, demo, email, lead, meeting, offer"),
        (("void", "shoe:1"), "the kinds are appointment, call, deal, demo, email, lead, meeting, offer"),
        (("reassign", "deal:D-1", "Kim"), "there is no person 'Kim'; write a name or a source id that a board shows"),
    ],
)
def test_a_slip_is_answered_with_what_to_write(quotum: Quotum, history: str, words: tuple[str, ...], says: str) -> None:
    found = quotum(*words, "--history", history)
    assert (found.exit_code, found.stdout) == (2, "")
    assert says in found.stderr


def test_a_day_that_is_none_is_told_in_the_form_of_a_day(quotum: Quotum, history: str) -> None:
    found = quotum("reassign", "deal:D-1", "u-2", "--from", "tomorrow", "--history", history)
    assert found.exit_code == 2
    said = " ".join(found.stderr.replace("│", " ").split())
    assert "'tomorrow' is not a day: write year, month and day, such as 2017-03-01" in said


def test_each_correction_prints_what_it_moved(quotum: Quotum, path: str) -> None:
    amended = quotum("amend", "deal:D1", "amount=120.50 EUR", "--history", path, "--format", "csv")
    assert amended.stdout == "metric,who,day,moved,currency\nrevenue,anna,2017-06-01,+20.50,EUR\n"
    reassigned = quotum("reassign", "deal:D1", "bas", "--history", path, "--format", "json")
    assert {(one["who"], one["moved"]) for one in json.loads(reassigned.stdout) if one["metric"] == "revenue"} == {
        ("anna", "-120.50"),
        ("bas", "+120.50"),
    }
    withdrawn = quotum("withdraw", "deal:D1", "--history", path, "--format", "csv")
    assert "revenue,bas,2017-06-01,-120.50,EUR" in withdrawn.stdout
    voided = quotum("void", "deal:D2", "--history", path, "--format", "csv")
    assert "revenue,bas,2017-06-02,-50.00,EUR" in voided.stdout
    recorded = quotum("record", "call.logged", "id=C1", "rep=anna", "day=2017-06-03", "--history", path)
    assert "calls" in recorded.stdout
    assert quotum("verify", "--history", path).exit_code == 0


def test_a_correction_that_moves_no_figure_says_so(quotum: Quotum, path: str) -> None:
    assert quotum("amend", "deal:D1", "amount=100.00 EUR", "--history", path).stdout == "recorded; no figure moved\n"


def test_a_handover_at_the_prompt_has_its_day(quotum: Quotum, path: str) -> None:
    handed = quotum("reassign", "deal:D1", "anna=0.5", "bas=0.5", "--from", "2017-06-01", "--history", path)
    assert "+50.00" in handed.stdout


def test_who_puts_something_right_is_kept_by_number_and_shown_by_name(quotum: Quotum, path: str) -> None:
    assert quotum("amend", "deal:D1", "amount=1.00 EUR", "--by", "bas", "--history", path).exit_code == 0
    assert quotum("amend", "deal:D1", "amount=2.00 EUR", "--history", path).exit_code == 0
    lines = [line for line in quotum("events", "--history", path).stdout.splitlines() if "amended" in line]
    assert [line.split("says ")[1].split()[0] for line in lines] == ["bas", "a"]  # person, in the next line
    told = json.loads(quotum("events", "--of", "deal:D1", "--history", path, "--format", "json").stdout)
    assert [one["source"] for one in told if one["by"] == "person"] == ["quotum:person/2", "quotum:person"]


def test_what_is_recorded_without_an_id_gets_one_of_its_own_and_is_known_by_it(quotum: Quotum, path: str) -> None:
    call = ("record", "call.logged", "rep=anna", "day=2017-06-03", "--history", path)
    first, second = quotum(*call), quotum(*call)
    entities = [answer.stderr.split()[3] for answer in (first, second)]
    assert len(set(entities)) == 2
    assert all(entity.startswith("call:") for entity in entities)
    voided = quotum("void", entities[0], "--history", path, "--format", "csv")
    assert voided.stdout == "metric,who,day,moved,currency\ncalls,anna,2017-06-03,-1,\n"


def test_what_is_nobodys_is_said_to_be_with_the_reason_and_the_way_out(quotum: Quotum, path: str) -> None:
    won = ("record", "deal.won", "id=D9", "rep=anna", "amount=9.00 EUR", "day=2017-06-03", "--history", path)
    answer = quotum(*won)
    assert "unassigned" in answer.stdout
    assert "nobody said whose deal:D9 is" in answer.stderr
    assert "`quotum record deal.opened id=D9 rep=WHO day=DAY`" in answer.stderr
    opened = quotum("record", "deal.opened", "id=D9", "rep=anna", "day=2017-06-03", "--history", path)
    assert "revenue" in opened.stdout
    assert opened.stderr == ""


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("amend", "deal:D1", "amount"), "is not FIELD=VALUE"),
        (("amend", "deal:D7", "units=3"), "there is no deal:D7"),
        (("reassign", "deal:D1", "ann"), "did you mean anna"),
        (("void", "deal:D1", "--by", "ann"), "did you mean anna"),
        (("record", "deal.won", "day=2017-06-03"), "id: is missing: say which deal it is about"),
        (("amend", "deal:D1", "amount=100"), "amount: is '100', without a currency: write \"amount=100 EUR\""),
        (("record", "deal.opened", "amount=5", "day=2017-06-03"), 'write "amount=5 EUR"'),
        (("record", "call.loged", "id=1"), "did you mean call.logged"),
    ],
)
def test_a_slip_is_one_clear_line_and_exit_code_two(
    quotum: Quotum, path: str, words: tuple[str, ...], told: str
) -> None:
    answer = quotum(*words, "--history", path)
    assert answer.exit_code == 2
    assert told in answer.stderr
    assert answer.stderr.count("\n") == 1
