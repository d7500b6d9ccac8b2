"""Owners of a partition on a real broker: the last one alone writes, all or nothing, and knows what there was."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

import pytest
from aiokafka.errors import ProducerFenced

from streams.appending import DeadLetter, Position
from streams.kafka import topics
from streams.kafka.letters import Letter, letters
from streams.kafka.topics import Log
from streams.kafka.workers.owned import Owned, Site, pass_over_lost
from streams.kafka.workers.stores import CELLS, TABLES, TRAILS, MemoryStore, Store
from streams.live.forms import Counted, counted_key, counted_value
from streams.live.stepping import Writes
from tests.kafka.working import latest, values

PARTITION = 1
COUNTED = counted_key(PARTITION)


@pytest.fixture
def log(broker: str, prefix: str) -> Log:
    return topics.create(broker, prefix=prefix, zone="UTC", currency="EUR", partitions=2)


Memory = dict[str, Store]


def memory() -> Memory:
    return {table: MemoryStore() for table in TABLES}


def writes(upto: int, trail: bytes, cell: bytes | None = b"1", letters: Sequence[DeadLetter] = ()) -> Writes:
    return Writes(Position(PARTITION, upto, upto * 10), {b"case-1": trail}, {b"cell": cell}, letters)


async def begun(log: Log, stores: Memory, at: Position) -> Owned:
    own = Owned(Site(log), PARTITION, stores)
    assert await own.begin() == at
    return own


async def done(own: Owned, step: Writes) -> None:
    assert await own.commit(step)
    own.keep(step)


def told(story: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner() as runner:
        runner.get_loop().set_exception_handler(pass_over_lost)
        runner.run(story)


def same(one: Memory, other: Memory, keys: Sequence[bytes] = (b"case-1", b"cell", COUNTED)) -> bool:
    return all(one[table].get_many(keys) == other[table].get_many(keys) for table in TABLES)


NOTHING = Position(PARTITION, 0, 0)


def test_whoever_comes_next_knows_what_was_committed_and_goes_on_from_there(log: Log) -> None:
    async def story() -> None:
        first, second, third = memory(), memory(), memory()
        own = await begun(log, first, NOTHING)
        await done(own, writes(3, b"\x01a", letters=[DeadLetter(PARTITION, 2, 20, "holds nothing")]))
        await done(own, writes(5, b"\x01b", cell=None))
        await own.close()
        own = await begun(log, second, Position(PARTITION, 5, 50))
        assert same(first, second)
        assert second[CELLS].get_many([b"cell", COUNTED]) == {COUNTED: counted_value(Counted(5, 50))}
        await done(own, writes(6, b"\x01c"))
        await own.close()
        own = await begun(log, first, Position(PARTITION, 6, 60))  # what it has since is read on, from where it was
        assert same(first, second)
        await own.close()
        await (await begun(log, third, Position(PARTITION, 6, 60))).close()
        assert same(first, third)

    told(story())
    assert letters(log) == [Letter(log.names.events, PARTITION, 2, "holds nothing")]


def test_whoever_was_shut_out_without_noticing_commits_nothing(log: Log) -> None:
    async def story() -> None:
        zombie, stores = memory(), memory()
        frozen = await begun(log, zombie, NOTHING)
        await done(frozen, writes(3, b"\x01a"))
        own = await begun(log, stores, Position(PARTITION, 3, 30))
        assert not await frozen.commit(writes(9, b"\x01wrong", letters=[DeadLetter(PARTITION, 8, 80, "wrong")]))
        assert not await frozen.commit(writes(9, b"\x01wrong"))
        await done(own, writes(4, b"\x01b"))
        await frozen.close()
        await own.close()

    told(story())
    assert latest(log, log.names.trails) == {(PARTITION, b"case-1"): b"\x01b"}
    assert latest(log, log.names.cells)[PARTITION, COUNTED] == counted_value(Counted(4, 40))
    assert letters(log) == []


def test_whoever_is_shut_out_in_the_middle_of_a_transaction_commits_nothing_either(log: Log) -> None:
    async def story() -> None:
        zombie, stores = memory(), memory()
        frozen = await begun(log, zombie, NOTHING)
        producer: Any = frozen._producer  # noqa: SLF001 (it is to be shut out between two requests)
        begin = producer.begin_transaction

        async def begin_and_be_shut_out() -> None:
            await begin()
            own.append(await begun(log, stores, NOTHING))
            with pytest.raises(ProducerFenced):
                await (await frozen._ship(TRAILS, {b"case-1": b"\x01wrong"})).acknowledged()  # noqa: SLF001 (the same)

        own: list[Owned] = []
        producer.begin_transaction = begin_and_be_shut_out
        assert not await frozen.commit(writes(9, b"\x01wrong"))
        await done(own[0], writes(4, b"\x01b"))
        for one in (frozen, *own):
            await one.close()

    told(story())
    assert latest(log, log.names.trails) == {(PARTITION, b"case-1"): b"\x01b"}


def test_what_an_owner_left_open_is_undone_before_the_next_one_reads(log: Log) -> None:
    async def story() -> None:
        stores, left = memory(), list[Owned]()
        for _ in range(3):  # each is left between what it sent and its commit
            own = await begun(log, memory(), NOTHING)
            producer: Any = own._producer  # noqa: SLF001 (what a kill leaves is not to be had otherwise)
            await producer.begin_transaction()
            await (await own._ship(TRAILS, {b"case-1": b"\x01wrong"})).acknowledged()  # noqa: SLF001 (the same)
            await (await own._ship(CELLS, {COUNTED: counted_value(Counted(9, 90))})).acknowledged()  # noqa: SLF001 (as above)
            left.append(own)
        own = await begun(log, stores, NOTHING)
        assert not any(stores[table].has_more_than(b"") for table in TABLES)
        assert all(stores[table].position > 0 for table in TABLES)
        await done(own, writes(2, b"\x01a"))
        for one in (*left, own):
            await one.close()

    told(story())
    assert latest(log, log.names.trails) == {(PARTITION, b"case-1"): b"\x01a"}


def test_a_trail_that_is_larger_than_a_batch_is_kept(log: Log) -> None:
    large = b"\x01" + bytes(range(256)) * 10_000

    async def story() -> None:
        own, stores = await begun(log, memory(), NOTHING), memory()
        await done(own, writes(3, large))
        await own.close()
        await (await begun(log, stores, Position(PARTITION, 3, 30))).close()
        assert stores[TRAILS].get_many([b"case-1"]) == {b"case-1": large}

    told(story())


def test_a_cell_that_returned_to_nothing_is_a_tombstone(log: Log) -> None:
    async def story() -> None:
        own = await begun(log, memory(), NOTHING)
        await done(own, writes(3, b"\x01a"))
        await done(own, writes(4, b"\x01b", cell=None))
        await own.close()

    told(story())
    assert [one.value for one in values(log, log.names.cells) if one.key == b"cell"] == [b"1", None]
