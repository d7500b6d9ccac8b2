"""Whoever owns a history, a command says the same: it finds its server by itself, and trusts only the right one."""

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from quotum import forwarding, settings
from quotum.forwarding import ServedElsewhereError, addressed, asked, lives
from quotum.settings import opened
from streams.books import Books
from streams.history import HistoryInUseError
from streams.ownership import Owner, owner_path, owning
from tests.servers import Running, ask, running

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
URL = "http://127.0.0.1:9"
BOARDS = [
    ("board", "revenue", "2026"),
    ("board", "deals_won", "2026", "--format", "csv", "--by", "team"),
    ("reached", "revenue", "2026", "1000"),
    ("events", "--limit", "3"),
    ("board", "nonsense", "2026"),
    ("board", "revenue"),
    ("verify",),
]


@contextmanager
def somebody_else() -> Iterator[str]:
    """Another program that answers at an address."""

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"proof": "surely"}')

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("words", "environment", "found"),
    [
        ("board revenue 2026", "", ("board revenue 2026", "")),
        ("board revenue 2026 --server http://x/", "", ("board revenue 2026", "http://x")),
        ("--server=http://x board revenue 2026", "", ("board revenue 2026", "http://x")),
        ("board revenue 2026", "http://y", ("board revenue 2026", "http://y")),
        ("board revenue 2026 --server http://x", "http://y", ("board revenue 2026", "http://x")),
        ("board revenue 2026 --history h", "http://y", ("board revenue 2026 --history h", "")),
        ("init --zone UTC", "http://y", ("init --zone UTC", "")),
        ("record call.logged -- --server x", "", ("record call.logged -- --server x", "")),
        ("board --server", "", ("board --server", "")),
    ],
)
def test_a_server_is_named_anywhere_among_the_words_or_in_the_environment(
    words: str, environment: str, found: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUOTUM_SERVER", environment)
    rest, server = addressed(words.split())
    assert (" ".join(rest), server) == found


def test_an_address_where_nobody_answers_is_no_owner() -> None:
    assert not lives(Owner(URL, 1, "secret"))


def test_somebody_else_at_the_owners_address_is_no_owner() -> None:
    with somebody_else() as url:
        assert not lives(Owner(url, 1, "secret"))


def test_a_command_for_a_named_server_opens_nothing_here(tmp_path: Path) -> None:
    with asked(URL), pytest.raises(ServedElsewhereError, match=URL), opened(tmp_path / "not there"):
        pass


def test_a_history_in_use_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Books.create(tmp_path / "h", zone="UTC", currency="EUR").close()
    left, really_open = [1, 2], Books.open

    def still_in_use(path: Path) -> Books:
        if left:
            left.pop()
            raise HistoryInUseError("in use")
        return really_open(path)

    monkeypatch.setattr(Books, "open", still_in_use)
    with opened(tmp_path / "h") as books:
        assert books.next_offset() == 2


def test_a_server_that_comes_while_a_command_waits_gets_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def in_use_by_a_server_that_starts(path: Path) -> Books:
        coming.__enter__()
        raise HistoryInUseError(f"{path} is in use")

    coming = owning(tmp_path / "h", URL)
    monkeypatch.setattr(Books, "open", in_use_by_a_server_that_starts)
    monkeypatch.setattr(forwarding, "lives", lambda _: True)
    with pytest.raises(ServedElsewhereError, match=URL), opened(tmp_path / "h"):
        pass
    coming.__exit__(None, None, None)


def test_a_history_that_stays_in_use_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def in_use(path: Path) -> Books:
        raise HistoryInUseError(f"{path} is in use by process 7. Wait until it ends.")

    monkeypatch.setattr(Books, "open", in_use)
    monkeypatch.setattr(settings, "PATIENCE_SECONDS", 0.1)
    with pytest.raises(BaseException, match="1"), opened(tmp_path / "h"):
        pass
    assert capsys.readouterr().err == f"quotum: {tmp_path / 'h'} is in use by process 7. Wait until it ends.\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("books")
    assert ask("init", "--zone", "Europe/Amsterdam", "--currency", "EUR", folder=place)[0] == 0
    assert ask("import", *deals(), folder=place)[0] == 0
    return place


def deals() -> tuple[str, ...]:
    return str(EXAMPLES / "data/deals.csv"), "--mapping", str(EXAMPLES / "mappings/deals.toml")


@pytest.fixture(scope="module")
def before(folder: Path) -> list[tuple[int, str, str]]:
    """What commands say while nobody owns the history."""
    return [ask(*words, folder=folder) for words in BOARDS]


@pytest.fixture(scope="module")
def server(folder: Path, before: object) -> Iterator[Running]:
    assert before
    with running("serve", folder=folder) as found:
        yield found


@pytest.mark.slow
def test_every_command_says_the_same_while_a_server_owns_the_history(
    folder: Path, before: list[tuple[int, str, str]], server: Running
) -> None:
    assert server.process.poll() is None
    assert [ask(*words, folder=folder) for words in BOARDS] == before


@pytest.mark.slow
def test_the_history_is_found_by_any_of_its_names(folder: Path, server: Running, tmp_path: Path) -> None:
    assert server.process.poll() is None
    said = ask("board", "revenue", "2026", "--history", str(folder / "quotum.duckdb"), folder=tmp_path)
    assert said == ask("board", "revenue", "2026", folder=folder)


@pytest.mark.slow
def test_a_second_server_is_told_where_the_first_one_answers(folder: Path, server: Running) -> None:
    code, out, err = ask("serve", "--port", "0", folder=folder)
    assert (code, out) == (1, "")
    assert err == f"quotum: quotum.duckdb is served already, at {server.url}: look there, or stop that server\n"


@pytest.mark.slow
def test_files_go_along_to_a_server_that_was_named(server: Running, tmp_path: Path) -> None:
    rows = "id,owner,product,stage,opened,closed,amount\nD-99,Anna de Vries,Plus,Won,2026-01-06,never,1.00\n"
    (tmp_path / "more.csv").write_text(rows, encoding="utf-8")
    words = ("import", "more.csv", *deals()[1:], "--rejects", "refused.csv", "--server", server.url)
    code, out, err = ask(*words, folder=tmp_path)
    assert (code, err) == (3, "")
    assert "rows read 1 = ignored 0 + refused 1 + used 0" in out
    assert out.endswith("refused rows, each with reason and remedy: refused.csv\n")
    assert "never" in (tmp_path / "refused.csv").read_text(encoding="utf-8")
    (tmp_path / "more.csv").write_text(rows.replace("never", "none"), encoding="utf-8")
    assert ask(*words, folder=tmp_path)[0] == 3
    assert "none" in (tmp_path / "refused.csv").read_text(encoding="utf-8")
    (tmp_path / "more.csv").write_text(rows.replace("never", "2026-01-09"), encoding="utf-8")
    assert ask(*words, folder=tmp_path)[0] == 0
    assert [file.name for file in tmp_path.iterdir()] == ["more.csv"]


@pytest.mark.slow
def test_a_named_server_that_is_not_there_is_told_in_one_line(tmp_path: Path) -> None:
    code, out, err = ask("board", "revenue", "2026", folder=tmp_path, QUOTUM_SERVER=URL)
    assert (code, out) == (1, "")
    assert err.startswith(f"quotum: {URL} does not answer (Connection refused)")
    assert err.count("\n") == 1


@pytest.mark.slow
def test_what_a_killed_server_left_does_not_block(tmp_path: Path) -> None:
    Books.create(tmp_path / "quotum.duckdb", zone="UTC", currency="EUR").close()
    said = {"url": URL, "pid": os.getpid(), "secret": "of a server whose number is another process's by now"}
    owner_path(tmp_path / "quotum.duckdb").write_text(json.dumps(said), encoding="utf-8")
    code, out, _ = ask("board", "revenue", "2026", folder=tmp_path)
    assert (code, "revenue by rep" in out) == (0, True)
