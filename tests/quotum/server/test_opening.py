"""A figure opened: the events behind it add up to it exactly, whatever was corrected, moved or taken back."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from quotum.server.showing import Question, shown
from streams.books import Books
from tests.quotum.server.serving import served
from tests.quotum.server.test_showing import told, won

EVENTS = [
    *won(1, "a", "anna", "100.10"),
    *won(3, "b", "anna", "50.20"),
    *won(5, "c", None, "7"),
    told(10, "deal.amended", id="a", amount={"value": "80.05", "currency": "EUR"}),
    told(11, "deal.amended", id="b", closed_day="2026-03-09"),
    told(12, "deal.reassigned", id="a", shares=[{"rep": "anna", "share": "0.5"}, {"rep": "bas", "share": "0.5"}]),
    *won(13, "d", "bas", "1000", "2026-04-01"),
    told(20, "deal.amended", id="d", closed_day="2026-03-31"),
    told(21, "deal.reopened", id="d"),
    *won(22, "e", "anna", "3"),
]


def explained(client: TestClient, path: str, **query: Any) -> dict[str, Any]:  # noqa: ANN401 (a parameter)
    answer = client.get(f"/v1/explain/{path}", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def keys(books: Books, metric: str, by: str) -> list[str]:
    return list(shown(books, Question.model_validate({"metric": metric, "period": "2026-03", "by": by})).rows)


@pytest.mark.parametrize("metric", ["revenue", "deals_won", "deals_opened", "units"])
@pytest.mark.parametrize("by", ["rep", "team", "product", "day", "total"])
def test_what_is_shown_adds_up_to_the_figure(tmp_path: Path, metric: str, by: str) -> None:
    with served(tmp_path) as (client, books):
        client.post("/v1/events", json=EVENTS)
        for key in keys(books, metric, by):
            found = explained(client, f"{metric}/2026-03/{key}", by=by)
            assert sum(Fraction(step["moved"]) for step in found["steps"]) == Fraction(found["value"])
            assert found["events"] == len(found["steps"])
            if found["steps"]:
                assert found["steps"][0]["after"] == found["value"]


def test_pages_of_it_are_parts_of_the_whole(tmp_path: Path) -> None:
    with served(tmp_path) as (client, books):
        client.post("/v1/events", json=EVENTS)
        key = keys(books, "revenue", "rep")[0]
        whole = explained(client, f"revenue/2026-03/{key}")["steps"]
        parts = [explained(client, f"revenue/2026-03/{key}", limit=1, skip=n)["steps"] for n in range(len(whole))]
    assert [step for part in parts for step in part] == whole


def test_a_person_who_said_so_is_told_from_a_feed(tmp_path: Path) -> None:
    with served(tmp_path) as (client, books):
        client.post("/v1/events", json=EVENTS)
        step = explained(client, f"revenue/2026-03/{keys(books, 'revenue', 'rep')[0]}")["steps"][-1]
    assert (step["by"], step["source"], step["asserted_at"]) == ("feed", "crm", "2026-03-03T10:00:00Z")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("revenue/2026-03/EUR/999", 404),
        ("revenue/2026-03/EUR/x", 404),
        ("x/2026-03/EUR/1", 422),
        ("revenue/x/EUR/1", 422),
    ],
)
def test_what_is_not_there_is_a_problem(tmp_path: Path, path: str, status: int) -> None:
    with served(tmp_path) as (client, _):
        assert client.get(f"/v1/explain/{path}").status_code == status
