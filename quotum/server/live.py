"""Live boards: whoever watches a question gets what changed, soon after an event was recorded.

Viewers of the same question share one watch, which asks history once for all of them. With few viewers it asks at once,
with many it gathers changes and asks twice a second. An update's id is the position up to which it tells everything, so
a viewer that comes back says what it has seen and gets the board only if something happened since. An update may tell
some of what came later as well: who has seen that position need not have seen those, and gets the board again.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

FEW_VIEWERS = 25
GATHERING_SECONDS = 0.5
AGAIN_SECONDS = 1.0  # until a board is asked for again that could not be
WAITING_UPDATES = 64  # a viewer that is further behind gets the whole board again instead

logger = logging.getLogger(__name__)

Rows = dict[str, dict[str, Any]]  # key -> what the page shows of a row


class Update(NamedTuple):
    """What goes to a viewer: the kind of event, the position it stands for, its data as JSON."""

    kind: str
    position: int
    data: str


class Shown(NamedTuple):
    """A board as it is shown at a position: it tells everything up to there."""

    position: int
    rows: Rows
    more: dict[str, Any]  # what stands beside the rows: period, freshness, the last happenings
    is_exact: bool = True  # whether it tells nothing of what came later


@dataclass
class _Watch:
    ask: Callable[[], Shown]
    viewers: set[asyncio.Queue[Update]] = field(default_factory=set)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    shown: Shown | None = None
    task: asyncio.Task[None] | None = None


class Hub:
    """All watches. Lives on one event loop; `recorded` may be called from any thread."""

    def __init__(self) -> None:
        """Nobody watches yet."""
        self._watches: dict[str, _Watch] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def viewers(self) -> int:
        """How many watch."""
        return sum(len(watch.viewers) for watch in self._watches.values())

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Live on this loop."""
        self._loop = loop

    def close(self) -> None:
        """Stop watching."""
        for watch in self._watches.values():
            if watch.task:
                watch.task.cancel()
        self._watches.clear()
        self._loop = None

    def recorded(self) -> None:
        """Something was recorded; watches look again."""
        if self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        for watch in self._watches.values():
            watch.changed.set()

    async def updates(self, name: str, ask: Callable[[], Shown], seen: int | None) -> AsyncIterator[Update]:
        """The updates of a question, until the viewer goes. `seen`: the position of its last one."""
        watch = self._watches.setdefault(name, _Watch(ask))
        queue: asyncio.Queue[Update] = asyncio.Queue(WAITING_UPDATES)
        watch.viewers.add(queue)
        try:
            if watch.task is None:
                watch.task = asyncio.create_task(self._follow(watch))
            shown = watch.shown or await _asked(watch)
            _empty(queue)  # what came while it was asked for is in it
            if seen != shown.position or not shown.is_exact:
                yield whole(shown)
            while True:
                yield await queue.get()
        finally:
            watch.viewers.discard(queue)
            if not watch.viewers and watch.task:
                watch.task.cancel()
                self._watches.pop(name, None)

    async def _follow(self, watch: _Watch) -> None:
        while True:
            await watch.changed.wait()
            if len(watch.viewers) > FEW_VIEWERS:
                await asyncio.sleep(GATHERING_SECONDS)
            watch.changed.clear()
            try:
                after = await asyncio.to_thread(watch.ask)
            except Exception:  # whatever it is, viewers must not be left with an old board for good
                logger.exception("a watched board could not be asked for, and is asked for again")
                watch.changed.set()
                await asyncio.sleep(AGAIN_SECONDS)
                continue
            before, watch.shown = watch.shown, after
            if before is None:
                continue
            update = difference(before, after)
            for queue in watch.viewers:
                _give(queue, update, after)


async def _asked(watch: _Watch) -> Shown:
    """The board of a new watch; unless it was asked for meanwhile, since something was recorded."""
    found = await asyncio.to_thread(watch.ask)
    watch.shown = watch.shown or found
    return watch.shown


def _give(queue: asyncio.Queue[Update], update: Update, after: Shown) -> None:
    if queue.full():  # a slow viewer: what it has not read is of no use any more
        _empty(queue)
        update = whole(after)
    queue.put_nowait(update)


def _empty(queue: asyncio.Queue[Update]) -> None:
    while not queue.empty():
        queue.get_nowait()


def whole(shown: Shown) -> Update:
    """The whole board."""
    data = {"rows": [{"key": key, **row} for key, row in shown.rows.items()], **shown.more}
    return Update("board", shown.position, json.dumps(data, ensure_ascii=False))


def difference(before: Shown, after: Shown) -> Update:
    """The rows that changed, and the keys of those that are gone."""
    changed = [{"key": key, **row} for key, row in after.rows.items() if before.rows.get(key) != row]
    gone = [key for key in before.rows if key not in after.rows]
    return Update(
        "change", after.position, json.dumps({"rows": changed, "gone": gone, **after.more}, ensure_ascii=False)
    )
