"""Columns are chosen without a script, and kept."""

from pathlib import Path

from fastapi.testclient import TestClient

from tests.quotum.server.serving import WON, opened, served

MONTH = "/?period=2026-03&metric=revenue"


def headings(client: TestClient, path: str) -> set[str]:
    text = client.get(path).text
    return {name for name in ("team", "bar", "change", "target", "done", "status") if f'class="{name}"' in text}


def test_what_was_chosen_is_kept_and_leaves_the_address(tmp_path: Path) -> None:
    with served(tmp_path) as (client, _):
        client.post("/v1/events", json=[opened(), WON])
        assert headings(client, MONTH) == {"bar"}
        answer = client.get(f"{MONTH}&columns=chosen&column=target&column=team&column=x", follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, MONTH)
        assert answer.cookies["columns"] == "team.target"
        assert headings(client, MONTH) == set()
        assert 'value="target" checked' in client.get(MONTH).text
        assert 'value="bar" checked' not in client.get(MONTH).text


def test_a_choice_of_none_leaves_name_and_figure(tmp_path: Path) -> None:
    with served(tmp_path) as (client, _):
        client.post("/v1/events", json=[opened(), WON])
        assert headings(client, f"{MONTH}&columns=chosen") == set()
        text = client.get(MONTH).text
    assert 'class="value"' in text
    assert 'class="who"' in text


def test_a_cookie_of_somebody_elses_making_chooses_nothing_odd(tmp_path: Path) -> None:
    with served(tmp_path) as (client, _):
        client.post("/v1/events", json=[opened(), WON])
        client.cookies.set("columns", "bar.<script>.value")
        assert headings(client, MONTH) == {"bar"}
