"""The pages as they leave the server: the right language, kept to themselves, helpful when there is nothing to show."""

import re
from html import unescape
from pathlib import Path

import pytest

from streams.keys import Keys
from tests.quotum.server.serving import WON, opened, served


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
        assert "Nothing in this period." in answer.text
        assert "period=2026-03" in answer.text


def test_a_median_of_no_days_is_something(tmp_path: Path) -> None:
    with served(tmp_path) as (client, _):
        client.post("/v1/events", json=[opened(data={"id": "D1", "day": "2026-03-03", "rep": "anna"}), WON])
        text = client.get("/?metric=cycle_days_median&period=2026-03").text
    assert "anna" in text
    assert "Nothing in this period" not in text


def test_names_are_escaped(tmp_path: Path) -> None:
    hostile = "<script>alert(1)</script>"
    event = {**WON, "data": {**WON["data"], "rep": hostile}}  # type: ignore[dict-item]
    with served(tmp_path) as (client, _):
        client.post("/v1/events", json=[opened(data={"id": "D1", "day": "2026-03-01", "rep": hostile}), event])
        text = client.get("/?period=2026-03").text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_who_can_only_read_is_shown_no_command_that_sets_a_target(tmp_path: Path) -> None:
    (tmp_path / "alone").mkdir()
    with served(tmp_path / "alone") as (client, _):
        client.post("/v1/events", json=[opened(), WON])
        assert "quotum target set" in client.get("/?period=2026-01-01..2099-12-31&metric=revenue").text
    with Keys(tmp_path / "keys", lambda: 0) as keys, served(tmp_path, keys) as (client, _):
        feed = {"Authorization": f"Bearer {keys.make('feed', ['write'])}"}
        client.post("/v1/events", json=[opened(), WON], headers=feed)
        client.get(f"/enter/{keys.make('wall', ['read'])}")
        text = client.get("/?period=2026-01-01..2099-12-31&metric=revenue").text
    assert "anna" in text
    assert "quotum target set" not in text


def test_whoever_comes_back_from_a_figure_finds_the_choices_that_they_left(tmp_path: Path) -> None:
    with served(tmp_path) as (client, books):
        client.post("/v1/events", json=[opened(data={"id": "D1", "day": str(books.today()), "rep": "anna"})])
        before = client.get("/?metric=deals_opened").text
        why = re.findall(r'href="(/why\?[^"]*)"', before)[0]
        back = re.findall(r'class="back"><a href="([^"]*)"', client.get(unescape(why)).text)[0]
        after = client.get(unescape(back)).text

    def periods(page: str) -> list[str]:
        return re.findall(r"<option .*?</option>", page.partition('name="period"')[2].partition("</select>")[0])

    assert periods(after) == periods(before)
    assert '<option value="this-month" selected>' in after
