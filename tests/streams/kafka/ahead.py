"""Somebody who reads ahead by a rule, and is lost as a script says."""

from collections.abc import Callable, Iterable, Mapping

from streams.kafka.forerunner import NOTHING
from streams.kafka.helping import LostError
from streams.kafka.recording import Fetched
from streams.told import NO_COLUMNS, Lying, Told

Script = Iterable[bool]  # per call of one that helps, whether it is lost; or whether it has nothing to say
Rule = Callable[[Mapping[int, int]], Fetched]  # what it reads at once, from where


def some_of_each(size: int, end: int) -> Rule:
    """So many records of each partition at once; all of them end alike."""

    def read(at: Mapping[int, int]) -> Fetched:
        reached = {one: min(end, begin + size) for one, begin in at.items()}
        found: list[Lying] = [(one, offset, 0, "") for one in at for offset in range(at[one], reached[one])]
        return Fetched(Told(found, NO_COLUMNS), reached, dict.fromkeys(reached, end))

    return read


class Ahead:
    """One that is ready when it was asked `waits` times."""

    def __init__(self, read: Rule, script: Script = (), waits: int = 0, silent: Script = ()) -> None:
        self.read, self.script, self.waits, self.silent = read, iter(script), waits, iter(silent)
        self.at: Mapping[int, int] | None = None
        self.is_open = True

    def expect_there(self) -> None:
        assert self.is_open, "it was ended"
        if next(self.script, False):
            raise LostError("killed")

    def is_ready(self) -> bool:
        self.expect_there()
        self.waits -= 1
        return self.waits < 0

    def begin(self, positions: Mapping[int, int]) -> None:
        self.expect_there()
        self.at = positions

    def fetch(self) -> Fetched:
        self.expect_there()
        assert self.at is not None
        if next(self.silent, False):
            return NOTHING
        fetched = self.read(self.at)
        self.at = fetched.reached
        return fetched

    def close(self) -> None:
        self.is_open = False
