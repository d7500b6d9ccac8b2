"""The way in to a log in Kafka, of which many can run: a door, and what sends on what it lets in. It owns nothing."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Self

from schemas.envelope import Event
from schemas.facts import FEED
from streams.appending import Entry
from streams.books import Outcome, UnavailableError, wall_clock
from streams.door import Door, People, Refused
from streams.kafka import KafkaError
from streams.kafka.sending import Sending
from streams.kafka.topics import Log, expect_well

LOOKED_SECONDS = 2.0  # for so long it is told again what was found, however many ask
OVERLOADED = "wait for the log already"  # so ends what `Sending` says where more comes in than the broker can take
logger = logging.getLogger(__name__)


class Gateway:
    """Takes events for a log. Any thread may; use it as a context manager."""

    def __init__(
        self,
        log: Log,
        people: People,
        clock: Callable[[], int] = wall_clock,
        count: Callable[[int], object] = lambda _: None,
    ) -> None:
        """`people`: who gives them their numbers; `count`: told of how many events wait, whenever that changes.

        KafkaError where no broker answers.
        """
        self._door = Door(people, clock, demo=log.workspace.demo)
        self._sending = Sending(log, count=count)
        self._log = log
        self._looking = threading.Lock()
        self._looked: float | None = None  # when, by the clock that only goes forward
        self._trouble = ""
        self._telling = threading.Lock()
        self._is_away = False  # as was told last
        self._is_ending = False

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let what is under way be acknowledged, and let go of the broker."""
        self._is_ending = True
        self._sending.close()

    @property
    def waiting(self) -> int:
        """How many events have no acknowledgement yet."""
        return self._sending.waiting

    def trouble(self) -> str:
        """Why the log takes nothing now, if it does not: the broker is asked, and whether all topics are well."""
        with self._looking:
            if self._looked is None or time.monotonic() >= self._looked + LOOKED_SECONDS:
                self._trouble = _trouble(self._log)
                self._looked = time.monotonic()
                self._tell(self._trouble)
            return self._trouble

    def take(self, events: Sequence[Event], layer: int = FEED) -> list[Outcome]:
        """Let a batch in and send it on; what became of each. UnavailableError where the log does not take it now.

        What is taken is in the log; whether it was there before is found out by whoever records it.
        """
        admitted = self._door.admit(events, layer)
        taken = iter(self._sent([one for one in admitted if isinstance(one, Entry)]))
        return [Outcome("refused", reason=one.reason) if isinstance(one, Refused) else next(taken) for one in admitted]

    def _sent(self, entries: Sequence[Entry]) -> list[Outcome]:
        try:
            taken = self._sending.take(entries)
        except UnavailableError as error:
            if not str(error).endswith(OVERLOADED):
                self._tell(str(error))
            raise
        if taken:
            self._tell("")
        return taken

    def _tell(self, trouble: str) -> None:
        """One line when the log takes nothing any more, and one when it does again, however often it is tried."""
        with self._telling:
            if bool(trouble) == self._is_away or self._is_ending:
                return
            self._is_away = bool(trouble)
        if trouble:
            logger.warning("waiting for the broker at %s: %s", self._log.broker, trouble)
        else:
            logger.warning("the broker at %s answers again", self._log.broker)


def _trouble(log: Log) -> str:
    try:
        expect_well(log)
    except KafkaError as error:
        return str(error)
    return ""
