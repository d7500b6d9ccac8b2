"""Events over HTTP: each with its own answer, the same again counted once, bounds kept."""

import json
from pathlib import Path

from quotum.boards import board
from quotum.server import ingest
from tests.quotum.server.serving import WON, opened, served


def test_events_are_taken_once_however_often_they_are_sent(tmp_path: Path) -> None:
    with served(tmp_path) as (client, books):
        first = client.post("/v1/events", json=[opened(), WON]).json()["results"]
        again = client.post("/v1/events", json=[WON, opened(), WON]).json()["results"]
        assert [one["result"] for one in first] == ["taken", "taken"]
        assert first[1]["position"] == first[0]["position"] + 1
        assert [one["result"] for one in again] == ["duplicate"] * 3
        assert board(books, "revenue", "2026").rows[0].value == 500


def test_one_event_may_come_alone_as_cloudevents_say(tmp_path: Path) -> None:
    with served(tmp_path) as (client, _):
        answer = client.post(
            "/v1/events", content=json.dumps(WON), headers={"content-type": "application/cloudevents+json"}
        )
        assert answer.status_code == 200
        assert answer.json()["results"][0] == {"id": "e1", "result": "taken", "position": 2, "reason": ""}


def test_one_bad_event_of_a_batch_is_refused_with_its_reason_and_the_others_are_taken(tmp_path: Path) -> None:
    bad = {**WON, "id": "e2", "data": {**WON["data"], "amunt": 3}}  # type: ignore[dict-item]  # a dict
    with served(tmp_path) as (client, books):
        results = client.post("/v1/events", json=[bad, opened(), 3]).json()["results"]
        assert [one["result"] for one in results] == ["refused", "taken", "refused"]
        assert "data.amunt" in results[0]["reason"]
        assert "did you mean amount" in results[0]["reason"]
        assert "JSON object" in results[2]["reason"]
        assert books.next_offset() == 3


def test_what_is_no_json_is_a_problem_that_says_what_to_send(tmp_path: Path) -> None:
    with served(tmp_path) as (client, _):
        answer = client.post("/v1/events", content=b"{nope")
        assert answer.status_code == 400
        assert answer.headers["content-type"] == "application/problem+json"
        [fault] = answer.json()["faults"]
        assert fault["field"] == "body"
        assert "as JSON" in fault["remedy"]


def test_too_much_at_once_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with served(tmp_path) as (client, books):
        many = client.post("/v1/events", json=[WON] * (ingest.MOST_EVENTS + 1))
        large = client.post("/v1/events", content=b" " * (ingest.LARGEST_BODY_BYTES + 1))
        assert many.status_code == large.status_code == 413
        assert "fewer" in many.json()["detail"]
        assert books.next_offset() == 2


def test_deeply_nested_json_does_not_bring_the_server_down(tmp_path: Path) -> None:
    with served(tmp_path) as (client, _):
        assert client.post("/v1/events", content=b"[" * 100_000).status_code == 400
        assert client.get("/health").status_code == 200
