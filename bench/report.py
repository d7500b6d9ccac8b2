"""What every measurement ends with: one JSON line with its name, figures, ratio and the machine."""

import gc
import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

SHARED = Path(os.environ.get("QUOTUM_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
BPI2012 = SHARED / "bpi2012" / "events_2011Q4.csv.gz"


def report(name: str, figures: dict[str, float], ratio: float) -> None:
    """Print the closing line."""
    rounded = {key: round(value, 4 if abs(value) < 10 else 1) for key, value in figures.items()}
    print(json.dumps({"name": name, "figures": rounded, "ratio": round(ratio, 3), "machine": machine()}))


def machine() -> str:
    """The processor, how many of them, and the Python."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.partition(":")[2].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    return f"{model} x{os.cpu_count()}, Python {platform.python_version()}"


def seconds(work: Callable[[], object], runs: int = 5) -> float:
    """The median time of some work, after one run that is not counted, with the garbage of earlier work put aside."""
    work()
    return statistics.median(once(work) for _ in range(runs))


def once(work: Callable[[], object]) -> float:
    """The seconds of some work, with the garbage of earlier work put aside."""
    gc.collect()
    start = time.perf_counter()
    made = work()
    spent = time.perf_counter() - start
    del made  # letting go of what was made is no part of making it
    return spent


def paired(ours: Callable[[], object], theirs: Callable[[], object], runs: int = 5) -> tuple[float, float, float]:
    """Median seconds of two kinds of work done in turn, and the median of ours to theirs, pair by pair."""
    ours(), theirs()
    pairs = [(once(ours), once(theirs)) for _ in range(runs)]
    return (
        statistics.median(own for own, _ in pairs),
        statistics.median(other for _, other in pairs),
        statistics.median(own / other for own, other in pairs),
    )


def missing_data() -> bool:
    """Say where the data should be, if they are not there."""
    if BPI2012.exists():
        return False
    print(f"skipped: needs {BPI2012.name} of the shared data; say where by QUOTUM_SHARED_DATA")
    return True
