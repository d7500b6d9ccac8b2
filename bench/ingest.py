"""Events a second taken over HTTP, in batches of 100 by four senders at once; each is on disk when it is answered.

The yardstick takes the same batches in-process, without HTTP, in the same run; the ratio is ours to it.
"""

import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2 as httpx

from bench.report import report
from bench.served import call, post, served
from schemas.received import read_event
from streams.books import Books

SENDERS, SIZE, BATCHES = 4, 100, 200
Batch = list[dict[str, Any]]


def main() -> None:
    """Measure and report."""
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as url, httpx.Client() as client:
        over_http = _rate(lambda batch: post(url, batch, client))
    with (
        tempfile.TemporaryDirectory() as folder,
        Books.create(Path(folder) / "bench.quotum", zone="Europe/Amsterdam", currency="EUR") as books,
    ):
        inside = _rate(lambda batch: books.take([read_event(one) for one in batch]))
    figures = {"events_per_second": over_http, "in_process_events_per_second": inside}
    report("ingest", figures, over_http / inside)


def _rate(take: Callable[[Batch], object]) -> float:
    batches = [[call(number) for number in range(SIZE)] for _ in range(BATCHES)]
    with ThreadPoolExecutor(SENDERS) as senders:
        start = time.perf_counter()
        for done in [senders.submit(take, batch) for batch in batches]:
            done.result()
        return SIZE * BATCHES / (time.perf_counter() - start)


if __name__ == "__main__":
    main()
