"""Milliseconds from an accepted event to its row changed in a real browser, at 100 and at 1,000 events a second.

A board of calls over 35 reps is open in Chromium (with reduced motion: otherwise a figure counts up for a while). Calls
are sent to the server; an event is accepted when the answer to its request is there. A figure is the time until the
page's own table shows the rep's call. The yardstick is how long a request takes until its answer: recording included.
"""

import statistics
import sys
import tempfile
import time
from bisect import bisect_left
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2 as httpx
from playwright.sync_api import sync_playwright

from bench.report import report
from bench.served import REPS, call, post, rep, served
from tests.browser.chromium import REMEDY, chromium_path, launched

SECONDS = 20
WARMING_SECONDS = 3
AT_ONCE = 16  # requests under way at most
RATES = ((100, 1), (1_000, 20))  # events a second, events in a request
OBSERVE = """
() => {
  const table = document.getElementById("board").tBodies[0];
  const told = (row, part) => row.querySelector(part).textContent.trim();
  window.seen = [];
  new MutationObserver((changes) => {
    const now = performance.timeOrigin + performance.now();
    const elements = changes.map(({ target }) => (target.nodeType === 1 ? target : target.parentElement));
    for (const row of new Set(elements.map((one) => one?.closest("tr")))) {
      if (row) window.seen.push([told(row, ".who"), told(row, ".value"), now]);
    }
  }).observe(table, { subtree: true, childList: true, characterData: true });
}
"""
SHOWS = """
(counts) => [...document.querySelectorAll("#board tbody tr")].every((row) => {
  const told = (part) => row.querySelector(part).textContent.trim();
  return Number(told(".value").replace(/\\D/g, "")) === (counts[told(".who")] ?? 0);
})
"""
Sent = dict[str, list[float]]  # rep -> the instants in milliseconds at which their calls were accepted


def main() -> None:
    """Measure and report."""
    figures: dict[str, float] = {}
    ratio = 0.0
    for rate, size in RATES:
        with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as url:
            waits, requests = measured(url, rate, size)
        median, worst = percentiles(waits)
        request, request_worst = percentiles(requests)
        figures |= {f"p50_ms_at_{rate}": median, f"p99_ms_at_{rate}": worst}
        figures |= {f"request_p50_ms_at_{rate}": request, f"request_p99_ms_at_{rate}": request_worst}
        ratio = median / request
    report("latency", figures, ratio)


def measured(url: str, rate: int, size: int, door: str = "") -> tuple[list[float], list[float]]:
    """Milliseconds from accepted to shown, event by event; and from sent to accepted, request by request.

    `door`: where events are sent, if that is not the server whose page is open.
    """
    with sync_playwright() as playwright:
        path = chromium_path(playwright)
        if path is None:
            sys.exit(REMEDY)
        browser = launched(playwright, path)
        page = browser.new_context(reduced_motion="reduce", locale="en-GB").new_page()
        page.goto(f"{url}/?metric=calls")
        page.wait_for_selector("#freshness[data-state=live]")
        page.evaluate(OBSERVE)
        sent, requests = _send(door or url, rate, size)
        counts = {who: len(calls) for who, calls in sent.items()}
        page.wait_for_function(SHOWS, arg=counts)
        seen = page.evaluate("() => window.seen")
        browser.close()
    return _waits(sent, seen, rate * WARMING_SECONDS // REPS), requests


def _send(url: str, rate: int, size: int) -> tuple[Sent, list[float]]:
    """Send at a steady rate, whether or not answers are there: what is slow must not slow the measurement down."""
    sent: Sent = defaultdict(list)
    requests: list[float] = []

    def take(first: int) -> None:
        asked = time.perf_counter()
        post(url, [call(one) for one in range(first, first + size)], client)
        requests.append(1_000 * (time.perf_counter() - asked))
        accepted = 1_000 * time.time()
        for one in range(first, first + size):
            sent[rep(one)].append(accepted)

    with httpx.Client() as client, ThreadPoolExecutor(AT_ONCE) as senders:
        start = time.perf_counter()
        sending = []
        for first in range(0, rate * (SECONDS + WARMING_SECONDS), size):
            time.sleep(max(0.0, start + first / rate - time.perf_counter()))
            sending.append(senders.submit(take, first))
        for one in sending:
            one.result()
        behind = time.perf_counter() - start - SECONDS - WARMING_SECONDS
    if behind > 1:
        print(f"the server was {behind:.1f} s behind at {rate} events/s: the figures below are of a slower stream")
    return sent, requests[rate * WARMING_SECONDS // size :]


def _waits(sent: Sent, seen: list[tuple[str, str, float]], warming: int) -> list[float]:
    shown: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for who, value, at in seen:
        shown[who].append((int("".join(filter(str.isdigit, value)) or 0), at))
    waits = []
    for who, accepted in sent.items():
        values = [value for value, _ in shown[who]]
        for count, at in enumerate(sorted(accepted)[warming:], warming + 1):
            waits.append(shown[who][bisect_left(values, count)][1] - at)
    return waits


def percentiles(waits: list[float]) -> tuple[float, float]:
    """The median, and what 99 % are within."""
    return statistics.median(waits), statistics.quantiles(waits, n=100)[98]


if __name__ == "__main__":
    main()
