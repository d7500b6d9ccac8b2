"""Whoever is killed, whenever: what the gateway acknowledged counts exactly once, and nothing that was not sent."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from random import Random

import httpx2 as httpx
import pytest
from kafka import TopicPartition

from streams.history import History
from streams.kafka import clients, topics
from streams.kafka.topics import Log
from tests.kafka.broker import expect_runnable
from tests.kafka.killing import BATCH, DAYS, BrokerProcess, Command, Counted, Feeds, Killable, has_all
from tests.servers import ENDED_SECONDS, ask

KILLS = 30
PARTITIONS = 4


class Site:
    """A broker, a server that records, and a gateway."""

    def __init__(self, folder: Path, closing: ExitStack) -> None:
        self.folder = folder
        self.broker = BrokerProcess(folder / "kafka")
        closing.callback(self.broker.stop)
        self.log: Log = topics.create(
            self.broker.address, zone="UTC", currency="EUR", partitions=PARTITIONS, credit="closer"
        )
        at = ("--broker", self.broker.address)
        self.server = Command("serve", "--history", "h.duckdb", *at, module="streams.kafka.live", folder=folder)
        closing.callback(self.server.close)
        self.gateway = Command(
            "gateway", "--owner", self.server.url, *at, module="streams.kafka.gateway", folder=folder
        )
        closing.callback(self.gateway.close)

    def parts(self) -> list[Killable]:
        """In the order in which they need each other."""
        return [self.broker, self.server, self.gateway]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    expect_runnable()
    with ExitStack() as closing:
        yield Site(tmp_path, closing)


def test_killed_thirty_times_under_load_every_acknowledged_event_counts_exactly_once(site: Site) -> None:
    chance, killed = Random(20261123), 0
    with Feeds(site.gateway.url, seed=1) as feeds:
        while killed < KILLS:
            feeds.wait_for(BATCH * chance.randint(1, 6))
            killed += _kill_some(site, chance)
        feeds.wait_for(BATCH)
    assert feeds.counted.ids == feeds.sent
    assert len(feeds.sent) > KILLS * BATCH
    _wait_until_recorded(site)
    _expect_counted(site, feeds.counted)
    assert (site.gateway.end(), site.server.end()) == (0, 0)
    code, out, err = ask("verify", "--history", "h.duckdb", folder=site.folder)
    assert (code, err) == (0, ""), out
    _expect_once(site, feeds.sent)


def _kill_some(site: Site, chance: Random) -> int:
    """Kill one, two or all of them at once, and start them again at once; how many it were."""
    parts = site.parts()
    doomed = chance.sample(parts, chance.choice((1, 1, 1, 2, 3)))
    for part in doomed:
        part.kill()
    for part in parts:
        if part in doomed:
            part.start()
    return len(doomed)


def _wait_until_recorded(site: Site) -> None:
    events = _events_in_log(site)
    until = time.monotonic() + ENDED_SECONDS
    with httpx.Client(timeout=ENDED_SECONDS, trust_env=False) as client:
        while not has_all(site.server.url, client, events):
            assert time.monotonic() < until, (client.get(f"{site.server.url}/metrics").text, site.server.complaints())


def _events_in_log(site: Site) -> int:
    """Each as often as it lies there; no transaction is among the events, as one is in the organisation's topic."""
    names = site.log.names
    places = [TopicPartition(names.events, number) for number in range(PARTITIONS)]
    with clients.consumer(site.broker.address, enable_auto_commit=False) as asking:
        events = sum(asking.end_offsets(places).values())
    return int(events) + len(list(clients.read_whole(site.broker.address, names.organisation)))


def _expect_counted(site: Site, counted: Counted) -> None:
    with httpx.Client(base_url=site.server.url, timeout=ENDED_SECONDS, trust_env=False) as client:
        for day in DAYS:
            for metric, expected in (("calls", counted.calls), ("deals_won", counted.won), ("revenue", counted.cents)):
                cents = 100 if metric == "revenue" else 1
                found = {name: value * cents for name, value in _board(client, metric, day).items()}
                assert found == {name: count for (when, name), count in expected.items() if when == day}


def _board(client: httpx.Client, metric: str, day: str) -> dict[str, Decimal]:
    """Who has how much, of whom has any; asked of the server, which owns the history."""
    rows = client.get(f"/v1/boards/{metric}/{day}").raise_for_status().json()["rows"]
    found = {row["who"]: Decimal(row["value"] or 0) for row in rows}
    assert len(found) == len(rows)
    return {name: value for name, value in found.items() if value}


def _expect_once(site: Site, sent: set[str]) -> None:
    with History.open(site.folder / "h.duckdb") as history:
        there = history.rows("SELECT id, count(*) FROM events WHERE source = 'crm' AND NOT duplicate GROUP BY id")
        assert history.rows("SELECT count(*) FROM dead_letters") == [(0,)]
    assert dict(there) == dict.fromkeys(sent, 1)
