"""Which vault belongs to which history: to the log people are numbers, and only its own vault knows whose.

Every vault has a random key from its first day on, and a digest of that key is its name. A history holds the name of
its vault. So the two can be copied, moved and renamed together, an older copy of either is known for what it is, and a
history made anew from a log takes up the vault that lies beside it. A history made before vaults had names takes up the
name of the first vault that it is opened with and that knows all its numbers.
"""

from pathlib import Path

from streams.history import History, HistoryError
from streams.vault import Vault

NAMED = "SELECT value FROM about WHERE name = 'vault'"
NAME = "INSERT INTO about VALUES ('vault', $vault)"
HIGHEST = "SELECT coalesce(max(rep), 0) FROM postings"


def vault_path(history: Path) -> Path:
    """Where the vault of a history lies: beside it."""
    return history.with_name(history.name + ".vault")


def make_vault(path: Path, history: History) -> None:
    """An empty vault for a history that will lie at `path`; HistoryError where the vault of another one lies."""
    with Vault.open(vault_path(path)) as vault:
        if vault.labels():
            raise HistoryError(
                f"a vault without its history lies at {vault_path(path)}. Put the history beside it, or move it away."
            )
        expect_own_vault(history, vault)


def expect_vault(path: Path) -> None:
    """HistoryError where the vault of a history is missing."""
    if not vault_path(path).exists():
        raise HistoryError(f"the vault {vault_path(path)} is missing, so nobody would have a name. Put it back.")


def expect_own_vault(history: History, vault: Vault) -> None:
    """Another vault, or an old copy, would give people wrong names, and somebody new the number of somebody else."""
    named = [str(name) for (name,) in history.rows(NAMED)]
    if named and named != [vault.name()]:
        raise HistoryError(
            f"{vault_path(history.path)} is the vault of other books, so people in {history.path} would have the names "
            "of others. Put the vault back that was saved with this history."
        )
    _expect_numbers(history, vault)
    if not named:
        history.write(lambda connection: connection.execute(NAME, {"vault": vault.name()})).result()


def _expect_numbers(history: History, vault: Vault) -> None:
    highest = int(history.rows(HIGHEST)[0][0])
    known = max(vault.labels(), default=0)
    if highest > known:
        raise HistoryError(
            f"{vault_path(history.path)} is not the vault that belongs to {history.path}, or an old copy of it: the "
            f"history names number {highest}, the vault knows numbers up to {known}. Put the right one back."
        )
