"""A history opens with its own vault alone, wherever the two of them lie, and whichever of them is the older copy."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from streams.books import Books
from streams.history import History, HistoryError
from streams.pairing import NAMED, vault_path
from streams.vault import Vault
from tests.small_books import called, make_books, say


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return books_of(tmp_path / "ours", ["ann"])


def books_of(folder: Path, people: Sequence[str]) -> Path:
    """The history of books in which these people called."""
    folder.mkdir()
    with make_books(folder) as books:
        call_by(books, people)
        return books.history.path


def call_by(books: Books, people: Sequence[str]) -> None:
    say(books, *(called(f"by-{who}", who, "2017-05-01") for who in people))


def labels(path: Path) -> list[str]:
    with Books.open(path) as books:
        return list(books.vault.labels().values())


def as_of_old(path: Path) -> None:
    """As a history was made before vaults had names."""
    with History.open(path) as history:
        history.write(lambda connection: connection.execute("DELETE FROM about WHERE name = 'vault'")).result()


def refusal(path: Path) -> str:
    with pytest.raises(HistoryError) as told:
        Books.open(path)
    History.open(path).close()  # nobody holds it
    return str(told.value)


@pytest.mark.parametrize("people", [["zoe"], ["zoe", "bob"]])
def test_the_vault_of_other_books_is_refused_also_where_its_numbers_fit(
    path: Path, tmp_path: Path, people: list[str]
) -> None:
    own = vault_path(path).read_bytes()
    shutil.copy(vault_path(books_of(tmp_path / "theirs", people)), vault_path(path))
    assert refusal(path) == (
        f"{vault_path(path)} is the vault of other books, so people in {path} would have the names of others. Put the "
        "vault back that was saved with this history."
    )
    vault_path(path).write_bytes(own)
    assert labels(path) == ["ann"]


def test_the_name_of_its_vault_lies_in_a_history_from_its_first_moment_on(tmp_path: Path) -> None:
    with make_books(tmp_path) as books:
        assert books.history.rows(NAMED) == [(books.vault.name(),)]


def test_history_and_vault_open_wherever_both_were_copied(path: Path, tmp_path: Path) -> None:
    saved = tmp_path / "saved.quotum"
    shutil.copy(path, saved)
    shutil.copy(vault_path(path), vault_path(saved))
    with Books.open(path) as books:
        call_by(books, ["bob"])
    assert (labels(saved), labels(path)) == (["ann"], ["ann", "bob"])


def test_a_copy_of_the_vault_that_is_too_old_for_the_history_is_refused_and_one_that_is_not_opens(path: Path) -> None:
    older = vault_path(path).read_bytes()
    with Books.open(path) as books:
        books.vault.set_name(1, "Ann")
    newer = vault_path(path).read_bytes()
    vault_path(path).write_bytes(older)
    assert labels(path) == ["ann"]
    vault_path(path).write_bytes(newer)
    with Books.open(path) as books:
        call_by(books, ["bob"])
    vault_path(path).write_bytes(older)
    assert "names number 2, the vault knows numbers up to 1. Put the right one back." in refusal(path)


def test_a_copy_of_the_history_that_is_older_than_the_vault_opens(path: Path) -> None:
    older = path.read_bytes()
    with Books.open(path) as books:
        call_by(books, ["bob"])
    path.write_bytes(older)
    with Books.open(path) as books:
        call_by(books, ["zoe", "bob"])
        assert books.vault.labels() == {1: "ann", 2: "bob", 3: "zoe"}


def test_a_history_made_before_takes_up_the_vault_it_is_opened_with_and_no_other_after_it(
    path: Path, tmp_path: Path
) -> None:
    as_of_old(path)
    assert labels(path) == ["ann"]
    shutil.copy(vault_path(books_of(tmp_path / "theirs", ["zoe"])), vault_path(path))
    assert "is the vault of other books" in refusal(path)


def test_a_history_made_before_takes_up_no_vault_that_does_not_know_its_numbers(path: Path) -> None:
    as_of_old(path)
    own = vault_path(path).read_bytes()
    vault_path(path).unlink()
    Vault.open(vault_path(path)).close()
    assert "names number 1, the vault knows numbers up to 0" in refusal(path)
    vault_path(path).write_bytes(own)
    assert labels(path) == ["ann"]


def test_a_vault_keeps_its_name_whatever_is_written_or_erased_in_it_and_no_other_has_it(tmp_path: Path) -> None:
    with Vault.open(tmp_path / "one") as one, Vault.open(tmp_path / "other") as other:
        name = one.name()
        one.erase(one.numbers("crm", ["ann"], "person")["ann"])
        assert name == one.name() != other.name()
    with Vault.open(tmp_path / "one") as one:
        assert one.name() == name
