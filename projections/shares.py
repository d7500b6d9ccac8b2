"""Who holds something on a day, and how an amount is cut among several holders without losing a cent.

Rules
- Whoever an entity was opened with holds it from the beginning. A reassignment with a day holds from that day. One
  without a day puts right the step in force on the day it was said.
- So each statement has an anchor (its day, the beginning, or the day it was said) and holds from there to the nearest
  steps that were known when it was said: those with a smaller stamp, and of no higher layer. A step holds forward only.
- Where several statements hold a day, the higher layer counts, then the later stamp. A handover said later therefore
  never moves a past day, and what a person put right is not moved by a later feed.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from schemas.data import MILLIONTHS
from schemas.facts import NOBODY, PERSON, TAKEN_BACK, WITHDRAWN
from schemas.moments import Calendar

Stamp = tuple[int, int, str]  # asserted_at in microseconds, sequence, event id
Register = tuple[int, int, str, str]  # asserted_at in microseconds, sequence, event id, text: a total order
Layers = tuple[Mapping[str, Register], Mapping[str, Register]]  # what feeds say, what persons corrected
Holders = tuple[tuple[int, int], ...]  # rep (0: unassigned), weight or amount

BEGINNING: Final = -(10**9)  # a day before all days
END: Final = 10**9
UNASSIGNED: Final[Holders] = ((0, MILLIONTHS),)
OPENING: Final = "shares"
REASSIGNING: Final = "shares@"
HOLDERS_KEPT: Final = 65_536
_HOLDERS: Final[dict[str, Holders]] = {}


class Statement(NamedTuple):
    """Who was said to hold an entity. The first four fields order statements."""

    asserted_at: int
    sequence: int
    id: str
    day: str  # "" without one
    text: str
    layer: int
    anchor: int  # day number
    step: bool


def holders(text: str) -> Holders:
    """The reps and weights of a holder's text: `17:500000,18:500000`; nobody or nothing is unassigned."""
    known = _HOLDERS.get(text)
    if known is None:
        if len(_HOLDERS) >= HOLDERS_KEPT:
            _HOLDERS.clear()
        known = _HOLDERS[text] = _read_holders(text)
    return known


def _read_holders(text: str) -> Holders:
    if text in (TAKEN_BACK, NOBODY):
        return UNASSIGNED
    return tuple([(int(rep), int(weight)) for rep, _, weight in [part.partition(":") for part in text.split(",")]])


def spread(total: int, shares: Holders) -> Holders:
    """Cut a whole by weight, in whole units that sum to it: largest remainder, ties by rep number."""
    weights = sum(weight for _, weight in shares)
    parts = {rep: total * weight // weights for rep, weight in shares}
    by_remainder = sorted(shares, key=lambda share: (-(total * share[1] % weights), share[0]))
    for rep, _ in by_remainder[: total - sum(parts.values())]:
        parts[rep] += 1
    return tuple(parts.items())


def statements(layers: Layers, calendar: Calendar) -> list[Statement]:
    """Every statement that was not withdrawn, in the order of their stamps."""
    withdrawn = layers[PERSON].get(WITHDRAWN)
    found = (
        statement(name, register, layer, calendar)
        for layer, registers in enumerate(layers)
        for name, register in registers.items()
        if (name == OPENING or name.startswith(REASSIGNING))
        and register[3] != TAKEN_BACK
        and not (layer == PERSON and withdrawn and register[:3] < withdrawn[:3])
    )
    return sorted(found)


def statement(name: str, register: Register, layer: int, calendar: Calendar) -> Statement:
    """One register of shares, read."""
    asserted_at, sequence, id_, text = register
    day = "" if name == OPENING else name.split("@", 2)[1]
    said_on = calendar.day_of(day) if day else calendar.day(asserted_at)
    anchor = BEGINNING if name == OPENING else said_on
    return Statement(asserted_at, sequence, id_, day, text, layer, anchor, step=name == OPENING or day != "")


def holder_on(day: int, said: Iterable[Statement]) -> Holders:
    """Who holds a day: the specification, straight from the rules above."""
    said = list(said)

    def holds(one: Statement) -> bool:
        low, high = min(one.anchor, day), max(one.anchor, day)
        known = (other for other in said if other[:5] < one[:5] and other.layer <= one.layer and other.step)
        return not (one.step and day < one.anchor) and not any(low < other.anchor <= high for other in known)

    best = max((one for one in said if holds(one)), key=lambda one: (one.layer, one[:5]), default=None)
    return holders(best.text) if best else UNASSIGNED


class Holding:
    """The same as a line of steps per layer, kept up as statements come, at the log of their number each."""

    def __init__(self, said: Iterable[Statement]) -> None:
        """`said`: the statements so far, in any order."""
        self._days: tuple[list[int], list[int]] = ([BEGINNING], [BEGINNING])
        self._texts: tuple[list[str], list[str]] = ([TAKEN_BACK], [TAKEN_BACK])
        self._known: tuple[list[int], list[int]] = ([], [])  # the days of steps, per layer
        self._last: tuple[object, ...] = ()
        for one in sorted(said):
            self.say(one)

    def follows(self, one: Statement) -> bool:
        """Whether a statement is later than all so far, so that `say` may take it."""
        return self._last < one[:5]

    def say(self, one: Statement) -> None:
        """Take the next statement in the order of stamps."""
        self._last = one[:5]
        known = self._known[: one.layer + 1]
        low = one.anchor if one.step else max(_at_or_before(days, one.anchor) for days in known)
        self._assign(one.layer, low, min(_after(days, one.anchor) for days in known), one.text)
        if one.step and one.anchor not in known[-1][bisect_left(known[-1], one.anchor) :][:1]:
            insort(known[-1], one.anchor)

    def on(self, day: int) -> Holders:
        """Who holds a day."""
        for layer in (1, 0):
            text = self._texts[layer][bisect_right(self._days[layer], day) - 1]
            if text != TAKEN_BACK:
                return holders(text)
        return UNASSIGNED

    def _assign(self, layer: int, low: int, high: int, text: str) -> None:
        days, texts = self._days[layer], self._texts[layer]
        first, last = bisect_left(days, low), bisect_left(days, high)
        keeps_end = high == END or (last < len(days) and days[last] == high)
        tail = [] if keeps_end else [(high, texts[last - 1])]
        days[first:last] = [low, *(day for day, _ in tail)]
        texts[first:last] = [text, *(rest for _, rest in tail)]


def _at_or_before(days: list[int], day: int) -> int:
    index = bisect_right(days, day)
    return days[index - 1] if index else BEGINNING


def _after(days: list[int], day: int) -> int:
    index = bisect_right(days, day)
    return days[index] if index < len(days) else END
