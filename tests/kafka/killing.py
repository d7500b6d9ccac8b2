"""What is killed, and what sends meanwhile: a broker, a gateway and a server in processes of their own, and feeds.

A feed sends each batch again until all of it is acknowledged, and some batches once more although they were. It counts
what was acknowledged by plain counting; nothing of Quotum says what must come out.
"""

import random
import re
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol, Self

import httpx2 as httpx

from quotum.local import kafka as local
from quotum.local.kafka import Broker
from tests.servers import ENDED_SECONDS, Forked

FEEDS, BATCH = 3, 10
CALLS_A_REP = 40  # then somebody new sells, whom the vault does not know yet
AGAIN = 0.2  # how often what was acknowledged is sent once more
SESSION_MS = 1_000  # of the broker: it is let in again once the session of the one that was killed has run out
PAUSE_SECONDS = 0.1  # of a feed that was not answered, as of any good feed
DAYS = ("2026-03-02", "2026-03-03", "2026-03-04")


class Killable(Protocol):
    """A process that is killed, and started again on what it left behind."""

    def start(self) -> None:
        """Again where it was; it answers on return."""

    def kill(self) -> None:
        """SIGKILL."""


class BrokerProcess:
    """A real broker in a folder."""

    def __init__(self, folder: Path) -> None:
        """It answers."""
        self._folder = folder
        self._broker: Broker = local.start(folder, session_ms=SESSION_MS)
        self.address = self._broker.address

    def start(self) -> None:
        """On the same folder and port."""
        self._broker = local.start(self._folder, self._broker.port, session_ms=SESSION_MS)

    def stop(self) -> None:
        """In good order."""
        self._broker.stop()

    def kill(self) -> None:
        """As a power cut would."""
        self._broker.kill()


class Command:
    """`quotum serve` or `quotum gateway`, at one port whatever becomes of it."""

    def __init__(self, *words: str, module: str, folder: Path) -> None:
        """It answers. `module`: what it imports late; what it complains about goes into a file."""
        self._words = words
        self._port = "0"
        self._complaints = folder / f"{words[0]}.err"
        self._forked = Forked(module, folder=folder, complaints=self._complaints)
        self.start()

    @property
    def url(self) -> str:
        """Where it answers."""
        return self._forked.url

    def start(self) -> None:
        """Start it, once more where it was."""
        self._port = self._forked.start(*self._words, "--port", self._port).rpartition(":")[2]

    def kill(self) -> None:
        """SIGKILL; harmless where it has ended."""
        self._forked.kill()

    def end(self) -> int:
        """Have it end in good order; its exit code."""
        return self._forked.end()

    def close(self) -> None:
        """Leave nothing behind."""
        self._forked.__exit__()

    def complaints(self) -> str:
        """All that it and those before it said on standard error."""
        return self._complaints.read_text(encoding="utf-8")


