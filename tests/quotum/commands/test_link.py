"""A link is an address that reads and can be taken back."""

from pathlib import Path

import httpx2 as httpx
import pytest

from quotum.commands import link as under_test
from streams.books import Books
from streams.keys import Keys, keys_path
from streams.ownership import owning
from tests.quotum.conftest import Quotum
from tests.servers import ask, running
from tests.small_books import HISTORY, make_books, say, won

EVERYWHERE = "0.0.0.0"  # noqa: S104 (where a server listens that others reach)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    make_books(tmp_path).close()
    return tmp_path / HISTORY


def test_a_link_leads_to_the_address_that_was_given_and_only_reads(quotum: Quotum, path: Path) -> None:
    answer = quotum("link", "board", "--address", "https://sales.example/", "--name", "wall", "--history", str(path))
    address = answer.stdout.strip()
    assert address.startswith("https://sales.example/enter/quotum_")
    with Keys(keys_path(path), lambda: 0) as keys:
        found = keys.find(address.rpartition("/")[2])
        assert found is not None
        assert (found.name, found.scopes) == ("wall", frozenset({"read"}))
    assert "quotum key revoke 'wall'" in answer.stderr


def test_the_address_can_stand_in_the_environment_as_it_does_in_a_container(
    quotum: Quotum, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUOTUM_ADDRESS", "http://sales.example:8080")
    with owning(path, "http://172.18.0.4:8080", EVERYWHERE):
        answer = quotum("link", "board", "--history", str(path))
    assert answer.stdout.startswith("http://sales.example:8080/enter/quotum_")
    assert "only" not in answer.stderr


@pytest.mark.parametrize("address", ["http://127.0.0.1:8080", "http://localhost:8080", "http://[::1]:8080"])
def test_an_address_of_this_machine_alone_is_said_to_be_one(quotum: Quotum, path: Path, address: str) -> None:
    answer = quotum("link", "board", "--address", address, "--history", str(path))
    assert answer.stdout.startswith(f"{address}/enter/quotum_")
    assert "QUOTUM_ADDRESS" in answer.stderr


def test_without_a_server_and_an_address_it_says_what_is_missing(quotum: Quotum, path: Path) -> None:
    answer = quotum("link", "board", "--history", str(path))
    assert answer.exit_code == 1
    assert "quotum serve" in answer.stderr
    assert "--address" in answer.stderr


def test_a_server_on_this_machine_alone_is_said_to_be_one_with_the_way_out(quotum: Quotum, path: Path) -> None:
    with owning(path, "http://127.0.0.1:8080", "127.0.0.1"):
        answer = quotum("link", "board", "--history", str(path))
    assert answer.stdout.startswith("http://127.0.0.1:8080/enter/quotum_")
    assert "on this machine only" in answer.stderr
    assert "`quotum serve --host 0.0.0.0`" in answer.stderr


@pytest.mark.parametrize(
    ("listens", "own", "base"),
    [
        (EVERYWHERE, "192.168.1.7", "http://192.168.1.7:8080"),
        ("::", "2001:db8::7", "http://[2001:db8::7]:8080"),
        ("10.0.0.5", "192.168.1.7", "http://10.0.0.5:8080"),
    ],
)
def test_beyond_this_machine_the_link_leads_where_others_reach_it(
    quotum: Quotum, path: Path, monkeypatch: pytest.MonkeyPatch, listens: str, own: str, base: str
) -> None:
    monkeypatch.setattr(under_test, "own_address", lambda _: own)
    with owning(path, f"http://{'127.0.0.1' if listens in (EVERYWHERE, '::') else listens}:8080", listens):
        answer = quotum("link", "board", "--history", str(path))
    assert answer.stdout.startswith(f"{base}/enter/quotum_")
    assert "only" not in answer.stderr


def test_where_others_would_reach_it_is_asked_for_where_it_cannot_be_known(
    quotum: Quotum, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(under_test, "own_address", lambda _: "")
    with owning(path, "http://127.0.0.1:8080", EVERYWHERE):
        answer = quotum("link", "board", "--history", str(path))
        assert (answer.exit_code, answer.stdout) == (1, "")
        assert "--address" in answer.stderr
        assert quotum("link", "board", "--history", str(path), "--address", "http://x").exit_code == 0


def test_an_own_address_is_never_one_that_leads_back_to_whoever_follows_it() -> None:
    assert not under_test.own_address(4).startswith(("127.", "0."))


def test_a_link_for_a_rep_names_them_and_nobody_else(quotum: Quotum, history: str) -> None:
    told = ("link", "board", "--history", history, "--address", "http://x")
    link = quotum(*told, "--rep", "Žofie; O'Neil").stdout.strip()
    assert link.partition("?")[2] == "me=%C5%BDofie%3B+O%27Neil"
    answer = quotum(*told, "--rep", "Žofi", "--name", "nobody's")
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert "did you mean" in answer.stderr
    with Keys(keys_path(Path(history)), lambda: 0) as keys:
        assert "nobody's" not in {key.name for key in keys.all()}


@pytest.mark.slow
def test_a_link_for_a_rep_is_made_by_the_server_that_has_the_books(path: Path) -> None:
    with Books.open(path) as books:
        say(books, *won("D1", "anna", "2017-06-01", "100.00"))
    with running("serve", folder=path.parent) as server:
        code, out, err = ask("link", "board", "--rep", "anna", folder=path.parent)
        assert (code, out.partition("/enter/")[0], out.strip().partition("?")[2]) == (0, server.url, "me=anna")
        assert "on this machine only" in err
        answer = httpx.get(out.strip(), trust_env=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/?me=anna")
