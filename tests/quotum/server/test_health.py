"""Alive, ready, measured."""

from pathlib import Path

from fastapi.testclient import TestClient

from quotum.server.app import create_app
from streams.books import Books
from tests.quotum.server.serving import WON, served


def test_a_server_that_can_read_its_history_is_ready_and_says_how_far_it_is(tmp_path: Path) -> None:
    with served(tmp_path) as (client, _):
        assert client.get("/health").json() == {"status": "alive"}
        assert client.get("/ready").json() == {"status": "ready", "position": 2, "live": None, "cells_lag": None}
        client.post("/v1/events", json=WON)
        assert client.get("/ready").json()["position"] == 3


def test_a_server_that_cannot_read_its_history_is_alive_but_not_ready(tmp_path: Path) -> None:
    with served(tmp_path) as (client, books):
        books.history.write(lambda connection: connection.execute("DROP TABLE events")).result()
        answer = client.get("/ready")
        assert answer.status_code == 503
        assert "history cannot be read" in answer.json()["detail"]
        assert client.get("/health").status_code == 200


class Behind(Books):
    """Books that are not kept up with their log."""

    def trouble(self) -> str:
        """Why not."""
        return "the broker is away"

    def lags(self) -> dict[int, int]:
        """How far."""
        return {-1: 0, 2: 17}


class Stuck(Books):
    """Books whose figures come from cells that stand still."""

    told = ""

    def cells_trouble(self) -> str:
        """Why."""
        return self.told

    def cells_lags(self) -> dict[int, int]:
        """How far they are behind."""
        return {0: 0, 2: 17}


def test_a_server_whose_cells_are_behind_history_says_how_far_and_is_not_ready_once_they_stand_still(
    tmp_path: Path,
) -> None:
    with (
        Stuck.create(tmp_path / "h.duckdb", zone="UTC", currency="EUR") as books,
        TestClient(create_app(books), base_url="http://127.0.0.1") as client,
    ):
        assert client.get("/ready").json()["cells_lag"] == {"0": 0, "2": 17}
        books.told = "is a worker running?"
        answer = client.get("/ready")
        assert (answer.status_code, answer.json()["detail"]) == (503, "figures are not kept up: is a worker running?")
        assert 'quotum_cells_lag{partition="2"} 17.0' in client.get("/metrics").text


def test_a_server_whose_history_is_behind_its_log_says_why_and_how_far(tmp_path: Path) -> None:
    with (
        Behind.create(tmp_path / "h.duckdb", zone="UTC", currency="EUR") as books,
        TestClient(create_app(books), base_url="http://127.0.0.1") as client,
    ):
        answer = client.get("/ready")
        assert (answer.status_code, answer.json()["detail"]) == (503, "history is not kept up: the broker is away")
        text = client.get("/metrics").text
        assert 'quotum_recorder_lag{partition="-1"} 0.0' in text
        assert 'quotum_recorder_lag{partition="2"} 17.0' in text


def test_what_is_measured_can_be_read_by_prometheus(tmp_path: Path) -> None:
    with served(tmp_path) as (client, _):
        client.post("/v1/events", json=WON)
        text = client.get("/metrics").text
        assert "quotum_log_position 3.0" in text
        assert "quotum_viewers 0.0" in text
        assert "quotum_cells_lag" not in text  # figures come from history
