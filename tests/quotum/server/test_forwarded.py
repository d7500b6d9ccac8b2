"""A server runs the commands of others on its books: for its own user by path, for others by right and with files."""

import base64
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
import typer
from fastapi.testclient import TestClient

from quotum.forwarding import COMMANDS, OWNER, SECRET_HEADER
from quotum.server.access import KeyAccess
from quotum.server.app import create_app
from quotum.server.forwarded import install, routing, scope_of
from quotum.server.limits import Limits
from quotum.settings import author, file_named, opened
from streams.books import Books, wall_clock
from streams.keys import Keys
from streams.ownership import Owner, proof

SECRET = "only the owner knows"  # noqa: S105 (of a test)
Answer = dict[str, Any]


def commands(words: Sequence[str]) -> None:
    """A small command line: the last two words are the history that a server adds."""
    match words[:-2]:
        case ["board"]:
            with opened(Path("elsewhere.duckdb")) as books:
                typer.echo(f"{books.next_offset()} events")
            typer.echo("looked", err=True)
        case ["import", name]:
            sys.stdout.write(file_named(name).read_text(encoding="utf-8"))
        case ["record", name]:
            file_named(name).write_text("refused rows", encoding="utf-8")
        case ["void", name]:
            file_named(name).unlink()
        case ["reached"]:
            raise SystemExit(3)
        case ["verify"]:
            raise RuntimeError("a slip")
        case ["events", word]:
            _say_together(word)


def _say_together(word: str) -> None:
    together.wait()
    for _ in range(100):
        sys.stdout.write(word)
    together.wait()


together = Barrier(2, timeout=30)


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with Books.create(tmp_path / "h.duckdb", zone="UTC", currency="EUR") as books:
        app = create_app(books)
        install(app, tmp_path / "h.duckdb", Owner("http://127.0.0.1", 1, SECRET), commands)
        with TestClient(app, base_url="http://127.0.0.1") as client:
            yield client


def run(client: TestClient, *words: str, secret: str = SECRET, folder: str = "/", **more: Any) -> Answer:  # noqa: ANN401 (any JSON)
    told = {"words": words, "folder": folder, "width": 80, "height": 25, "terminal": False, "colours": None, **more}
    with nullcontext() if words[0] == "events" else routing():  # pytest changes streams, too
        answer = client.post(COMMANDS, json=told, headers={SECRET_HEADER: secret} if secret else {})
    assert answer.status_code == 200, answer.text
    found: Answer = answer.json()
    return found


def status(client: TestClient, *words: str, headers: dict[str, str]) -> int:
    told = {"words": words, "folder": "/", "width": 80, "height": 25, "terminal": False, "colours": None}
    return client.post(COMMANDS, json=told, headers=headers).status_code


