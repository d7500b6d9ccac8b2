"""Events folded a second, decoding included, on the bpi2012 log; and where the time goes.

The yardstick is a plain counter in the same run: it decodes the same bytes and adds one to a cell, without registers,
layers, owners as steps, sellers or corrections. The ratio is ours to it, in events a second. `events_per_second` is of
the source, as Python; `compiled_events_per_second` is of the form that wheel and image carry, measured in turn with it.
"""

import gc
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import projections.trail
from bench import compiled
from bench.bpi2012 import bpi2012_lines
from bench.report import missing_data, once, paired, report, seconds
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
    assert str(projections.trail.__file__).endswith(".py"), "the source is measured, and this tree holds it compiled"
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
    report("fold", figures | _compiled(lines), 1 / ratio)


def _compiled(lines: list[bytes], runs: int = 5) -> dict[str, float]:
    """The compiled form in turn with the source; nothing, saying so, where it cannot be built."""
    if lacking := compiled.lacking():
        print(f"the compiled form is not measured: it {lacking}")
        return {}
    with tempfile.TemporaryDirectory() as folder, _beside(Path(folder), lines) as fold:
        pairs = [(fold(), once(lambda: _fold(lines))) for _ in range(runs + 1)][1:]
    return {
        "compiled_events_per_second": len(lines) / statistics.median(own for own, _ in pairs),
        "compiled_to_python_seconds": statistics.median(own / python for own, python in pairs),
    }


@contextmanager
def _beside(folder: Path, lines: list[bytes]) -> Iterator[Callable[[], float]]:
    """A process that folds with the compiled form whenever it is asked, and tells the seconds once it rests again."""
    built = compiled.build(folder)
    compiled.copy("bench", built)
    (folder / "lines").write_bytes(b"\n".join(lines))
    command = [sys.executable, "-c", "from bench.fold import answer; answer()", str(folder / "lines")]
    with subprocess.Popen(command, cwd=built, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 (our own words)

        def fold() -> float:
            assert process.stdin
            assert process.stdout
            process.stdin.write("again\n")
            process.stdin.flush()
            return float(process.stdout.readline())

        yield fold
        process.communicate()


def answer() -> None:
    """Fold the lines of a file for each line of standard input: what `_beside` runs."""
    assert not str(projections.trail.__file__).endswith(".py"), "this is to be the compiled form"
    lines = Path(sys.argv[1]).read_bytes().split(b"\n")
    gc.collect()
    gc.freeze()
    for _ in sys.stdin:
        print(once(lambda: _fold(lines)), flush=True)


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
