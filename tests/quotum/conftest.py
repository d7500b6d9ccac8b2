"""Commands are asked as at a prompt of 80 columns, on a history that has a little of everything.

What is asked without a command is asked of books that begin empty.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from quotum.cli import app
from streams.books import Books
from tests.small_books import HISTORY, called, in_teams, make_books, say, won

Quotum = Callable[..., Result]
NAMES = {"u-1": "Anna de Vries", "u-2": 'Bas "Baas", Jansen', "u-3": "Anna de Vries", "u-4": "Žofie; O'Neil"}


@pytest.fixture(autouse=True)
def prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same terminal for everyone: 80 columns, no colours, no history in the environment."""
    for name in ("QUOTUM_HISTORY", "FORCE_COLOR", "GITHUB_ACTIONS", "PY_COLORS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "dumb")


@pytest.fixture
def quotum() -> Quotum:
    """A command in this process; an exception that the command did not turn into a message fails the test."""

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, words, catch_exceptions=False)

    return run


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    """Books in which nothing happened yet, to tell things to."""
    with make_books(tmp_path) as it:
        yield it


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The path of a history to read: four reps of two teams, deals, calls and an offer in 2017."""
    folder = tmp_path_factory.mktemp("small")
    with make_books(folder) as books:
        named = [("rep.joined", {"rep": rep, "name": name, "day": "2017-01-01"}) for rep, name in NAMES.items()]
        say(books, *named)
        say(books, *in_teams(*[(rep, "1" if rep in ("u-1", "u-2") else "2", "2017-01-01") for rep in NAMES]))
        say(books, *won("D-1", "u-1", "2017-06-01", "1250.50"), *won("D-2", "u-2", "2017-06-15T10:00:00.25Z", "800.00"))
        say(books, *won("D-3", "u-3", "2017-06-20", "99.95"), *won("D-4", None, "2017-06-21", "10.00"))
        say(books, *won("D-5", "u-1", "2017-07-01"), *won("D-6", "u-2", "2017-08-01", "1.00"))
        say(books, *won("D-7", "u-3", "2017-08-02", "5000", "JPY"))
        say(books, called("C-1", "u-1", "2017-06-01", kind="intro"), called("C-2", None, "2017-06-02T08:00:00Z"))
        say(books, ("deal.amended", {"id": "D-3", "amount": {"value": "100.00", "currency": "EUR"}}), layer=1)
        say(books, ("correction.withdrawn", {"entity": "deal:D-3", "fields": ["amount", "units"]}), layer=1)
        shares = [{"rep": "u-1", "share": "0.5"}, {"rep": "u-2", "share": "0.5"}]
        say(books, ("deal.reassigned", {"id": "D-1", "shares": shares, "day": "2017-09-01"}))
        say(books, ("deal.reassigned", {"id": "D-2", "rep": None, "day": "2017-09-01"}))
        say(books, ("deal.amended", {"id": "D-2", "product": None, "campaign": "fall"}))
    return str(folder / HISTORY)


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The path of a history in which nothing happened yet."""
    folder = tmp_path_factory.mktemp("empty")
    make_books(folder).close()
    return str(folder / HISTORY)
