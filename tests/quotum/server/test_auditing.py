"""The pages for who doubts say what the API says."""

from pathlib import Path

from tests.quotum.server.serving import served
from tests.quotum.server.test_opening import EVENTS, explained, keys
from tests.quotum.server.test_showing import told, won


def test_the_pages_say_the_same(tmp_path: Path) -> None:
    with served(tmp_path) as (client, books):
        client.post("/v1/events", json=EVENTS)
        key = keys(books, "revenue", "rep")[0]
        page = client.get("/why", params={"metric": "revenue", "period": "2026-03", "key": key, "page": "x"})
        rows = explained(client, f"revenue/2026-03/{key}")["events"]
        assert (page.status_code, page.text.count("<tr>")) == (200, 1 + rows)
        trail = client.get("/events/deal:a")
        assert trail.status_code == 200
        assert "anna 50%, bas 50%" in trail.text
        lost = client.get("/events/deal:none")
        assert lost.status_code == 404
        assert "Nothing is known of this" in lost.text
        assert client.get("/why?metric=revenue&period=2026-03&by=nonsense&key=x").status_code == 422


def test_a_median_says_that_its_steps_are_deals(tmp_path: Path) -> None:
    with served(tmp_path) as (client, books):
        client.post("/v1/events", json=EVENTS)
        key = keys(books, "cycle_days_median", "rep")[0]
        page = client.get("/why", params={"metric": "cycle_days_median", "period": "2026-03", "key": key}).text
    assert "Deals more or fewer" in page
    assert "Deals counted then" in page
    assert "Figure then" not in page


def test_a_median_tells_a_shared_deal_to_the_hundredth(tmp_path: Path) -> None:
    with served(tmp_path) as (client, books):
        thirds = [{"rep": "anna", "share": "0.333333"}, {"rep": "bas", "share": "0.666667"}]
        shared = told(3, "deal.reassigned", id="a", day="2026-03-01", shares=thirds)
        client.post("/v1/events", json=[*won(1, "a", None, "5"), shared])
        key = keys(books, "cycle_days_median", "rep")[0]
        page = client.get("/why", params={"metric": "cycle_days_median", "period": "2026-03", "key": key}).text
    assert '<td class="number moved">+0.33</td>' in page
    assert "0.333333" not in page
