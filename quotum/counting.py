"""Up to where the log counts in an answer: asked before and after it, so that what is said of it is so."""

from collections.abc import Callable
from typing import Literal, TypeVar

from pydantic import BaseModel, Field

from streams.books import Books
from streams.figures import StandsFor

TRIES = 5
T = TypeVar("T")


class UpTo(BaseModel):
    """Which events an answer counts."""

    source: Literal["history", "cells"] = Field(
        description="where the figures come from: history, or the cells that workers keep up"
    )
    positions: dict[int, int] = Field(
        description="per partition of the log the offset before which its events count, in each row alike; -1 is the "
        "organisation's own"
    )


def exactly(books: Books, ask: Callable[[], T]) -> tuple[T, StandsFor]:
    """An answer, and which events it counts; asked again where that moved meanwhile.

    Where it moves all the time the answer may count some more than it says, never fewer.
    """
    for _ in range(TRIES - 1):
        before = books.stands_for()
        found = ask()
        if books.stands_for() == before:
            return found, before
    before = books.stands_for()
    return ask(), before


def up_to(found: StandsFor) -> UpTo:
    """The same for an answer over HTTP."""
    return UpTo(source=found.source, positions=dict(found.positions))
