"""Keys at the prompt: printed once, listed without their secret, revoked by name."""

from pathlib import Path

import pytest

from streams.keys import Keys, keys_path
from tests.quotum.conftest import Quotum
from tests.small_books import HISTORY, make_books


@pytest.fixture
def path(tmp_path: Path) -> Path:
    make_books(tmp_path).close()
    return tmp_path / HISTORY


def test_a_key_is_printed_once_and_never_listed(quotum: Quotum, path: Path) -> None:
    secret = quotum("key", "new", "feed", "--scope", "write", "--scope", "read", "--history", str(path)).stdout.strip()
    with Keys(keys_path(path), lambda: 0) as keys:
        assert keys.find(secret) is not None
    listed = quotum("key", "list", "--history", str(path), "--format", "csv").stdout
    assert listed.splitlines()[1].startswith("feed,read write,")
    assert secret not in listed


def test_a_revoked_key_is_gone(quotum: Quotum, path: Path) -> None:
    secret = quotum("key", "new", "feed", "--scope", "write", "--history", str(path)).stdout.strip()
    assert quotum("key", "revoke", "feed", "--history", str(path)).exit_code == 0
    with Keys(keys_path(path), lambda: 0) as keys:
        assert keys.find(secret) is None


def test_a_slip_is_one_clear_line(quotum: Quotum, path: Path, tmp_path: Path) -> None:
    unknown = quotum("key", "revoke", "nobody", "--history", str(path))
    assert (unknown.exit_code, unknown.stderr.count("\n")) == (1, 1)
    assert "quotum key list" in unknown.stderr
    nowhere = quotum("key", "new", "a", "--scope", "read", "--history", str(tmp_path / "none.duckdb"))
    assert nowhere.exit_code == 1
    assert "quotum init" in nowhere.stderr
    assert not (tmp_path / "none.duckdb.keys").exists()
