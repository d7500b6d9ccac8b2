"""A log that is recorded to its end, and records that no client of Kafka's can read."""

from threading import Event

from streams.following import Follower
from streams.history import History
from streams.kafka.reading import Reading, places
from streams.kafka.recording import Fetched, Recording, Standing
from streams.kafka.topics import Log
from tests.streams.recording import AMSTERDAM


class ToTheEnd(Reading):
    """One that stops once there is nothing more."""

    def __init__(self, log: Log, stopped: Event, records_at_once: int = 7) -> None:
        super().__init__(log, records_at_once)
        self.stopped = stopped

    def fetch(self) -> Fetched:
        found = super().fetch()
        if found.reached == found.ends and not found.read:
            self.stopped.set()
        return found


def follow(log: Log, history: History) -> list[Standing]:
    """Record everything that lies in the log; how far history is then."""
    stopped = Event()
    reading = ToTheEnd(log, stopped)
    recording = Recording(Follower(history, AMSTERDAM, places(log)), reading, stopped)
    try:
        recording.run()
    finally:
        reading.close()
    return recording.standings()


class NoText(str):
    """The name of a header that is no text on the wire; clients write none by themselves."""

    __slots__ = ()

    def encode(self, *_: object) -> bytes:
        return b"\xff\xfe"
