"""Whatever is exported, one table after the other comes to the figures that the last one alone comes to."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.books import Books
from streams.rules import RowMapping
from tests.files import NOW, add_up, cells, csv_file, mapping_of, new_books, table, take_in
from tests.streams.exports import DAY, FIRST

TABLES = """\
source = "{source}"
people = "everybody"
form = "snapshot"
trail = "{source}-{{id}}"
currency = "{{currency}}"

[[event]]
type = "call.logged"
when = {{ stage = ["Open", "Won"] }}
data.id = "{source}-{{id}}"
data.rep = "{{rep}}"
data.day = "{{opened}}"
data.kind = "{{product}}"

[[event]]
type = "deal.opened"
when = {{ stage = {{ not = "Prospect" }} }}
data.id = "{source}-{{id}}"
data.rep = "{{rep}}"
data.day = "{{opened}}"
data.product = "{{product}}"
data.amount = "{{expected}}"

[[event]]
type = "deal.won"
when = {{ stage = "Won" }}
data.id = "{source}-{{id}}"
data.rep = "{{closer}}"
data.at = "{{closed}}"
data.amount = "{{amount}}"
data.units = "{{units}}"

[[event]]
type = "deal.lost"
when = {{ stage = "Lost" }}
data.id = "{source}-{{id}}"
data.rep = "{{closer}}"
data.day = "{{closed}}"
"""
COLUMNS = {
    "stage": ("Open", "Won", "Won", "Lost", "Prospect"),
    "rep": ("ann", "bob", ""),
    "closer": ("ann", "bob", ""),
    "product": ("P", "Q", ""),
    "opened": ("2026-01-05", "2026-01-06"),
    "closed": ("2026-02-10", "2026-02-11"),
    "expected": ("80", ""),
    "amount": ("100", "90.50", ""),
    "currency": ("EUR", "USD", ""),
    "units": ("1", "2.5", ""),
}
row_texts = st.tuples(*(st.sampled_from(texts) for texts in COLUMNS.values()))
tables = st.lists(row_texts, min_size=8, max_size=8)  # many rows, since an import takes longer than a row
names = (f"s{number}" for number in count())


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    """Books for all examples: each has a source and trails of its own."""
    with new_books(tmp_path_factory.mktemp("shared")) as books:
        yield books


def import_tables(books: Books, exports: list[list[tuple[str, ...]]]) -> dict[tuple[Any, ...], int]:
    """Import tables one after the other as a source of their own; the figures they come to."""
    folder, source = books.history.path.parent, next(names)
    mapping: RowMapping = mapping_of(folder, TABLES.format(source=source))
    for number, rows in enumerate(exports):
        content = table(",".join(["id", *COLUMNS]), [(str(id_), *row) for id_, row in enumerate(rows)])
        counts = take_in(books, mapping, csv_file(folder, content), FIRST + number * DAY)
        assert add_up(counts)
        assert not counts.anything_refused
    again = take_in(books, mapping, folder / "file.csv", NOW)
    assert (again.events_made, again.rows_unchanged) == (0, again.rows_used)
    return cells(books, ("owner", "closer"), f"{source}-")


@settings(max_examples=20)
@given(st.lists(tables, min_size=1, max_size=4))
def test_any_exports_in_order_come_to_what_the_last_one_alone_comes_to(
    shared: Books, exports: list[list[tuple[str, ...]]]
) -> None:
    assert import_tables(shared, exports) == import_tables(shared, exports[-1:])
