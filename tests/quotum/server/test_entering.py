"""A link opens the page, keeps its key out of the address, and can be taken back."""

from pathlib import Path

from streams.keys import Keys, keys_path
from tests.quotum.server.serving import served


def test_a_link_opens_the_page_and_leaves_the_address_clean(tmp_path: Path) -> None:
    with Keys(tmp_path / "keys", lambda: 0) as keys, served(tmp_path, keys) as (client, _):
        secret = keys.make("wall", ["read"])
        answer = client.get(f"/enter/{secret}?wall", follow_redirects=False)
        assert answer.status_code == 303
        assert answer.headers["location"] == "/?wall"
        assert "httponly" in answer.headers["set-cookie"].lower()
        assert client.get("/v1/boards/revenue/2026").status_code == 200


def test_a_link_that_was_taken_back_opens_nothing(tmp_path: Path) -> None:
    with Keys(tmp_path / "keys", lambda: 0) as keys, served(tmp_path, keys) as (client, _):
        secret = keys.make("wall", ["read"])
        client.get(f"/enter/{secret}")
        keys.revoke("wall")
        assert client.get(f"/enter/{secret}").status_code == 404
        assert client.get("/v1/boards/revenue/2026").status_code == 401


def test_a_key_that_only_writes_is_no_link(tmp_path: Path) -> None:
    with Keys(tmp_path / "keys", lambda: 0) as keys, served(tmp_path, keys) as (client, _):
        assert client.get(f"/enter/{keys.make('feed', ['write'])}").status_code == 404


def test_on_its_own_machine_a_link_leads_to_the_page_as_long_as_its_key_is_good(tmp_path: Path) -> None:
    with served(tmp_path) as (client, books):
        place = keys_path(books.history.path)
        assert client.get("/enter/quotum_x").status_code == 404
        assert not place.exists()
        with Keys(place, lambda: 0) as keys:
            secret = keys.make("wall", ["read"])
            answer = client.get(f"/enter/{secret}?wall&me=Anna", follow_redirects=False)
            assert (answer.status_code, answer.headers["location"]) == (303, "/?wall&me=Anna")
            assert client.get(f"/enter/{secret}", headers={"host": "evil.example"}).status_code == 403
            keys.revoke("wall")
            assert client.get(f"/enter/{secret}").status_code == 404
