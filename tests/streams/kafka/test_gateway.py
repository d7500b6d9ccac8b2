"""A gateway lets events in and answers once the log has them; over a real broker in tests/kafka."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import partial
from threading import Event
from typing import Any

import pytest

from projections.organisation import Organisation
from schemas.events import adapter
from schemas.facts import PERSON
from schemas.moments import instant_us
from schemas.received import read_event
from streams.books import Outcome, UnavailableError
from streams.kafka import KafkaError, sending
from streams.kafka import gateway as under_test
from streams.kafka.gateway import OVERLOADED, Gateway
from streams.kafka.topics import Log, partition_of
from streams.texts import Told
from streams.vault import Kind
from tests.streams.kafka.cluster import LOG, PARTITIONS, PATIENCE_SECONDS, Cluster

NOW = instant_us("2017-06-01T12:00:00Z")


class People:
    """Somebody who numbers people by the length of their ids, and may be out."""

    def __init__(self) -> None:
        self.is_out = False

    def numbered(self, namespace: str, kind: Kind, parties: Mapping[str, str | None]) -> dict[str, int]:
        if self.is_out:
            raise UnavailableError("nobody knows")
        assert (namespace, kind) == ("crm", "person")
        return {id_: len(id_) for id_ in parties}

    def kept(self, told: Sequence[Told]) -> list[str]:
        raise AssertionError(told)


@pytest.fixture
def people() -> People:
    return People()


@pytest.fixture
def gateway(cluster: Cluster, people: People) -> Iterator[Gateway]:
    assert not cluster.producers
    with Gateway(LOG, people, lambda: NOW) as made:
        yield made
    assert cluster.producers[0].stopped


def call(id_: str, rep: str = "anna", **envelope: object) -> Any:  # noqa: ANN401 (an event)
    plain = {
        "id": id_,
        "source": "crm",
        "type": "quotum.call.logged.v1",
        "time": "2017-05-01T08:00:00Z",
        "trail": "c-1",
    }
    return adapter().validate_python({**plain, **envelope, "data": {"id": id_, "rep": rep, "day": "2017-05-01"}})


def test_what_is_let_in_is_sent_with_numbers_for_people_and_the_rest_is_refused(
    gateway: Gateway, cluster: Cluster
) -> None:
    told = gateway.take([call("1"), call("2", time="2030-01-01T00:00:00Z"), call("3", "bo")])
    partition = partition_of("c-1", PARTITIONS)
    assert told[0] == Outcome("taken", 0, partition=partition)
    assert told[1].fate == "refused"
    assert "lies in the future" in told[1].reason
    assert told[2] == Outcome("taken", 1, partition=partition)
    lying = [read_event(one) for one in cluster.lies[LOG.names.events, partition]]
    assert [(one.id, one.data.rep) for one in lying] == [("1", 4), ("3", 2)]  # type: ignore[attr-defined]  # a call
    assert gateway.waiting == 0


def test_the_same_again_is_sent_again_since_only_a_recorder_knows_what_was_there(gateway: Gateway) -> None:
    assert [gateway.take([call("1")])[0].offset for _ in range(2)] == [0, 1]


def test_while_nobody_gives_numbers_nothing_is_sent(gateway: Gateway, people: People, cluster: Cluster) -> None:
    people.is_out = True
    with pytest.raises(UnavailableError, match="nobody knows"):
        gateway.take([call("1")])
    assert not cluster.lies


def test_what_the_log_does_not_take_is_told_and_may_be_sent_again(gateway: Gateway, cluster: Cluster) -> None:
    cluster.fault = OSError("broken pipe")
    with pytest.raises(UnavailableError, match="did not acknowledge in time"):
        gateway.take([call("1")], PERSON)
    cluster.fault = None
    assert gateway.take([call("1")], PERSON)[0].fate == "taken"


def test_that_the_log_takes_nothing_is_told_once_and_once_that_it_does_again(
    gateway: Gateway, cluster: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "streams.kafka.gateway")
    for fault in (None, OSError("broken pipe"), OSError("broken pipe"), OSError("broken pipe"), None, None):
        cluster.fault = fault
        with nullcontext() if fault is None else pytest.raises(UnavailableError):
            gateway.take([call("1")])
    told = [one.message for one in caplog.records if one.name == "streams.kafka.gateway"]
    assert told == [
        "waiting for the broker at nowhere:1: the log did not acknowledge in time (OSError)",
        "the broker at nowhere:1 answers again",
    ]


def test_more_than_the_log_can_take_is_not_told_as_if_the_broker_were_away(
    cluster: Cluster, people: People, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(under_test, "Sending", partial(sending.Sending, most_waiting=1))
    cluster.holds = True
    with Gateway(LOG, people, lambda: NOW) as gateway, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(gateway.take, [call("1")])
        cluster.wait_until(lambda: len(cluster.held) == 1)
        with pytest.raises(UnavailableError, match=OVERLOADED):
            gateway.take([call("2")])
        cluster.answer(cluster.held[0])
        assert waiting.result()[0].fate == "taken"
    assert [one for one in caplog.records if one.name == "streams.kafka.gateway"] == []


def test_however_many_ask_whether_it_is_ready_the_broker_is_asked_now_and_then(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    asked: list[Log] = []

    def away(log: Log) -> None:
        asked.append(log)
        if len(asked) > 1:
            raise KafkaError("nobody answers")

    monkeypatch.setattr(under_test, "expect_well", away)
    assert [gateway.trouble() for _ in range(3)] == ["", "", ""]
    assert asked == [LOG]
    monkeypatch.setattr(under_test, "LOOKED_SECONDS", 0)
    assert gateway.trouble() == gateway.trouble() == "nobody answers"
    assert [one.message for one in caplog.records] == ["waiting for the broker at nowhere:1: nobody answers"]


def test_who_asks_whether_it_is_ready_waits_no_longer_than_that_for_a_broker_that_hangs(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    go_on, asked = Event(), list[Log]()

    def hang(log: Log) -> None:
        asked.append(log)
        go_on.wait(PATIENCE_SECONDS)

    monkeypatch.setattr(under_test, "expect_well", hang)
    monkeypatch.setattr(under_test, "ANSWER_SECONDS", 0)
    trouble = "the broker at nowhere:1 has not answered for 0 s"
    assert gateway.trouble() == gateway.trouble() == trouble
    go_on.set()
    while told := gateway.trouble():
        assert told == trouble
    assert asked == [LOG]  # only once, however many asked meanwhile
    assert [one.message for one in caplog.records] == [
        f"waiting for the broker at nowhere:1: {trouble}",
        "the broker at nowhere:1 answers again",
    ]


@pytest.mark.usefixtures("cluster")
def test_at_the_end_nobody_waits_any_more_to_be_told_whether_it_is_ready(
    people: People, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    go_on, is_asked = Event(), Event()

    def hang(_: Log) -> None:
        is_asked.set()
        go_on.wait(PATIENCE_SECONDS)

    monkeypatch.setattr(under_test, "expect_well", hang)
    monkeypatch.setattr(under_test, "ANSWER_SECONDS", 3_600)
    with ThreadPoolExecutor(1) as pool:
        with Gateway(LOG, people, lambda: NOW) as gateway:
            told = pool.submit(gateway.trouble)
            assert is_asked.wait(PATIENCE_SECONDS)
        try:
            assert told.result(PATIENCE_SECONDS) == "this process is ending"
        finally:
            go_on.set()
    assert caplog.records == []


def test_a_demo_takes_nothing_real(cluster: Cluster, people: People) -> None:
    made_up = LOG._replace(workspace=Organisation(partitions=PARTITIONS, demo=True))
    with Gateway(made_up, people, lambda: NOW) as gateway:
        [told] = gateway.take([call("1")])
    assert told.fate == "refused"
    assert "take in nothing real" in told.reason
    assert not cluster.lies
