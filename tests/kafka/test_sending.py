"""Sending to a real broker: events have their places, order is kept, a broker that dies loses nothing it told of."""

import gc
import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from kafka import TopicPartition

from quotum.local import kafka as local
from quotum.local.kafka import Broker
from schemas.organisation import ORGANISATION
from streams.books import UnavailableError
from streams.following import ORGANISATION_PARTITION
from streams.kafka import clients, topics
from streams.kafka import sending as under_test
from streams.kafka.producers import BATCH_BYTES
from streams.kafka.sending import Sending, Sent, size
from streams.kafka.topics import Log, partition_of
from streams.records import Written
from tests.kafka.broker import expect_runnable
from tests.kafka.selling import WORKSPACE

PATIENCE_SECONDS = 60
THREADS, TRAILS, TURNS = 8, 20, 25


@pytest.fixture
def sending(log: Log) -> Iterator[Sending]:
    made = Sending(log)
    yield made
    made.close()


def event(trail: str, value: str) -> Written:
    return Written(trail, trail.encode(), value.encode(), [("layer", b"0")])


def read_back(log: Log) -> dict[Sent, str]:
    """All that lies in the topic of events, by its place."""
    places = [TopicPartition(log.names.events, number) for number in range(log.partitions)]
    found = dict[Sent, str]()
    with clients.consumer(log.broker, enable_auto_commit=False) as reading:
        reading.assign(places)
        reading.seek_to_beginning(*places)
        ends = reading.end_offsets(places)
        while any(reading.position(place) < end for place, end in ends.items()):
            for records in reading.poll(timeout_ms=100).values():
                found |= {Sent(one.partition, one.offset): one.value.decode() for one in records}
    return found


def test_many_threads_at_once_are_each_told_the_places_of_their_own(log: Log, sending: Sending) -> None:
    def turn(number: int) -> list[tuple[Sent, str]]:
        told = []
        for time in range(TURNS):
            sent = [event(f"case-{number}-{trail}", f"{number} {trail} {time}") for trail in range(TRAILS)]
            places = sending.send(sent).result(PATIENCE_SECONDS)
            assert [place.partition for place in places] == [partition_of(one.trail, 3) for one in sent]
            told += [(place, one.value.decode()) for place, one in zip(places, sent, strict=True)]
        return told

    with ThreadPoolExecutor(THREADS) as pool:
        told = [one for own in pool.map(turn, range(THREADS)) for one in own]
    assert len(told) == THREADS * TRAILS * TURNS
    assert dict(told) == read_back(log)
    assert sending.waiting == 0


def test_the_order_of_a_trail_is_kept_though_nobody_waits_in_between(log: Log, sending: Sending) -> None:
    told = [sending.send([event(f"case-{number % 7}", str(number))]) for number in range(2_000)]
    places = [one.result(PATIENCE_SECONDS)[0] for one in told]
    offsets = defaultdict[int, list[int]](list)
    for place in places:
        offsets[place.partition].append(place.offset)
    assert all(own == list(range(len(own))) for own in offsets.values())
    assert read_back(log) == {place: str(number) for number, place in enumerate(places)}


def test_the_organisation_is_sent_to_its_own_topic(log: Log, sending: Sending) -> None:
    assert sending.send([event(ORGANISATION, "x")]).result(PATIENCE_SECONDS) == [
        Sent(ORGANISATION_PARTITION, 3)
    ]  # behind the marker of a transaction
    *_, last = clients.read_whole(log.broker, log.names.organisation)
    assert (last.key, last.value, last.headers) == (b"organisation", b"x", [("layer", b"0")])


def test_what_may_just_be_sent_is_taken_and_large_ones_are_spread_over_batches(log: Log, sending: Sending) -> None:
    room = BATCH_BYTES - size(event("case-1", ""))
    sent = [event("case-1", letter * room) for letter in "abc"] + [event("case-1", "d")]
    places = sending.send(sent).result(PATIENCE_SECONDS)
    assert [place.offset for place in places] == [0, 1, 2, 3]
    assert list(read_back(log).values()) == [one.value.decode() for one in sent]


class Brokers:
    """One broker of a test's own, that is killed and comes back on the same port."""

    def __init__(self, folder: Path, closing: ExitStack) -> None:
        self._folder = folder
        self._closing = closing
        self.now = self._start(0)

    def _start(self, port: int) -> Broker:
        return self._closing.enter_context(local.start(self._folder, port=port))

    def come_back(self) -> None:
        self.now = self._start(self.now.port)


@pytest.fixture
def brokers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Brokers]:
    expect_runnable()
    monkeypatch.setattr(under_test, "DELIVERY_MS", 2_000)
    logger = logging.getLogger("aiokafka")  # pytest keeps what it logs, and with it what it leaves unclosed
    monkeypatch.setattr(logger, "propagate", False)
    with ExitStack() as closing:
        yield Brokers(tmp_path / "kafka", closing)
    gc.collect()  # so that warnings come here


def acknowledged(told: Sequence[tuple[Written, "Future[list[Sent]]"]]) -> dict[Sent, str]:
    """Where those lie that were acknowledged; all others are told that they were not."""
    found = dict[Sent, str]()
    for one, future in told:
        error = future.exception(PATIENCE_SECONDS)
        assert error is None or isinstance(error, UnavailableError)
        if error is None:
            found[future.result()[0]] = one.value.decode()
    return found


def test_a_broker_that_is_killed_while_sending_loses_nothing_it_acknowledged_and_sending_goes_on(
    brokers: Brokers,
) -> None:
    log = topics.create(brokers.now.address, **WORKSPACE)
    sending = Sending(log)
    told = dict[Sent, str]()
    for time in range(2):
        sent = [event(f"case-{number % 7}", f"{time} {number}") for number in range(3_000)]
        futures = [(one, sending.send([one])) for one in sent]
        futures[500][1].exception(PATIENCE_SECONDS)
        brokers.now.kill()
        told |= acknowledged(futures)
        assert sending.waiting == 0
        with pytest.raises(UnavailableError):
            sending.send([event("case-1", "never")]).result(PATIENCE_SECONDS)
        brokers.come_back()
        told |= acknowledged([(again, _until_taken(sending, again)) for again in sent[-5:]])
    sending.close()
    lies = read_back(log)
    assert {place: lies.get(place) for place in told} == told
    assert len(told) >= 2 * 500


def _until_taken(sending: Sending, one: Written) -> "Future[list[Sent]]":
    """Sent again until the log has it, as everybody does who is told to."""
    while (told := sending.send([one])).exception(PATIENCE_SECONDS):
        continue
    return told


def test_it_can_be_closed_while_the_broker_is_away(brokers: Brokers) -> None:
    sending = Sending(topics.create(brokers.now.address, **WORKSPACE))
    sending.send([event("case-1", "x")]).result(PATIENCE_SECONDS)
    brokers.now.kill()
    told = [sending.send([event(f"case-{number}", "y")]) for number in range(10)]
    sending.close()
    assert {type(one.exception(0)) for one in told} == {UnavailableError}
