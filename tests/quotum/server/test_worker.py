"""What a worker tells over HTTP: that it lives, whether it has begun, how far it is."""

from collections.abc import Sequence

from fastapi.testclient import TestClient

from quotum.server.worker import create_worker
from streams.kafka.recording import Standing


class Working:
    events = 12

    def __init__(self, *standings: Standing, trouble: str = "") -> None:
        self._standings = standings
        self._trouble = trouble

    def trouble(self) -> str:
        return self._trouble

    def standings(self) -> Sequence[Standing]:
        return self._standings


def asked(working: Working, path: str) -> tuple[int, str]:
    with TestClient(create_worker(working)) as client:
        answer = client.get(path)
        return answer.status_code, answer.text


def test_it_lives_whatever_it_is_at() -> None:
    assert asked(Working(trouble="away"), "/health") == (200, '{"status":"alive"}')


def test_it_is_ready_once_it_has_begun_with_all_that_is_its_own() -> None:
    there = Working(Standing(0, 5, 5), Standing(2, 5, None))
    assert asked(there, "/ready") == (200, '{"status":"ready","partitions":[0,2]}')
    assert asked(Working(), "/ready") == (200, '{"status":"ready","partitions":[]}')
    code, text = asked(Working(Standing(0, 5, 5), trouble="the broker is away"), "/ready")
    assert code == 503
    assert "this worker does not fold now: the broker is away" in text


def test_what_it_took_and_what_is_left_are_measured() -> None:
    code, text = asked(Working(Standing(0, 5, 9), Standing(2, 5, None)), "/metrics")
    lines = [line for line in text.splitlines() if not line.startswith("#") and "_created" not in line]
    assert code == 200
    assert lines == ["quotum_worker_events_total 12.0", 'quotum_worker_lag{partition="0"} 4.0']
