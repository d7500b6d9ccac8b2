"""Large figures are short where space is, exact to the digit that tells them apart, in each language's own way."""

import pytest

from quotum.server.shortening import shortened
from quotum.server.wording import Language, words_of

SPACE = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("language", "value", "currency", "short"),
    [
        ("nl", "1234567.50", "EUR", f"€{SPACE}1,2{SPACE}mln"),
        ("en", "1234567.50", "EUR", "€1.2M"),
        ("nl", "-1250000", "", f"-1,3{SPACE}mln"),
        ("en", "1000000.00", "", "1.0M"),
        ("en", "999960000", "", "1.0B"),
        ("nl", "12345678901", "", f"12,3{SPACE}mld"),
    ],
)
def test_a_million_is_a_word(language: Language, value: str, currency: str, short: str) -> None:
    assert shortened(words_of(language), [(value, currency)]) == [short]


def test_a_column_without_a_million_needs_no_short_form() -> None:
    assert shortened(words_of("en"), [("999999.99", ""), ("", ""), ("0", "")]) == ["", "", ""]


def test_beside_a_million_smaller_figures_leave_their_cents_and_nothing_stays_nothing() -> None:
    assert shortened(words_of("en"), [("1500000", ""), ("750000.50", ""), ("", "")]) == ["1.5M", "750,001", ""]


def test_what_is_no_tie_does_not_look_like_one() -> None:
    figures = [("1234567", ""), ("1244567", ""), ("1234567", "")]
    assert shortened(words_of("en"), figures) == ["1.23M", "1.24M", "1.23M"]


def test_what_would_look_like_a_tie_with_all_digits_is_shown_in_full() -> None:
    figures = [("1234567.89", ""), ("1234560.00", ""), ("1234567.89", ""), ("2000000", ""), ("500000", "")]
    assert shortened(words_of("en"), figures) == ["", "", "", "2.000M", "500,000"]
