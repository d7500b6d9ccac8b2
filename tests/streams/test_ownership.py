"""A small file says who owns a history, to those who may read it, as long as it is true."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from streams.ownership import owner_of, owner_path, owning, proof

URL = "http://127.0.0.1:8080"


def test_an_owner_says_where_it_answers_until_it_is_done(tmp_path: Path) -> None:
    history = tmp_path / "h.duckdb"
    assert owner_of(history) is None
    with owning(history, URL) as owner:
        assert owner_of(history) == owner
        assert (owner.url, owner.pid) == (URL, os.getpid())
    assert owner_of(history) is None
    assert list(tmp_path.iterdir()) == []


def test_the_secret_is_for_its_own_user_alone_and_new_each_time(tmp_path: Path) -> None:
    with owning(tmp_path / "h", URL) as first:
        assert stat.S_IMODE(owner_path(tmp_path / "h").stat().st_mode) == 0o600
    with owning(tmp_path / "h", URL) as second:
        assert first.secret != second.secret


def test_an_owner_that_was_killed_is_none(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    owner_path(tmp_path / "h").write_text(f'{{"url": "{URL}", "pid": {gone.pid}, "secret": "s"}}', encoding="utf-8")
    assert owner_of(tmp_path / "h") is None


@pytest.mark.parametrize("said", ["", "{", "[]", '{"url": "x"}', '{"url": "x", "pid": "y", "secret": "z"}', "\xff"])
def test_a_damaged_file_names_no_owner(said: str, tmp_path: Path) -> None:
    owner_path(tmp_path / "h").write_text(said, encoding="latin-1")
    assert owner_of(tmp_path / "h") is None


def test_who_comes_later_keeps_its_file(tmp_path: Path) -> None:
    history = tmp_path / "h"
    with owning(history, URL):
        later = owning(history, "http://127.0.0.1:9090")
        owner = later.__enter__()
    assert owner_of(history) == owner
    later.__exit__(None, None, None)
    assert owner_of(history) is None


def test_a_proof_needs_the_secret_and_fits_one_question() -> None:
    assert proof("secret", "nonce") == proof("secret", "nonce")
    assert len({proof("secret", "nonce"), proof("other", "nonce"), proof("secret", "other")}) == 3
    assert "secret" not in proof("secret", "nonce")