class Counted:
    """What was sent and acknowledged, counted as anybody would."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.ids: set[str] = set()
        self.calls: Counter[tuple[str, str]] = Counter()  # day, name
        self.won: Counter[tuple[str, str]] = Counter()
        self.cents: Counter[tuple[str, str]] = Counter()

    def count(self, event: dict[str, Any]) -> None:
        """An event that was acknowledged for the first time."""
        assert event["id"] not in self.ids
        self.ids.add(event["id"])
        data = event["data"]
        kind = event["type"].split(".")[1]
        if kind == "call":
            self.calls[data["day"], name_of(data["rep"])] += 1
        elif kind == "deal":
            self.won[data["day"], name_of(data["rep"])] += 1
            self.cents[data["day"], name_of(data["rep"])] += int(data["amount"]["value"].replace(".", ""))


class Feeds:
    """Some feeds that send at once, each its own events, as a context manager; in the end each ends its batch."""

    def __init__(self, url: str, seed: int) -> None:
        """`url`: of the gateway."""
        self.counted = Counted()
        self.sent: set[str] = set()
        self._url = url
        self._news = threading.Condition()
        self._stopped = threading.Event()
        self._given_up = threading.Event()
        self._failed: list[BaseException] = []
        self._threads = [
            threading.Thread(target=self._run, args=(number, random.Random(f"{seed}/{number}")))
            for number in range(FEEDS)
        ]

    def __enter__(self) -> Self:
        """Send from now on."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, failed: object, *_: object) -> None:
        """Send no new batch, and wait until what was sent is acknowledged; not where the test has failed."""
        self._stopped.set()
        if failed:
            self._given_up.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, more: int) -> None:
        """Until so many more events were acknowledged."""
        with self._news:
            wanted = len(self.counted.ids) + more
            there = self._news.wait_for(lambda: self._failed or len(self.counted.ids) >= wanted, ENDED_SECONDS)
        assert not self._failed, self._failed
        assert there, f"nothing goes on: {len(self.counted.ids)} of {wanted} events are acknowledged"

    def _run(self, number: int, chance: random.Random) -> None:
        try:
            with httpx.Client(timeout=30, trust_env=False) as client:
                for batch in _batches(number, chance):
                    if self._stopped.is_set():
                        break
                    self._send(client, batch, chance)
        except BaseException as error:  # noqa: BLE001 (told to the test)
            self._failed.append(error)
            with self._news:
                self._news.notify_all()

    def _send(self, client: httpx.Client, batch: list[dict[str, Any]], chance: random.Random) -> None:
        self.sent |= {event["id"] for event in batch}
        self._until_acknowledged(client, batch)
        with self._news:
            for event in batch:
                self.counted.count(event)
            self._news.notify_all()
        if chance.random() < AGAIN:
            self._until_acknowledged(client, batch)

    def _until_acknowledged(self, client: httpx.Client, batch: list[dict[str, Any]]) -> None:
        while not self._post(client, batch):
            if self._given_up.wait(PAUSE_SECONDS):
                raise RuntimeError("the test has failed, and nobody answers any more")

    def _post(self, client: httpx.Client, batch: list[dict[str, Any]]) -> bool:
        try:
            answer = client.post(f"{self._url}/v1/events", json=batch)
        except httpx.TransportError:
            return False
        if answer.status_code == 503:
            return False
        assert answer.status_code == 200, answer.text
        results = answer.json()["results"]
        assert {one["result"] for one in results} == {"taken"}, results
        return True


def _batches(feed: int, chance: random.Random) -> Iterator[list[dict[str, Any]]]:
    """Calls and wins of a rep after the other, each of whom joins first."""
    number = 0
    while True:
        rep = f"{feed}-{number // CALLS_A_REP}"
        joined = {"rep": rep, "name": name_of(rep), "team": f"t-{feed}", "day": "2026-01-01"}
        batch = [] if number % CALLS_A_REP else [_event(f"j{rep}", "rep.joined", "organisation", joined)]
        for _ in range(BATCH):
            batch.append(_sold(f"{feed}-{number}", rep, chance))
            number += 1
        yield batch


def _sold(number: str, rep: str, chance: random.Random) -> dict[str, Any]:
    data: dict[str, Any] = {"id": number, "rep": rep, "day": chance.choice(DAYS)}
    if chance.random() < 0.5:
        return _event(f"e{number}", "call.logged", f"case-{number}", data)
    cents = chance.randint(1, 1_000_000)
    amount = {"value": f"{cents // 100}.{cents % 100:02}", "currency": "EUR"}
    return _event(f"e{number}", "deal.won", f"case-{number}", {**data, "amount": amount})


def _event(id_: str, kind: str, trail: str, data: dict[str, Any]) -> dict[str, Any]:
    told = {"specversion": "1.0", "id": id_, "source": "crm", "type": f"quotum.{kind}.v1"}
    return {**told, "time": "2026-03-05T10:00:00Z", "trail": trail, "data": data}


def name_of(rep: str) -> str:
    """The name by which a rep is on the board."""
    return f"Seller {rep}"


LAG = re.compile(r'^quotum_recorder_lag\{partition="-?\d+"\} (\S+)$', re.MULTILINE)


def has_all(server: str, client: httpx.Client, events: int) -> bool:
    """Whether a server's recorder is at the end of its log, which holds so many events."""
    ready, metrics = client.get(f"{server}/ready"), client.get(f"{server}/metrics")
    if (ready.status_code, metrics.status_code) != (200, 200):
        return False
    lags = LAG.findall(metrics.text)
    return bool(lags) and set(map(float, lags)) == {0.0} and ready.json()["position"] >= events
