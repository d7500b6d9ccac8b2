"""What a board opens with, and periods that move with the calendar."""

from pathlib import Path

import pytest

from quotum.server.choices import dated, last_month_with, main_metric, teams_of, until_midnight, word_for
from schemas.moments import microseconds, parse_day, parse_instant
from schemas.periods import parse_period
from tests.quotum.server.serving import WON, opened, served

TODAY = parse_day("2026-01-01")


@pytest.mark.parametrize(
    ("period", "fiscal_start", "text"),
    [
        ("today", 1, "2026-01-01"),
        ("yesterday", 1, "2025-12-31"),
        ("this-week", 1, "2026-W01"),
        ("last-week", 1, "2025-W52"),
        ("this-month", 1, "2026-01"),
        ("last-month", 1, "2025-12"),
        ("last-quarter", 1, "2025-Q4"),
        ("this-year", 1, "2026"),
        ("this-year", 4, "FY2025"),
        ("last-quarter", 4, "FY2025-Q3"),
        ("2017-W24", 4, "2017-W24"),
    ],
)
def test_periods_move_with_the_calendar(period: str, fiscal_start: int, text: str) -> None:
    assert dated(period, TODAY, fiscal_start) == text


@pytest.mark.parametrize(
    ("period", "fiscal_start", "word"),
    [
        ("2026-01", 1, "this-month"),
        ("2025-12-31", 1, "yesterday"),
        ("FY2025-Q3", 4, "last-quarter"),
        ("2024-07", 1, "2024-07"),
        ("2026-01-01..2026-01-31", 1, "2026-01-01..2026-01-31"),
    ],
)
def test_a_period_that_has_a_word_is_called_by_it(period: str, fiscal_start: int, word: str) -> None:
    assert word_for(parse_period(period, fiscal_start), TODAY, fiscal_start) == word


def test_a_board_opens_with_revenue_if_there_is_any_this_year_else_with_what_most_is_known_of(tmp_path: Path) -> None:
    with served(tmp_path) as (client, books):
        assert main_metric(books, TODAY) == "revenue"
        client.post("/v1/events", json=[opened()])
        assert main_metric(books, TODAY) == "deals_opened"
        client.post("/v1/events", json=[WON])
        assert main_metric(books, TODAY) == "revenue"
        assert last_month_with(books, "revenue", parse_day("2026-12-31")) == "2026-03"
        assert last_month_with(books, "revenue", TODAY) is None
        assert teams_of(books) == {}


@pytest.mark.parametrize(
    ("now", "seconds"),
    [
        ("2026-11-23T22:59:59Z", 1),
        ("2026-11-23T23:00:00Z", 86_400),
        ("2026-10-24T22:00:00Z", 90_000),  # summer time ends
        ("2026-03-28T23:00:00Z", 82_800),  # and begins
    ],
)
def test_midnight_is_the_one_of_the_workspace(tmp_path: Path, now: str, seconds: int) -> None:
    with served(tmp_path) as (_, books):
        assert until_midnight(books, microseconds(parse_instant(now))) == seconds
