"""Alive, ready, measured."""

from pathlib import Path

from tests.quotum.server.serving import WON, served


def test_a_server_that_can_read_its_history_is_ready_and_says_how_far_it_is(tmp_path: Path) -> None:
    with served(tmp_path) as (client, _):
        assert client.get("/health").json() == {"status": "alive"}
        assert client.get("/ready").json() == {"status": "ready", "position": 2}
        client.post("/v1/events", json=WON)
        assert client.get("/ready").json()["position"] == 3


def test_a_server_that_cannot_read_its_history_is_alive_but_not_ready(tmp_path: Path) -> None:
    with served(tmp_path) as (client, books):
        books.history.write(lambda connection: connection.execute("DROP TABLE positions")).result()
        answer = client.get("/ready")
        assert answer.status_code == 503
        assert "history cannot be read" in answer.json()["detail"]
        assert client.get("/health").status_code == 200


def test_what_is_measured_can_be_read_by_prometheus(tmp_path: Path) -> None:
    with served(tmp_path) as (client, _):
        client.post("/v1/events", json=WON)
        text = client.get("/metrics").text
        assert "quotum_log_position 3.0" in text
        assert "quotum_viewers 0.0" in text
