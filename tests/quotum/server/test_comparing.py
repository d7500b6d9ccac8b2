"""A server compares live cells with history by itself, tells what came of it, and stays ready whatever that is."""

import asyncio
import logging
import re
from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from quotum.server.app import create_app
from quotum.server.comparing import Comparing
from streams.books import BehindError, Books
from streams.comparing import Compared, Differing
from streams.replaying import Difference

CELL = (1, 17287, "calls", "owner", ("", "", "", "", "", None))
WELL = Compared({0: 7, 1: 3}, 5, 10, ())
ILL = WELL._replace(differing=(Differing(1, Difference(CELL, {"live": 2, "history": 1})),))


def comparing(books: Books, answer: Callable[[], Compared], every_seconds: float = 3600) -> TestClient:
    books.compare = answer  # type: ignore[method-assign]  # over a broker it is in tests/kafka
    return TestClient(create_app(books, compare_seconds=every_seconds), base_url="http://127.0.0.1")


def compare(client: TestClient) -> None:
    """As it is done in the background."""
    client.app.state.comparing.compare()  # type: ignore[attr-defined]  # of the application under test


def measured(client: TestClient) -> dict[str, float]:
    lines = re.findall(r"^(quotum_live\S*) (\S+)$", client.get("/metrics").text, re.MULTILINE)
    return {name: float(value) for name, value in lines}


def test_what_agrees_is_told(books: Books) -> None:
    client = comparing(books, lambda: WELL)
    compare(client)
    ready = client.get("/ready")
    assert (ready.status_code, ready.json()["live"]) == (
        200,
        {"differing": 0, "cells": 5, "positions": {"0": 7, "1": 3}, "at": "2018-01-01T00:00:00Z", "trouble": ""},
    )
    assert measured(client) == {
        "quotum_live_compare_failing": 0,
        "quotum_live_cells_differing": 0,
        "quotum_live_compared_timestamp_seconds": books.clock() / 1_000_000,
        'quotum_live_compared_offset{partition="0"}': 7,
        'quotum_live_compared_offset{partition="1"}': 3,
    }


def test_what_differs_is_told_and_logged_and_the_server_stays_ready(
    books: Books, caplog: pytest.LogCaptureFixture
) -> None:
    client = comparing(books, lambda: ILL)
    compare(client)
    ready = client.get("/ready")
    assert (ready.status_code, ready.json()["live"]["differing"]) == (200, 1)
    assert measured(client)["quotum_live_cells_differing"] == 1
    [line] = [one.getMessage() for one in caplog.records if one.levelno == logging.ERROR]
    assert line == (
        "live cells differ from history (1 of them), such as partition 1: calls by owner of rep 1 on 2017-05-01: "
        "live 2, history 1"
    )


def test_what_cannot_be_compared_now_is_told_beside_what_came_of_it_last(books: Books) -> None:
    answers = [WELL]

    def answer() -> Compared:
        if answers:
            return answers.pop()
        raise BehindError("the log has it, but the recorder is behind")

    client = comparing(books, answer)
    assert client.get("/ready").json()["live"] is None
    for _ in range(2):
        compare(client)
    live = client.get("/ready").json()["live"]
    assert (live["differing"], live["trouble"]) == (0, "the log has it, but the recorder is behind")
    assert measured(client)["quotum_live_compare_failing"] == 1


def test_what_could_never_be_compared_is_told_too(books: Books) -> None:
    def answer() -> Compared:
        raise BehindError("the log has it, but the recorder is behind")

    client = comparing(books, answer)
    compare(client)
    told: dict[str, object] = {"differing": None, "cells": None, "positions": {}, "at": None}
    assert client.get("/ready").json()["live"] == told | {"trouble": "the log has it, but the recorder is behind"}
    assert measured(client) == {"quotum_live_compare_failing": 1}


def test_what_nobody_foresaw_is_told_and_logged_and_tried_again(books: Books, caplog: pytest.LogCaptureFixture) -> None:
    answers: list[Exception] = [ZeroDivisionError("oh")]

    def answer() -> Compared:
        if answers:
            raise answers.pop()
        return WELL

    client = comparing(books, answer)
    compare(client)
    assert client.get("/ready").json()["live"]["trouble"] == "ZeroDivisionError('oh')"
    assert measured(client)["quotum_live_compare_failing"] == 1
    [record] = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert record.exc_info
    compare(client)
    assert measured(client)["quotum_live_compare_failing"] == 0


def test_it_is_done_again_and_again_while_the_server_runs(books: Books) -> None:
    done = asyncio.Event()
    times: list[int] = []
    loop = asyncio.new_event_loop()

    def answer() -> Compared:
        times.append(1)
        if len(times) == 3:
            loop.call_soon_threadsafe(done.set)
        return WELL

    async def run() -> None:
        following = asyncio.create_task(Comparing(books, 0.001).follow())
        await asyncio.wait_for(done.wait(), 30)
        following.cancel()

    books.compare = answer  # type: ignore[method-assign]  # over a broker it is in tests/kafka
    try:
        loop.run_until_complete(run())
    finally:
        loop.close()


def test_without_a_broker_nothing_is_compared(books: Books) -> None:
    with comparing(books, lambda: pytest.fail("compared"), 0) as client:
        assert client.get("/ready").json()["live"] is None
        assert measured(client) == {}
