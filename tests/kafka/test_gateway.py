"""A gateway whose broker is killed and comes back: it is not ready meanwhile, says so once, and recovers by itself."""

import asyncio
import os
import re
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from itertools import count
from pathlib import Path
from threading import Event

import httpx2 as httpx
import psutil
import pytest
from kafka import KafkaAdminClient

from quotum.local import kafka as local
from quotum.server.gateway import create_gateway
from quotum.server.limits import Limits
from schemas.received import read_event
from streams.kafka import clients, topics
from streams.kafka import gateway as under_test
from streams.kafka.gateway import Gateway
from streams.kafka.sending import Sending
from tests.kafka.broker import expect_runnable
from tests.kafka.selling import WORKSPACE
from tests.servers import ENDED_SECONDS, Running, running
from tests.streams.kafka.test_gateway import People

SESSION_MS = 1_000
ROOM = 100  # requests of two events, of a gateway that is to have little room; more than threads that take them

UNDER_WAY = 10  # requests of one event
GONE_SECONDS = 8  # between what it takes, between three and four, and the ten that are promised


def call(number: int) -> dict[str, object]:
    """One of nobody, so that nobody has to be asked for a number."""
    plain = {"id": f"e{number}", "source": "crm", "trail": f"case-{number}", "time": "2026-03-03T10:00:00Z"}
    data = {"id": f"c{number}", "day": "2026-03-03"}
    return {**plain, "specversion": "1.0", "type": "quotum.call.logged.v1", "data": data}


def until(status: int, asked: Callable[[], httpx.Response]) -> httpx.Response:
    """Ask again and again; whoever asks is bounded by the time that one answer may take."""
    while (answer := asked()).status_code != status:
        assert answer.status_code in (200, 503), answer.text
    return answer


def test_while_its_broker_is_away_a_gateway_is_not_ready_and_says_so_in_one_line(tmp_path: Path) -> None:
    expect_runnable()
    folder = tmp_path / "kafka"
    with local.start(folder, session_ms=SESSION_MS) as broker:
        topics.create(broker.address, **WORKSPACE)
        words = ("gateway", "--broker", broker.address, "--owner", "http://127.0.0.1:1")
        with (
            running(*words, folder=tmp_path) as gateway,
            httpx.Client(base_url=gateway.url, timeout=60, trust_env=False) as client,
        ):
            assert client.get("/ready").json() == {"status": "ready", "waiting": 0}
            assert client.post("/v1/events", json=call(0)).status_code == 200
            broker.kill()
            told = until(503, lambda: client.get("/ready"))
            assert told.headers["content-type"] == "application/problem+json"
            assert f"the log takes nothing now: no broker answers at {broker.address}" in told.json()["detail"]
            for number in range(5):
                refused = client.post("/v1/events", json=call(number))
                assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
            with local.start(folder, broker.port, session_ms=SESSION_MS):
                until(200, lambda: client.post("/v1/events", json=call(1)))
                until(200, lambda: client.get("/ready"))
                gateway.process.send_signal(signal.SIGTERM)
                _, said = gateway.process.communicate(timeout=ENDED_SECONDS)
    away, again = said.splitlines()
    assert away.startswith(f"waiting for the broker at {broker.address}: ")
    assert again == f"the broker at {broker.address} answers again"


