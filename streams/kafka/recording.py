"""The loop that keeps a history up with a log on Kafka: fetch, take, pass dead letters on, and again.

Where much more lies in the log it is fetched and read while the writer is at a step; the next one begins once that is
part of history and its dead letters are passed on. What the broker does wrong is waited out, for as long as it takes,
and reading then begins anew where history stands. What goes wrong within a step ends the loop: a history that cannot be
written must not look as if it were kept up.
"""

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Event
from typing import NamedTuple, Protocol

from streams.appending import DeadLetter
from streams.following import Follower, Taken
from streams.told import Told

PAUSE_SECONDS = 1.0
BUSY_RECORDS = 100  # at once and up to the log's end: more come faster than steps are worth their price
GATHERING_SECONDS = 0.05
AHEAD_RECORDS = 1_000
log = logging.getLogger(__name__)


class AwayError(Exception):
    """The broker does not answer, or not as it should, and may do so again soon."""


class Fetched(NamedTuple):
    """What records tell, each partition's in its order; where reading goes on; where those end, as far as known."""

    read: Told
    reached: Mapping[int, int]
    ends: Mapping[int, int]


def lag(fetched: Fetched) -> int:
    """How many places of the log lie ahead, as far as is known."""
    return sum(max(0, end - fetched.reached.get(partition, 0)) for partition, end in fetched.ends.items())


def is_at_end(fetched: Fetched) -> bool:
    """Whether nothing is left in the log, as far as is known."""
    return not lag(fetched)


def is_busy(fetched: Fetched) -> bool:
    """Whether much came at once and nothing is left: a step costs by the transaction, so the next one may be larger."""
    return len(fetched.read) >= BUSY_RECORDS and is_at_end(fetched)


class Source(Protocol):
    """A log that is read and has a place for dead letters. AwayError where it does not answer; others are for good."""

    def begin(self, positions: Mapping[int, int]) -> None:
        """Read on from these offsets, and other partitions from their beginning; again after whatever went wrong."""

    def fetch(self) -> Fetched:
        """What there is, at most a batch, after a short wait if there is nothing."""

    def pass_on(self, letters: Sequence[DeadLetter]) -> None:
        """Put dead letters where people see them; those passed on before may come again."""


@dataclass(frozen=True)
class Standing:
    """How far history is with a partition, and where that ends; None where the broker has not said so yet."""

    partition: int
    position: int
    end: int | None

    @property
    def lag(self) -> int | None:
        """How many places of the log history has not seen."""
        return None if self.end is None else max(0, self.end - self.position)


class Recording:
    """A history that is being kept up. `run` in a thread of its own; everything else may be asked from any thread."""

    def __init__(
        self,
        follower: Follower,
        source: Source,
        stopped: Event,
        *,
        pause_seconds: float = PAUSE_SECONDS,
        ahead_records: int = AHEAD_RECORDS,
    ) -> None:
        """`stopped`: ends the loop after the step it is at; `ahead_records`: of a step, from which on it is far behind.

        Far behind, the next records are fetched meanwhile. Else they are not: those that come meanwhile go together.
        """
        self._follower = follower
        self._source = source
        self._stopped = stopped
        self._pause_seconds = pause_seconds
        self._ahead_records = ahead_records
        self._positions: dict[int, int] = {}
        self._ends: dict[int, int] = {}
        self._step: Future[Taken] | None = None  # the one under way
        self._letters: Sequence[DeadLetter] = []  # that were not passed on yet
        self.away = ""  # why the broker is waited for; empty while it answers

    def standings(self) -> list[Standing]:
        """All partitions that are known, by number."""
        positions, ends = self._positions, self._ends
        return [Standing(one, positions.get(one, 0), ends.get(one)) for one in sorted(positions | ends)]

    def run(self) -> None:
        """Until stopped; raises whatever a step raises, and what the source cannot recover from."""
        self._positions = self._follower.positions()
        self._letters = self._follower.unsent()
        is_reading = False
        try:
            while not self._stopped.is_set():
                try:
                    if not is_reading:
                        self._source.begin(self._positions)
                        is_reading = True
                    self._pass_on()
                    fetched = self._source.fetch()
                    self._end_step()
                    self._pass_on()
                except AwayError as error:
                    is_reading = False
                    self._end_step()
                    self._wait(error)
                    continue
                self._answered()
                self._begin_step(fetched)
        finally:
            self._end_step()

    def _begin_step(self, fetched: Fetched) -> None:
        self._ends = {**self._ends, **fetched.ends}
        self._step = self._follower.begin(fetched.read, fetched.reached)
        self._step.add_done_callback(self._moved)
        if len(fetched.read) < self._ahead_records or is_at_end(fetched):
            self._end_step()
        if is_busy(fetched):
            self._stopped.wait(GATHERING_SECONDS)

    def _moved(self, step: "Future[Taken]") -> None:
        """By the writer, once a step is part of history or has failed."""
        if not step.cancelled() and not step.exception():
            moved = {end.log_partition: end.next_offset for end in step.result().positions}
            self._positions = self._positions | moved

    def _end_step(self) -> None:
        """Wait for the step that is under way, if one is. Raises what it raised."""
        step, self._step = self._step, None
        if step:
            self._letters = [*self._letters, *step.result().letters]
            self._moved(step)  # which the writer may not have come to yet

    def _pass_on(self) -> None:
        if self._letters:
            self._source.pass_on(self._letters)
            self._letters = []

    def _answered(self) -> None:
        if self.away:
            log.warning("the broker answers again")
            self.away = ""

    def _wait(self, error: AwayError) -> None:
        told = str(error)
        if not self.away:
            log.warning("waiting for the broker: %s", told)
        self.away = told
        self._stopped.wait(self._pause_seconds)
