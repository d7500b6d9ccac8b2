"""How far everyone is, over HTTP: the answer of the command line, with figures that were worked out by hand."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from quotum.cli import app
from streams.keys import Keys
from tests.quotum.server.serving import served
from tests.quotum.server.test_showing import told, won

MAY = "2017-05-01..2017-05-28"  # from a Monday to a Sunday: 20 working days
AGREED = {"period": MAY, "reason": "agreed"}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with served(tmp_path) as (client, _):
        joined = [told(20 + n, "rep.joined", id="r") for n in range(2)]
        events = [
            *won(1, "a", "ann", "270", "2017-05-05"),
            *won(3, "b", "bob", "-8", "2017-05-05"),
            *won(5, "c", "bob", "500", "2017-05-26"),
            *[
                one | {"data": {"rep": who, "day": "2017-01-01"}}
                for one, who in zip(joined, ("ann", "bob"), strict=True)
            ],
        ]
        client.post("/v1/events", json=events)
        for rep, value in (("ann", "200"), ("bob", "100")):
            body = {**AGREED, "metric": "revenue", "value": value, "rep": rep, "by": "ann"}
            assert client.post("/v1/targets", json=body).status_code == 200
        yield client


def progress(client: TestClient, address: str, **query: str) -> dict[str, Any]:
    answer = client.get(f"/v1/progress/{address}", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_attainment_is_never_capped_and_the_pace_goes_by_working_days(client: TestClient) -> None:
    found = progress(client, MAY, on="2017-05-19")  # a Friday: 15 of 20 days are gone
    assert (found["first"], found["last"], found["on"]) == ("2017-05-01", "2017-05-28", "2017-05-19")
    ann, bob = found["rows"]
    assert ann == {
        "who": "ann",
        "scope": "rep",
        "metric": "revenue",
        "on": "2017-05-19",
        "done": "270.00",
        "target": "200.00",
        "currency": "EUR",
        "attainment_percent": "135",
        "working_days": 20,
        "gone": 15,
        "left": 5,
        "expected": "150.00",
        "needed_a_day": "0.00",
        "projected": "360.00",
        "standing": "ahead",
    }
    shown = ("who", "done", "attainment_percent", "expected", "needed_a_day", "standing")
    assert [bob[name] for name in shown] == ["bob", "-8.00", "-8", "75.00", "21.60", "behind"]


def test_without_a_target_there_is_no_percentage_and_no_standing(client: TestClient) -> None:
    [won_deals] = progress(client, f"{MAY}/bob", on="2017-05-28", metric="deals_won")["rows"]
    assert {name: won_deals[name] for name in ("done", "target", "attainment_percent", "expected", "standing")} == {
        "done": "2",
        "target": None,
        "attainment_percent": None,
        "expected": None,
        "standing": None,
    }


def test_one_who_is_asked_for_by_number_or_name_has_all_that_was_done(client: TestClient) -> None:
    by_name, by_number = (progress(client, f"{MAY}/{who}", on="2017-05-28")["rows"] for who in ("ann", "%231"))
    assert by_name == by_number
    assert {row["metric"]: row["done"] for row in by_name} == {
        "deals_opened": "1",
        "deals_won": "1",
        "revenue": "270.00",
    }


def test_it_stands_on_today_unless_a_day_is_given(client: TestClient) -> None:
    found = progress(client, MAY)
    assert found["on"] == progress(client, "2016")["on"] > "2017-05-28"
    assert [row["done"] for row in found["rows"]] == ["270.00", "492.00"]
    assert progress(client, "2016")["rows"] == []


def test_the_command_line_gives_the_same_rows(client: TestClient, tmp_path: Path) -> None:
    over_http = progress(client, MAY, on="2017-05-19")["rows"]
    client.app.state.books.close()  # type: ignore[attr-defined]  # the application's
    words = ["progress", MAY, "--on", "2017-05-19", "--history", str(tmp_path / "h.duckdb"), "--format", "json"]
    assert json.loads(CliRunner().invoke(app, words, catch_exceptions=False).stdout) == over_http


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("soon", "not a period"),
        (f"{MAY}?metric=smiles", "there is no metric"),
        (f"{MAY}?metric=cycle_days_median", "is a duration"),
        (f"{MAY}?on=0", "such as 2017-03-01"),
        (f"{MAY}/anne", "did you mean ann"),
    ],
)
def test_what_cannot_be_answered_says_why(client: TestClient, address: str, words: str) -> None:
    answer = client.get(f"/v1/progress/{address}")
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert words in answer.text


def test_reading_it_takes_the_scope_read(tmp_path: Path) -> None:
    with Keys(tmp_path / "keys", lambda: 0) as keys, served(tmp_path, keys) as (client, _):
        held = {
            scope: {"Authorization": f"Bearer {keys.make(scope, [scope])}"} for scope in ("read", "write", "correct")
        }
        statuses = {scope: client.get(f"/v1/progress/{MAY}", headers=key).status_code for scope, key in held.items()}
        assert statuses == {"read": 200, "write": 403, "correct": 403}
        assert client.get(f"/v1/progress/{MAY}").status_code == 401


def test_several_targets_of_one_are_told_as_a_whole_and_longer_periods_are_named(client: TestClient) -> None:
    assert (progress(client, MAY)["wholes"], progress(client, MAY)["longer"]) == ([], [])
    body = {**AGREED, "metric": "deals_won", "value": "1", "rep": "bob", "by": "ann"}
    assert client.post("/v1/targets", json=body).status_code == 200
    [whole] = progress(client, MAY, on="2017-05-19")["wholes"]
    assert whole == {"who": "bob", "scope": "rep", "reached": 1, "targets": 2, "is_reached": False}
    assert progress(client, MAY)["wholes"][0]["is_reached"] is True
    assert progress(client, "2017-05-05/ann")["longer"] == [MAY]
