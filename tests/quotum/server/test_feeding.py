"""The feed of watched boards: no row waits for it, and it misses nothing."""

import asyncio
from pathlib import Path

import pytest

from quotum.server import feeding
from quotum.server.feeding import Feed
from quotum.server.happenings import happened
from streams.books import Books
from tests.small_books import called, make_books, say


def texts(feed: Feed) -> list[str]:
    return [line["text"] for line in feed.read("en").lines]


def test_what_nobody_follows_is_read_when_it_is_asked(tmp_path: Path) -> None:
    with make_books(tmp_path) as books:
        feed = Feed(books, lambda: None)
        assert texts(feed) == []
        say(books, called("1", "ann", "2017-06-01"))
        assert texts(feed) == ["ann makes a call"]


def followed(books: Books, monkeypatch: pytest.MonkeyPatch, gathering: float, batches: int) -> tuple[int, list[str]]:
    """How often a followed feed told of something new while batches came in, and what it says in the end."""
    monkeypatch.setattr(feeding, "GATHERING_SECONDS", gathering)

    async def watching() -> tuple[int, list[str]]:
        told, news = 0, asyncio.Event()

        def tell() -> None:
            nonlocal told
            told += 1
            news.set()

        feed = Feed(books, tell)
        following = asyncio.create_task(feed.follow())
        await asyncio.sleep(0)
        assert texts(feed) == []
        for number in range(batches):
            say(books, called(str(number), f"rep {number}", "2017-06-01"))
            texts(feed)
            await asyncio.sleep(0)
        async with asyncio.timeout(20):
            while not (found := texts(feed)) or found[0] != f"rep {batches - 1} makes a call":
                await news.wait()
                news.clear()
        following.cancel()
        return told, found

    return asyncio.run(watching())


def test_what_happened_follows_behind_the_rows_until_nothing_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with make_books(tmp_path) as books:
        told, found = followed(books, monkeypatch, gathering=0, batches=5)
        assert found == [f"rep {number} makes a call" for number in (4, 3, 2, 1, 0)]
        assert 1 <= told <= 6


def test_a_busy_floor_is_told_in_one_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = 0

    def counted(*asked: object) -> feeding.Lines:
        nonlocal looked
        looked += 1
        return happened(*asked)  # type: ignore[arg-type]  # handed on as they came

    monkeypatch.setattr(feeding, "happened", counted)
    with make_books(tmp_path) as books:
        followed(books, monkeypatch, gathering=0.01, batches=40)
    assert looked < 40
