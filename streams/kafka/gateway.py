"""The way in to a log in Kafka, of which many can run: a door, and what sends on what it lets in. It owns nothing."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from typing import NamedTuple, Self

from schemas.envelope import Event
from schemas.facts import FEED
from streams.appending import Entry
from streams.books import ENDING, Outcome, UnavailableError, wall_clock
from streams.door import Door, People, Refused
from streams.kafka import KafkaError
from streams.kafka.sending import Sending, Sent, Underway
from streams.kafka.topics import Log, expect_well

LOOKED_SECONDS = 2.0  # for so long it is told again what was found, however many ask
ANSWER_SECONDS = 3.0  # whoever asks waits no longer for a broker that hangs; it is looked for all the same
OVERLOADED = "wait for the log already"  # so ends what `Sending` says where more comes in than the broker can take
logger = logging.getLogger(__name__)


class Begun(NamedTuple):
    """Events that were let in and are on their way; those that were not are refused."""

    refused: Sequence[Outcome | None]  # per event; None for one that was let in
    underway: Underway
    taken: Callable[[Underway], list[Outcome]]

    @property
    def sent(self) -> "Future[list[Sent]]":
        """Done once nothing has to be waited for any more."""
        return self.underway.sent

    def outcomes(self) -> list[Outcome]:
        """What became of each, which is waited for; UnavailableError where the log did not take all of them."""
        taken = iter(self.taken(self.underway))
        return [one or next(taken) for one in self.refused]


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
        self._looked: Future[str] | None = None  # what was found last, or will be
        self._looked_at = 0.0  # by the clock that only goes forward
        self._telling = threading.Lock()
        self._is_away = False  # as was told last
        self._ending: Future[str] = Future()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let what is under way be acknowledged, or refuse it, and let go of the broker; again is harmless."""
        with self._telling:
            if not self._ending.done():
                self._ending.set_result(ENDING)
        self._sending.close()

    @property
    def waiting(self) -> int:
        """How many events have no acknowledgement yet."""
        return self._sending.waiting

    def trouble(self) -> str:
        """Why the log takes nothing now, if it does not: the broker is asked, and whether all topics are well."""
        with self._looking:
            looked, now = self._looked, time.monotonic()
            if looked is None or (looked.done() and now >= self._looked_at + LOOKED_SECONDS):
                self._looked = looked = Future[str]()
                threading.Thread(target=self._look, args=(looked,), name="looking", daemon=True).start()
        wait((looked, self._ending), ANSWER_SECONDS, FIRST_COMPLETED)
        if self._ending.done():
            return self._ending.result()
        with self._looking:  # so that nothing is told that was found out to be otherwise meanwhile
            if looked.done():
                return looked.result()
            trouble = f"the broker at {self._log.broker} has not answered for {ANSWER_SECONDS:g} s"
            self._tell(trouble)
        return trouble

    def _look(self, looked: "Future[str]") -> None:
        try:
            trouble = _trouble(self._log)
        except BaseException as error:
            looked.set_exception(error)
            raise
        with self._looking:
            self._looked_at = time.monotonic()
            self._tell(trouble)
            looked.set_result(trouble)

    def take(self, events: Sequence[Event], layer: int = FEED) -> list[Outcome]:
        """Let a batch in and send it on; what became of each. UnavailableError where the log does not take it now.

        What is taken is in the log; whether it was there before is found out by whoever records it.
        """
        return self.begin(events, layer).outcomes()

    def begin(self, events: Sequence[Event], layer: int = FEED) -> Begun:
        """The same without waiting for the log; UnavailableError at once where too much waits for it already."""
        admitted = self._door.admit(events, layer)
        refused = [Outcome("refused", reason=one.reason) if isinstance(one, Refused) else None for one in admitted]
        with self._telling_why():
            underway = self._sending.begin([one for one in admitted if isinstance(one, Entry)])
        return Begun(refused, underway, self._taken)

    def _taken(self, underway: Underway) -> list[Outcome]:
        with self._telling_why():
            taken = underway.outcomes()
        if taken:
            self._tell("")
        return taken

    @contextmanager
    def _telling_why(self) -> Iterator[None]:
        try:
            yield
        except UnavailableError as error:
            if not str(error).endswith(OVERLOADED):
                self._tell(str(error))
            raise

    def _tell(self, trouble: str) -> None:
        """One line when the log takes nothing any more, and one when it does again, however often it is tried."""
        with self._telling:
            if bool(trouble) == self._is_away or self._ending.done():
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
