"""Where somebody stands on a board, in the words in which it is printed."""

from typing import Any

from quotum.boards import board
from quotum.values import value_text
from streams.books import Books

Cells = list[tuple[int | None, str | None, str]]


def cells(books: Books, metric: str, period: str, **how: Any) -> Cells:  # noqa: ANN401 (any option of a board)
    """Rank, who and value as they are printed."""
    found = board(books, metric, period, **how)
    return [(row.rank, row.who, value_text(found.metric, row.value, row.currency)) for row in found.rows]
