"""What the client of Kafka gives of cells is shown at the end of what was committed; more is in tests/kafka."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError, OffsetOutOfRangeError

from projections.organisation import Organisation
from projections.postings import Cell
from streams.kafka import KafkaError, blocking
from streams.kafka.cells import CellReading, Snapshot
from streams.kafka.recording import AwayError
from streams.kafka.topics import Log, Names
from streams.live.forms import Counted, Tagged, cell_key, cell_value, counted_key, counted_value
from streams.live.owning import STALE_SECONDS

LOG = Log("nowhere:1", Names.of("quotum"), Organisation(partitions=1))
PLACE = TopicPartition(LOG.names.cells, 0)
CALLS: Cell = (1, 17287, "calls", "owner", ("", "", "", "", "", None))


class Lying(NamedTuple):
    """A record as the client gives it."""

    key: bytes
    value: bytes | None


BATCH = [Lying(cell_key(0, CALLS), cell_value(7, 3)), Lying(counted_key(0), counted_value(Counted(3, 9)))]


class Client:
    """One that gives what lies in the topic, as much at once as it is told to, and says where that ends."""

    def __init__(self) -> None:
        self.lies = list(BATCH)
        self.end: int | None = len(BATCH)
        self.at_once = 100
        self.at = 0
        self.sought: list[int] = []
        self.error: Exception | None = None

    async def start(self) -> None:
        pass

    async def stop(self) -> None:
        pass

    def assign(self, places: list[object]) -> None:
        assert places == [PLACE]

    def seek(self, _: object, offset: int) -> None:
        self.sought.append(offset)
        self.at = offset

    async def getmany(self, **_: object) -> dict[object, object]:
        if self.error:
            raise self.error
        found = self.lies[self.at : self.at + self.at_once]
        self.at += len(found)
        return {PLACE: found} if found else {}

    async def position(self, _: object) -> int:
        return self.at

    def last_stable_offset(self, _: object) -> int | None:
        return self.end

    async def end_offsets(self, asked: list[Any]) -> dict[Any, int]:
        return dict.fromkeys(asked, len(self.lies))


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    made = Client()
    monkeypatch.setattr(blocking, "AIOKafkaConsumer", lambda **_: made)
    return made


@pytest.fixture
def reading(client: Client) -> Iterator[CellReading]:
    with CellReading(LOG) as made:
        assert client.sought == []
        made.begin()
        yield made


def test_a_part_of_a_batch_is_not_shown(client: Client, reading: CellReading) -> None:
    client.at_once = 1
    assert (reading.fetch(), reading.is_settled) == ([], False)
    [moved] = reading.fetch()
    assert (moved.counted, moved.cells, reading.is_settled) == (Counted(3, 9), {CALLS: Tagged(7, 3)}, True)


def test_where_the_broker_has_not_said_where_it_ends_nothing_is_shown_until_it_is_asked(
    client: Client, reading: CellReading
) -> None:
    client.end = None
    assert reading.fetch() == []
    assert [moved.counted for moved in reading.fetch()] == [Counted(3, 9)]


def test_after_a_broker_was_away_reading_goes_on_where_it_was(client: Client, reading: CellReading) -> None:
    assert len(reading.fetch()) == 1
    client.error = KafkaConnectionError("away")
    with pytest.raises(AwayError, match="nowhere:1 does not answer as it should"):
        reading.fetch()
    client.error = None
    reading.begin()
    assert client.sought == [0, 2]
    assert reading.fetch() == []


def test_after_half_a_week_without_reading_it_begins_anew_and_tells_that_this_is_all_there_is(client: Client) -> None:
    now = 1_000.0
    with CellReading(LOG, clock=lambda: now) as reading:
        reading.begin()
        assert [one.is_whole for one in reading.fetch()] == [False]
        now += STALE_SECONDS - 1
        reading.begin()  # a broker that was away for less
        assert (reading.fetch(), client.sought) == ([], [0, 2])
        now += STALE_SECONDS
        reading.begin()
        assert client.sought == [0, 2, 0]
        assert not reading.is_settled
        assert [(one.is_whole, one.counted) for one in reading.fetch()] == [(True, Counted(3, 9))]
        now += STALE_SECONDS  # and one that answered all the time, to a process that was frozen
        assert reading.fetch() == []
        assert [(one.is_whole, one.counted) for one in reading.fetch()] == [(True, Counted(3, 9))]
        client.lies += BATCH
        client.end = len(client.lies)
        assert [one.is_whole for one in reading.fetch()] == [False]


def test_what_will_not_pass_is_an_error_for_good(client: Client, reading: CellReading) -> None:
    client.error = OffsetOutOfRangeError({})
    with pytest.raises(KafkaError, match="cannot be read on"):
        reading.fetch()


def test_what_no_worker_writes_is_told_with_its_topic(client: Client, reading: CellReading) -> None:
    client.lies[0] = Lying(cell_key(3, CALLS), cell_value(7, 3))
    with pytest.raises(
        KafkaError, match=r"quotum.cells on nowhere:1 holds .*: a cell of partition 3 lies in partition 0"
    ):
        reading.fetch()


@pytest.mark.usefixtures("client")
def test_a_snapshot_has_all_cells_that_are_something(client: Client) -> None:
    client.lies += [Lying(cell_key(0, CALLS), None), Lying(cell_key(0, (2, *CALLS[1:])), cell_value(4, 5)), BATCH[1]]
    client.end = len(client.lies)
    client.at_once = 2
    with pytest.raises(KafkaError, match="counts events up to 5, and all are said to count them up to 3"):
        Snapshot.of(LOG)
    client.lies[-1] = Lying(counted_key(0), counted_value(Counted(5, 9)))
    assert Snapshot.of(LOG) == Snapshot({0: Counted(5, 9)}, {(0, (2, *CALLS[1:])): Tagged(4, 5)})


def test_a_snapshot_without_a_broker_says_so(client: Client) -> None:
    client.error = KafkaConnectionError("away")
    with pytest.raises(KafkaError, match="the cells cannot be read: nowhere:1 does not answer"):
        Snapshot.of(LOG)
