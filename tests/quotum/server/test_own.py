"""A rep's own place: by name in a link or by "This is me", kept, and undone again."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from streams.keys import Keys
from tests.quotum.server.serving import WON, served
from tests.quotum.server.test_showing import won

MONTH = "/?metric=revenue&period=2026-03"
CARD = 'class="own"'


def joined(number: int, rep: str, name: str) -> dict[str, Any]:
    data = {"rep": rep, "name": name, "day": "2026-01-01"}
    return {**WON, "id": f"j{number}", "type": "quotum.rep.joined.v1", "trail": "organisation", "data": data}


EVENTS = [
    *(
        joined(place, rep, name)
        for place, (rep, name) in enumerate((("u1", "Zoë O'Neil"), ("u2", "Jan"), ("u3", "Jan")))
    ),
    *won(1, "a", "u1", "5"),
]


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with served(tmp_path) as (client, _):
        client.post("/v1/events", json=EVENTS)
        yield client


@pytest.mark.parametrize("said", ["Zo%C3%AB%20O%27Neil", "zo%C3%AB%20o%27neil", "u1", "%231", "1"])
def test_a_name_a_source_id_or_a_number_says_who_looks_and_leaves_the_address(client: TestClient, said: str) -> None:
    answer = client.get(f"{MONTH}&me={said}", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, MONTH)
    text = client.get(MONTH).text
    assert CARD in text
    assert "Where you stand · <bdi>Zoë O&#39;Neil</bdi>" in text


@pytest.mark.parametrize(
    ("said", "answer"), [("<Piet>", "Nobody here is called &lt;Piet&gt;."), ("Jan", "More than one")]
)
def test_who_is_not_one_person_here_is_told_so(client: TestClient, said: str, answer: str) -> None:
    client.get(f"{MONTH}&me=u1")
    found = client.get(MONTH, params={"metric": "revenue", "period": "2026-03", "me": said})
    assert found.status_code == 200
    assert answer in found.text


def test_a_figure_offers_to_be_ones_own_and_to_be_it_no_longer(client: TestClient) -> None:
    why = "/why?metric=revenue&period=2026-03&by=rep&key=EUR/1"
    assert "This is me" in client.get(why).text
    assert "This is me" not in client.get(why.replace("by=rep", "by=day").replace("EUR/1", "EUR/2026-03-03")).text
    assert CARD in client.get(f"{MONTH}&me=%231").text
    assert "This is not me" in client.get(why).text
    assert CARD not in client.get(f"{MONTH}&me=").text
    assert "me" not in client.cookies


def test_a_team_is_nobodys_own_place(client: TestClient) -> None:
    assert CARD not in client.get(f"{MONTH}&team=compared&me=u1").text


@pytest.mark.parametrize("cookie", ["1.Somebody", "1", "x", "99999999999.x", "."])
def test_a_number_that_is_somebody_else_in_these_books_is_nobody(client: TestClient, cookie: str) -> None:
    client.cookies.set("me", cookie)
    assert CARD not in client.get(MONTH).text


def test_a_link_can_say_whose_phone_it_is(tmp_path: Path) -> None:
    with Keys(tmp_path / "keys", lambda: 0) as keys, served(tmp_path, keys) as (client, _):
        feed = {"Authorization": f"Bearer {keys.make('feed', ['write'])}"}
        assert client.post("/v1/events", json=EVENTS, headers=feed).status_code == 200
        answer = client.get(f"/enter/{keys.make('phone', ['read'])}?period=2026-03&me=Zo%C3%AB%20O%27Neil")
    assert answer.url.query == b"period=2026-03"
    assert CARD in answer.text
