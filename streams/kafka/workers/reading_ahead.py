"""How a worker that is far behind reads: a second process fetches and reads records of its partitions ahead of it.

Whoever reads, a lane is handed what follows on what it has: the second process begins where the lanes are, nobody else
reads as long as it does, and it is let go where partitions come or go. All of it runs in a thread of its own, so that
nothing else of the worker waits.
"""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

from faust.types import TP

from streams.kafka.helping import FAR_RECORDS, NEAR_RECORDS, Ahead, Help, LostError
from streams.kafka.recording import Fetched
from streams.kafka.workers.lanes import Lane
from streams.told import Lying

Start = Callable[[], Ahead]
Lanes = Mapping[TP, Lane]


class Found(NamedTuple):
    """What was read of a partition: what its records tell, where reading goes on, where it ends, if that is known."""

    lying: list[Lying]
    next_offset: int
    end: int | None


class ReadingAhead:
    """Reads ahead for lanes. One task uses it; close it in the end."""

    def __init__(self, start: Start | None, far_records: int = FAR_RECORDS, near_records: int = NEAR_RECORDS) -> None:
        """`start`: has one that reads ahead be started, LostError where that cannot be done; None: nobody is to."""
        self._help = Help(start, far_records, near_records) if start else None
        self._lanes: Lanes = {}  # for which somebody helps
        self._thread = ThreadPoolExecutor(1, "reading-ahead")

    async def fetch(self, lanes: Lanes, behind: int | None, alone: int) -> Mapping[TP, Found] | None:
        """What was read of these lanes, nothing after a short wait; None where nobody reads ahead of them just now.

        `behind`: places of the log that lie ahead of them, None where that is not known or there are none. `alone`: how
        many records were read without help since this was asked last.
        """
        helping = self._help
        if helping is None:
            return None
        helping.learn(behind)
        if helping.is_idle:
            return None
        work = partial(self._fetch, helping, lanes, alone)
        found = await asyncio.get_running_loop().run_in_executor(self._thread, work)
        return None if found is None else _by_place(found, lanes)

    async def close(self) -> None:
        """Let go of whoever reads."""
        if self._help:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._help.end)
        self._thread.shutdown()

    def _fetch(self, helping: Help, lanes: Lanes, alone: int) -> Fetched | None:
        try:
            if lanes != self._lanes:
                helping.begin_anew()
                self._lanes = lanes
            helping.choose({lane.partition: lane.fetched for lane in lanes.values()})
            fetched = helping.ahead.fetch() if helping.ahead else None
        except LostError as error:
            helping.lost(error)
            return None
        helping.worked(len(fetched.read) if fetched else alone)
        return fetched


def _by_place(fetched: Fetched, lanes: Lanes) -> dict[TP, Found]:
    found: dict[int, list[Lying]] = {partition: [] for partition in fetched.reached}
    for one in fetched.read.lying:
        found[one[0]].append(one)
    return {
        place: Found(found[lane.partition], fetched.reached[lane.partition], fetched.ends.get(lane.partition))
        for place, lane in lanes.items()
        if lane.partition in found
    }
