"""A gateway's people: asked of the vault's owner once, and whatever goes wrong there is told plainly."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from quotum import elsewhere
from quotum.elsewhere import RemotePeople
from quotum.server.app import create_app
from quotum.server.serving import address, listen
from streams.books import Books, UnavailableError
from streams.keys import Keys
from streams.texts import Told
from streams.vault_file import VaultError


@contextmanager
def answering(app: FastAPI) -> Iterator[str]:
    """The address of a server that answers."""
    with listen("127.0.0.1", 0) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
        running = Thread(target=server.run, kwargs={"sockets": [listening]})
        running.start()
        try:
            yield address(listening)
        finally:
            server.should_exit = True
            running.join()


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    with Books.create(tmp_path / "h.duckdb", zone="UTC", currency="EUR") as made:
        yield made


@pytest.fixture
def asked() -> list[str]:
    return []


@pytest.fixture
def owner(books: Books, asked: list[str]) -> Iterator[str]:
    app = create_app(books)

    @app.middleware("http")
    async def note(request: Any, go_on: Any) -> Any:  # noqa: ANN401 (as Starlette has it)
        asked.append(request.url.path)
        return await go_on(request)

    with answering(app) as url:
        yield url


def test_people_get_the_numbers_and_names_that_the_owners_vault_gives(owner: str, books: Books) -> None:
    people = RemotePeople(owner + "/")
    assert people.numbered("crm", "person", {"u-1": "Anna", "u-2": None, "Žofie": "Žofie ♥"}) == {
        "u-1": 1,
        "u-2": 2,
        "Žofie": 3,
    }
    assert people.numbered("crm", "team", {"u-1": None}) == {"u-1": 4}
    assert books.vault.labels() == {1: "Anna", 2: "u-2", 3: "Žofie ♥", 4: "u-1"}


def test_what_was_learned_is_not_asked_again_unless_a_name_is_another(
    owner: str, books: Books, asked: list[str]
) -> None:
    people = RemotePeople(owner)
    for name, times in [("Anna", 1), ("Anna", 1), (None, 1), ("Anna Bos", 2), (None, 2)]:
        assert people.numbered("crm", "person", {"u-1": name}) == {"u-1": 1}
        assert len(asked) == times
    assert books.vault.labels() == {1: "Anna Bos"}


def test_no_more_is_learned_than_there_is_room_for(
    owner: str, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(elsewhere, "LEARNED_MOST", 2)
    people = RemotePeople(owner)
    for id_ in ("u-1", "u-2", "u-3", "u-3", "u-1"):
        assert people.numbered("crm", "person", {id_: None}) == {id_: int(id_[-1])}
    assert len(asked) == 4


def test_any_number_of_people_and_texts_is_asked_for_in_parts_that_the_owner_answers(
    owner: str, books: Books, asked: list[str]
) -> None:
    people = RemotePeople(owner)
    many = {f"{'Ž' * 190}{number}": "♥" * 200 for number in range(2_500)}
    assert people.numbered("crm", "person", many) == {id_: number for number, id_ in enumerate(many, 1)}
    texts = [Told("crm", f"e{number}", "reason", "\U0001f600" * 1_998 + "\n.") for number in range(101)]
    references = people.kept([*texts[:100], texts[0]._replace(text="other", event_id="e")])
    assert asked == ["/v1/people"] * 3 + ["/v1/texts"] * 2
    assert [books.vault.text(one) for one in (references[0], references[-1])] == [texts[0].text, "other"]
    assert people.kept(texts[:1]) == references[:1]


def test_nothing_to_ask_is_not_asked(owner: str, asked: list[str]) -> None:
    assert (RemotePeople(owner).numbered("crm", "person", {}), RemotePeople(owner).kept([])) == ({}, [])
    assert asked == []


def test_an_owner_that_does_not_answer_may_do_so_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    with pytest.raises(UnavailableError, match=f"the owner of the vault at {url} does not answer"):
        RemotePeople(url).numbered("crm", "person", {"u-1": None})


@pytest.mark.parametrize("status", [500, 503, 429])
def test_an_owner_that_cannot_now_may_be_asked_again(status: int) -> None:
    with (
        answering(saying(JSONResponse({"detail": "x"}, status))) as url,
        pytest.raises(UnavailableError, match=f"answers {status}"),
    ):
        RemotePeople(url).kept([Told("crm", "e1", "reason", "so")])


@pytest.mark.parametrize(
    "answer",
    [{}, [], {"numbers": {}}, {"numbers": {"u-1": 1, "u-2": 2}}, {"references": []}, {"references": ["a", "b"]}],
    ids=str,
)
def test_somebody_who_answers_something_else_owns_no_vault(answer: object) -> None:
    with answering(saying(JSONResponse(answer))) as url:
        people = RemotePeople(url)
        with pytest.raises(VaultError, match="does not own a vault: give the address of `quotum serve --broker`"):
            people.numbered("crm", "person", {"u-1": None})
        with pytest.raises(VaultError, match="does not own a vault"):
            people.kept([Told("crm", "e1", "reason", "so")])


def test_what_is_no_json_is_no_answer() -> None:
    with answering(saying(PlainTextResponse("hello"))) as url, pytest.raises(UnavailableError):
        RemotePeople(url).numbered("crm", "person", {"u-1": None})


def test_who_is_refused_is_told_why(books: Books, tmp_path: Path) -> None:
    with Keys(tmp_path / "keys", books.clock) as keys, answering(create_app(books, keys)) as url:
        writing, reading = keys.make("gateway", ["write"]), keys.make("wall", ["read"])
        for key in ("", "quotum_nonsense", reading):
            with pytest.raises(VaultError, match=f"the owner of the vault at {url} refuses: .*key"):
                RemotePeople(url, key).numbered("crm", "person", {"u-1": None})
        assert RemotePeople(url, writing).numbered("crm", "person", {"u-1": None}) == {"u-1": 1}


@pytest.mark.parametrize("answer", [PlainTextResponse("no", 404), JSONResponse([], 404)], ids=["text", "list"])
def test_a_refusal_without_words_is_told_by_its_status(answer: Response) -> None:
    with answering(saying(answer)) as url, pytest.raises(VaultError, match="refuses: 404 Not Found"):
        RemotePeople(url).numbered("crm", "person", {"u-1": None})


def saying(answer: Response) -> FastAPI:
    """A server that says the same to everything."""
    app = FastAPI()

    @app.post("/v1/people")
    @app.post("/v1/texts")
    async def always() -> Any:  # noqa: ANN401 (any answer)
        return answer

    return app
