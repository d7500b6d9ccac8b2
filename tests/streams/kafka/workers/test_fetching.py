"""Whole batches, of partitions whose lanes have begun, each from where its lane is, whoever reads."""

from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from aiokafka.errors import IllegalStateError, NoOffsetForPartitionError, OffsetOutOfRangeError
from faust.types import TP

from projections.organisation import Organisation
from streams.kafka import KafkaError
from streams.kafka.clients import UNREADABLE
from streams.kafka.topics import Log, Names
from streams.kafka.workers.fetching import Fetching
from streams.kafka.workers.lanes import Batch, Lane
from streams.kafka.workers.reading_ahead import ReadingAhead
from tests.streams.kafka.ahead import Ahead, some_of_each
from tests.streams.kafka.workers.laid_out import EVENTS, Client, by_place, lane, record, told

LOG = Log("127.0.0.1:1", Names.of("quotum"), Organisation(partitions=3))


@dataclass
class Holding:
    """Who has lanes, all of which have begun as far as it knows."""

    lanes: Mapping[TP, Lane]
    is_settled: bool = True


class Site:
    """Fetches for lanes by a client."""

    def __init__(
        self, client: Client, *lanes: Lane, ahead: ReadingAhead | None = None, is_settled: bool = True
    ) -> None:
        self.client = client
        self.holding = Holding(by_place(*lanes), is_settled)
        self.fetching = Fetching(LOG, ahead or ReadingAhead(None), self.holding)

    async def batches(self) -> Mapping[TP, Batch]:
        return await self.fetching.fetch(self.client, 0.01)

    async def fetched(self) -> dict[int, tuple[int, list[int], int]]:
        """Of each partition where its batch begins, the offsets in it, where reading goes on."""
        return {
            place.partition: (one.start, [each[1] for each in one.records], one.next_offset)
            for place, one in (await self.batches()).items()
        }

    def end(self, partition: int) -> int | None:
        return self.fetching.end(self.client, TP(EVENTS, partition))


def test_only_lanes_that_have_begun_are_asked_for_each_from_where_it_is() -> None:
    async def story() -> None:
        client = Client([record(offset) for offset in range(5)])
        reading = Site(client, lane(0, 2), lane(1, None), lane(2, 4))
        assert await reading.fetched() == {0: (2, [2, 3, 4], 5), 2: (4, [4], 5)}
        assert await reading.fetched() == {}
        assert client.asked == [(0, 2), (0, 2)]

    told(story)


def test_where_no_lane_has_begun_the_client_is_not_asked_since_none_would_mean_all() -> None:
    async def story() -> None:
        client = Client([record(0)])
        assert await Site(client, lane(0, None)).fetched() == {}
        assert client.asked == []

    told(story)


def test_markers_alone_make_a_batch_without_records_so_that_positions_pass_them() -> None:
    async def story() -> None:
        reading = Site(Client([record(0), None, None]), lane(0, 1))
        assert await reading.fetched() == {0: (1, [], 3)}

    told(story)


def test_a_record_that_no_client_can_read_comes_as_what_it_is_and_the_rest_around_it() -> None:
    async def story() -> None:
        broken = UnicodeDecodeError("utf-8", b"\xff", 0, 1, "no text")
        slots = [record(0), record(1), broken, record(3)]
        reading = Site(Client(slots), lane(0, 0))
        place = TP(EVENTS, 0)
        batch = (await reading.batches())[place]
        assert [(one[1], one[-1]) for one in batch.records] == [(0, ""), (1, ""), (2, UNREADABLE)]
        assert await reading.fetched() == {0: (3, [3], 4)}

    told(story)


@pytest.mark.parametrize("error", [NoOffsetForPartitionError(), IllegalStateError("not assigned")], ids=repr)
def test_what_the_client_says_of_partitions_that_are_just_given_or_taken_is_passed_over(error: Exception) -> None:
    async def story() -> None:
        reading = Site(Client([record(0)], error), lane(0, 0))
        assert await reading.fetched() == {}
        assert await reading.fetched() == {0: (0, [0], 1)}

    told(story)


def test_a_log_that_ends_before_what_workers_know_is_told_of() -> None:
    async def story() -> None:
        reading = Site(Client([], OffsetOutOfRangeError({})), lane(0, 9))
        with pytest.raises(KafkaError, match=r"quotum.events .* further than it goes now \(partition 0 up to 9\)"):
            await reading.fetched()

    told(story)


def reading_ahead() -> ReadingAhead:
    """By one that is lost at the third time."""
    return ReadingAhead(lambda: Ahead(some_of_each(3, 70), [False] * 4 + [True]), far_records=12, near_records=2)


def test_far_behind_it_hands_on_what_was_read_ahead_and_reads_on_itself_once_that_is_lost() -> None:
    async def story() -> None:
        client = Client([record(offset) for offset in range(60)])
        client.most = 2
        ahead = reading_ahead()
        reading = Site(client, lane(0, 10), lane(1, 20), ahead=ahead)
        assert await reading.fetched() == {0: (10, [10, 11], 12), 1: (20, [20, 21], 22)}
        assert await reading.fetched() == {0: (12, [12, 13], 14), 1: (22, [22, 23], 24)}  # somebody is started
        assert reading.end(0) == 60
        asked = len(client.asked)
        assert await reading.fetched() == {0: (14, [14, 15, 16], 17), 1: (24, [24, 25, 26], 27)}
        assert await reading.fetched() == {0: (17, [17, 18, 19], 20), 1: (27, [27, 28, 29], 30)}
        assert reading.end(0) == 70
        assert len(client.asked) == asked
        assert await reading.fetched() == {0: (20, [20, 21], 22), 1: (30, [30, 31], 32)}
        await ahead.close()

    told(story)


def test_while_a_lane_has_not_begun_nobody_reads_ahead() -> None:
    async def story() -> None:
        client = Client([record(offset) for offset in range(60)])
        client.most = 2
        ahead = reading_ahead()
        reading = Site(client, lane(0, 10), lane(1, None), ahead=ahead, is_settled=False)
        for first in range(10, 18, 2):
            assert await reading.fetched() == {0: (first, [first, first + 1], first + 2)}
        await ahead.close()

    told(story)


def test_a_partition_that_comes_anew_is_read_from_where_its_new_lane_is() -> None:
    async def story() -> None:
        reading = Site(Client([record(offset) for offset in range(3)]), lane(0, 0))
        assert await reading.fetched() == {0: (0, [0, 1, 2], 3)}
        reading.holding.lanes = by_place(lane(0, 1))
        reading.fetching.begin_anew()
        assert await reading.fetched() == {0: (1, [1, 2], 3)}

    told(story)


def test_what_comes_for_a_lane_that_is_another_by_now_is_dropped() -> None:
    async def story() -> None:
        client = Client([record(0)])
        reading = Site(client, lane(0, 0))
        place = TP(EVENTS, 0)

        def give_anew() -> None:
            reading.holding.lanes = {place: lane(0, 0)}

        client.while_asked = give_anew
        assert await reading.fetched() == {}
        assert reading.holding.lanes[place].fetched == 0

    told(story)
