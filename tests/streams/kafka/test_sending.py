"""What is sent has its place once it is acknowledged, and whoever waits is told if it is not; more in tests/kafka."""

import threading
from collections.abc import Iterator

import pytest
from aiokafka.errors import RequestTimedOutError

from schemas.facts import FEED
from schemas.organisation import ORGANISATION
from streams.appending import Entry
from streams.books import Outcome, UnavailableError
from streams.following import ORGANISATION_PARTITION
from streams.kafka import KafkaError
from streams.kafka import sending as under_test
from streams.kafka.producers import BATCH_BYTES
from streams.kafka.sending import Sending, Sent, size
from streams.kafka.topics import partition_of
from streams.records import Written
from tests.streams.kafka.cluster import LOG, PARTITIONS, PATIENCE_SECONDS, Cluster
from tests.streams.recording import call

EVENTS = LOG.names.events
LARGE = b"x" * (BATCH_BYTES // 2)


def event(trail: str, value: bytes = b"{}") -> Written:
    return Written(trail, trail.encode(), value, [("layer", b"0")])


def trails(partition: int, count: int) -> list[str]:
    """Trails that lie in a partition."""
    found = (f"case-{number}" for number in range(1_000) if partition_of(f"case-{number}", PARTITIONS) == partition)
    return [next(found) for _ in range(count)]


@pytest.fixture
def sending(cluster: Cluster) -> Iterator[Sending]:
    made = Sending(LOG)
    yield made
    cluster.is_away = True
    for held in cluster.held:
        if not held.answer.done():
            cluster.answer(held)
    made.close()


def reason(sending: Sending, *events: Written) -> str:
    with pytest.raises(UnavailableError) as told:
        sending.send(events).result(PATIENCE_SECONDS)
    return str(told.value)


def test_each_event_is_told_its_place_and_the_order_within_a_partition_is_kept(
    sending: Sending, cluster: Cluster
) -> None:
    sent = [event(f"case-{number}", str(number).encode()) for number in range(50)]
    places = sending.send(sent).result(PATIENCE_SECONDS)
    assert [cluster.lies[EVENTS, place.partition][place.offset] for place in places] == [one.value for one in sent]
    assert [place.partition for place in places] == [partition_of(one.trail, PARTITIONS) for one in sent]
    assert all(lying == sorted(lying, key=int) for lying in cluster.lies.values())


def test_what_is_told_of_the_organisation_goes_into_its_own_topic(sending: Sending, cluster: Cluster) -> None:
    assert sending.send([event(ORGANISATION)]).result(PATIENCE_SECONDS) == [Sent(ORGANISATION_PARTITION, 0)]
    assert list(cluster.lies) == [(LOG.names.organisation, 0)]


def test_nothing_to_send_is_done_at_once(sending: Sending) -> None:
    assert sending.send([]).result(0) == []


def test_more_than_one_batch_goes_one_after_the_other(sending: Sending) -> None:
    [trail] = trails(1, 1)
    sent = [event(trail, LARGE) for _ in range(5)]
    assert sending.send(sent).result(PATIENCE_SECONDS) == [Sent(1, offset) for offset in range(5)]


def test_who_sends_too_much_is_told_so_at_once_and_may_send_again_later(cluster: Cluster) -> None:
    cluster.holds = True
    sending = Sending(LOG, most_waiting=3)
    first = sending.send([event(trails(0, 1)[0])] * 4)  # whoever finds it idle may send more than that
    with pytest.raises(UnavailableError, match="4 events wait for the log already"):
        sending.send([event("another")])
    assert sending.waiting == 4
    cluster.wait_until(lambda: len(cluster.held) == 1)
    cluster.holds = False
    cluster.answer(cluster.held[0])
    first.result(PATIENCE_SECONDS)
    assert sending.send([event("another")]).result(PATIENCE_SECONDS)
    assert sending.waiting == 0
    sending.close()


def test_who_sends_too_many_bytes_is_told_so_as_well(cluster: Cluster) -> None:
    cluster.holds = True
    sending = Sending(LOG, most_waiting_bytes=1_000)
    first = sending.send([event(trails(0, 1)[0], b"x" * 800)])
    with pytest.raises(UnavailableError, match="1 events wait for the log already"):
        sending.send([event("another", b"x" * 200)])
    cluster.wait_until(lambda: len(cluster.held) == 1)
    cluster.holds = False
    cluster.answer(cluster.held[0])
    first.result(PATIENCE_SECONDS)
    for _ in range(3):  # what is acknowledged waits no more
        assert sending.send([event("another", b"x" * 800)]).result(PATIENCE_SECONDS)
    sending.close()


def test_an_event_that_no_record_has_room_for_is_refused_and_the_others_are_taken(
    sending: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(under_test, "BATCH_BYTES", 400)
    entries = [Entry(call(id_, "case-1"), FEED) for id_ in ("1", "2" * 150, "3")]
    told = sending.take(entries)
    assert [one.fate for one in told] == ["taken", "refused", "taken"]
    assert told[1].reason.endswith("bytes, and a record of the log has room for 400: say less in one")
    assert [told[0].offset, told[2].offset] == [0, 1]
    assert told[0] == Outcome("taken", 0, partition=partition_of("case-1", PARTITIONS))
    with pytest.raises(ValueError, match="an event has more than 400 bytes"):
        sending.send([event("case-1", b"x" * 400)])


def test_an_event_as_large_as_may_be_is_taken(sending: Sending, cluster: Cluster) -> None:
    large = event("case-1", b"x" * (BATCH_BYTES - size(event("case-1", b""))))
    [before, place, after] = sending.send([event("case-1"), large, event("case-1")]).result(PATIENCE_SECONDS)
    assert (before.offset, place.offset, after.offset) == (0, 1, 2)
    assert cluster.lies[EVENTS, place.partition][1] == large.value


@pytest.mark.parametrize(
    "error", [RequestTimedOutError(), OSError("broken pipe"), RuntimeError("whatever else")], ids=repr
)
def test_what_is_not_acknowledged_is_told_and_another_connection_goes_on(
    sending: Sending, cluster: Cluster, error: Exception
) -> None:
    cluster.fault = error
    assert reason(sending, event("case-1")) == f"the log did not acknowledge in time ({type(error).__name__})"
    cluster.fault = None
    assert sending.send([event("case-1")]).result(PATIENCE_SECONDS)
    assert [one.stopped for one in cluster.producers] == [True, False]


def test_an_answer_that_never_comes_is_not_waited_for_for_ever(
    sending: Sending, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(under_test, "DELIVERY_MS", 1)
    cluster.holds = True
    assert "TimeoutError" in reason(sending, event("case-1"))


def test_once_a_part_of_a_request_is_refused_nothing_else_of_it_waits(sending: Sending, cluster: Cluster) -> None:
    [trail] = trails(2, 1)
    cluster.holds = True
    first = sending.send([event(trail, LARGE)] * 3)
    cluster.wait_until(lambda: len(cluster.held) == 1)
    second = sending.send([event(trail)])
    cluster.holds = False
    cluster.answer(cluster.held[0], RequestTimedOutError())
    with pytest.raises(UnavailableError):
        first.result(PATIENCE_SECONDS)
    assert second.result(PATIENCE_SECONDS) == [Sent(2, 0)]
    assert cluster.lies[EVENTS, 2] == [b"{}"]
    assert sending.waiting == 0


def test_a_lane_that_fails_late_leaves_the_connection_alone_that_another_lane_has_made(
    sending: Sending, cluster: Cluster
) -> None:
    [one], [other] = trails(0, 1), trails(1, 1)
    cluster.holds = True
    first = sending.send([event(one)])
    second = sending.send([event(other)])
    cluster.wait_until(lambda: len(cluster.held) == 2)
    cluster.answer(cluster.held[0], RequestTimedOutError())
    with pytest.raises(UnavailableError):
        first.result(PATIENCE_SECONDS)
    third = sending.send([event(one)])
    cluster.wait_until(lambda: len(cluster.held) == 3)
    cluster.answer(cluster.held[1], RequestTimedOutError())
    with pytest.raises(UnavailableError):
        second.result(PATIENCE_SECONDS)
    cluster.holds = False
    assert sending.send([event(other)]).result(PATIENCE_SECONDS)
    assert [made.stopped for made in cluster.producers] == [True, False]
    cluster.answer(cluster.held[2])
    assert third.result(PATIENCE_SECONDS) == [Sent(0, 0)]


def test_while_no_broker_answers_everybody_is_told_so_and_sending_goes_on_once_one_does(
    sending: Sending, cluster: Cluster
) -> None:
    cluster.is_away = True
    for _ in range(3):
        assert "KafkaConnectionError" in reason(sending, event("case-1"))
    cluster.is_away = False
    tries = cluster.tries
    cluster.wait_until(lambda: cluster.tries > tries)
    assert sending.send([event("case-1")]).result(PATIENCE_SECONDS) == [Sent(partition_of("case-1", PARTITIONS), 0)]
    assert sending.waiting == 0


def test_it_can_be_closed_while_no_broker_answers_and_tells_everybody(sending: Sending, cluster: Cluster) -> None:
    cluster.is_away = True
    told = sending.send([event(trail) for trail in ("case-1", "case-2", "case-3")])
    sending.close()
    assert isinstance(told.exception(0), UnavailableError)
    with pytest.raises(UnavailableError, match="this process is ending"):
        sending.send([event("case-1")])
    assert all(one.stopped for one in cluster.producers)
    sending.close()


def test_what_is_under_way_is_acknowledged_before_it_is_closed(cluster: Cluster) -> None:
    cluster.holds = True
    sending = Sending(LOG)
    told = sending.send([event("case-1")])
    closing = threading.Thread(target=sending.close)
    closing.start()
    cluster.wait_until(lambda: len(cluster.held) == 1)
    cluster.answer(cluster.held[0])
    closing.join()
    assert told.result(0)


def closed_in_time(sending: Sending) -> bool:
    """Whether it is closed before one runs out of patience, where one that is not would be waited for for ever."""
    closing = threading.Thread(target=sending.close, daemon=True)
    closing.start()
    closing.join(PATIENCE_SECONDS)
    return not closing.is_alive()


def test_what_a_broker_that_hangs_never_answers_is_refused_at_the_end_and_so_is_what_waits_behind_it(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(under_test, "DELIVERY_MS", 3_600_000)
    monkeypatch.setattr(under_test, "FINISH_SECONDS", 0.05)
    cluster.holds = cluster.hangs_at_stop = cluster.hangs_at_close = True
    sending = Sending(LOG)
    told = [sending.send([event("case-1", LARGE)]) for _ in range(3)]
    cluster.wait_until(lambda: len(cluster.held) == 1)
    assert closed_in_time(sending)
    assert [str(one.exception(0)) for one in told] == ["the log did not acknowledge in time (TimeoutError)"] * 3
    assert sending.waiting == 0


def test_where_the_end_comes_while_a_connection_is_being_ended_what_is_left_of_it_is_ended_too(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(under_test, "DELIVERY_MS", 3_600_000)
    monkeypatch.setattr(under_test, "FINISH_SECONDS", 0.05)
    cluster.hangs_at_stop, cluster.fault = True, OSError("broken pipe")
    sending = Sending(LOG)
    reason(sending, event("case-1"))
    cluster.wait_until(lambda: cluster.producers[0].stopped)
    assert closed_in_time(sending)
    assert cluster.producers[0].ended >= 2  # what sends, and what is connected
    assert len(cluster.producers) == 1


def test_a_connection_that_does_not_end_is_ended(
    sending: Sending, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(under_test, "DELIVERY_MS", 20)
    cluster.hangs_at_stop, cluster.fault = True, OSError("broken pipe")
    reason(sending, event("case-1"))
    cluster.fault = None
    cluster.wait_until(lambda: len(cluster.producers) == 2)
    assert cluster.producers[0].ended == 2  # what sends, and what is connected
    cluster.hangs_at_stop = False


def test_where_no_broker_answers_from_the_beginning_is_told_and_nothing_is_left(cluster: Cluster) -> None:
    cluster.is_away = True
    with pytest.raises(KafkaError, match=r"no broker answers at nowhere:1 \(.*away\)\. Start it, and try again"):
        Sending(LOG)
    assert all(one.stopped for one in cluster.producers)
    assert "sending" not in [thread.name for thread in threading.enumerate()]
