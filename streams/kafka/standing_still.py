"""Whether cells go on while history does. Compared they always agree where cells stand, also if they stand for ever.

History is what they are held against, since it follows the same log without any worker. One that is behind it is not
yet stuck: it is, once it has stood at the same place for long while history was further.
"""

import time
from collections.abc import Callable, Mapping
from threading import Lock
from typing import NamedTuple

STILL_SECONDS = 60.0  # longer than a worker's partitions take to go to another


class _Place(NamedTuple):
    next_offset: int
    since: float


class StandingStill:
    """How far the cells of each partition are behind history, and since when they stand there. Any thread may ask."""

    def __init__(self, still_seconds: float = STILL_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` in seconds; only goes forward."""
        self._still_seconds = still_seconds
        self._clock = clock
        self._lock = Lock()
        self._history: Mapping[int, int] = {}
        self._cells: Mapping[int, int] = {}
        self._lags: Mapping[int, int] = {}
        self._places: dict[int, _Place] = {}  # of those that are behind

    def history_moved(self, positions: Mapping[int, int]) -> None:
        """How far history is: the next offset per partition."""
        with self._lock:
            self._history = dict(positions)
            self._look()

    def cells_moved(self, positions: Mapping[int, int]) -> None:
        """How far the cells of each partition are, those that count nothing yet as well."""
        with self._lock:
            self._cells = dict(positions)
            self._look()

    def lags(self) -> dict[int, int]:
        """How many places of the log history counts and cells do not, per partition."""
        return dict(self._lags)

    def trouble(self) -> str:
        """Which cells have stood still for too long, if any have."""
        with self._lock:
            now = self._clock()
            still = {one: now - place.since for one, place in self._places.items()}
        stuck = {one: seconds for one, seconds in sorted(still.items()) if seconds >= self._still_seconds}
        if not stuck:
            return ""
        numbers = ", ".join(map(str, stuck))
        return (
            f"cells of partition {numbers} have not moved for {max(stuck.values()):.0f} s though history has: "
            "is a worker running? Boards stand where cells do"
        )

    def _look(self) -> None:
        """As often as one of the two has moved, so that it is known since when cells stand, whoever asks and when."""
        self._lags = {one: max(0, self._history.get(one, 0) - offset) for one, offset in self._cells.items()}
        for partition, lag in self._lags.items():
            place = self._places.get(partition)
            if not lag:
                self._places.pop(partition, None)
            elif place is None or place.next_offset != self._cells[partition]:
                self._places[partition] = _Place(self._cells[partition], self._clock())
