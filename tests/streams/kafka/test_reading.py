"""What the client of Kafka says becomes a record, an error that passes or one that does not; more is in tests/kafka."""

import socket
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from aiokafka.errors import KafkaTimeoutError, NoOffsetForPartitionError, OffsetOutOfRangeError
from aiokafka.errors import NotLeaderForPartitionError as NotLeader

from projections.organisation import Organisation
from schemas.organisation import ORGANISATION
from streams.following import ORGANISATION_PARTITION
from streams.kafka import KafkaError, blocking, reading
from streams.kafka.reading import FIRST_RECORDS, Reading, places
from streams.kafka.recording import AwayError
from streams.kafka.topics import Log, Names, partition_of
from streams.told import Record

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


Begun = Callable[[Exception | None], Reading]


class Client:
    """One that fails as it is told to, or gives what it is told to."""

    def __init__(self, error: Exception | None) -> None:
        self.error = error
        self.asked: list[int] = []

    async def start(self) -> None:
        pass

    async def stop(self) -> None:
        pass

    def assign(self, _: object) -> None:
        pass

    def seek(self, _: object, __: object) -> None:
        pass

    async def getmany(self, *, max_records: int, **_: object) -> dict[object, object]:
        self.asked.append(max_records)
        if self.error:
            raise self.error
        return {}

    async def position(self, _: object) -> int:
        return 0

    async def end_offsets(self, asked: list[Any]) -> dict[Any, int]:
        return dict.fromkeys(asked, 5)


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> Iterator[Begun]:
    made = []

    def begin(error: Exception | None) -> Reading:
        monkeypatch.setattr(blocking, "AIOKafkaConsumer", lambda **_: Client(error))
        made.append(Reading(log()))
        made[-1].begin({})
        return made[-1]

    yield begin
    for one in made:
        one.close()


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


def test_without_a_broker_it_is_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
    made = Reading(log(address))
    for _ in range(2):
        with pytest.raises(AwayError, match=address):
            made.begin({})
    made.close()


def test_somebody_who_listens_and_says_nothing_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocking, "ANSWER_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as server:
        made = Reading(log(f"127.0.0.1:{server.getsockname()[1]}"))
        with pytest.raises(AwayError, match="cannot be reached"):
            made.begin({})
        made.close()


@pytest.mark.parametrize("error", [KafkaTimeoutError("late"), ConnectionResetError("gone"), NotLeader("late")])
def test_what_may_pass_is_waited_for(begun: Begun, error: Exception) -> None:
    with pytest.raises(AwayError, match=r"late|gone"):
        begun(error).fetch()


@pytest.mark.parametrize("error", [OffsetOutOfRangeError({"events": 7}), NoOffsetForPartitionError("events")])
def test_an_offset_that_the_broker_does_not_have_is_an_error_for_good(begun: Begun, error: Exception) -> None:
    with pytest.raises(KafkaError, match=r"cannot be read on: .*Offset.*events"):
        begun(error).fetch()


def test_where_nothing_comes_the_ends_are_asked_for(begun: Begun) -> None:
    fetched = begun(None).fetch()
    assert not fetched.read
    assert fetched.ends == {ORGANISATION_PARTITION: 5, 0: 5, 1: 5}
    assert fetched.reached == {ORGANISATION_PARTITION: 0, 0: 0, 1: 0}


def test_few_are_read_at_first_wherever_reading_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    """With them comes how much lies ahead, on which it depends who reads on."""
    client = Client(None)
    monkeypatch.setattr(blocking, "AIOKafkaConsumer", lambda **_: client)
    made = Reading(log(), records_at_once=5_000)
    for _ in range(2):
        made.begin({})
        made.fetch()
        made.fetch()
    made.close()
    assert client.asked == [FIRST_RECORDS, 5_000] * 2


def test_letting_go_twice_is_harmless(begun: Begun) -> None:
    made = begun(None)
    made.close()
    made.close()
