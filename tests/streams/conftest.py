"""What tests of several modules here begin with: a source that has exported nothing yet."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.streams.exports import Feed


@pytest.fixture
def feed(tmp_path: Path) -> Iterator[Feed]:
    with Feed(tmp_path) as it:
        yield it
