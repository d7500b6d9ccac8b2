"""What the client of Kafka says becomes a record, an error that passes or one that does not; more is in tests/kafka."""

import gc
import socket
from typing import Any, NamedTuple

import pytest
from kafka.errors import KafkaTimeoutError, OffsetOutOfRangeError

from projections.organisation import Organisation
from schemas.events import ORGANISATION
from streams.following import ORGANISATION_PARTITION, Record
from streams.kafka import KafkaError, reading
from streams.kafka.reading import Reading, places
from streams.kafka.recording import AwayError
from streams.kafka.topics import Log, Names, partition_of

CREATE_TIME, LOG_APPEND_TIME = 0, 1


class Lying(NamedTuple):
    """A record as the client gives it."""

    headers: list[tuple[str, bytes]]
    timestamp_type: int = LOG_APPEND_TIME
    topic: str = "quotum.events"
    offset: int = 7
    timestamp: int = 1_500_000_000_000
    key: bytes = b"case-1"
    value: bytes = b"{}"


def log(broker: str = "nowhere:1") -> Log:
    return Log(broker, Names.of("quotum"), Organisation(partitions=2))


class Client:
    """One that fails as it is told to, or gives what it is told to."""

    def __init__(self, error: Exception | None) -> None:
        self.error = error

    def assign(self, _: object) -> None:
        pass

    def seek(self, _: object, __: object) -> None:
        pass

    def poll(self, **_: object) -> dict[object, object]:
        if self.error:
            raise self.error
        return {}

    def position(self, *_: object, **__: object) -> int:
        return 0

    def end_offsets(self, asked: list[Any], **_: object) -> dict[Any, int]:
        return dict.fromkeys(asked, 5)


def begun(monkeypatch: pytest.MonkeyPatch, error: Exception | None) -> Reading:
    monkeypatch.setattr(reading, "KafkaConsumer", lambda **_: Client(error))
    made = Reading(log())
    made.begin({})
    return made


def test_the_organisation_has_a_partition_of_its_own_and_other_trails_lie_where_clients_put_them() -> None:
    where = places(log())
    assert where(ORGANISATION) == ORGANISATION_PARTITION
    trails = [f"case-{number}" for number in range(9)]
    assert [where(trail) for trail in trails] == [partition_of(trail, 2) for trail in trails]


@pytest.mark.parametrize(
    ("headers", "layer"), [([], b"0"), ([("layer", b"1")], b"1"), ([("other", b"1")], b"0"), ([("layer", b"x")], b"x")]
)
def test_a_record_has_the_layer_of_its_header_and_the_time_of_the_log(
    headers: list[tuple[str, bytes]], layer: bytes
) -> None:
    found = reading.record_of(Lying(headers), 3)
    assert found == Record(3, 7, 1_500_000_000_000_000, b"case-1", b"{}", layer)


def test_a_topic_whose_times_its_writers_say_is_refused() -> None:
    with pytest.raises(KafkaError, match=r"quotum.events does not say when .* message.timestamp.type=LogAppendTime"):
        reading.record_of(Lying([], CREATE_TIME), 3)


@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")  # by the client, where nobody answered
def test_without_a_broker_it_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "ANSWER_MS", 100)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
    made = Reading(log(address))
    for _ in range(2):
        with pytest.raises(AwayError, match=address):
            made.begin({})
        gc.collect()  # so that the warning comes here
    made.close()


@pytest.mark.parametrize("error", [KafkaTimeoutError("late"), ConnectionResetError("gone")])
def test_what_may_pass_is_waited_for(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    with pytest.raises(AwayError, match=r"late|gone"):
        begun(monkeypatch, error).fetch()


def test_an_offset_that_the_broker_does_not_have_is_an_error_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KafkaError, match=r"cannot be read on: .*OffsetOutOfRange"):
        begun(monkeypatch, OffsetOutOfRangeError()).fetch()


def test_where_nothing_comes_the_ends_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    fetched = begun(monkeypatch, None).fetch()
    assert fetched.records == []
    assert fetched.ends == {ORGANISATION_PARTITION: 5, 0: 5, 1: 5}
    assert fetched.reached == {ORGANISATION_PARTITION: 0, 0: 0, 1: 0}
