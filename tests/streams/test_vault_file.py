"""The file is private, has one owner, and is left alone where it is not ours."""

import os
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.vault import Vault
from streams.vault_file import VaultError
from streams.vault_tables import MIGRATIONS
from tests.streams.vaults import ROOT


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "quotum.duckdb.vault"


@pytest.fixture
def vault(path: Path) -> Iterator[Vault]:
    with Vault.open(path) as it:
        yield it


def test_a_vault_is_readable_by_its_owner_alone(vault: Vault, path: Path) -> None:
    vault.numbers("crm", ["ann"], "person")
    files = list(path.parent.glob(path.name + "*"))
    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600] * len(files)


def test_a_foreign_file_is_refused_and_left_as_it_is(path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE notes (note TEXT)")
    other.close()
    for content in (path.read_bytes(), b"hello", b"id,name\n" * 500, os.urandom(5000)):
        path.write_bytes(content)
        with pytest.raises(VaultError, match=r"vault is not a vault, and was left as it is: move it away"):
            Vault.open(path)
        assert path.read_bytes() == content


def test_an_empty_file_that_a_crash_left_becomes_a_vault(path: Path) -> None:
    path.touch()
    with Vault.open(path) as vault:
        assert vault.numbers("crm", ["ann"], "person") == {"ann": 1}


def test_a_newer_vault_is_refused(path: Path) -> None:
    Vault.open(path, migrations=[*MIGRATIONS, lambda _: None]).close()
    newer = len(MIGRATIONS) + 1
    with pytest.raises(VaultError, match=f"is a vault of version {newer}, newer than this program's {newer - 1}"):
        Vault.open(path)


def test_a_second_process_is_told_at_once_who_owns_the_vault(path: Path) -> None:
    program = """
import sys
from streams.vault import Vault
with Vault.open(sys.argv[1]):
    print("open", flush=True)
    sys.stdin.read()
"""
    command = [sys.executable, "-c", program, str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "open\n"
        who = f"process {owner.pid}" if Path("/proc/locks").exists() else "another process"
        asked = time.monotonic()
        with pytest.raises(VaultError, match=rf"is owned by ({who}|another process): ask that one, or stop it"):
            Vault.open(path)
        assert time.monotonic() - asked < 2
        owner.communicate()
    Vault.open(path).close()


def test_opening_a_vault_twice_in_one_process_is_refused_too(vault: Vault, path: Path) -> None:
    with pytest.raises(VaultError, match=r"is owned by (this process already|another process)"):
        Vault.open(path)
    assert vault.numbers("crm", ["ann"], "person") == {"ann": 1}


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(VaultError, match=r"nowhere.*cannot be made .*: give a folder that exists and can be written"):
        Vault.open(tmp_path / "nowhere" / "h.vault")


def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(VaultError, match="cannot be read or written"):
        Vault.open(tmp_path)


def test_a_closed_vault_says_so(vault: Vault, path: Path) -> None:
    vault.close()
    vault.close()
    with pytest.raises(VaultError, match="closed database"):
        vault.numbers("crm", ["ann"], "person")
    Vault.open(path).close()
