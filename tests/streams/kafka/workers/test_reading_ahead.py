"""Whoever reads for a worker, whatever comes and goes: lanes are handed all that follows on what they have."""

import asyncio
from collections.abc import Mapping

from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st

from streams.kafka.workers.lanes import Lane
from streams.kafka.workers.reading_ahead import Found, ReadingAhead
from tests.streams.kafka.ahead import Ahead, Script, some_of_each
from tests.streams.kafka.workers.laid_out import EVENTS, by_place, lane

FAR, NEAR, END = 10, 3, 40


class Site:
    """Whom it has had help it."""

    def __init__(self, *scripts: Script, waits: int = 0) -> None:
        self.scripts, self.waits = iter(scripts), waits
        self.helpers: list[Ahead] = []
        self.ahead = ReadingAhead(self.start, FAR, NEAR)

    def start(self) -> Ahead:
        self.helpers.append(Ahead(some_of_each(2, END), next(self.scripts, ()), self.waits))
        self.helpers[-1].expect_there()
        return self.helpers[-1]

    async def fetch(self, lanes: Mapping[TP, Lane], behind: int | None = None) -> Mapping[TP, Found] | None:
        """Of these lanes, which are moved on."""
        left = sum(END - one.fetched for one in lanes.values()) if behind is None else behind
        found = await self.ahead.fetch(dict(lanes), left if lanes else None, 0)
        for place, one in (found or {}).items():
            assert [each[1] for each in one.lying] == list(range(lanes[place].fetched, one.next_offset))
            lanes[place].fetched = one.next_offset
        return found


def lanes_of(*partitions: int) -> dict[TP, Lane]:
    return by_place(*(lane(one, 0) for one in partitions))


@given(
    st.lists(st.lists(st.booleans(), max_size=12), max_size=4),
    st.integers(0, 3),
    st.lists(st.none() | st.sets(st.integers(0, 2)), max_size=40),
)
def test_whoever_reads_and_whatever_comes_and_goes_lanes_are_handed_what_follows(
    scripts: list[list[bool]], waits: int, story: list[set[int] | None]
) -> None:
    async def tell() -> None:
        site, lanes = Site(*scripts, waits=waits), lanes_of(0, 1)
        for given_now in story:
            if given_now is not None:
                lanes = {place: lanes.get(place) or one for place, one in lanes_of(*given_now).items()}
            if await site.fetch(lanes) is None:  # the worker reads by itself
                for one in lanes.values():
                    one.fetched = min(END, one.fetched + 1)
        await site.ahead.close()
        assert not any(helper.is_open and helper.at for helper in site.helpers)

    asyncio.run(tell())


def test_a_worker_is_helped_far_behind_from_where_its_lanes_are_until_it_is_near_the_end() -> None:
    async def story() -> None:
        site, lanes = Site(), lanes_of(0, 1)
        lanes[TP(EVENTS, 0)].fetched = 30
        assert await site.fetch(lanes, FAR) is None
        assert site.helpers == []
        assert await site.fetch(lanes) is None  # it is only started
        assert await site.fetch(lanes) == {
            TP(EVENTS, 0): Found([(0, 30, 0, ""), (0, 31, 0, "")], 32, END),
            TP(EVENTS, 1): Found([(1, 0, 0, ""), (1, 1, 0, "")], 2, END),
        }
        assert await site.fetch(lanes, NEAR) is None
        assert [one.is_open for one in site.helpers] == [False]
        await site.ahead.close()

    asyncio.run(story())


def test_a_partition_that_comes_anew_is_read_from_where_it_is_then_and_not_from_where_it_was() -> None:
    async def story() -> None:
        site, lanes = Site(), lanes_of(0)
        await site.fetch(lanes)
        await site.fetch(lanes)
        again = lanes_of(0)  # of another ownership, which begins before
        assert await site.fetch(again) is None
        assert [one.is_open for one in site.helpers] == [False, True]
        found = await site.fetch(again)
        assert found
        assert found[TP(EVENTS, 0)].next_offset == 2
        assert await site.fetch({}) is None  # they are all taken away
        assert [one.is_open for one in site.helpers] == [False, False]
        await site.ahead.close()

    asyncio.run(story())


def test_help_that_is_lost_comes_again_once_the_worker_has_caught_up() -> None:
    async def story() -> None:
        site, lanes = Site([False] * 4 + [True]), lanes_of(0)
        assert [await site.fetch(lanes) is None for _ in range(4)] == [True, False, True, True]
        assert len(site.helpers) == 1
        await site.fetch(lanes, NEAR)
        await site.fetch(lanes)
        assert [one.is_open for one in site.helpers] == [False, True]
        await site.ahead.close()

    asyncio.run(story())


def test_nobody_helps_a_worker_that_is_to_read_alone() -> None:
    async def story() -> None:
        alone = ReadingAhead(None)
        assert await alone.fetch(lanes_of(0), 1_000_000, 0) is None
        await alone.close()

    asyncio.run(story())
