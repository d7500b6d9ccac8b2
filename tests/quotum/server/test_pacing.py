"""How fast it is going, in words; and how much a day gets there."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from projections.metrics import METRICS
from quotum.boards import BoardRow
from quotum.server.pacing import paced, without_target
from quotum.server.wording import words_of
from schemas.periods import parse_period

NOVEMBER, MONDAY = parse_period("2026-11"), date(2026, 11, 23)  # 21 working days, 16 of them gone
REVENUE, CALLS = METRICS["revenue"], METRICS["calls"]


def row(done: int, target: int | None, currency: str = "EUR") -> BoardRow:
    part = Fraction(done, target) if target else None
    return BoardRow(1, "Anna", done, currency, "1", target, part, done if target else None)


@pytest.mark.parametrize(
    ("done", "state", "word", "woord"),
    [
        (800_000, "ahead", "ahead", "voor"),
        (761_905, "on-track", "on track", "op schema"),
        (700_000, "behind", "behind", "achter"),
    ],
)
def test_the_pace_is_a_word(done: int, state: str, word: str, woord: str) -> None:
    en, nl = (paced(words_of(one), REVENUE, NOVEMBER, row(done, 1_000_000), MONDAY) for one in ("en", "nl"))
    assert (en["state"], en["status"], nl["status"]) == (state, word, woord)


def test_nobody_is_behind_on_the_first_morning_of_a_month() -> None:
    first, second = (paced(words_of("nl"), REVENUE, NOVEMBER, row(0, 1_000), date(2026, 11, day)) for day in (2, 3))
    assert (first["state"], first["status"], second["status"]) == ("on-track", "op schema", "achter")


def test_what_is_needed_a_day_is_enough_to_get_there() -> None:
    nl = paced(words_of("nl"), REVENUE, NOVEMBER, row(600_001, 1_000_000), MONDAY)
    assert nl["pace"] == "nog 5 werkdagen, €\N{NO-BREAK SPACE}800 per dag nodig"
    en = paced(words_of("en"), CALLS, NOVEMBER, row(1_000_000, 10_000_000, ""), MONDAY)
    assert en["pace"] == "5 working days left, 1.8 a day needed"
    last = paced(words_of("en"), CALLS, NOVEMBER, row(9_000_000, 10_000_000, ""), date(2026, 11, 27))
    assert last["pace"] == "1 working day left, 1 a day needed"


def test_what_is_reached_or_over_needs_nothing_a_day() -> None:
    reached = paced(words_of("en"), REVENUE, NOVEMBER, row(1_000_000, 1_000_000), MONDAY)
    assert (reached["done"], reached["pace"]) == ("100%", "")
    over = paced(words_of("en"), REVENUE, NOVEMBER, row(999_999, 1_000_000), date(2026, 12, 1))
    assert (over["done"], over["state"], over["pace"]) == ("99.9%", "behind", "")


def test_what_is_reached_has_as_many_digits_as_its_column() -> None:
    en, nl = (paced(words_of(one), REVENUE, NOVEMBER, row(164, 100), MONDAY, 1)["done"] for one in ("en", "nl"))
    assert (en, nl) == ("164.0%", "164,0\N{NO-BREAK SPACE}%")


def test_what_was_reached_in_several_teams_is_said_to_be_so() -> None:
    found = paced(words_of("nl"), REVENUE, NOVEMBER, replace(row(1_000_000, 1_000_000), value=400_000), MONDAY)
    assert (found["done"], found["state"]) == ("100\N{NO-BREAK SPACE}% in alle teams", "ahead")


def test_who_has_no_target_has_no_pace_and_is_told_so_where_others_have_one() -> None:
    assert set(paced(words_of("en"), REVENUE, NOVEMBER, row(5, None), MONDAY).values()) == {""}
    assert without_target(words_of("nl"))["status"] == "geen target"
