"""Targets over HTTP: set as `quotum target set` sets them, by whom and why, and listed with all their steps."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from streams.keys import Keys
from tests.quotum.server.serving import served
from tests.quotum.server.test_showing import won

WISH = {"metric": "revenue", "period": "2026-Q1", "value": "30000", "rep": "anna", "reason": "As last quarter."}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with served(tmp_path) as (client, _):
        client.post("/v1/events", json=won(1, "a", "anna", "100.10"))
        yield client


def set_(client: TestClient, **other: str) -> dict[str, Any]:
    answer = client.post("/v1/targets", json={**WISH, **other})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_target_is_agreed_then_changed_from_a_day_on_and_left_where_it_is_so_already(client: TestClient) -> None:
    agreed = set_(client, by_new="Marieke")
    changed = set_(client, by="Marieke", value="36000.50", day="2026-02-09", reason="Back early.")
    again = set_(client, by="Marieke", value="36000.50", day="2026-02-10")
    assert [(one["fate"], one["day"], one["value"], one["before"]) for one in (agreed, changed, again)] == [
        ("agreed", None, "30000.00", None),
        ("changed", "2026-02-09", "36000.50", "30000.00"),
        ("unchanged", "2026-02-10", "36000.50", "36000.50"),
    ]
    [found] = client.get("/v1/targets").json()
    assert found == again["target"]
    assert found["steps"] == [
        {"day": None, "value": "30000.00", "by": "Marieke", "reason": "As last quarter."},
        {"day": "2026-02-09", "value": "36000.50", "by": "Marieke", "reason": "Back early."},
    ]
    kept = ("who", "scope", "metric", "period", "first", "last", "currency")
    assert [found[name] for name in kept] == ["anna", "rep", "revenue", "2026-Q1", "2026-01-01", "2026-03-31", "EUR"]


def test_the_list_can_be_of_a_period_and_begins_with_the_company(client: TestClient) -> None:
    set_(client, by="anna")
    whole = {name: value for name, value in WISH.items() if name != "rep"} | {"by": "anna", "value": "60000"}
    assert client.post("/v1/targets", json=whole).json()["target"]["scope"] == "company"
    set_(client, by="anna", metric="deals_won", value="3", period="2026-Q2")
    assert [(one["who"], one["metric"]) for one in client.get("/v1/targets").json()] == [
        ("company", "revenue"),
        ("anna", "revenue"),
        ("anna", "deals_won"),
    ]
    assert [one["currency"] for one in client.get("/v1/targets?period=2026-Q2").json()] == [""]
    assert client.get("/v1/targets?period=2025").json() == []


def test_a_key_decides_in_its_own_name_where_nobody_else_is_named(tmp_path: Path) -> None:
    with Keys(tmp_path / "keys", lambda: 0) as keys, served(tmp_path, keys) as (client, books):
        held = {
            scope: {"Authorization": f"Bearer {keys.make(scope, [scope])}"} for scope in ("read", "write", "correct")
        }
        client.post("/v1/events", json=won(1, "a", "anna", "100.10"), headers=held["write"])
        position = books.next_offset()
        refused = {scope: client.post("/v1/targets", json=WISH, headers=held[scope]) for scope in ("read", "write")}
        assert {answer.status_code for answer in refused.values()} == {403}
        assert (books.next_offset(), client.post("/v1/targets", json=WISH).status_code) == (position, 401)
        for value in ("5", "6"):
            body = {**WISH, "value": value, "period": "2099"}
            assert client.post("/v1/targets", json=body, headers=held["correct"]).status_code == 200
        [found] = client.get("/v1/targets", headers=held["read"]).json()
        assert [step["by"] for step in found["steps"]] == ["key:correct", "key:correct"]
        assert client.get("/v1/targets", headers=held["correct"]).status_code == 403


@pytest.mark.parametrize(
    ("other", "field", "words"),
    [
        ({}, "by", "say who decided it"),
        ({"by": "anna", "by_new": "Kim"}, "", "give `by`, or `by_new`"),
        ({"by": "anna", "value": 30000}, "value", "with quotes"),
        ({"by": "anna", "day": "9 February"}, "day", "such as 2017-03-01"),
        ({"by": "anna", "quota": "5"}, "quota", "leave it out"),
        ({"by": "anna", "reason": " "}, "reason", "write a sentence"),
        ({"by": "anna", "value": "9" * 30}, "value", "check its decimal point"),
    ],
)
def test_a_fault_says_where_what_and_how_to_mend_it(
    client: TestClient, other: dict[str, Any], field: str, words: str
) -> None:
    answer = client.post("/v1/targets", json={**WISH, **other})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    [fault] = answer.json()["faults"]
    assert (fault["field"], words in fault["remedy"]) == (field, True)
    assert client.get("/v1/targets").json() == []


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"metric": "revenu"}, "did you mean revenue"),
        ({"period": "soon"}, "not a period"),
        ({"value": "1.500"}, "can be read in two ways"),
        ({"value": "-1"}, "lies below 0"),
        ({"rep": "ann"}, "did you mean anna"),
        ({"team": "north"}, "give one of the two"),
        ({"currency": "EURO"}, "ISO 4217"),
        ({"day": "2026-01-05"}, "leave 2026-01-05 out"),
        ({"by": "Kim"}, "there is no person 'Kim'"),
    ],
)
def test_what_is_not_clear_is_asked_back(client: TestClient, other: dict[str, Any], words: str) -> None:
    answer = client.post("/v1/targets", json={**WISH, "by": "anna", **other})
    assert (answer.status_code, words in answer.json()["detail"]) == (422, True)
    assert client.get("/v1/targets").json() == []
