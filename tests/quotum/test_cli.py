"""The command as a whole: help that can be read, exit codes that mean one thing, never a traceback for a slip."""

import re
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
import typer
from rich.cells import cell_len

from quotum.cli import EPILOG, app, main
from quotum.settings import FAILED, INTERRUPTED, REFUSED, USAGE, WELL
from streams.books import Books
from tests.quotum.conftest import Quotum
from tests.small_books import HISTORY, make_books

COMMANDS = ["init", "import", "board", "reached", "events", "verify", "replay"]
MAPPING = """\
source = "crm"
form = "log"
id = "{id}"
trail = "{id}"
time = "{at}"

[[event]]
type = "call.logged"
data.id = "{id}"
data.rep = "{rep}"
data.at = "{at}"
"""
RUN = "from quotum.cli import main; main()"


def run_apart(*words: str) -> subprocess.CompletedProcess[str]:
    """The same command in a process of its own."""
    return subprocess.run([sys.executable, "-c", RUN, *words], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_fits_80_columns_and_explains_every_option(quotum: Quotum, command: str) -> None:
    found = quotum(command, "--help")
    assert found.exit_code == WELL
    assert max(cell_len(line) for line in found.stdout.splitlines()) <= 80
    text = " ".join(found.stdout.split())
    assert "…" not in text
    assert f"Usage: quotum {command}" in text
    for option in typer.main.get_command(app).commands[command].params:  # type: ignore[attr-defined]  # a group has commands
        assert option.help, f"{command} {option.name} is not explained"
        assert option.help.endswith((".", ")")), option.help


def test_help_names_every_command_and_every_exit_code(quotum: Quotum) -> None:
    found = quotum("--help")
    assert found.exit_code == WELL
    for command in COMMANDS:
        assert re.search(rf"│ {command} +\S", found.stdout), command
    text = " ".join(found.stdout.split())
    assert EPILOG in text
    for code in (WELL, FAILED, USAGE, REFUSED):
        assert re.search(rf"\b{code} \w+", EPILOG)


def test_without_a_command_help_is_shown_and_nothing_was_done(quotum: Quotum) -> None:
    found = quotum()
    assert found.exit_code == USAGE
    assert "Usage: quotum" in found.output


def test_the_version_is_that_of_the_package(quotum: Quotum) -> None:
    found = quotum("--version")
    assert (found.exit_code, found.stdout) == (WELL, f"{version('quotum')}\n")


@pytest.mark.parametrize("words", [("boards",), ("--hist", "x"), ("board", "calls", "2017", "--hist", "x")])
def test_an_unknown_word_is_a_usage_error(quotum: Quotum, words: tuple[str, ...]) -> None:
    found = quotum(*words)
    assert found.exit_code == USAGE
    assert "No such" in found.stderr


def test_input_that_was_refused_in_part_has_an_exit_code_of_its_own(quotum: Quotum, tmp_path: Path) -> None:
    make_books(tmp_path).close()
    (tmp_path / "calls.toml").write_text(MAPPING, encoding="utf-8")
    (tmp_path / "calls.csv").write_text("id,rep,at\n1,ann,2017-06-01T09:00:00Z\n2,ann,yesterday\n", encoding="utf-8")
    words = ("import", str(tmp_path / "calls.csv"), "--mapping", str(tmp_path / "calls.toml"))
    found = quotum(*words, "--history", str(tmp_path / HISTORY))
    assert found.exit_code == REFUSED
    assert found.stdout.startswith("rows read 2 = ignored 0 + refused 1 + used 1\n")


@pytest.mark.parametrize(
    "command", [("board", "calls", "2017"), ("reached", "calls", "2017", "1"), ("events",), ("verify",), ("replay",)]
)
def test_a_history_that_cannot_be_used_is_one_line(
    quotum: Quotum, tmp_path: Path, history: str, command: tuple[str, ...]
) -> None:
    text, folder, alone = tmp_path / "notes.txt", tmp_path / "folder", tmp_path / "alone.duckdb"
    text.write_text("not a database, " * 400, encoding="utf-8")
    folder.mkdir()
    shutil.copy(history, alone)  # without its vault
    for path in (tmp_path / "none.duckdb", text, folder, alone):
        found = quotum(*command, "--history", str(path))
        assert (found.exit_code, found.stdout) == (FAILED, "")
        assert found.stderr.startswith("quotum: ")
        assert found.stderr.count("\n") == 1
        assert str(path) in found.stderr


def test_who_stops_waiting_for_a_server_is_told_that_it_may_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("sys.argv", ["quotum", "board", "calls", "2017", "--server", "http://127.0.0.1:1"])
    monkeypatch.setattr("quotum.cli.put_aside_what_stays", lambda: None)  # of a process that ends
    monkeypatch.setattr("quotum.forwarding.forward", interrupted)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == INTERRUPTED
    assert capsys.readouterr().err == "quotum: stopped waiting; http://127.0.0.1:1 may go on with it\n"


@pytest.mark.slow
def test_a_history_in_use_says_by_whom_and_what_to_do(tmp_path: Path) -> None:
    make_books(tmp_path).close()
    path = tmp_path / HISTORY
    with Books.open(path):
        found = run_apart("board", "calls", "2017", "--history", str(path))
    assert (found.returncode, found.stdout) == (FAILED, "")
    assert found.stderr.startswith(f"quotum: {path} is in use by ")
    assert "Wait until it ends, or stop it" in found.stderr
    assert found.stderr.count("\n") == 1


@pytest.mark.slow
def test_the_command_ends_with_its_exit_code(history: str) -> None:
    slip = run_apart("board", "deals_wom", "2017", "--history", history)
    assert (slip.returncode, slip.stdout) == (USAGE, "")
    assert slip.stderr == "quotum: there is no metric 'deals_wom'; did you mean deals_won?\n"
