"""A log as its recorder reads it: in one process near its end, where a row is to be seen soon, and in two far behind.

The second process takes about a second to start, and reads what takes half of the time until then. So it is started
only where much lies ahead, this one reads on meanwhile, and goes on alone near the end. The second may be lost
in whatever way: reading goes on in this process from where it was, and whatever is wrong with the log is met here.

Until it is near its end no garbage is looked for: between two batches of thousands of events that took a sixth of the
time, and found nothing.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from streams.appending import DeadLetter
from streams.collecting import LongPause
from streams.kafka.forerunner import LostError
from streams.kafka.recording import Fetched, Source, lag

FAR_RECORDS = 50_000  # ahead: some three seconds of reading and recording in one process
NEAR_RECORDS = 2_000
logger = logging.getLogger(__name__)


class Own(Source, Protocol):
    """What reads in this process."""

    def close(self) -> None:
        """Let go of the broker, until it begins again."""


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


class CatchingUp:
    """A source that is helped far behind. One thread uses it; close it in the end."""

    def __init__(
        self, own: Own, start: Callable[[], Ahead], far_records: int = FAR_RECORDS, near_records: int = NEAR_RECORDS
    ) -> None:
        """`start`: has one that reads ahead be started; LostError where that cannot be done."""
        self._own = own
        self._start = start
        self._far_records = far_records
        self._near_records = near_records
        self._reached: Mapping[int, int] = {}
        self._behind: int | None = None  # records; None: not known
        self._may_start = False  # again only once it has caught up: it may be lost for the same reason
        self._starting: Ahead | None = None
        self._ahead: Ahead | None = None  # the one that reads
        self._pause = LongPause()

    def close(self) -> None:
        """Let go of the broker, and of whoever reads ahead; again is harmless."""
        self._end_help()
        self._own.close()

    def begin(self, positions: Mapping[int, int]) -> None:
        """Read on from these offsets of history's partitions, others from 0; again after whatever went wrong."""
        self._end_help()
        self._may_start, self._behind, self._reached = True, None, positions
        self._own.begin(positions)

    def fetch(self) -> Fetched:
        """What there is, at most a batch, after a short wait if there is nothing."""
        try:
            self._choose()
            fetched = (self._ahead or self._own).fetch()
        except LostError as error:
            logger.warning("reading on in one process alone: %s", error)
            self._may_start = False
            self._go_on_alone()
            fetched = self._own.fetch()
        self._pause.worked(len(fetched.read))
        self._reached = {**self._reached, **fetched.reached}
        if fetched.ends and len(fetched.ends) == len(fetched.reached):
            self._behind = lag(fetched)
        return fetched

    def pass_on(self, letters: Sequence[DeadLetter]) -> None:
        """Put dead letters into their topic; once this returns they are there."""
        self._own.pass_on(letters)

    def _choose(self) -> None:
        """Who reads from here on."""
        if self._behind is None:
            return
        if self._behind <= self._near_records:
            self._go_on_alone()
            self._may_start = True
        elif self._starting:
            self._change_over(self._starting)
        elif self._behind > self._far_records and self._may_start and not self._ahead:
            self._starting = self._start()
            self._pause.begin()

    def _change_over(self, ahead: Ahead) -> None:
        if ahead.is_ready():
            ahead.begin(self._reached)
            self._ahead, self._starting = ahead, None
            self._own.close()  # with what it has fetched, which is to come again

    def _go_on_alone(self) -> None:
        was_led = self._ahead is not None
        self._end_help()
        if was_led:
            self._own.begin(self._reached)

    def _end_help(self) -> None:
        for one in (self._ahead, self._starting):
            if one:
                one.close()
        self._ahead = self._starting = None
        self._pause.end()