def test_a_gateway_whose_topics_are_no_more_as_they_must_be_says_which_and_how_to_mend_it(
    broker: str, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(under_test, "LOOKED_SECONDS", 0)
    log = topics.create(broker, prefix=prefix, **WORKSPACE)
    with Gateway(log, People()) as gateway:
        assert gateway.trouble() == ""
        admin = KafkaAdminClient(bootstrap_servers=broker)
        admin.delete_topics([log.names.cells])
        admin.close()
        while not (told := gateway.trouble()):
            continue
        assert told.startswith(f"the topic {log.names.cells} is not there on {broker}: run quotum topics create")
        topics.create(broker, prefix=prefix, **WORKSPACE)
        assert gateway.trouble() == ""


@contextmanager
def frozen(broker: local.Broker) -> Iterator[Callable[[], None]]:
    """A broker that answers nothing and closes nothing, until what this gives is called."""
    process = int((broker.folder / "held").read_text(encoding="ascii"))
    os.kill(process, signal.SIGSTOP)
    try:
        yield partial(os.kill, process, signal.SIGCONT)
    finally:
        os.kill(process, signal.SIGCONT)


async def held_up(gateway: Gateway, is_full: Event, go_on: Callable[[], None]) -> None:
    """What is asked of a gateway whose broker is frozen, and goes on in the end."""
    app = create_gateway(gateway, limits=Limits(burst=1e9))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        post = partial(client.post, "/v1/events")
        first = [asyncio.create_task(post(json=[call(2 * number), call(2 * number + 1)])) for number in range(ROOM)]
        assert await asyncio.to_thread(is_full.wait, ENDED_SECONDS)
        assert "quotum_gateway_waiting 200.0" in (await client.get("/metrics")).text
        beyond = await post(json=call(2 * ROOM))
        assert (beyond.status_code, beyond.headers["retry-after"]) == (503, "2")
        assert beyond.json()["detail"] == "200 events wait for the log already; send the same again"
        assert not any(one.done() for one in first)
        ready = await client.get("/ready")
        assert (ready.status_code, ready.headers["retry-after"]) == (503, "2")
        assert "has not answered for" in ready.json()["detail"]
        go_on()
        assert {answer.status_code for answer in await asyncio.gather(*first)} <= {200, 503}  # it may have taken long
        for number in range(2 * ROOM + 1):
            while (answer := await post(json=call(number))).status_code != 200:
                assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        while (await client.get("/ready")).status_code != 200:
            continue


def test_while_its_broker_hangs_what_waits_is_bounded_and_all_is_taken_once_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expect_runnable()
    monkeypatch.setattr(under_test, "Sending", partial(Sending, most_waiting=2 * ROOM))
    monkeypatch.setattr(under_test, "ANSWER_SECONDS", 0.1)
    with local.start(tmp_path / "kafka") as broker:
        log = topics.create(broker.address, **WORKSPACE | {"partitions": 1})
        is_full = Event()

        def count(waiting: int) -> None:
            if waiting == 2 * ROOM:
                is_full.set()

        with Gateway(log, People(), count=count) as gateway:
            with frozen(broker) as go_on:
                asyncio.run(held_up(gateway, is_full, go_on))
            assert gateway.waiting == 0
        told = {read_event(one.value).id for one in clients.read_whole(broker.address, log.names.events)}
    assert told == {f"e{number}" for number in range(2 * ROOM + 1)}


async def told_to_end(gateway: Running) -> tuple[list[httpx.Response], float, str]:
    """What posts are answered that a frozen broker never acknowledged; the seconds until it is gone; its complaints."""
    async with httpx.AsyncClient(base_url=gateway.url, timeout=ENDED_SECONDS, trust_env=False) as client:
        posts = [asyncio.create_task(client.post("/v1/events", json=call(number))) for number in range(UNDER_WAY)]
        while f"quotum_gateway_waiting {UNDER_WAY}.0" not in (await client.get("/metrics")).text:
            continue
        began = time.monotonic()
        gateway.process.send_signal(signal.SIGTERM)
        answers = await asyncio.gather(*posts)
    _, said = await asyncio.to_thread(gateway.process.communicate, timeout=ENDED_SECONDS)
    return answers, time.monotonic() - began, said


async def all_told_to_end(gateways: Sequence[Running]) -> list[tuple[list[httpx.Response], float, str]]:
    return await asyncio.gather(*(told_to_end(one) for one in gateways))


def test_told_to_end_while_its_broker_hangs_a_gateway_refuses_what_is_under_way_and_is_gone_in_time(
    tmp_path: Path,
) -> None:
    expect_runnable()
    with ExitStack() as closing:
        broker = closing.enter_context(local.start(tmp_path / "kafka"))
        topics.create(broker.address, **WORKSPACE)
        words = ("gateway", "--broker", broker.address, "--owner", "http://127.0.0.1:1", "--processes")
        gateways = [closing.enter_context(running(*words, count, folder=tmp_path)) for count in ("1", "2")]
        closing.enter_context(frozen(broker))
        ends = asyncio.run(all_told_to_end(gateways))
    for answers, seconds, said in ends:
        for answer in answers:
            assert (answer.status_code, answer.headers.get("retry-after")) == (503, "2")
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["detail"] == "this process is ending; send the same again"
        assert seconds < GONE_SECONDS
        assert all(line.startswith("ERROR:    Cancel ") for line in said.splitlines()), said  # uvicorn tells how many
    assert [one.process.returncode for one in gateways] == [0, 0]


def others_of(process: int) -> list[psutil.Process]:
    """The processes that answer for one: what they are started with is no help to a reader, but only they have it."""
    found = []
    for one in psutil.Process(process).children():
        with suppress(psutil.Error):  # it has just ended
            if any("spawn_main" in word for word in one.cmdline()):
                found.append(one)
    return found


def until_they_are(count: int, process: int) -> list[psutil.Process]:
    until = time.monotonic() + ENDED_SECONDS
    while len(found := others_of(process)) != count:
        assert time.monotonic() < until, found
    return found


def test_several_processes_take_events_at_one_address_and_one_that_is_killed_is_started_again(
    broker: str, prefix: str, tmp_path: Path
) -> None:
    log = topics.create(broker, prefix=prefix, **WORKSPACE | {"partitions": 1})
    words = ("gateway", "--broker", broker, "--prefix", prefix, "--owner", "http://127.0.0.1:1", "--processes", "2")
    sent = count()

    def post(gateway: Running) -> None:
        """On a connection of its own, which any of them may take. One that is killed meanwhile answers nothing."""
        number = next(sent)
        told = httpx.post(f"{gateway.url}/v1/events", json=call(number), timeout=ENDED_SECONDS, trust_env=False)
        assert [one["result"] for one in told.raise_for_status().json()["results"]] == ["taken"]
        acknowledged.append(f"e{number}")

    acknowledged: list[str] = []
    with running(*words, folder=tmp_path) as gateway:
        before = until_they_are(2, gateway.process.pid)
        for _ in range(20):
            post(gateway)
        before[0].kill()
        for _ in range(20):
            with suppress(httpx.TransportError):
                post(gateway)
        psutil.wait_procs(before[:1], ENDED_SECONDS)
        after = until_they_are(2, gateway.process.pid)
        assert before[1] in after
        for _ in range(20):
            post(gateway)
        metrics = httpx.get(f"{gateway.url}/metrics", timeout=ENDED_SECONDS, trust_env=False).text
        (taken,) = re.findall(r'^quotum_events_total\{result="taken"\} (\S+)$', metrics, re.MULTILINE)
        assert float(taken) >= len(acknowledged)  # what the killed one took is counted too
        ready = httpx.get(f"{gateway.url}/ready", timeout=ENDED_SECONDS, trust_env=False)
        assert ready.json() == {"status": "ready", "waiting": 0}
        gateway.process.send_signal(signal.SIGTERM)
        _, said = gateway.process.communicate(timeout=ENDED_SECONDS)
        assert (gateway.process.returncode, said) == (0, "")
        assert not any(one.is_running() for one in after)
    assert len(acknowledged) > 40
    assert {read_event(one.value).id for one in clients.read_whole(broker, log.names.events)} >= set(acknowledged)


def test_processes_end_with_the_first_of_them_whatever_became_of_it(broker: str, prefix: str, tmp_path: Path) -> None:
    topics.create(broker, prefix=prefix, **WORKSPACE)
    words = ("gateway", "--broker", broker, "--prefix", prefix, "--owner", "http://127.0.0.1:1", "--processes", "2")
    with running(*words, folder=tmp_path) as gateway:
        others = until_they_are(2, gateway.process.pid)
        gateway.process.kill()
        ended, left = psutil.wait_procs(others, ENDED_SECONDS)
        assert (len(ended), left) == (2, [])
