"""Messages have their Dutch texts, and figures, money and dates are written as each language writes them."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from quotum.server import wording
from quotum.server.wording import MESSAGES, Language, language_of, words_of
from schemas.periods import parse_period

CODE = Path(wording.__file__).parent
SPACE = "\N{NO-BREAK SPACE}"
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "say": None,
    "message": None,
    "count": (1, 2),
    "messages": (1, 2),
}


def used() -> set[str | tuple[str, ...]]:
    return {found for _, _, found, _, _ in extract_from_dir(CODE, METHODS, keywords=KEYWORDS)}


def dutch() -> dict[str | tuple[str, ...], str | tuple[str, ...]]:
    with (MESSAGES / "nl.po").open("rb") as file:
        return {
            tuple(one.id) if isinstance(one.id, list | tuple) else one.id: _whole(one.string)
            for one in read_po(file, locale="nl")
            if one.id
        }


def _whole(text: object) -> str | tuple[str, ...]:
    return tuple(str(one) for one in text) if isinstance(text, list | tuple) else str(text or "")


def test_every_message_has_a_dutch_text_and_no_text_is_left_over() -> None:
    assert used() == set(dutch())
    assert all(all(text) if isinstance(text, tuple) else text for text in dutch().values())


def test_a_dutch_text_has_the_same_places_for_values() -> None:
    for english, text in dutch().items():
        one, other = (" ".join(said) if isinstance(said, tuple) else said for said in (english, text))
        assert set(re.findall(r"\{\w+\}", one)) == set(re.findall(r"\{\w+\}", other)), english


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("nl-NL,nl;q=0.9,en;q=0.8", "nl"),
        ("en-GB", "en"),
        ("de, nl;q=0.5, en;q=0.4", "nl"),
        ("nl;q=0, en", "en"),
        ("de", "en"),
        ("", "en"),
        ("nl;q=x", "en"),
        ("*;;;,,", "en"),
    ],
)
def test_the_language_is_the_first_of_the_browser_that_we_speak(accepted: str, language: Language) -> None:
    assert language_of(accepted) == language


@pytest.mark.parametrize(
    ("language", "value", "shown"),
    [
        ("nl", "1234.50", f"€{SPACE}1.234,50"),
        ("en", "1234.50", "€1,234.50"),
        ("nl", "4500.00", f"€{SPACE}4.500"),
        ("en", "4500.00", "€4,500"),
        ("nl", "-0.05", f"€{SPACE}-0,05"),
        ("en", "-3000.00", "-€3,000"),
    ],
)
def test_money(language: Language, value: str, shown: str) -> None:
    assert words_of(language).money(value, "EUR") == shown


def test_shares_dates_and_counts() -> None:
    nl, en = words_of("nl"), words_of("en")
    day = date(2026, 11, 23)
    assert (nl.percentage("104.5"), en.percentage("104.5")) == (f"104,5{SPACE}%", "104.5%")
    assert (nl.percentage("-8"), en.percentage("135", 1)) == (f"-8{SPACE}%", "135.0%")
    assert nl.share(Decimal("0.333333"), 2) == f"33,33{SPACE}%"
    assert (nl.day(day), en.day(day)) == ("ma 23 nov 2026", "Mon 23 Nov 2026")
    assert nl.moment(datetime(2026, 11, 23, 9, 5, tzinfo=UTC)) == "ma 23 nov 2026 09:05"
    assert [nl.count("{n} call", "{n} calls", n) for n in (1, 2)] == ["1 telefoontje", "2 telefoontjes"]
    assert [en.count("{n} call", "{n} calls", n) for n in (1, 2)] == ["1 call", "2 calls"]
    assert (nl.figure("1234567.5"), en.figure("1234567.5", 2)) == ("1.234.567,5", "1,234,567.50")


@pytest.mark.parametrize(
    ("text", "nl", "en"),
    [
        ("2026-11-23", "ma 23 nov 2026", "Mon 23 Nov 2026"),
        ("2026-W48", "week 48, 2026", "week 48, 2026"),
        ("2026-11", "november 2026", "November 2026"),
        ("2026-Q4", "4e kwartaal 2026", "4th quarter 2026"),
        ("2026", "2026", "2026"),
        ("FY2026", "boekjaar 2026", "financial year 2026"),
        ("FY2026-Q1", "boekjaar 2026, kwartaal 1", "financial year 2026, quarter 1"),
        (
            "2026-11-01..2026-11-15",
            "zo 1 nov 2026 \N{EN DASH} zo 15 nov 2026",
            "Sun 1 Nov 2026 \N{EN DASH} Sun 15 Nov 2026",
        ),
    ],
)
def test_a_period_in_words(text: str, nl: str, en: str) -> None:
    period = parse_period(text)
    assert (words_of("nl").period(period), words_of("en").period(period)) == (nl, en)


def test_a_value_is_never_taken_for_a_place_of_a_value() -> None:
    assert words_of("en").say("{who} makes a call", who="{amount} {0}") == "{amount} {0} makes a call"


def test_no_line_ends_within_the_word_e_mail() -> None:
    nl, en = words_of("nl"), words_of("en")
    assert en.say("{who} sends an e-mail", who="e-mail Ann") == "e-mail Ann sends an e\N{NON-BREAKING HYPHEN}mail"
    assert nl.say("{who} sends an e-mail", who="Ann") == "Ann stuurt een e\N{NON-BREAKING HYPHEN}mail"
    assert en.count("{n} e-mail", "{n} e-mails", 2) == "2 e\N{NON-BREAKING HYPHEN}mails"
