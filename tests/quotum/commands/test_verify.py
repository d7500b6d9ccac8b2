"""`quotum verify` finds a changed figure and says which; it says so too when all is well."""

import re
import shutil
from pathlib import Path

import duckdb
import pytest

from streams import replaying
from tests.quotum.conftest import Quotum


@pytest.fixture
def own(history: str, tmp_path: Path) -> Path:
    """A copy of the history to tamper with, vault and all."""
    path = tmp_path / "own.duckdb"
    shutil.copy(history, path)
    shutil.copy(f"{history}.vault", f"{path}.vault")
    return path


def tamper(path: Path, statement: str) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute(statement)


def test_an_untouched_history_agrees_three_ways(quotum: Quotum, history: str) -> None:
    found = quotum("verify", "--history", history)
    assert (found.exit_code, found.stderr) == (0, "")
    assert re.fullmatch(r"all well: \d+ cells of \d+ events agree three ways\n", found.stdout)


def test_a_changed_amount_is_found_and_named_in_the_words_of_a_board(quotum: Quotum, own: Path) -> None:
    tamper(
        own, "UPDATE postings SET amount = amount + 1 WHERE metric = 'revenue' AND basis = 'owner' AND amount = 125050"
    )
    found = quotum("verify", "--history", str(own))
    assert found.exit_code == 1
    assert found.stdout == (
        "revenue by owner of Anna de Vries on 2017-06-01 EUR: stored 1250.51, folded 1250.50, sql 1250.50\n"
        "1 cell differs\n"
        "the events agree with themselves: quotum replay puts the stored figures right\n"
    )


def test_a_changed_rep_differs_in_two_cells(quotum: Quotum, own: Path) -> None:
    tamper(own, "UPDATE postings SET rep = 0 WHERE metric = 'calls' AND entity = 'call:C-1'")
    found = quotum("verify", "--history", str(own))
    assert found.exit_code == 1
    assert "calls by owner of Anna de Vries on 2017-06-01 intro: stored 0, folded 1, sql 1\n" in found.stdout
    assert "calls by owner of unassigned on 2017-06-01 intro: stored 1, folded 0, sql 0\n" in found.stdout
    assert "2 cells differ\n" in found.stdout


def test_a_removed_posting_of_a_duration_is_found(quotum: Quotum, own: Path) -> None:
    tamper(own, "DELETE FROM postings WHERE metric = 'cycle_days_median' AND basis = 'closer' AND entity = 'deal:D-2'")
    found = quotum("verify", "--history", str(own))
    assert found.exit_code == 1
    assert (
        'cycle_days_median by closer of Bas "Baas", Jansen on 2017-06-15 fall 0 days: stored 0, folded 1, sql 1\n'
        in found.stdout
    )


def test_a_changed_event_is_found(quotum: Quotum, own: Path) -> None:
    tamper(own, "UPDATE events SET data = replace(data, '1250.50', '9250.50')")
    found = quotum("verify", "--history", str(own))
    assert found.exit_code == 1
    assert "EUR: stored 1250.50, folded 9250.50, sql 9250.50\n" in found.stdout


def test_replaying_is_advised_only_where_it_would_help(
    quotum: Quotum, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaying, "sql_cells", lambda *_: {})
    found = quotum("verify", "--history", str(own))
    assert found.exit_code == 1
    assert "quotum replay" not in found.stdout
    assert "the fold and plain SQL disagree" in found.stdout


def test_many_differences_are_counted_and_the_first_twenty_shown(quotum: Quotum, own: Path) -> None:
    tamper(own, "UPDATE postings SET day = day + 1")
    lines = quotum("verify", "--history", str(own)).stdout.splitlines()
    assert len(lines) == 20 + 2
    assert re.fullmatch(r"\d+ cells differ; the first 20 are shown", lines[-2])


def test_an_event_that_is_gone_is_told_and_no_replay_hides_it(quotum: Quotum, own: Path) -> None:
    tamper(own, "DELETE FROM events WHERE log_offset = 5")
    tamper(own, "DELETE FROM postings WHERE log_offset = 5")
    told = "the event at offset 5 is missing in partition 0\nthe log itself is damaged: put back the file from a backup"
    for command in ("verify", "replay"):
        found = quotum(command, "--history", str(own))
        assert (found.exit_code, found.stdout.startswith(told)) == (1, True)