def test_a_command_uses_the_books_that_are_open_and_its_output_goes_to_who_asked(
    client: TestClient, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(client, "board") == {"out": "2 events\n", "err": "looked\n", "code": 0, "files": {}, "gone": []}
    assert capsys.readouterr() == ("", "")


def test_an_exit_code_comes_back(client: TestClient) -> None:
    assert run(client, "reached")["code"] == 3


def test_a_command_that_fails_does_not_take_the_server_with_it(client: TestClient) -> None:
    said = run(client, "verify")
    assert said["code"] == 1
    assert "a slip" in said["err"]
    assert run(client, "board")["code"] == 0


def test_two_commands_at_a_time_do_not_mix_their_output(client: TestClient) -> None:
    with routing(), ThreadPoolExecutor(2) as pool:
        said = list(pool.map(lambda word: run(client, "events", word)["out"], ["a", "b"]))
    assert said == ["a" * 100, "b" * 100]


def test_a_file_is_found_from_the_folder_of_who_asked(client: TestClient, tmp_path: Path) -> None:
    (tmp_path / "deals.csv").write_text("rows", encoding="utf-8")
    assert run(client, "import", "deals.csv", folder=str(tmp_path))["out"] == "rows"


@pytest.mark.parametrize("name", ["deals.csv", "../../etc/passwd", "/etc/passwd", "..\\..\\x", "..", "/"])
def test_a_file_from_elsewhere_is_what_was_sent_whatever_it_is_called(name: str, client: TestClient) -> None:
    sent = {name: base64.b64encode(b"rows").decode()}
    assert run(client, "import", name, secret="", files=sent)["out"] == "rows"


def test_without_the_secret_no_file_of_this_machine_is_read(client: TestClient, tmp_path: Path) -> None:
    (tmp_path / "private.csv").write_text("private", encoding="utf-8")
    said = run(client, "import", str(tmp_path / "private.csv"), secret="", folder=str(tmp_path))
    assert (said["code"], said["out"]) == (1, "")


def test_a_file_that_a_command_writes_goes_back_to_who_named_it(client: TestClient) -> None:
    said = run(client, "record", "out.csv", secret="", files={"out.csv": None})
    assert {name: base64.b64decode(content) for name, content in said["files"].items()} == {"out.csv": b"refused rows"}


def test_a_file_that_a_command_writes_over_goes_back_and_one_that_it_removed_is_told(client: TestClient) -> None:
    sent = {name: base64.b64encode(b"of an earlier import").decode() for name in ("out.csv", "in.csv")}
    said = run(client, "record", "out.csv", secret="", files=sent)
    assert (said["files"], said["gone"]) == ({"out.csv": base64.b64encode(b"refused rows").decode()}, [])
    said = run(client, "void", "out.csv", secret="", files=sent)
    assert (said["files"], said["gone"]) == ({}, ["out.csv"])


@pytest.mark.parametrize("word", ["init", "serve", "demo", "key"])
def test_what_is_about_another_machine_is_not_run(word: str, client: TestClient) -> None:
    assert status(client, word, headers={SECRET_HEADER: SECRET}) == 422


def test_a_link_is_made_for_this_machine_alone(client: TestClient) -> None:
    assert status(client, "link", headers={}) == 422
    assert status(client, "link", headers={SECRET_HEADER: SECRET}) == 200


@pytest.mark.parametrize("body", [b"", b"[]", b'{"words": []}', b"\xff", b'{"words": ["board"]}'])
def test_what_is_no_command_is_refused(body: bytes, client: TestClient) -> None:
    assert client.post(COMMANDS, content=body).status_code == 422


def test_a_page_of_another_site_runs_nothing(client: TestClient) -> None:
    assert status(client, "import", "x", headers={"Origin": "https://example.com"}) == 403


def test_an_owner_proves_itself_without_telling_its_secret(client: TestClient) -> None:
    answer = client.get(OWNER, params={"nonce": "n"})
    assert answer.json() == {"proof": proof(SECRET, "n")}
    assert SECRET not in answer.text


@pytest.mark.parametrize(
    ("words", "scope"),
    [
        ("board revenue 2026", "read"),
        ("target list", "read"),
        ("target set anna revenue 2026 5", "correct"),
        ("import deals.csv", "write"),
        ("record call.logged", "correct"),
        ("replay", "correct"),
        ("something new", "correct"),
    ],
)
def test_a_command_needs_the_right_to_do_what_it_does(words: str, scope: str) -> None:
    assert scope_of(words.split()) == scope


def test_a_key_opens_what_it_says_and_nothing_more(client: TestClient, tmp_path: Path) -> None:
    with Keys(tmp_path / "keys", wall_clock) as keys:
        bearer = {"Authorization": f"Bearer {keys.make('wall', ['read'])}"}
        client.app.state.access = KeyAccess(keys, Limits())  # type: ignore[attr-defined]  # the client holds our app
        assert status(client, "board", headers=bearer) == 200
        assert status(client, "record", "x", headers=bearer) == 403
        assert status(client, "board", headers={}) == 401
        assert status(client, "board", headers={SECRET_HEADER: "wrong"}) == 401


def test_what_somebody_puts_right_with_a_key_is_put_right_in_its_name(tmp_path: Path) -> None:
    def void(_: Sequence[str]) -> None:
        typer.echo(f"{author(None).key} {author('bas').who}")

    history = tmp_path / "h.duckdb"
    with (
        Keys(tmp_path / "keys", wall_clock) as keys,
        Books.create(history, zone="UTC", currency="EUR") as books,
        TestClient(create_app(books, keys), base_url="http://127.0.0.1") as client,
        routing(),
    ):
        install(client.app, history, Owner("http://127.0.0.1", 1, SECRET), void)  # type: ignore[arg-type]  # our app
        bearer = {"Authorization": f"Bearer {keys.make('ops', ['correct'])}"}
        told = {"words": ["void"], "folder": "/", "width": 80, "height": 25, "terminal": False, "colours": None}
        said = [
            client.post(COMMANDS, json=told, headers=headers).json()["out"]
            for headers in (bearer, {SECRET_HEADER: SECRET})
        ]
    assert said == ["ops bas\n", "None bas\n"]
