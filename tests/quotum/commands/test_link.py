"""A link is an address that reads and can be taken back."""

from pathlib import Path

import pytest

from streams.keys import Keys, keys_path
from tests.quotum.conftest import Quotum
from tests.small_books import HISTORY, make_books


@pytest.fixture
def path(tmp_path: Path) -> Path:
    make_books(tmp_path).close()
    return tmp_path / HISTORY


def test_a_link_leads_to_the_address_that_was_given_and_only_reads(quotum: Quotum, path: Path) -> None:
    answer = quotum("link", "board", "--address", "https://sales.example/", "--name", "wall", "--history", str(path))
    address = answer.stdout.strip()
    assert address.startswith("https://sales.example/enter/quotum_")
    with Keys(keys_path(path), lambda: 0) as keys:
        found = keys.find(address.rpartition("/")[2])
        assert found is not None
        assert (found.name, found.scopes) == ("wall", frozenset({"read"}))
    assert "quotum key revoke 'wall'" in answer.stderr


def test_without_a_server_and_an_address_it_says_what_is_missing(quotum: Quotum, path: Path) -> None:
    answer = quotum("link", "board", "--history", str(path))
    assert answer.exit_code == 1
    assert "quotum serve" in answer.stderr
    assert "--address" in answer.stderr
