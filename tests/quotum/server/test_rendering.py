"""Every page is in the reader's language and keeps to itself."""

from pathlib import Path

from tests.quotum.server.serving import served


def test_a_page_may_load_nothing_from_elsewhere_and_is_not_kept(tmp_path: Path) -> None:
    with served(tmp_path) as (client, _):
        answer = client.get("/", headers={"Accept-Language": "nl"})
    assert answer.headers["content-security-policy"].startswith("default-src 'self'")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-language"] == "nl"
    assert "Er is nog niets gebeurd" in answer.text
    assert " style=" not in answer.text
    assert "<style" not in answer.text


def test_a_page_is_packed_for_who_can_unpack_it(tmp_path: Path) -> None:
    with served(tmp_path) as (client, _):
        packed, plain = (client.get("/", headers={"Accept-Encoding": how}) for how in ("gzip, br", "identity"))
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert "quotum demo" in packed.text
    assert int(packed.headers["content-length"]) * 2 < int(plain.headers["content-length"])


def test_a_choice_of_language_is_kept_in_a_cookie_and_leaves_the_address(tmp_path: Path) -> None:
    with served(tmp_path) as (client, _):
        answer = client.get("/?period=2026&language=nl", follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/?period=2026")
        assert 'lang="nl"' in client.get("/", headers={"Accept-Language": "en"}).text
        assert 'lang="nl"' in client.get("/?language=xx").text


def test_a_browser_asks_whether_a_script_has_changed(tmp_path: Path) -> None:
    with served(tmp_path) as (client, _):
        answer = client.get("/static/board.js")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")
