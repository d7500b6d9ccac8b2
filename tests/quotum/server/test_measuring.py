"""What a server measures as it goes: what became of events, requests by route and status, and how long they took."""

import os
import re
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from fastapi import FastAPI
from fastapi.testclient import TestClient

from quotum.server import measuring
from quotum.server.gateway import create_gateway
from quotum.server.measuring import FOLDER, Measured, together
from tests.quotum.server.serving import WON, opened, served
from tests.quotum.server.test_gateway import Taking

SPAWN = get_context("spawn")


def figures(text: str, name: str) -> dict[str, float]:
    return {labels: float(value) for labels, value in re.findall(rf"^{name}{{(.*)}} (\S+)$", text, re.MULTILINE)}


def test_events_are_counted_by_what_became_of_them(tmp_path: Path) -> None:
    with served(tmp_path) as (client, _):
        before = figures(client.get("/metrics").text, "quotum_events_total")
        client.post("/v1/events", json=[opened(), WON, WON, 3])
        after = figures(client.get("/metrics").text, "quotum_events_total")
    assert before == {'result="taken"': 0, 'result="duplicate"': 0, 'result="refused"': 0}
    assert after == {'result="taken"': 2, 'result="duplicate"': 1, 'result="refused"': 1}


def test_requests_are_counted_by_route_and_status_and_no_address_makes_a_series_of_its_own(tmp_path: Path) -> None:
    with served(tmp_path) as (client, _):
        for address in (
            "/v1/boards/revenue/2026",
            "/v1/boards/calls/2025",
            "/v1/boards/nope/2026",
            "/x",
            "/y",
            "/.env",
        ):
            client.get(address)
        text = client.get("/metrics").text
    board = 'method="GET",route="/v1/boards/{metric}/{period}"'
    assert figures(text, "quotum_requests_total") == {
        f'{board},status="200"': 2,
        f'{board},status="422"': 1,
        'method="none",route="none",status="404"': 3,
    }
    assert figures(text, "quotum_request_seconds_count")[board] == 3
    assert "# TYPE quotum_request_seconds histogram" in text


def test_a_request_lasts_until_its_answer_begins_by_the_clock() -> None:
    times = iter([10.0, 10.004, 20.0, 20.3])
    measured = Measured(lambda: next(times))
    app = FastAPI()
    measuring.install(app, measured)

    @app.get("/a")
    async def get_a() -> str:
        return "a"

    client = TestClient(app)
    client.get("/a")
    client.get("/a")

    def counted(bound: str) -> float | None:
        labels = {"method": "GET", "route": "/a", "le": bound}
        return measured.registry.get_sample_value("quotum_request_seconds_bucket", labels)

    assert [counted(bound) for bound in ("0.0025", "0.005", "0.25", "0.5")] == [0, 1, 1, 2]


def answer(line: Connection) -> None:
    """A gateway in a process of its own: it takes an event, and tells what is measured each time it is asked to."""
    with TestClient(create_gateway(Taking(), waiting=lambda: 7), base_url="http://127.0.0.1") as client:
        client.post("/v1/events", json=WON)
        while line.recv():
            line.send(client.get("/metrics").text)


def test_a_gateway_of_several_processes_tells_what_all_of_them_counted_those_too_that_have_ended() -> None:
    with together():
        told = []
        for _ in range(3):
            ours, theirs = SPAWN.Pipe()
            process = SPAWN.Process(target=answer, args=(theirs,))
            process.start()
            theirs.close()
            with ours:
                ours.send("tell")
                assert ours.poll(60)
                told.append(ours.recv())
                ours.send("")
                process.join(60)
        folder = os.environ[FOLDER]
        taken = [figures(text, "quotum_events_total")['result="taken"'] for text in told]
    assert taken == [1, 2, 3]
    posts = 'method="POST",route="/v1/events"'
    assert figures(told[-1], "quotum_request_seconds_count")[posts] == 3
    assert figures(told[-1], "quotum_requests_total")[f'{posts},status="200"'] == 3
    assert re.findall("^quotum_gateway_waiting.*$", told[-1], re.MULTILINE) == ["quotum_gateway_waiting 7.0"]
    assert not Path(folder).exists()
    assert FOLDER not in os.environ


def test_a_gateway_alone_measures_too() -> None:
    with TestClient(create_gateway(Taking()), base_url="http://127.0.0.1") as client:
        client.post("/v1/events", json=WON)
        assert 'quotum_events_total{result="taken"} 1.0' in client.get("/metrics").text
