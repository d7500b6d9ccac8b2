"""While a server runs crossings are told, when it starts and whenever figures moved, and what fails is tried again."""

import asyncio
import logging
from collections.abc import Callable, Sequence

import pytest

from projections.crossings import Crossing
from quotum.server.telling import Telling
from streams.books import Books, Reached
from streams.kafka import KafkaError
from tests.small_books import called, say

PATIENCE_SECONDS = 30


def follow(books: Books, tell: Callable[[int], None], times: int) -> None:
    """Follow until it was told so often; `tell` is called with how often it was before."""

    async def run() -> None:
        done, count = asyncio.Event(), 0

        async def tells(_: Reached) -> Sequence[Crossing]:
            nonlocal count
            count += 1
            if count == times:
                done.set()
            tell(count - 1)
            return []

        books.tell_crossings = tells  # type: ignore[method-assign]  # over a broker it is in tests/kafka
        following = asyncio.create_task(Telling(books, 0).follow())
        await asyncio.wait_for(done.wait(), PATIENCE_SECONDS)
        following.cancel()

    asyncio.run(run())


def test_it_tells_when_it_starts_and_again_when_something_was_recorded(books: Books) -> None:
    follow(books, lambda count: say(books, called(str(count), "ann", "2017-06-01")), 3)


def test_what_cannot_be_told_is_said_once_and_tried_again(books: Books, caplog: pytest.LogCaptureFixture) -> None:
    def fail(count: int) -> None:
        say(books, called(str(count), "ann", "2017-06-01"))
        if count < 3:
            raise KafkaError("no broker answers")

    follow(books, fail, 4)
    lines = [one.getMessage() for one in caplog.records if one.levelno == logging.WARNING]
    assert lines == ["whether targets are reached cannot be told now: no broker answers"]


def test_without_a_broker_nothing_is_told(books: Books) -> None:
    assert asyncio.run(books.tell_crossings(lambda: {"a": True})) == []
