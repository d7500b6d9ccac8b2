"""When somebody helps to read a log: far from its end, where one process alone would take long, and no longer.

The second process takes about a second to start, and reads what takes half of the time until then. So it is started
only where much lies ahead, and let go near the end. It may be lost in whatever way: whoever it helps reads on alone,
meets whatever is wrong with the log, and asks for help again only once it has caught up, since the reason may last.

Meanwhile no garbage is looked for: between two batches of thousands of events that took a sixth of the time, and found
nothing.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Protocol

from streams.collecting import LongPause
from streams.kafka.recording import Fetched

FAR_RECORDS = 50_000  # ahead: some two to three seconds of reading and taking in one process
NEAR_RECORDS = 2_000
logger = logging.getLogger(__name__)


class LostError(Exception):
    """It does not read any more, or never did: why."""


class Ahead(Protocol):
    """What reads ahead. LostError from anything but `close` where it does so no more."""

    def is_ready(self) -> bool:
        """Whether it can begin."""

    def begin(self, positions: Mapping[int, int]) -> None:
        """Read on from here."""

    def fetch(self) -> Fetched:
        """What it read, in order; nothing after a short wait."""

    def close(self) -> None:
        """End it."""


class Help:
    """Who reads ahead, if anybody does. One thread uses it; end it in the end."""

    def __init__(
        self, start: Callable[[], Ahead], far_records: int = FAR_RECORDS, near_records: int = NEAR_RECORDS
    ) -> None:
        """`start`: has one that reads ahead be started; LostError where that cannot be done."""
        self.ahead: Ahead | None = None  # the one that reads
        self._start = start
        self._far_records = far_records
        self._near_records = near_records
        self._behind: int | None = None
        self._may_start = True
        self._starting: Ahead | None = None
        self._pause = LongPause()

    @property
    def is_on(self) -> bool:
        """Whether somebody helps, or is about to."""
        return bool(self.ahead or self._starting)

    def learn(self, behind: int | None) -> None:
        """So many records are to go; None: nobody knows how many."""
        self._behind = behind
        if self._is_near:
            self._may_start = True

    @property
    def is_idle(self) -> bool:
        """Whether nobody helps, nor is to."""
        return not self.is_on and not self._is_wanted

    def choose(self, reached: Mapping[int, int]) -> None:
        """Have somebody read ahead from here on, or nobody, as far as there is to go. LostError."""
        if self._is_near:
            self.end()
        elif self._starting and self._behind is not None:
            self._begin(self._starting, reached)
        elif self._is_wanted and not self.is_on:
            self._starting = self._start()
            self._pause.begin()

    @property
    def _is_near(self) -> bool:
        return self._behind is not None and self._behind <= self._near_records

    @property
    def _is_wanted(self) -> bool:
        return self._may_start and self._behind is not None and self._behind > self._far_records

    def _begin(self, ahead: Ahead, reached: Mapping[int, int]) -> None:
        if ahead.is_ready():
            ahead.begin(reached)
            self.ahead, self._starting = ahead, None

    def worked(self, records: int) -> None:
        """So many records were read, by whomever."""
        self._pause.worked(records)

    def lost(self, error: LostError) -> None:
        """Nobody helps from here on."""
        logger.warning("reading on in one process alone: %s", error)
        self.end()
        self._may_start = False

    def begin_anew(self) -> None:
        """Nobody helps for now; somebody may again."""
        self.end()
        self._may_start = True

    def end(self) -> None:
        """Let go of whoever helps; again is harmless."""
        for one in (self.ahead, self._starting):
            if one:
                one.close()
        self.ahead = self._starting = None
        self._pause.end()
