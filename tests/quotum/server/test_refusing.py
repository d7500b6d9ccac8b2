"""Who may not look is told by a page whom to ask and how; programs are told by a problem."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from quotum.server.limits import Limits
from streams.keys import Keys
from tests.quotum.server.serving import served

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Language": "nl"}
PROBLEM = "application/problem+json"


@pytest.fixture
def keys(tmp_path: Path) -> Iterator[Keys]:
    with Keys(tmp_path / "keys", lambda: 0) as keys:
        yield keys


@pytest.mark.parametrize("path", ["/", "/why?metric=revenue&period=2026", "/events/deal:a"])
def test_without_a_link_a_browser_is_told_whom_to_ask_and_how(tmp_path: Path, keys: Keys, path: str) -> None:
    with served(tmp_path, keys) as (client, _):
        answer = client.get(path, headers=BROWSER)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert answer.headers["content-type"].startswith("text/html")
        assert answer.headers["content-security-policy"].startswith("default-src 'self'")
        assert "Deze pagina is nog niet open voor je" in answer.text
        assert "quotum link board" in answer.text
        english = client.get(path, headers=BROWSER | {"Accept-Language": "en"}).text
        assert "This page is not open to you yet" in english


def test_programs_get_a_problem_and_so_does_a_browser_where_only_programs_ask(tmp_path: Path, keys: Keys) -> None:
    with served(tmp_path, keys) as (client, _):
        for path, headers in (("/", {}), ("/v1/boards/revenue/2026", BROWSER), ("/v1/nothing", BROWSER)):
            assert client.get(path, headers=headers).headers["content-type"] == PROBLEM


def test_a_link_that_was_taken_back_says_so(tmp_path: Path, keys: Keys) -> None:
    with served(tmp_path, keys) as (client, _):
        answer = client.get("/enter/quotum_gone", headers=BROWSER)
    assert answer.status_code == 404
    assert "Deze link opent niets meer" in answer.text
    assert "quotum link board" in answer.text


def test_an_address_that_leads_nowhere_leads_to_the_board(tmp_path: Path) -> None:
    with served(tmp_path) as (client, _):
        answer = client.get("/boards", headers=BROWSER)
    assert answer.status_code == 404
    assert 'href="/">Naar de ranglijst' in answer.text


def test_another_name_of_this_machine_is_told_where_it_answers(tmp_path: Path) -> None:
    with served(tmp_path, host="http://office.example") as (client, _):
        answer = client.get("/", headers=BROWSER)
    assert answer.status_code == 403
    assert "alleen op de machine waar hij draait" in answer.text


def test_who_asks_too_often_is_told_when_to_come_back(tmp_path: Path) -> None:
    with served(tmp_path, limits=Limits(per_second=0.5, burst=1)) as (client, _):
        client.get("/", headers=BROWSER)
        answer = client.get("/", headers=BROWSER)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
    assert "over 2 seconden" in answer.text


def test_a_language_can_be_chosen_there_too_and_leads_to_no_other_host(tmp_path: Path, keys: Keys) -> None:
    with served(tmp_path, keys) as (client, _):
        answer = client.get("/?language=en", headers=BROWSER)
        assert "This page is not open to you yet" in answer.text
        for path in ("//evil.example/", "/\\evil.example/"):
            away = client.get(f"http://127.0.0.1{path}?language=nl", headers=BROWSER, follow_redirects=False)
            assert away.status_code == 303
            assert away.headers["location"].startswith("/")
            assert not away.headers["location"].startswith(("//", "/\\"))
