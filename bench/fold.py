"""Events folded a second, decoding included, on the bpi2012 log; and where the time goes.

The yardstick is a plain counter in the same run: it decodes the same bytes and adds one to a cell, without registers,
layers, owners as steps, sellers or corrections. The ratio is ours to it, in events a second.
"""

import gc
from collections.abc import Callable

from bench.bpi2012 import bpi2012_lines
from bench.report import missing_data, paired, report, seconds
from projections.entities import State, evolve
from projections.trail import Trail
from schemas.facts import FEED, decode_fact
from schemas.log_events import Fact, decode
from schemas.moments import Calendar
from streams.collecting import collection_paused

ZONE = "Europe/Amsterdam"


def main() -> None:
    """Measure and report."""
    if missing_data():
        return
    lines = bpi2012_lines()
    facts = [decode_fact(line, FEED) for line in lines]
    gc.collect()
    gc.freeze()  # what the measurement itself holds is no work of the fold
    ours, plain, ratio = paired(lambda: _fold(lines), lambda: _count(lines))
    rows = _stages(lines, facts, ours)
    width = max(len(name) for name, _ in rows)
    for name, spent in rows:
        print(f"{name:<{width}}  {1e6 * spent / len(lines):6.2f} us an event  {100 * spent / ours:5.1f} %")
    figures = {
        "events": len(lines),
        "events_per_second": len(lines) / ours,
        "plain_events_per_second": len(lines) / plain,
    }
    report("fold", figures, 1 / ratio)


def _stages(lines: list[bytes], facts: list[Fact], whole: float) -> list[tuple[str, float]]:
    decoding = seconds(lambda: [decode(line) for line in lines])
    reading = seconds(lambda: [decode_fact(line, FEED) for line in lines])
    evolving = seconds(lambda: _evolve(facts))
    return [
        ("decode the bytes", decoding),
        ("read as writes to registers", reading - decoding),
        ("evolve the registers", evolving),
        ("credits, holders, sellers, differences", whole - reading - evolving),
        ("all", whole),
    ]


def _fold(lines: list[bytes]) -> dict[str, Trail]:
    calendar = Calendar(ZONE)
    trails: dict[str, Trail] = {}
    with collection_paused():  # as the recorder and replay do
        for line in lines:
            fact = decode_fact(line, FEED)
            trail = trails.get(fact.trail)
            if trail is None:
                trail = trails[fact.trail] = Trail(calendar)
            trail.post(fact)
    return trails


def _evolve(facts: list[Fact]) -> dict[str, State]:
    states: dict[str, State] = {}
    with collection_paused():
        for fact in facts:
            evolve(states.setdefault(fact.trail, {}), fact)
    return states


def _count(lines: list[bytes]) -> None:
    day_of: Callable[[str], int] = Calendar(ZONE).day_of
    cells: dict[tuple[object, int, str], int] = {}
    for line in lines:
        event = decode(line)
        cell = (event.data.get("rep"), day_of(event.data["at"]), event.type)
        cells[cell] = cells.get(cell, 0) + 1


if __name__ == "__main__":
    main()
