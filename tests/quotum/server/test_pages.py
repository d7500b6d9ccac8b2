"""The pages as they leave the server: the right language, kept to themselves, helpful when there is nothing to show."""

from pathlib import Path

import pytest

from quotum.server.choices import dated
from schemas.moments import parse_day
from tests.quotum.server.serving import WON, opened, served

TODAY = parse_day("2026-01-01")


def test_a_page_may_load_nothing_from_elsewhere_and_is_not_kept(tmp_path: Path) -> None:
    with served(tmp_path) as (client, _):
        answer = client.get("/", headers={"Accept-Language": "nl"})
    assert answer.headers["content-security-policy"].startswith("default-src 'self'")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-language"] == "nl"
    assert "Er is nog niets gebeurd" in answer.text
    assert " style=" not in answer.text
    assert "<style" not in answer.text


def test_a_choice_of_language_is_kept_in_a_cookie_and_leaves_the_address(tmp_path: Path) -> None:
    with served(tmp_path) as (client, _):
        answer = client.get("/?period=2026&language=nl", follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/?period=2026")
        assert 'lang="nl"' in client.get("/", headers={"Accept-Language": "en"}).text
        assert 'lang="nl"' in client.get("/?language=xx").text


@pytest.mark.parametrize(
    "query", ["metric=x", "period=2026-13", "team=x", "team=99999999999", "team=\N{SUPERSCRIPT TWO}"]
)
def test_an_unknown_board_is_a_page_with_a_way_on(tmp_path: Path, query: str) -> None:
    with served(tmp_path) as (client, _):
        answer = client.get(f"/?{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("text/html")
    assert "To the board" in answer.text


def test_nothing_in_a_period_leads_to_the_last_month_that_has_something(tmp_path: Path) -> None:
    with served(tmp_path) as (client, _):
        client.post("/v1/events", json=[opened(), WON])
        answer = client.get("/?metric=revenue&period=2020")
        assert "Nothing in this period yet." in answer.text
        assert "period=2026-03" in answer.text


def test_names_are_escaped(tmp_path: Path) -> None:
    hostile = "<script>alert(1)</script>"
    event = {**WON, "data": {**WON["data"], "rep": hostile}}  # type: ignore[dict-item]
    with served(tmp_path) as (client, _):
        client.post("/v1/events", json=[opened(data={"id": "D1", "day": "2026-03-01", "rep": hostile}), event])
        text = client.get("/?period=2026-03").text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


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
