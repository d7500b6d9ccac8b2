"""Whatever goes wrong that a user can mend ends in one line and an exit code that says of which kind it is."""

from pathlib import Path

import duckdb
import pytest
import typer

from quotum.people import Author
from quotum.questions import QuestionError
from quotum.settings import DEFAULT_HISTORY, FAILED, REFUSED, USAGE, WELL, Held, author, holding, opened, stop, told
from streams.books import BehindError, UnavailableError
from streams.history import HistoryError
from streams.vault_file import VaultError
from tests.quotum.conftest import Quotum
from tests.small_books import make_books


def ended(error: BaseException, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """How a command ends in which something goes wrong: its exit code and what it says."""
    with pytest.raises(typer.Exit) as end, told():
        raise error
    return end.value.exit_code, capsys.readouterr().err


def test_exit_codes_are_those_that_scripts_rely_on() -> None:
    assert (WELL, FAILED, USAGE, REFUSED) == (0, 1, 2, 3)


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (UnavailableError("the log is away"), FAILED, "the log is away; send the same again"),
        (BehindError("the log has it"), FAILED, "the log has it; it counts once a recorder has caught up"),
        (QuestionError("there is no metric 'x'"), USAGE, "there is no metric 'x'"),
        (HistoryError("no history there"), FAILED, "no history there"),
        (VaultError("no vault there"), FAILED, "no vault there"),
        (
            duckdb.IOException("IO Error: disk full\nLINE 1: SELECT"),
            FAILED,
            "the history cannot be read or written: IO Error: disk full",
        ),
        (PermissionError(13, "Permission denied", "out.csv"), FAILED, "out.csv: Permission denied"),
        (OSError("strange"), FAILED, "strange"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_that_can_be_mended_is_one_line(
    error: BaseException, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(error, capsys) == (code, f"quotum: {said}\n")


@pytest.mark.parametrize("error", [KeyError("x"), KeyboardInterrupt(), BrokenPipeError()], ids=repr)
def test_what_no_user_can_mend_is_not_hidden(error: BaseException) -> None:
    with pytest.raises(type(error)), told():
        raise error


def test_stopping_says_why_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as end:
        stop("no", USAGE)
    assert end.value.exit_code == USAGE
    assert capsys.readouterr() == ("", "quotum: no\n")


def test_opened_books_are_closed_whatever_happens(history: str) -> None:
    def fail() -> None:
        with opened(Path(history)) as books:
            raise RuntimeError(f"after {books.next_offset()} events")

    for _ in range(2):
        with pytest.raises(RuntimeError, match="after"):
            fail()


def test_the_history_is_that_of_the_option_then_of_the_environment_then_in_this_folder(
    quotum: Quotum, history: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    question = ("board", "deals_won", "2017", "--by", "total", "--format", "csv")
    nothing_here = quotum(*question)
    assert nothing_here.exit_code == FAILED
    assert f"there is no history at {DEFAULT_HISTORY}" in nothing_here.stderr
    monkeypatch.setenv("QUOTUM_HISTORY", history)
    assert quotum(*question).stdout == "rank,who,value\n1,total,7\n"
    assert "elsewhere" in quotum(*question, "--history", "elsewhere").stderr
    monkeypatch.delenv("QUOTUM_HISTORY")
    assert quotum("init", "--zone", "UTC", "--currency", "EUR").exit_code == WELL
    assert quotum(*question).stdout == "rank,who,value\n1,total,0\n"


def test_an_author_is_who_is_named_and_whose_key_a_server_was_shown(tmp_path: Path) -> None:
    assert [author(None), author("bas")] == [Author(), Author("bas")]
    with make_books(tmp_path) as books, holding(Held(books, None, {}, "ops")):
        assert [author(None), author("bas")] == [Author(None, "ops"), Author("bas", "ops")]
