"""Watched boards: everybody sees what changed, nobody gets what he has seen, slow ones catch up whole."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable
from queue import Queue
from typing import Any

import pytest

from quotum.server import live
from quotum.server.live import Hub, Shown, Update


class Board:
    """A board that a test changes."""

    def __init__(self) -> None:
        self.shown = Shown(1, {"a": {"value": "1"}, "b": {"value": "2"}}, {})

    def __call__(self) -> Shown:
        return self.shown

    def change(self, position: int, **values: str | None) -> None:
        rows = self.shown.rows | {key: {"value": value} for key, value in values.items()}
        self.shown = Shown(position, {key: row for key, row in rows.items() if row["value"] is not None}, {})


def _run(watching: Callable[[Hub, Board], Any]) -> None:
    async def run() -> None:
        hub = Hub()
        hub.attach(asyncio.get_running_loop())
        async with asyncio.timeout(20):
            await watching(hub, Board())
        hub.close()

    asyncio.run(run())


async def _next(updates: AsyncIterator[Update]) -> Update:
    return await anext(updates)


def test_a_viewer_gets_the_board_first_and_then_what_changed() -> None:
    async def watching(hub: Hub, board: Board) -> None:
        updates = hub.updates("q", board, None)
        first = await _next(updates)
        assert (first.kind, first.position) == ("board", 1)
        assert [row["key"] for row in json.loads(first.data)["rows"]] == ["a", "b"]
        board.change(2, b="7", a=None)
        hub.recorded()
        change = await _next(updates)
        assert (change.kind, change.position) == ("change", 2)
        assert json.loads(change.data) == {"rows": [{"key": "b", "value": "7"}], "gone": ["a"]}

    _run(watching)


def test_two_viewers_of_a_question_see_the_same_and_history_is_asked_once() -> None:
    async def watching(hub: Hub, board: Board) -> None:
        asked = 0

        def ask() -> Shown:
            nonlocal asked
            asked += 1
            return board.shown

        one, other = hub.updates("q", ask, None), hub.updates("q", ask, None)
        assert await _next(one) == await _next(other)
        before = asked
        board.change(2, a="5")
        hub.recorded()
        assert await _next(one) == await _next(other)
        assert asked == before + 1
        assert hub.viewers == 2

    _run(watching)


def test_a_viewer_who_comes_back_gets_the_board_only_if_something_happened_since() -> None:
    async def watching(hub: Hub, board: Board) -> None:
        stale = hub.updates("q", board, 0)
        assert (await _next(stale)).kind == "board"
        back = hub.updates("q", board, 1)
        waiting = asyncio.ensure_future(_next(back))
        await asyncio.sleep(0)  # lets it come as far as it can without anything new
        assert not waiting.done()
        assert hub.viewers == 2
        board.change(2, a="3")
        hub.recorded()
        assert (await waiting).kind == "change"

    _run(watching)


def test_a_viewer_who_comes_back_gets_what_the_board_tells_beyond_its_position() -> None:
    """Something was recorded between the position and the rows of a board: who left before has not seen it."""

    async def watching(hub: Hub, board: Board) -> None:
        board.shown = Shown(1, {"a": {"value": "9"}}, {}, is_exact=False)
        back = hub.updates("q", board, 1)
        assert json.loads((await _next(back)).data) == {"rows": [{"key": "a", "value": "9"}]}

    _run(watching)


def test_what_was_told_while_the_board_was_asked_for_is_not_told_again() -> None:
    async def watching(hub: Hub, board: Board) -> None:
        asked, answered = Queue[int](), threading.Event()

        def ask() -> Shown:
            found = board.shown
            asked.put(found.position)
            if found.position == 1:  # the viewer's own look, which takes until two changes were told
                answered.wait(20)
            return found

        updates = hub.updates("q", ask, None)
        first = asyncio.ensure_future(_next(updates))
        for position in (1, 2, 3):
            if position > 1:
                board.change(position, a=str(position))
                hub.recorded()
            assert await asyncio.to_thread(asked.get, timeout=20) == position
        answered.set()
        seen = [(await first).position]
        while seen[-1] < 4:
            if seen[-1] == 3:
                board.change(4, a="4")
                hub.recorded()
            seen.append((await _next(updates)).position)
        assert seen == sorted(set(seen))

    _run(watching)


def test_a_viewer_who_reads_too_slowly_gets_the_whole_board_instead_of_a_long_queue() -> None:
    async def watching(hub: Hub, board: Board) -> None:
        slow, quick = hub.updates("q", board, None), hub.updates("q", board, None)
        await _next(slow)
        await _next(quick)
        for position in range(2, live.WAITING_UPDATES + 10):
            board.change(position, a=str(position))
            hub.recorded()
            await _next(quick)
        kinds = [(await _next(slow)).kind for _ in range(1)]
        assert kinds == ["board"]

    _run(watching)


def test_when_the_last_viewer_goes_nobody_asks_any_more() -> None:
    async def watching(hub: Hub, board: Board) -> None:
        updates = hub.updates("q", board, None)
        await _next(updates)
        await updates.aclose()  # type: ignore[attr-defined]  # an async generator
        assert hub.viewers == 0

    _run(watching)


def test_a_board_that_could_not_be_asked_for_is_asked_for_again_and_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(live, "AGAIN_SECONDS", 0.0)

    async def watching(hub: Hub, board: Board) -> None:
        failures = [OSError("the disk is away")]

        def ask() -> Shown:
            if board.shown.position > 1 and failures:
                raise failures.pop()
            return board.shown

        updates = hub.updates("q", ask, None)
        await _next(updates)
        board.change(2, b="7")
        hub.recorded()
        assert (await _next(updates)).position == 2
        assert not failures

    _run(watching)
    assert "could not be asked for" in caplog.text
