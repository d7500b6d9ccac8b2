"""`quotum serve --broker` and `quotum gateway` as users start them: commands say what they say of an embedded log."""

import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import httpx2 as httpx
import pytest

from streams.kafka import topics
from tests.kafka.selling import DEALS, event
from tests.servers import Running, ask, running
from tests.streams.kafka.cluster import PATIENCE_SECONDS

WISH = ("--by-new", "Kim", "--reason", "agreed")
COMMANDS = [
    DEALS,
    ("board", "revenue", "2026", "--format", "csv"),
    ("reached", "revenue", "2026", "1000", "--format", "csv"),
    ("target", "set", "revenue", "2026", "90000", *WISH),  # not reached, which a server over Kafka would tell the log
    ("target", "list", "--format", "csv"),
    ("progress", "2026", "--format", "csv"),
    ("amend", "deal:D-1001", "amount=1.00", "--by", "Kim"),
    ("board", "revenue", "2026", "--format", "csv"),
    ("verify",),
    ("replay",),
]


class Site(NamedTuple):
    """A server whose log lies in Kafka, and a gateway to that."""

    server: Running
    gateway: Running
    folder: Path


@pytest.fixture
def site(broker: str, prefix: str, tmp_path: Path) -> Iterator[Site]:
    topics.create(broker, prefix=prefix, zone="Europe/Amsterdam", currency="EUR", partitions=3)
    folder = tmp_path / "live"
    folder.mkdir()
    words = ("--broker", broker, "--prefix", prefix)
    with ExitStack() as closing:
        server = closing.enter_context(running("serve", *words, folder=folder))
        gateway = closing.enter_context(running("gateway", *words, "--owner", server.url, folder=tmp_path))
        yield Site(server, gateway, folder)


def test_commands_say_over_kafka_what_they_say_over_a_log_of_their_own(site: Site, tmp_path: Path) -> None:
    assert ask("init", "--zone", "Europe/Amsterdam", "--currency", "EUR", folder=tmp_path)[0] == 0
    for words in COMMANDS:
        expected = ask(*words, folder=tmp_path)
        assert ask(*words, "--server", site.server.url, folder=tmp_path) == expected, words
    assert "follows a log in Kafka" not in ask("verify", folder=site.folder)[1]  # which finds the server by itself


def test_what_comes_in_by_a_gateway_counts_and_both_end_cleanly(site: Site) -> None:
    with httpx.Client(timeout=PATIENCE_SECONDS, trust_env=False) as client:
        told = client.post(f"{site.gateway.url}/v1/events", json=[event(number) for number in range(60)]).json()
        assert {one["result"] for one in told["results"]} == {"taken"}
        assert {one["partition"] for one in told["results"]} == {0, 1, 2}
        last = client.post(f"{site.server.url}/v1/events", json=event(0)).json()["results"][0]
        assert last["result"] == "taken"  # again: whether it was there is found out by who records it
        assert ask("verify", folder=site.folder)[0] == 0
    for one in (site.gateway, site.server):
        one.process.send_signal(signal.SIGTERM)
        assert one.process.communicate(timeout=PATIENCE_SECONDS) == ("", "")
        assert one.process.returncode == 0
    code, out, _ = ask("board", "calls", "2026", "--format", "csv", folder=site.folder)
    assert code == 0
    assert out.splitlines() == ["rank,who,value", "1,u-0,20", "1,u-1,20", "1,u-2,20"]
    refused = ask(*DEALS, folder=site.folder)
    assert refused[0] == 1
    assert "follows a log in Kafka, and nothing goes in past that. Serve it with --broker" in refused[2]
