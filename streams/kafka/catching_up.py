"""A log as its recorder reads it: in one process near its end, where a row is to be seen soon, and in two far behind.

One of two reads at a time, each from where the other came to; this process goes on meanwhile where the second is only
about to begin (`helping.py`).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from streams.appending import DeadLetter
from streams.kafka.helping import FAR_RECORDS, NEAR_RECORDS, Ahead, Help, LostError
from streams.kafka.recording import Fetched, Source, lag


class Own(Source, Protocol):
    """What reads in this process."""

    def close(self) -> None:
        """Let go of the broker, until it begins again."""


class CatchingUp:
    """A source that is helped far behind. One thread uses it; close it in the end."""

    def __init__(
        self, own: Own, start: Callable[[], Ahead], far_records: int = FAR_RECORDS, near_records: int = NEAR_RECORDS
    ) -> None:
        """`start`: as of `Help`."""
        self._own = own
        self._help = Help(start, far_records, near_records)
        self._is_led = False  # whether somebody ahead read last
        self._reached: Mapping[int, int] = {}
        self._behind: int | None = None  # records; None: not known

    def close(self) -> None:
        """Let go of the broker, and of whoever reads ahead; again is harmless."""
        self._help.end()
        self._own.close()

    def begin(self, positions: Mapping[int, int]) -> None:
        """Read on from these offsets of history's partitions, others from 0; again after whatever went wrong."""
        self._help.begin_anew()
        self._is_led, self._behind, self._reached = False, None, positions
        self._own.begin(positions)

    def fetch(self) -> Fetched:
        """What there is, at most a batch, after a short wait if there is nothing."""
        try:
            self._help.learn(self._behind)
            self._help.choose(self._reached)
            fetched = self._reading().fetch()
        except LostError as error:
            self._help.lost(error)
            fetched = self._reading().fetch()
        self._help.worked(len(fetched.read))
        self._reached = {**self._reached, **fetched.reached}
        if fetched.ends and len(fetched.ends) == len(fetched.reached):
            self._behind = lag(fetched)
        return fetched

    def pass_on(self, letters: Sequence[DeadLetter]) -> None:
        """Put dead letters into their topic; once this returns they are there."""
        self._own.pass_on(letters)

    def _reading(self) -> Own | Ahead:
        """Who reads from here on. Who does not lets go of what it has fetched, which is to come again."""
        ahead = self._help.ahead
        if ahead and not self._is_led:
            self._own.close()
        if self._is_led and not ahead:
            self._own.begin(self._reached)
        self._is_led = ahead is not None
        return ahead or self._own
