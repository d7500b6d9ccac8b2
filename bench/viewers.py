"""500 viewers of one board while 100 events a second come in: how often each is told, and how far behind each is.

With so many, changes are gathered and told twice a second at most. Measured is the time from the answer to a request
until a viewer has an update that stands for it, over all viewers; gathering alone makes that 250 ms on average. The
yardstick is a single viewer of the same server in the same run.
"""

import asyncio
import statistics
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx2 as httpx

from bench.report import report
from bench.served import call, served

VIEWERS, SECONDS, RATE = 500, 15, 100
PERIOD = time.strftime("%Y-%m")
Seen = list[tuple[int, float]]  # position of an update, when it came


def main() -> None:
    """Measure and report."""
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as url:
        (alone,), waits_alone = asyncio.run(_watched(url, 1))
        rates, waits = asyncio.run(_watched(url, VIEWERS))
    figures = {
        "viewers": VIEWERS,
        "updates_a_second": statistics.median(rates),
        "most_updates_a_second": max(rates),
        **dict(zip(("p50_ms", "p99_ms"), _percentiles(waits), strict=True)),
        "alone_updates_a_second": alone,
        **dict(zip(("alone_p50_ms", "alone_p99_ms"), _percentiles(waits_alone), strict=True)),
    }
    report("viewers", figures, figures["p50_ms"] / figures["alone_p50_ms"])


async def _watched(url: str, viewers: int) -> tuple[list[float], list[float]]:
    """Updates a second of each viewer; and milliseconds from accepted to told, of every event to every viewer."""
    seen: list[Seen] = [[] for _ in range(viewers)]
    told = asyncio.Event()
    watching = [asyncio.create_task(_view(url, one, told)) for one in seen]
    while not all(seen):
        await _news(told)
    start = time.perf_counter()
    accepted = await asyncio.to_thread(_send, url)
    last = accepted[-1][0]
    while any(one[-1][0] <= last for one in seen):
        await _news(told)
    spent = time.perf_counter() - start
    for one in watching:
        one.cancel()
    await asyncio.gather(*watching, return_exceptions=True)
    waits = [wait for one in seen for wait in _waits(accepted, one)]
    return [(len(one) - 1) / spent for one in seen], waits


async def _news(told: asyncio.Event) -> None:
    await told.wait()
    told.clear()


async def _view(url: str, seen: Seen, told: asyncio.Event) -> None:
    place = urlsplit(url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port, limit=2**20)
    writer.write(f"GET /v1/stream?metric=calls&period={PERIOD} HTTP/1.1\r\nHost: {place.netloc}\r\n\r\n".encode())
    try:
        while line := await reader.readline():
            if line.startswith(b"id: "):
                seen.append((int(line[4:]), time.perf_counter()))
                told.set()
    finally:
        writer.close()


def _send(url: str) -> list[tuple[int, float]]:
    """The position of each event, and when it was accepted."""
    accepted = []
    with httpx.Client() as client:
        start = time.perf_counter()
        for number in range(RATE * SECONDS):
            time.sleep(max(0.0, start + number / RATE - time.perf_counter()))
            answer = client.post(f"{url}/v1/events", json=call(number)).json()["results"][0]
            accepted.append((answer["position"], time.perf_counter()))
    return accepted


def _waits(accepted: list[tuple[int, float]], seen: Seen) -> list[float]:
    waits, updates = [], iter(seen)
    position, at = next(updates)
    for event, accepted_at in accepted:
        while position <= event:
            position, at = next(updates)
        waits.append(1_000 * (at - accepted_at))
    return waits


def _percentiles(waits: list[float]) -> tuple[float, float]:
    return statistics.median(waits), statistics.quantiles(waits, n=100)[98]


if __name__ == "__main__":
    main()
