"""While a log does not answer, what waits for it is bounded: beyond that 503 at once, and all else is answered."""

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import Future

import httpx2 as httpx

from quotum.server.admitting import LEAST_BYTES, THREADS, Admission
from quotum.server.gateway import create_gateway
from quotum.server.limits import Limits
from schemas.envelope import Event
from schemas.facts import FEED
from streams.books import Outcome, UnavailableError
from tests.quotum.server.serving import WON

ROOM = 2 * THREADS  # requests: more than there are threads
BEYOND = 5
PATIENCE_SECONDS = 30


class Begun:
    """Events that wait until the log answers."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.sent: Future[None] = Future()

    def outcomes(self) -> list[Outcome]:
        self.sent.result(0)  # nobody is to wait in here
        return [Outcome("taken", offset, partition=0) for offset in range(self.count)]


class Hanging:
    """A gateway whose log does not answer."""

    def __init__(self) -> None:
        self.begun: list[Begun] = []
        self.waiting = 0
        self.is_full = threading.Event()

    def trouble(self) -> str:
        return ""

    def take(self, events: Sequence[Event], layer: int = FEED) -> list[Outcome]:
        raise AssertionError(events, layer)

    def begin(self, events: Sequence[Event], layer: int = FEED) -> Begun:
        assert layer == FEED
        begun = Begun(len(events))
        self.begun.append(begun)
        if len(self.begun) == ROOM:
            self.is_full.set()
        return begun


async def _asked(taking: Hanging, client: httpx.AsyncClient, fails: Exception | None) -> list[httpx.Response]:
    """What those are answered that have room; whoever comes meanwhile is answered while they wait."""
    first = [asyncio.create_task(client.post("/v1/events", json=[WON, 3])) for _ in range(ROOM)]
    assert await asyncio.to_thread(taking.is_full.wait, PATIENCE_SECONDS)
    for _ in range(BEYOND):
        answer = await client.post("/v1/events", json=WON)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert "bytes of events wait to be taken already; send the same again" in answer.json()["detail"]
    assert [(await client.get(path)).status_code for path in ("/ready", "/health", "/metrics")] == [200] * 3
    assert not any(one.done() for one in first)
    assert len(taking.begun) == ROOM
    for one in taking.begun:
        if fails:
            one.sent.set_exception(fails)
        else:
            one.sent.set_result(None)
    return await asyncio.gather(*first)


def asked(fails: Exception | None = None) -> list[httpx.Response]:
    async def ask() -> list[httpx.Response]:
        taking = Hanging()
        app = create_gateway(taking, limits=Limits(burst=1e9), admission=Admission(ROOM * LEAST_BYTES))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            answers = await _asked(taking, client, fails)
            assert app.state.admission.held == 0
            return answers

    return asyncio.run(ask())


def test_beyond_what_may_wait_is_refused_at_once_while_more_wait_than_there_are_threads_and_those_are_taken() -> None:
    answers = asked()
    assert {one.status_code for one in answers} == {200}
    told = [[result["result"] for result in one.json()["results"]] for one in answers]
    assert told == [["taken", "refused"]] * ROOM


def test_those_that_the_log_does_not_take_after_all_are_told_when_to_send_again() -> None:
    answers = asked(UnavailableError("the log did not acknowledge in time"))
    assert {(one.status_code, one.headers["retry-after"]) for one in answers} == {(503, "2")}
