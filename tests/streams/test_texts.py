"""A text is found again by its reference alone, and an event that is sent again brings no second one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.texts import LONGEST_TEXT_CHARS, Told
from streams.vault import Vault
from tests.streams.vaults import bytes_around


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "quotum.duckdb.vault"


@pytest.fixture
def vault(path: Path) -> Iterator[Vault]:
    with Vault.open(path) as it:
        yield it


def test_a_text_is_found_by_its_reference_and_the_same_text_gets_another_one(path: Path) -> None:
    with Vault.open(path) as vault:
        one, other = vault.keep_text("héllo"), vault.keep_text("héllo")
    assert one != other
    assert len(one) == 64
    with Vault.open(path) as vault:
        assert vault.text(one) == vault.text(other) == "héllo"
        assert vault.text("0" * 64) is None


def test_a_text_that_is_too_long_is_refused(vault: Vault) -> None:
    with pytest.raises(ValueError, match="a text has 1000001 characters: shorten it to 1000000"):
        vault.keep_text("x" * (LONGEST_TEXT_CHARS + 1))


TOLD = Told("crm", "e1", "reason", "héllo")


def test_an_event_that_is_sent_again_finds_its_text_under_the_same_reference(path: Path) -> None:
    with Vault.open(path) as vault:
        one, again = vault.keep_told([TOLD, TOLD])
        assert one == again != vault.keep_text("héllo")
    with Vault.open(path) as vault:
        assert vault.keep_told([TOLD]) == [one]
        assert vault.text(one) == "héllo"


@pytest.mark.parametrize("other", [{"source": "erp"}, {"event_id": "e2"}, {"field": "note"}, {"text": "hello"}])
def test_what_another_event_or_field_tells_has_a_reference_of_its_own(vault: Vault, other: dict[str, str]) -> None:
    told = TOLD._replace(**other)
    one, another = vault.keep_told([TOLD, told])
    assert one != another
    assert (vault.text(one), vault.text(another)) == ("héllo", told.text)


def test_an_erased_text_is_not_stored_anew_when_its_event_is_sent_again(vault: Vault, path: Path) -> None:
    vault.numbers("crm", ["ann"], "person")
    secret = TOLD._replace(text="secret story")
    (ref,) = vault.keep_told([secret])
    vault.erase(1, texts=[ref])
    assert vault.keep_told([secret]) == [ref]
    assert vault.text(ref) is None
    assert b"secret story" not in bytes_around(path)


def test_of_several_texts_none_is_kept_where_one_is_refused(vault: Vault, path: Path) -> None:
    with pytest.raises(ValueError, match="shorten it"):
        vault.keep_told([TOLD, TOLD._replace(text="x" * (LONGEST_TEXT_CHARS + 1))])
    assert "héllo".encode() not in bytes_around(path)
