"""What a broker says to whoever tells: shut out, it tells nothing; all else is an error. More is in tests/kafka."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import cast

import pytest
from kafka.errors import KafkaTimeoutError, ProducerFencedError

from projections.crossings import Crossing, Said
from projections.organisation import Organisation
from schemas.received import read_event
from streams.books import BehindError
from streams.kafka import KafkaError, clients
from streams.kafka.live import LiveBooks
from streams.kafka.telling import tell_of
from streams.kafka.topics import Log, Names

LOG = Log("nowhere:1", Names.of("quotum"), Organisation(partitions=1))
NOW = 1_500_000_000_000_000


class Producer:
    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes, bytes]] = []
        self.error: Exception | None = None
        self.done: list[str] = []

    def begin_transaction(self) -> None:
        self.done.append("begin")

    def send(self, topic: str, value: bytes, key: bytes, _: object) -> None:
        self.sent.append((topic, key, value))

    def commit_transaction(self) -> None:
        if self.error:
            raise self.error
        self.done.append("commit")


class Known:
    """Books of which only this is asked."""

    log = LOG
    is_behind = False

    def __init__(self) -> None:
        self.said: Mapping[str, Said] = {}

    def clock(self) -> int:
        return NOW

    def crossings_said(self) -> Mapping[str, Said]:
        return self.said

    def reach_head(self) -> None:
        if self.is_behind:
            raise BehindError("behind")


@pytest.fixture
def producer(monkeypatch: pytest.MonkeyPatch) -> Producer:
    made = Producer()

    @contextmanager
    def begun(broker: str, name: str) -> Iterator[Producer]:
        assert (broker, name) == ("nowhere:1", "quotum.organisation.crossings")
        with clients.told(broker):
            yield made
        made.done.append("close")

    monkeypatch.setattr(clients, "transactional_producer", begun)
    return made


@pytest.fixture
def known() -> Known:
    return Known()


def tells(known: Known, **reached: bool) -> Sequence[Crossing]:
    return asyncio.run(tell_of(cast("LiveBooks", known), lambda: reached))


def test_what_is_told_is_an_event_of_the_organisation_later_than_the_one_before(
    producer: Producer, known: Known
) -> None:
    known.said = {"a": Said(1, is_reached=True, asserted_at=NOW + 7)}
    assert tells(known, a=False, b=True) == [Crossing("a", 2, is_reached=False), Crossing("b", 1, is_reached=True)]
    assert producer.done == ["begin", "commit", "close"]
    first, second = (read_event(value) for _, _, value in producer.sent)
    assert {(topic, key) for topic, key, _ in producer.sent} == {("quotum.organisation", b"organisation")}
    assert (first.type, first.id, first.logged()) == (
        "quotum.target.lost.v1",
        Crossing("a", 2, is_reached=False).id,
        {"id": "a", "turn": 2},
    )
    assert (second.type, first.time > second.time) == ("quotum.target.reached.v1", True)


def test_where_figures_are_behind_nothing_is_told(producer: Producer, known: Known) -> None:
    known.is_behind = True
    assert (tells(known, a=True), producer.done) == ([], ["close"])


def test_whoever_is_shut_out_tells_nothing(producer: Producer, known: Known) -> None:
    producer.error = ProducerFencedError()
    assert (tells(known, a=True), producer.done) == ([], ["begin", "close"])


def test_what_else_goes_wrong_is_an_error(producer: Producer, known: Known) -> None:
    producer.error = KafkaTimeoutError()
    with pytest.raises(KafkaError, match="nowhere:1 did not do what was asked"):
        tells(known, a=True)
    assert producer.done == ["begin", "close"]
