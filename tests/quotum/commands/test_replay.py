"""`quotum replay` builds all figures anew, says what differed, and leaves the right ones in use."""

import re
from pathlib import Path

from tests.quotum.commands.test_verify import own, tamper
from tests.quotum.conftest import Quotum

__all__ = ["own"]  # a fixture: pytest finds it by its name here


def test_replaying_right_figures_changes_nothing(quotum: Quotum, own: Path) -> None:
    before = quotum("board", "revenue", "2017", "--history", str(own), "--format", "csv").stdout
    found = quotum("replay", "--history", str(own))
    assert (found.exit_code, found.stderr) == (0, "")
    assert re.fullmatch(r"all well: \d+ events replayed, the figures are the same\n", found.stdout)
    assert quotum("board", "revenue", "2017", "--history", str(own), "--format", "csv").stdout == before


def test_replaying_mends_figures_that_were_tampered_with(quotum: Quotum, own: Path) -> None:
    question = ("board", "revenue", "2017", "--history", str(own), "--format", "csv")
    before = quotum(*question).stdout
    tamper(own, "UPDATE postings SET amount = amount * 10 WHERE metric = 'revenue' AND entity = 'deal:D-1'")
    assert quotum(*question).stdout != before
    found = quotum("replay", "--history", str(own))
    assert found.exit_code == 1
    assert "revenue by owner of Anna de Vries on 2017-06-01 EUR: stored 12505.00, replayed 1250.50\n" in found.stdout
    assert found.stdout.endswith("the replayed figures are in use now\n")
    assert quotum(*question).stdout == before
    assert quotum("verify", "--history", str(own)).exit_code == 0
    assert quotum("replay", "--history", str(own)).exit_code == 0
