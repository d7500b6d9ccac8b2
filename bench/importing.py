"""Seconds from a CSV file to figures that can be asked for: the whole import of bpi2012, in a process of its own.

The yardstick is reading the same rows with the csv module and nothing else; the ratio is ours to it, in seconds.
"""

import csv
import gzip
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.bpi2012 import MAPPING
from bench.report import BPI2012, missing_data, paired, report


def main() -> None:
    """Measure and report."""
    if missing_data():
        return
    ours, reading, ratio = paired(_import, _read, runs=3)
    report("import", {"seconds": ours, "csv_reading_seconds": reading, "rows_per_second": 138_797 / ours}, ratio)


def _import() -> None:
    with tempfile.TemporaryDirectory() as folder:
        history = Path(folder) / "bench.duckdb"
        init = ["init", "--zone", "Europe/Amsterdam", "--currency", "EUR", "--history", str(history)]
        for command in (init, ["import", str(BPI2012), "--mapping", str(MAPPING), "--history", str(history)]):
            program = [sys.executable, "-c", "from quotum.cli import main; main()"]
            subprocess.run([*program, *command], check=True, stdout=subprocess.DEVNULL)  # noqa: S603 (our own command)


def _read() -> None:
    with gzip.open(BPI2012, "rt", encoding="utf-8", newline="") as file:
        for _ in csv.DictReader(file):
            pass


if __name__ == "__main__":
    main()
