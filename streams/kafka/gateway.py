"""The way in to a log in Kafka, of which many can run: a door, and what sends on what it lets in. It owns nothing."""

from collections.abc import Callable, Sequence
from typing import Self

from schemas.envelope import Event
from schemas.facts import FEED
from streams.appending import Entry
from streams.books import Outcome, wall_clock
from streams.door import Door, People, Refused
from streams.kafka.sending import Sending
from streams.kafka.topics import Log


class Gateway:
    """Takes events for a log. Any thread may; use it as a context manager."""

    def __init__(self, log: Log, people: People, clock: Callable[[], int] = wall_clock) -> None:
        """`people`: who gives them their numbers. KafkaError where no broker answers."""
        self._door = Door(people, clock, demo=log.workspace.demo)
        self._sending = Sending(log)

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let what is under way be acknowledged, and let go of the broker."""
        self._sending.close()

    @property
    def waiting(self) -> int:
        """How many events have no acknowledgement yet."""
        return self._sending.waiting

    def take(self, events: Sequence[Event], layer: int = FEED) -> list[Outcome]:
        """Let a batch in and send it on; what became of each. UnavailableError where the log does not take it now.

        What is taken is in the log; whether it was there before is found out by whoever records it.
        """
        admitted = self._door.admit(events, layer)
        taken = iter(self._sending.take([one for one in admitted if isinstance(one, Entry)]))
        return [Outcome("refused", reason=one.reason) if isinstance(one, Refused) else next(taken) for one in admitted]
