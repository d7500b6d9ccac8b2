"""Seconds until `quotum demo` gives its address, the first time (with a past to write) and again; and to end it.

Ended by SIGINT, as Ctrl-C does, with a viewer watching its board. The yardstick is starting the same Python with the
same imports and nothing else.
"""

import signal
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import httpx2 as httpx

from bench.report import report
from bench.served import COMMAND, started

RUNS = 5


def main() -> None:
    """Measure and report."""
    runs = []
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as folder:
            first, _ = _run(Path(folder))
            again, ending = _run(Path(folder))
        start = time.perf_counter()
        subprocess.run([COMMAND, "--version"], check=True, capture_output=True)  # noqa: S603 (our own command)
        runs.append((first, again, ending, time.perf_counter() - start))
    first, again, ending, bare = (statistics.median(column) for column in zip(*runs, strict=True))
    worst = max(ending for _, _, ending, _ in runs)
    figures = {"first_start_s": first, "start_s": again, "ending_s": ending, "longest_ending_s": worst, "bare_s": bare}
    report("demo", figures, again / bare)


def _run(folder: Path) -> tuple[float, float]:
    """Seconds to the address, and from SIGINT to the end."""
    start = time.perf_counter()
    process, url = started("demo", "--history", str(folder / "demo.quotum"))
    until_started = time.perf_counter() - start
    with httpx.stream("GET", f"{url}/v1/stream?metric=revenue&period={time.strftime('%Y-%m')}") as watching:
        next(watching.iter_lines())
        asked = time.perf_counter()
        process.send_signal(signal.SIGINT)
        process.wait(60)
    assert process.returncode == 0
    return until_started, time.perf_counter() - asked


if __name__ == "__main__":
    main()
