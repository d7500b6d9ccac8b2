"""A gateway over HTTP: the same answers as a server's, and nothing but events comes in or goes out."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance

from quotum.server.gateway import create_gateway
from quotum.server.limits import Limits
from schemas.envelope import Event
from schemas.facts import FEED
from streams.books import Outcome, UnavailableError
from streams.keys import Keys
from streams.vault_file import VaultError
from tests.quotum.server.serving import WON, opened


class Taking:
    """What takes events: it has an error for everybody, or a place in partition 2."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.waiting = 7
        self.took: list[str] = []
        self.away = ""

    def trouble(self) -> str:
        return self.away

    def take(self, events: Sequence[Event], layer: int = FEED) -> list[Outcome]:
        if self.error:
            raise self.error
        assert layer == FEED
        self.took += [one.id for one in events]
        return [Outcome("taken", offset, partition=2) for offset, _ in enumerate(events)]


@contextmanager
def asking(taking: Taking, keys: Keys | None = None, host: str = "http://127.0.0.1") -> Iterator[TestClient]:
    with TestClient(create_gateway(taking, keys), base_url=host, raise_server_exceptions=False) as client:
        yield client


def test_events_are_answered_one_by_one_with_the_places_they_have_in_the_log() -> None:
    taking = Taking()
    with asking(taking) as client:
        answer = client.post("/v1/events", json=[opened(), 3, WON])
    assert answer.status_code == 200
    found = [(one["id"], one["result"], one.get("partition"), one.get("position")) for one in answer.json()["results"]]
    assert found == [("e0", "taken", 2, 0), ("", "refused", None, None), ("e1", "taken", 2, 1)]
    assert taking.took == ["e0", "e1"]


def test_a_log_that_takes_nothing_now_is_a_problem_that_says_when_to_send_again() -> None:
    with asking(Taking(UnavailableError("the log is away"))) as client:
        answer = client.post("/v1/events", json=WON)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == "the log is away; send the same again"


def test_an_owner_that_refuses_is_told_as_it_is() -> None:
    with asking(Taking(VaultError("the owner refuses: no key"))) as client:
        answer = client.post("/v1/events", json=WON)
    assert (answer.status_code, answer.json()["detail"]) == (503, "the owner refuses: no key")


def test_it_says_that_it_lives_and_how_much_waits() -> None:
    with asking(Taking()) as client:
        assert client.get("/health").json() == {"status": "alive"}
        assert "quotum_gateway_waiting 7.0" in client.get("/metrics").text


def test_it_is_ready_while_the_log_takes_events() -> None:
    with asking(Taking()) as client:
        assert client.get("/ready").json() == {"status": "ready", "waiting": 7}


def test_while_the_log_takes_nothing_it_lives_and_is_not_ready_and_says_why_and_when_to_ask_again() -> None:
    taking = Taking()
    taking.away = "no broker answers at b:1"
    with asking(taking) as client:
        answer = client.get("/ready")
        assert client.get("/health").status_code == 200
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == "the log takes nothing now: no broker answers at b:1"


def test_it_describes_itself_and_has_nothing_to_read() -> None:
    with asking(Taking()) as client:
        assert set(client.get("/openapi.json").json()["paths"]) == {"/v1/events", "/health", "/ready", "/metrics"}
        assert client.get("/v1/boards/revenue/2026").status_code == 404


def test_from_elsewhere_only_a_key_that_may_write_opens_it(tmp_path: Path) -> None:
    taking = Taking()
    with (
        Keys(tmp_path / "keys", lambda: 0) as keys,
        asking(taking, keys, "https://gateway.example") as client,
    ):
        writing, reading = keys.make("crm", ["write"]), keys.make("wall", ["read"])
        told = [
            client.post("/v1/events", json=WON, headers={"Authorization": f"Bearer {key}"} if key else {}).status_code
            for key in ("", reading, writing)
        ]
    assert told == [401, 403, 200]
    assert taking.took == ["e1"]


def test_a_page_of_somebody_else_cannot_send_through_it() -> None:
    taking = Taking()
    with asking(taking, host="http://evil.example") as client:
        assert client.post("/v1/events", json=WON).status_code == 403
    assert taking.took == []


EXAMPLES_A_CALL = 20


class Odd(Taking):
    """One that now and then has no place for events, and is not ready."""

    def trouble(self) -> str:
        self.waiting += 1
        return "the broker is away" if self.waiting % 2 else ""

    def take(self, events: Sequence[Event], layer: int = FEED) -> list[Outcome]:
        if self.trouble():
            raise UnavailableError("the log is away")
        return super().take(events, layer)


@pytest.mark.slow
def test_it_keeps_to_its_description_whatever_is_sent() -> None:
    schema = schemathesis.openapi.from_asgi("/openapi.json", create_gateway(Odd(), limits=Limits(burst=1e9)))
    calls = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    assert {call.path for call in calls} == {"/v1/events", "/health", "/ready", "/metrics"}

    @settings(max_examples=EXAMPLES_A_CALL * len(calls), deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def kept(data: st.DataObject) -> None:
        call = data.draw(st.sampled_from(calls), label="call")
        data.draw(call.as_strategy()).call_and_validate(
            headers={"host": "127.0.0.1"}, excluded_checks=[not_a_server_error, positive_data_acceptance]
        )

    kept()
