"""What Faust is given to read: whole batches, of partitions whose lanes have begun, each from where its lane is."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, NoOffsetForPartitionError, OffsetOutOfRangeError
from faust.types import TP

from projections.organisation import Organisation
from streams.appending import Position
from streams.kafka import KafkaError
from streams.kafka.clients import UNREADABLE
from streams.kafka.helping import LostError
from streams.kafka.reading import LOG_APPEND_TIME
from streams.kafka.recording import Fetched
from streams.kafka.topics import Log, Names
from streams.kafka.workers.app import create_app
from streams.kafka.workers.driver import Consumer, FencedError
from streams.kafka.workers.lanes import Batch, Lane
from streams.kafka.workers.owned import Site
from streams.kafka.workers.reading_ahead import ReadingAhead
from streams.kafka.workers.stores import CELLS, TRAILS, Stores
from streams.live.stepping import Stepping
from streams.told import NO_COLUMNS, Lying, Told
from tests.streams.kafka.workers.waiting import until
from tests.streams.recording import AMSTERDAM

SITE = Site(Log("127.0.0.1:1", Names.of("quotum"), Organisation(partitions=3)), session_seconds=0.001)
EVENTS = SITE.log.names.events


class Client:
    """A log as the client gives it: at each offset a record, a marker (None), or what it fails on."""

    def __init__(self, slots: Sequence[object], error: Exception | None = None) -> None:
        self.slots = slots
        self.error = error
        self.asked: list[tuple[int, ...]] = []
        self.at: dict[int, int] = {}
        self.committed: list[dict[int, int]] = []
        self.while_asked: Callable[[], object] = lambda: None
        self.most = 1_000  # of a partition at once

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        if self.error:
            error, self.error = self.error, None
            raise error
        self.committed.append({place.partition: offset for place, offset in offsets.items()})

    def seek(self, place: TopicPartition, offset: int) -> None:
        self.at[place.partition] = offset

    def last_stable_offset(self, place: TopicPartition) -> int | None:
        return len(self.slots) if self.asked and place.partition in self.at else None

    async def position(self, place: TopicPartition) -> int:
        return self.at[place.partition]

    async def getmany(self, *places: TopicPartition, timeout_ms: int, max_records: int) -> Mapping[Any, Any]:
        assert timeout_ms > 0
        self.asked.append(tuple(place.partition for place in places))
        self.while_asked()
        if self.error:
            error, self.error = self.error, None
            raise error
        return {place: found for place in places if (found := self._read(place, min(self.most, max_records)))}

    def _read(self, place: TopicPartition, max_records: int) -> list[object]:
        found: list[object] = []
        while self.at[place.partition] < len(self.slots) and len(found) < max_records:
            slot = self.slots[self.at[place.partition]]
            if isinstance(slot, UnicodeDecodeError):
                raise slot
            self.at[place.partition] += 1
            if slot is not None:
                found.append(slot)
        return found


def record(offset: int) -> SimpleNamespace:
    """As the client has it."""
    told = {"topic": EVENTS, "offset": offset, "timestamp": 5, "timestamp_type": LOG_APPEND_TIME}
    return SimpleNamespace(**told, headers=(), key=b"k", value=b"v")


def consumer(client: Client, *lanes: Lane, ahead: ReadingAhead | None = None) -> Consumer:
    stores = Stores(None, {TRAILS: "t", CELLS: "c"})
    app = create_app(SITE, Stepping(AMSTERDAM, lambda _: 0), stores, ahead=ahead)
    found: Consumer = app.consumer
    found._kafka = client  # noqa: SLF001 (in place of one that is connected)
    found.lanes = {TP(EVENTS, lane.partition): lane for lane in lanes}
    found._is_member = True  # noqa: SLF001 (as the group has said)
    return found


def lane(partition: int, position: int | None) -> Lane:
    own: Any = None
    found = Lane(Stepping(AMSTERDAM, lambda _: 0), own, partition, lambda _: None)
    if position is not None:
        found.position, found.fetched = Position(partition, position, 0), position
    return found


def told(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(story())


async def fetched(reading: Consumer) -> dict[int, tuple[int, list[int], int]]:
    """Of each partition where its batch begins, the offsets in it, where reading goes on."""
    found: Mapping[TP, list[Batch]] = await reading._getmany(None, 0.01)  # noqa: SLF001 (as Faust calls it)
    assert all(len(batches) == 1 for batches in found.values())
    return {
        place.partition: (one.start, [each[1] for each in one.records], one.next_offset)
        for place, (one,) in found.items()
    }


def test_only_lanes_that_have_begun_are_asked_for_each_from_where_it_is() -> None:
    async def story() -> None:
        client = Client([record(offset) for offset in range(5)])
        reading = consumer(client, lane(0, 2), lane(1, None), lane(2, 4))
        assert await fetched(reading) == {0: (2, [2, 3, 4], 5), 2: (4, [4], 5)}
        assert await fetched(reading) == {}
        assert client.asked == [(0, 2), (0, 2)]

    told(story)


def test_where_no_lane_has_begun_the_client_is_not_asked_since_none_would_mean_all() -> None:
    async def story() -> None:
        client = Client([record(0)])
        assert await fetched(consumer(client, lane(0, None))) == {}
        assert client.asked == []

    told(story)


def test_markers_alone_make_a_batch_without_records_so_that_positions_pass_them() -> None:
    async def story() -> None:
        reading = consumer(Client([record(0), None, None]), lane(0, 1))
        assert await fetched(reading) == {0: (1, [], 3)}

    told(story)


def test_a_record_that_no_client_can_read_comes_as_what_it_is_and_the_rest_around_it() -> None:
    async def story() -> None:
        broken = UnicodeDecodeError("utf-8", b"\xff", 0, 1, "no text")
        slots = [record(0), record(1), broken, record(3)]
        reading = consumer(Client(slots), lane(0, 0))
        place = TP(EVENTS, 0)
        (batch,) = (await reading._getmany(None, 0.01))[place]  # noqa: SLF001 (as Faust calls it)
        assert [(one[1], one[-1]) for one in batch.records] == [(0, ""), (1, ""), (2, UNREADABLE)]
        assert await fetched(reading) == {0: (3, [3], 4)}

    told(story)


@pytest.mark.parametrize("error", [NoOffsetForPartitionError(), IllegalStateError("not assigned")], ids=repr)
def test_what_the_client_says_of_partitions_that_are_just_given_or_taken_is_passed_over(error: Exception) -> None:
    async def story() -> None:
        reading = consumer(Client([record(0)], error), lane(0, 0))
        assert await fetched(reading) == {}
        assert await fetched(reading) == {0: (0, [0], 1)}

    told(story)


def test_a_log_that_ends_before_what_workers_know_is_told_of() -> None:
    async def story() -> None:
        reading = consumer(Client([], OffsetOutOfRangeError({})), lane(0, 9))
        with pytest.raises(KafkaError, match=r"quotum.events .* further than it goes now \(partition 0 up to 9\)"):
            await fetched(reading)

    told(story)


class Ahead:
    """Reads three records at once, but fails at the third time."""

    times = 0

    def is_ready(self) -> bool:
        return True

    def begin(self, positions: Mapping[int, int]) -> None:
        self.at = dict(positions)

    def fetch(self) -> Fetched:
        self.times += 1
        if self.times == 3:
            raise LostError("killed")
        reached = {one: at + 3 for one, at in self.at.items()}
        found: list[Lying] = [(one, offset, 0, "") for one, at in self.at.items() for offset in range(at, reached[one])]
        self.at = reached
        return Fetched(Told(found, NO_COLUMNS), reached, dict.fromkeys(reached, 70))

    def close(self) -> None:
        """Nobody is there."""


def test_far_behind_it_hands_on_what_was_read_ahead_and_reads_on_itself_once_that_is_lost() -> None:
    async def story() -> None:
        client = Client([record(offset) for offset in range(60)])
        client.most = 2
        ahead = ReadingAhead(Ahead, far_records=12, near_records=2)
        reading = consumer(client, lane(0, 10), lane(1, 20), ahead=ahead)
        assert await fetched(reading) == {0: (10, [10, 11], 12), 1: (20, [20, 21], 22)}
        assert await fetched(reading) == {0: (12, [12, 13], 14), 1: (22, [22, 23], 24)}  # somebody is started
        assert reading.end(TP(EVENTS, 0)) == 60
        asked = len(client.asked)
        assert await fetched(reading) == {0: (14, [14, 15, 16], 17), 1: (24, [24, 25, 26], 27)}
        assert await fetched(reading) == {0: (17, [17, 18, 19], 20), 1: (27, [27, 28, 29], 30)}
        assert reading.end(TP(EVENTS, 0)) == 70
        assert len(client.asked) == asked
        assert await fetched(reading) == {0: (20, [20, 21], 22), 1: (30, [30, 31], 32)}
        await ahead.close()

    told(story)


def test_while_a_lane_has_not_begun_nobody_reads_ahead() -> None:
    async def story() -> None:
        client = Client([record(offset) for offset in range(60)])
        client.most = 2
        ahead = ReadingAhead(Ahead, far_records=12, near_records=2)
        reading = consumer(client, lane(0, 10), lane(1, None), ahead=ahead)
        for first in range(10, 18, 2):
            assert await fetched(reading) == {0: (first, [first, first + 1], first + 2)}
        await ahead.close()

    told(story)


def test_what_comes_for_a_lane_that_is_another_by_now_is_dropped() -> None:
    async def story() -> None:
        client = Client([record(0)])
        reading = consumer(client, lane(0, 0))
        place = TP(EVENTS, 0)

        def give_anew() -> None:
            reading.lanes = {place: lane(0, 0)}

        client.while_asked = give_anew
        assert await fetched(reading) == {}
        assert reading.lanes[place].fetched == 0

    told(story)


def test_one_event_of_fausts_is_a_whole_batch() -> None:
    async def story() -> None:
        reading = consumer(Client([]))
        batch = Batch(lane(1, 0), 0, [], 7)
        message = reading._to_message(TP(EVENTS, 1), batch)  # noqa: SLF001 (as Faust calls it)
        assert (message.value, message.offset, message.partition) == (batch, 6, 1)

    told(story)


def test_faust_commits_and_seeks_nothing() -> None:
    async def story() -> None:
        reading = consumer(Client([]), lane(0, 3))
        place = TP(EVENTS, 0)
        assert await reading.commit() is False
        await reading.perform_seek()
        assert reading._kafka.at == {}  # noqa: SLF001 (what was sought)
        refused = reading._commit({place: 3}), reading._seek(place, 3)  # noqa: SLF001 (as Faust calls them)
        for asked in (*refused, reading.seek_wait({place: 3})):
            with pytest.raises(AssertionError):
                await asked

    told(story)


def test_the_group_is_told_where_lanes_stand_that_have_gone_on_and_again_what_it_did_not_take() -> None:
    async def story() -> None:
        client = Client([], CommitFailedError())
        moving = lane(0, 3)
        reading = consumer(client, moving, lane(1, None), lane(2, 7))
        await reading._tell(reading.lanes)  # noqa: SLF001 (as twice a second): members are being shared anew
        assert client.committed == []
        await reading._tell(reading.lanes)  # noqa: SLF001 (the same)
        moving.position = Position(0, 4, 0)
        await reading._tell(reading.lanes)  # noqa: SLF001 (the same)
        await reading._tell(reading.lanes)  # noqa: SLF001 (the same)
        assert client.committed == [{0: 3, 2: 7}, {0: 4}]

    told(story)


def test_lanes_that_end_tell_the_group_of_their_last_step_too() -> None:
    async def story() -> None:
        client, ending = Client([]), lane(0, 9)
        reading = consumer(client, ending)
        await reading._end_lanes()  # noqa: SLF001 (as before partitions are shared anew)
        assert client.committed == [{0: 9}]

    told(story)


def test_a_full_buffer_leaves_no_partition_out() -> None:
    async def story() -> None:
        reading = consumer(Client([record(0)]), lane(0, 0))
        reading.on_buffer_full(TP(EVENTS, 0))
        assert await fetched(reading) == {0: (0, [0], 1)}
        reading.on_buffer_drop(TP(EVENTS, 0))

    told(story)


def test_a_partition_that_somebody_else_writes_for_and_nobody_takes_away_ends_the_worker() -> None:
    async def story() -> None:
        lost = lane(0, 0)
        lost.is_lost = True
        reading = consumer(Client([]), lost)
        crashed: list[BaseException] = []

        async def crash(error: BaseException) -> None:
            crashed.append(error)

        reading.app.crash = crash
        done = asyncio.get_running_loop().create_task(asyncio.sleep(0))
        await done
        reading._ended(lost, done)  # noqa: SLF001 (as when its lane has come to its end)
        await until(lambda: bool(crashed))
        assert isinstance(crashed[0], FencedError)
        crashed.clear()
        reading.lanes = {TP(EVENTS, 0): lane(0, 0)}  # it was given anew meanwhile
        reading._expect_gone(lost)  # noqa: SLF001 (once the time is over)
        await asyncio.sleep(0)
        assert crashed == []

    told(story)


def test_nothing_of_faust_is_left_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    async def story() -> None:
        await consumer(Client([])).app.on_first_start()

    told(story)
    assert list(tmp_path.iterdir()) == []
