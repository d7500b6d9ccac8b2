"""A member of the group as Faust drives it: whole batches, nothing of Faust's own ways, and what the group is told."""

import asyncio
from pathlib import Path

import pytest
from aiokafka.errors import CommitFailedError
from faust.types import TP

from projections.organisation import Organisation
from streams.appending import Position
from streams.kafka.topics import Log, Names
from streams.kafka.workers.app import create_app
from streams.kafka.workers.driver import Consumer, FencedError
from streams.kafka.workers.lanes import Batch, Lane
from streams.kafka.workers.owned import Site
from streams.kafka.workers.stores import CELLS, TRAILS, Stores
from streams.live.stepping import Stepping
from tests.streams.kafka.workers.laid_out import EVENTS, Client, by_place, lane, record, told
from tests.streams.kafka.workers.waiting import until
from tests.streams.recording import AMSTERDAM

SITE = Site(Log("127.0.0.1:1", Names.of("quotum"), Organisation(partitions=3)), session_seconds=0.001)


def consumer(client: Client, *lanes: Lane) -> Consumer:
    stores = Stores(None, {TRAILS: "t", CELLS: "c"})
    app = create_app(SITE, Stepping(AMSTERDAM, lambda _: 0), stores)
    found: Consumer = app.consumer
    found._kafka = client  # noqa: SLF001 (in place of one that is connected)
    found.lanes = by_place(*lanes)
    return found


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
        found = await reading._getmany(None, 0.01)  # noqa: SLF001 (as Faust calls it)
        assert {place: [one.next_offset for one in batches] for place, batches in found.items()} == {TP(EVENTS, 0): [1]}
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
