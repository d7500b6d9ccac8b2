"""What the server cancels as its process ends is refused in words; a real gateway's end is in tests/kafka."""

import asyncio
from collections.abc import AsyncIterator

import httpx2 as httpx
import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from prometheus_client import generate_latest

from quotum.server import ending, measuring
from tests.quotum.server.test_measuring import figures

PATIENCE_SECONDS = 30


async def cancelled(app: FastAPI, is_under_way: asyncio.Event, address: str) -> httpx.Response:
    """What a request is answered that is cancelled while it is under way, which the client in memory hands on."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        asked = asyncio.create_task(client.get(address))
        async with asyncio.timeout(PATIENCE_SECONDS):
            await is_under_way.wait()
        asked.cancel()
        return await asked


def hanging(is_under_way: asyncio.Event) -> FastAPI:
    """One that never answers, or at /begun only begins to."""
    app = FastAPI()
    ending.install(app)
    measuring.install(app)

    @app.get("/waits")
    async def get_waits() -> None:
        is_under_way.set()
        await asyncio.Event().wait()

    @app.get("/begun")
    async def get_begun() -> StreamingResponse:
        async def lines() -> AsyncIterator[str]:
            yield "a line"
            is_under_way.set()
            await asyncio.Event().wait()

        return StreamingResponse(lines())

    return app


def test_a_request_that_is_cancelled_is_a_problem_that_says_when_to_send_it_again_and_is_measured_as_one() -> None:
    async def ask() -> tuple[httpx.Response, str]:
        is_under_way = asyncio.Event()
        app = hanging(is_under_way)
        answer = await cancelled(app, is_under_way, "/waits")
        return answer, generate_latest(app.state.measured.registry).decode()

    answer, text = asyncio.run(ask())
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == "this process is ending; send the same again"
    assert figures(text, "quotum_requests_total") == {'method="GET",route="/waits",status="503"': 1}


def test_an_answer_that_has_begun_is_cut_off_and_nothing_is_put_behind_it() -> None:
    async def ask() -> None:
        is_under_way = asyncio.Event()
        await cancelled(hanging(is_under_way), is_under_way, "/begun")

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(ask())
