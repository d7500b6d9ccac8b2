"""The watchdog ends what has work and does not get on, and nothing else."""

import threading
from collections.abc import Hashable

from streams.kafka.workers.watching import FAILED, Watchdog


class Watched:
    def __init__(self) -> None:
        self.done = 0
        self.idle = False

    def progress(self) -> Hashable:
        return self.done

    def is_idle(self) -> bool:
        return self.idle


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_what_has_work_and_does_not_get_on_is_ended() -> None:
    watched, clock, ended = Watched(), Clock(), list[int]()
    dog = Watchdog(watched, 120.0, clock, ended.append)
    for clock.now, watched.done, watched.idle in ((0, 0, False), (119, 1, False), (238, 1, False)):
        dog.look()
    assert ended == []
    clock.now = 239
    dog.look()
    assert ended == [FAILED]


def test_what_has_nothing_to_do_is_left_alone() -> None:
    watched, clock, ended = Watched(), Clock(), list[int]()
    watched.idle = True
    dog = Watchdog(watched, 120.0, clock, ended.append)
    for clock.now in (0, 1_000, 2_000):
        dog.look()
    watched.idle = False
    clock.now = 2_100
    dog.look()
    assert ended == []


def test_it_looks_by_itself_whatever_the_watched_is_at() -> None:
    ended = threading.Event()
    dog = Watchdog(Watched(), patience_seconds=0.02, end=lambda _: ended.set())
    dog.start()
    assert ended.wait(60)
    dog.stop()
