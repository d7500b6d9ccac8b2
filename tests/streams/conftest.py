"""What tests of several modules here begin with: a source that has exported nothing yet, and a new history."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.books import Books
from streams.history import History
from tests.files import new_books
from tests.streams.exports import Feed


@pytest.fixture
def feed(tmp_path: Path) -> Iterator[Feed]:
    with Feed(tmp_path) as it:
        yield it


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    with new_books(tmp_path) as it:
        yield it


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "quotum.duckdb"


@pytest.fixture
def history(path: Path) -> Iterator[History]:
    with History.create(path) as made:
        yield made
