"""A lane takes what was fetched in order, together where it waits, and refuses what does not follow on it."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from schemas.facts import FEED
from streams.appending import Entry, Position, columns
from streams.kafka import KafkaError
from streams.kafka.workers.lanes import STEP_RECORDS, Batch, Lane
from streams.live.stepping import Stepping, Stored, Writes
from streams.records import written
from streams.told import Record
from tests.streams.kafka.workers.waiting import until
from tests.streams.recording import AMSTERDAM, NOW, call


class Owning:
    """A partition in memory: what it is told, and a gate before each commit."""

    def __init__(self, begins_at: int = 0, *, commits: bool = True) -> None:
        self.steps: list[Position] = []
        self.begins_at = begins_at
        self.commits = commits
        self.gate = asyncio.Event()
        self.gate.set()
        self.closed = False
        self.over = False

    @property
    def stored(self) -> Stored:
        return Stored(lambda _: {}, lambda _: {})

    def is_over(self) -> bool:
        return self.over

    def end(self) -> None:
        self.over = True

    async def begin(self) -> Position:
        return Position(2, self.begins_at, 0)

    async def commit(self, writes: Writes) -> bool:
        assert writes.position.next_offset > self.begins_at
        await self.gate.wait()
        return self.commits

    def keep(self, writes: Writes) -> None:
        self.steps.append(writes.position)

    async def close(self) -> None:
        self.closed = True


def lane(own: Owning, moved: list[int]) -> Lane:
    return Lane(Stepping(AMSTERDAM, lambda _: 2), own, 2, moved.append)


def batch(of: Lane, offsets: range) -> Batch:
    return Batch(of, offsets.start, [record(offset) for offset in offsets], offsets.stop)


def record(offset: int) -> Record:
    event = written(columns(Entry(call(str(offset)), FEED)))
    headers: Mapping[str, bytes] = dict(event.headers)
    return Record(2, offset, NOW + offset, event.key, event.value, headers["layer"], headers["digest"])


async def run(of: Lane, batches: Sequence[Batch]) -> None:
    running = asyncio.create_task(of.run())
    await until(lambda: of.is_ready)
    for one in batches:
        await of.put(one)
    end = batches[-1].next_offset
    await until(lambda: running.done() or (of.position is not None and of.position.next_offset >= end))
    of.finish()
    await running


def test_batches_are_taken_in_their_order_and_counted() -> None:
    async def story() -> None:
        own, moved = Owning(), list[int]()
        taking = lane(own, moved)
        await run(taking, [batch(taking, range(3)), batch(taking, range(3, 5))])
        assert own.steps[-1] == Position(2, 5, NOW + 4)
        assert (sum(moved), own.closed, taking.is_lost) == (5, True, False)

    asyncio.run(story())


def test_a_step_that_ends_while_the_lane_is_to_end_moves_its_position_too() -> None:
    async def story() -> None:
        own = Owning()
        taking = lane(own, [])
        own.gate.clear()
        running = asyncio.create_task(taking.run())
        await until(lambda: taking.is_ready)
        await taking.put(batch(taking, range(2)))
        await asyncio.sleep(0)
        taking.finish()
        own.gate.set()
        await running
        assert own.steps == [taking.position] == [Position(2, 2, NOW + 1)]

    asyncio.run(story())


def test_what_waits_goes_into_one_step() -> None:
    async def story() -> None:
        own, moved = Owning(), list[int]()
        taking = lane(own, moved)
        own.gate.clear()
        running = asyncio.create_task(taking.run())
        await until(lambda: taking.is_ready)
        for first in range(4):
            await taking.put(batch(taking, range(first, first + 1)))
            await asyncio.sleep(0)
        own.gate.set()
        await until(lambda: taking.position == Position(2, 4, NOW + 3))
        taking.finish()
        await running
        assert moved == [1, 3]

    asyncio.run(story())


def test_whoever_brings_more_than_a_step_takes_waits_for_room() -> None:
    async def story() -> None:
        own = Owning()
        taking = lane(own, [])
        own.gate.clear()
        running = asyncio.create_task(taking.run())
        await until(lambda: taking.is_ready)
        await taking.put(batch(taking, range(1)))
        await asyncio.sleep(0)
        await taking.put(Batch(taking, 1, [record(0)] * STEP_RECORDS, 2))
        more = asyncio.create_task(taking.put(batch(taking, range(2, 3))))
        await asyncio.sleep(0)
        assert not more.done()
        own.gate.set()
        await more
        taking.finish()
        await running

    asyncio.run(story())


def test_what_does_not_follow_on_what_it_has_ends_the_worker_and_nothing_of_it_is_taken() -> None:
    async def story() -> None:
        own = Owning(begins_at=5)
        taking = lane(own, [])
        with pytest.raises(KafkaError, match="partition 2 was read from 6 on, and is known up to 5"):
            await run(taking, [batch(taking, range(6, 8))])
        assert (own.steps, own.closed) == ([], True)

    asyncio.run(story())


def test_what_comes_again_is_passed_over() -> None:
    async def story() -> None:
        own = Owning(begins_at=5)
        taking = lane(own, [])
        await run(taking, [batch(taking, range(3, 7))])
        assert own.steps == [Position(2, 7, NOW + 6)]

    asyncio.run(story())


def test_a_lane_that_somebody_else_has_takes_nothing_more_and_says_so() -> None:
    async def story() -> None:
        own = Owning(commits=False)
        taking = lane(own, [])
        await run(taking, [batch(taking, range(2))])
        await taking.put(batch(taking, range(2, 3)))
        assert (taking.is_lost, taking.is_ready, own.steps, own.closed) == (True, False, [], True)

    asyncio.run(story())


def test_what_commits_after_the_end_is_not_kept() -> None:
    async def story() -> None:
        own, moved = Owning(), list[int]()
        taking = lane(own, moved)
        own.gate.clear()
        running = asyncio.create_task(taking.run())
        await until(lambda: taking.is_ready)
        await taking.put(batch(taking, range(2)))
        await asyncio.sleep(0)
        taking.finish()
        taking.end()
        own.gate.set()
        await running
        assert (own.steps, moved) == ([], [])

    asyncio.run(story())
