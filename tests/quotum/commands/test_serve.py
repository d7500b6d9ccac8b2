"""`quotum serve` loses nothing that it acknowledged, however it ends, and ends when told to."""

import itertools
import signal
import threading
from pathlib import Path
from random import Random
from typing import Any

import httpx2 as httpx
import pytest

from streams.books import Books
from streams.history import History
from tests.servers import Forked, ask, running

KILLS = 20
BATCH = 20


class Feed:
    """Posts batches one after another, each again until it is acknowledged, as a good feed does."""

    def __init__(self) -> None:
        self.acknowledged: list[str] = []
        self.posting = 0
        self._url = ""
        self._news = threading.Condition()
        self._stopped = False

    def run(self) -> None:
        with httpx.Client(timeout=30, trust_env=False) as client:
            for number in itertools.count():
                batch = [call(number * BATCH + index) for index in range(BATCH)]
                while not self._post(client, batch):
                    with self._news:
                        if self._stopped:
                            return
                with self._news:
                    self.acknowledged += [event["id"] for event in batch]
                    self._news.notify_all()

    def _post(self, client: httpx.Client, batch: list[dict[str, Any]]) -> bool:
        try:
            answer = client.post(f"{self._url}/v1/events", json=batch)
        except httpx.TransportError:
            return False
        if answer.status_code != 200:
            return False
        return {one["result"] for one in answer.json()["results"]} <= {"taken", "duplicate"}

    def turn_to(self, url: str) -> None:
        self._url = url

    def wait_for(self, more: int) -> None:
        """Until so many more events were acknowledged."""
        with self._news:
            wanted = len(self.acknowledged) + more
            assert self._news.wait_for(lambda: len(self.acknowledged) >= wanted, timeout=60)

    def stop(self) -> None:
        with self._news:
            self._stopped = True


def call(number: int) -> dict[str, Any]:
    data = {"id": f"c{number}", "rep": f"u-{number % 7}", "day": "2026-03-03"}
    return {
        "specversion": "1.0",
        "id": f"e{number}",
        "source": "crm",
        "type": "quotum.call.logged.v1",
        "time": "2026-03-03T10:00:00Z",
        "trail": f"case-{number}",
        "data": data,
    }


@pytest.mark.slow
def test_killed_under_load_twenty_times_every_acknowledged_event_is_there_once(tmp_path: Path) -> None:
    history = tmp_path / "h.duckdb"
    Books.create(history, zone="UTC", currency="EUR").close()
    feed, chance = Feed(), Random(4)
    posting = threading.Thread(target=feed.run)
    words = ("serve", "--history", str(history), "--port", "0")
    with Forked(folder=tmp_path, complaints=tmp_path / "complaints") as server:
        feed.turn_to(server.start(*words))
        posting.start()
        for _ in range(KILLS):
            feed.wait_for(BATCH * chance.randint(1, 6))
            server.kill()
            feed.turn_to(server.start(*words))
        feed.wait_for(BATCH)
        feed.stop()
        server.kill()
        posting.join()
    with History.open(history) as opened:
        times = dict(opened.rows("SELECT id, count(*) FROM events WHERE source = 'crm' GROUP BY id"))
        [(calls,)] = opened.rows("SELECT sum(amount) FROM postings WHERE metric = 'calls' AND basis = 'owner'")
    assert len(feed.acknowledged) > KILLS * BATCH
    assert {times.get(one, 0) for one in feed.acknowledged} == {1}
    assert set(times.values()) == {1}
    assert calls == len(times) * 1_000_000


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=lambda how: how.name)
def test_told_to_end_it_ends_cleanly_and_leaves_the_history_free(how: signal.Signals, tmp_path: Path) -> None:
    Books.create(tmp_path / "quotum.duckdb", zone="UTC", currency="EUR").close()
    with running("serve", folder=tmp_path) as server:
        server.process.send_signal(how)
        out, err = server.process.communicate(timeout=60)
        assert (server.process.returncode, out, err) == (0, "", "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["quotum.duckdb", "quotum.duckdb.vault"]
    assert ask("board", "calls", "2026", folder=tmp_path)[0] == 0


@pytest.mark.slow
def test_a_port_that_is_taken_is_told_in_one_line(tmp_path: Path) -> None:
    Books.create(tmp_path / "quotum.duckdb", zone="UTC", currency="EUR").close()
    Books.create(tmp_path / "other.duckdb", zone="UTC", currency="EUR").close()
    with running("serve", folder=tmp_path) as server:
        port = server.url.rpartition(":")[2]
        code, out, err = ask("serve", "--history", "other.duckdb", "--port", port, folder=tmp_path)
    assert (code, out) == (1, "")
    assert err == f"quotum: port {port} is taken by another program: give another --port, or 0 for a free one\n"
