"""Who may do what: this machine everything, others what their key says, pages of other sites nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from quotum.server.limits import Limits
from streams.keys import Keys
from tests.quotum.server.serving import WON, served

BOARD = "/v1/boards/revenue/2026"


@pytest.fixture
def keys(tmp_path: Path) -> Iterator[Keys]:
    with Keys(tmp_path / "keys", lambda: 0) as keys:
        yield keys


def _bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def test_on_this_machine_everybody_may_read_and_write(tmp_path: Path) -> None:
    with served(tmp_path) as (client, _):
        assert client.post("/v1/events", json=WON).status_code == 200
        assert client.get(BOARD).status_code == 200


def test_a_name_that_was_pointed_at_this_machine_is_not_this_machine(tmp_path: Path) -> None:
    with served(tmp_path, host="http://evil.example") as (client, _):
        answer = client.get(BOARD)
        assert answer.status_code == 403
        assert "127.0.0.1" in answer.json()["detail"]


def test_a_page_of_another_site_can_write_nothing(tmp_path: Path) -> None:
    with served(tmp_path) as (client, books):
        answer = client.post("/v1/events", json=WON, headers={"Origin": "https://evil.example"})
        own = client.post("/v1/events", json=WON, headers={"Origin": "http://127.0.0.1"})
        assert (answer.status_code, own.status_code) == (403, 200)
        assert books.next_offset() == 3


def test_beyond_this_machine_a_key_is_needed_and_does_what_it_says(tmp_path: Path, keys: Keys) -> None:
    reading, writing = keys.make("reader", ["read"]), keys.make("feed", ["write"])
    with served(tmp_path, keys) as (client, _):
        nobody = client.get(BOARD)
        assert nobody.status_code == 401
        assert nobody.headers["www-authenticate"] == "Bearer"
        assert client.get(BOARD, headers=_bearer("quotum_wrong")).status_code == 401
        assert client.get(BOARD, headers=_bearer(reading)).status_code == 200
        refused = client.post("/v1/events", json=WON, headers=_bearer(reading))
        assert refused.status_code == 403
        assert "--scope write" in refused.json()["detail"]
        assert client.post("/v1/events", json=WON, headers=_bearer(writing)).status_code == 200


def test_a_revoked_key_is_refused_at_once(tmp_path: Path, keys: Keys) -> None:
    secret = keys.make("reader", ["read"])
    with served(tmp_path, keys) as (client, _):
        assert client.get(BOARD, headers=_bearer(secret)).status_code == 200
        keys.revoke("reader")
        assert client.get(BOARD, headers=_bearer(secret)).status_code == 401


def test_a_cookie_reads_and_never_writes(tmp_path: Path, keys: Keys) -> None:
    secret = keys.make("wall", ["read", "write"])
    with served(tmp_path, keys) as (client, _):
        cookie = {"Cookie": f"quotum_key={secret}"}
        assert client.get(BOARD, headers=cookie).status_code == 200
        assert client.post("/v1/events", json=WON, headers=cookie).status_code == 401


def test_too_many_requests_are_told_when_to_come_back(tmp_path: Path) -> None:
    with served(tmp_path, limits=Limits(per_second=0.001, burst=2)) as (client, _):
        assert [client.get(BOARD).status_code for _ in range(3)] == [200, 200, 429]
        assert int(client.get(BOARD).headers["retry-after"]) > 0
