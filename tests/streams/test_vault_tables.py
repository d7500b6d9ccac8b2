"""A vault of any version is taken on to the present one, once, with all that it holds."""

import sqlite3
from pathlib import Path

import pytest

from streams.texts import Told
from streams.vault import Vault
from streams.vault_file import VaultError
from streams.vault_tables import MIGRATIONS


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "quotum.duckdb.vault"


TOLD = Told("crm", "e1", "reason", "héllo")


def test_a_vault_of_the_first_version_learns_to_keep_what_events_tell(path: Path) -> None:
    with Vault.open(path, migrations=MIGRATIONS[:1]) as vault:
        ref = vault.keep_text("hello")
    with Vault.open(path) as vault:
        assert vault.text(ref) == "hello"
        assert vault.text(*vault.keep_told([TOLD])) == "héllo"


def test_an_older_vault_is_migrated_once_and_keeps_what_it_holds(path: Path) -> None:
    def add_languages(db: sqlite3.Connection) -> None:
        db.execute("ALTER TABLE numbers ADD COLUMN language TEXT")

    with Vault.open(path) as vault:
        vault.numbers("crm", ["ann"], "person")
    for _ in range(2):
        with Vault.open(path, migrations=[*MIGRATIONS, add_languages]) as vault:
            assert vault.numbers("crm", ["ann"], "person") == {"ann": 1}


def test_a_migration_that_fails_changes_nothing(path: Path) -> None:
    def fail(db: sqlite3.Connection) -> None:
        db.execute("DROP TABLE texts")
        db.execute("SELECT no_such_column FROM numbers")

    with Vault.open(path) as vault:
        ref = vault.keep_text("hello")
    with pytest.raises(VaultError, match="no such column"):
        Vault.open(path, migrations=[*MIGRATIONS, fail])
    with Vault.open(path) as vault:
        assert vault.text(ref) == "hello"
