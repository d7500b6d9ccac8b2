"""When a target is reached, and when it is lost again: what is to be said, given what was said before.

Pure. What was said lies in the log, so a rebuild finds it there and says nothing again.

Rules
- A target is reached where its attainment is 100 % or more, and lost where it is less again. What was never reached is
  never lost.
- Per target reached and lost take turns, which are counted from 1 on. The turn is in the id of the event, so the same
  crossing has the same id whoever says it.
- A target without attainment (it has not begun, or became none) says nothing: it stays as it was said last.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import NamedTuple

from projections.entities import State, evolve
from schemas.log_events import Fact


class Said(NamedTuple):
    """What was said of a target last, in which turn, and when, in microseconds."""

    turn: int
    is_reached: bool
    asserted_at: int


class Crossing(NamedTuple):
    """A target was reached, or lost again."""

    target: str
    turn: int
    is_reached: bool

    @property
    def id(self) -> str:
        """Of the event that says so."""
        return "crossing:" + sha256(f"{self.turn}\n{self.target}".encode()).hexdigest()[:32]


NOTHING = Said(0, is_reached=False, asserted_at=0)


def said(facts: Iterable[Fact]) -> dict[str, Said]:
    """What was said last of each target of which something was; facts of other entities are let by."""
    state: State = {}
    for fact in facts:
        if fact.entity.startswith("target:"):
            evolve(state, fact)
    found = {}
    for name, entity in state.items():
        if turn := entity.register("turn"):
            found[name.partition(":")[2]] = Said(int(turn[3]), entity.read("standing") == "reached", turn[0])
    return found


def crossings(before: Mapping[str, Said], reached: Mapping[str, bool]) -> list[Crossing]:
    """What is to be said now, by target. `reached`: whether each target is that has an attainment."""
    return [
        Crossing(target, before.get(target, NOTHING).turn + 1, is_reached)
        for target, is_reached in sorted(reached.items())
        if before.get(target, NOTHING).is_reached != is_reached
    ]
