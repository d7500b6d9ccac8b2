"""A history that follows a log to its end with the help of a second process, by small steps so that it can be killed
between any two of them; also as a process of its own.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event

from streams.following import Follower
from streams.history import History
from streams.kafka import topics
from streams.kafka.catching_up import CatchingUp
from streams.kafka.forerunner import Forerunner
from streams.kafka.reading import Reading, places
from streams.kafka.recording import Fetched, Recording
from streams.kafka.topics import Log
from tests.streams.recording import AMSTERDAM

FAR_RECORDS, NEAR_RECORDS = 500, 20
AT_ONCE, AHEAD_AT_ONCE = 15, 50
Led = Callable[[int], object]
PAUSE = Event()


class Awaited(Forerunner):
    """One that is waited for, so that it has much to read however quick everything else is."""

    def is_ready(self) -> bool:
        while not super().is_ready():
            PAUSE.wait(0.01)
        return True


class Helped(CatchingUp):
    """One that stops once there is nothing more, and tells the process that it has a batch from."""

    def __init__(self, log: Log, stopped: Event, led: Led) -> None:
        super().__init__(Reading(log, AT_ONCE), self.start, FAR_RECORDS, NEAR_RECORDS)
        self.log, self.stopped, self.led = log, stopped, led

    def start(self) -> Forerunner:
        self.helper = Awaited(self.log, AHEAD_AT_ONCE)
        return self.helper

    def fetch(self) -> Fetched:
        fetched = super().fetch()
        if fetched.reached == fetched.ends and not fetched.read:
            self.stopped.set()
        if self._help.ahead and fetched.read:
            self.led(self.helper.pid)
        return fetched


def follow(log: Log, history: History, led: Led) -> None:
    """To the end; `led` is called with the number of the second process for each batch of it."""
    stopped = Event()
    source = Helped(log, stopped, led)
    try:
        Recording(Follower(history, AMSTERDAM, places(log)), source, stopped).run()
    finally:
        source.close()


def tell(helper: int) -> None:
    """Say which process helps, and wait for an answer."""
    sys.stdout.write(f"{helper}\n")
    sys.stdout.flush()
    sys.stdin.readline()


if __name__ == "__main__":
    with History.open(Path(sys.argv[1])) as opened:
        follow(topics.check(*sys.argv[2:]), opened, tell)
