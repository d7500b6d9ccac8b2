"""Numbers and references for gateways: the same each time, for who may write, and nothing goes out by here."""

from pathlib import Path
from typing import Any

import pytest

from quotum.server.limits import Limits
from streams.door import BY_NUMBER
from streams.keys import Keys
from tests.quotum.server.serving import WON, served

Json = dict[str, Any]
PEOPLE: Json = {"namespace": "crm", "kind": "person", "parties": {"u-1": "Anna Bos", "u-2": None}}
TEXT: Json = {"source": "crm", "event_id": "e1", "field": "reason", "text": "She asked for it."}


def test_people_get_the_same_numbers_each_time_and_names_are_put_away(tmp_path: Path) -> None:
    with served(tmp_path) as (client, books):
        for _ in range(2):
            answer = client.post("/v1/people", json=PEOPLE)
            assert (answer.status_code, answer.json()) == (200, {"numbers": {"u-1": 1, "u-2": 2}})
        assert client.post("/v1/people", json=PEOPLE | {"kind": "team"}).json() == {"numbers": {"u-1": 3, "u-2": 4}}
        assert books.vault.labels() == {1: "Anna Bos", 2: "u-2", 3: "Anna Bos (2)", 4: "u-2 (2)"}


def test_they_are_the_numbers_that_events_get_which_come_in_here(tmp_path: Path) -> None:
    with served(tmp_path) as (client, books):
        client.post("/v1/events", json=WON)
        told = PEOPLE | {"parties": {"anna": "Anna Bos"}}
        assert client.post("/v1/people", json=told).json() == {"numbers": {"anna": 1}}
        assert books.vault.labels() == {1: "Anna Bos"}


def test_somebody_erased_keeps_the_number_and_gets_no_name_again(tmp_path: Path) -> None:
    with served(tmp_path) as (client, books):
        client.post("/v1/people", json=PEOPLE)
        books.vault.erase(1)
        assert client.post("/v1/people", json=PEOPLE).json()["numbers"]["u-1"] == 1
        assert "Anna Bos" not in books.vault.labels().values()


def test_texts_are_put_away_and_the_same_text_of_an_event_has_one_reference(tmp_path: Path) -> None:
    with served(tmp_path) as (client, books):
        told = {"texts": [TEXT, TEXT | {"text": "No."}, TEXT]}
        first, other, again = client.post("/v1/texts", json=told).json()["references"]
        assert (first, books.vault.text(first), books.vault.text(other)) == (again, TEXT["text"], "No.")


@pytest.mark.parametrize(
    ("path", "told", "word"),
    [
        ("people", PEOPLE | {"namespace": BY_NUMBER, "parties": {"1": None}}, "U+0000, which cannot be shown"),
        ("people", PEOPLE | {"kind": "shoe"}, "kind"),
        ("people", PEOPLE | {"parties": {"": None}}, "is empty"),
        ("people", PEOPLE | {"parties": {"u-1": "x" * 201}}, "more than 200"),
        ("people", PEOPLE | {"parties": {str(number): None for number in range(1_001)}}, "parties"),
        ("people", PEOPLE | {"shoe": 1}, "shoe"),
        ("texts", {"texts": [TEXT | {"text": "x" * 2_001}]}, "more than 2000"),
        ("texts", {"texts": [TEXT] * 101}, "texts"),
        ("texts", {}, "texts"),
    ],
)
def test_what_no_event_could_say_is_refused_and_nobody_gets_a_number(
    tmp_path: Path, path: str, told: Json, word: str
) -> None:
    with served(tmp_path) as (client, books):
        answer = client.post(f"/v1/{path}", json=told)
        assert answer.status_code == 422
        assert word in answer.text
        assert books.vault.labels() == {}


def test_as_much_as_may_be_asked_for_at_once_is_answered(tmp_path: Path) -> None:
    with served(tmp_path) as (client, _):
        parties = {f"{number:04}".rjust(200, "\U0001f600"): "\U0001f600" * 200 for number in range(1_000)}
        answer = client.post("/v1/people", json=PEOPLE | {"parties": parties})
        assert list(answer.json()["numbers"].values()) == list(range(1, 1_001))
        assert client.post("/v1/people", content=b" " * 6_000_001).status_code == 413


def test_only_who_may_write_gets_numbers(tmp_path: Path) -> None:
    with (
        Keys(tmp_path / "keys", lambda: 0) as keys,
        served(tmp_path, keys, Limits(burst=100), host="https://quotum.example") as (client, books),
    ):
        writing, reading = keys.make("gateway", ["write"]), keys.make("wall", ["read"])
        for path, told in (("people", PEOPLE), ("texts", {"texts": [TEXT]})):
            asked = [
                client.post(f"/v1/{path}", json=told, headers={"Authorization": f"Bearer {key}"} if key else {})
                for key in ("", reading, writing)
            ]
            assert [one.status_code for one in asked] == [401, 403, 200]
        assert len(books.vault.labels()) == 2
