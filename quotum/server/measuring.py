"""What a server measures as it goes, for Prometheus: what became of events, and how requests were answered.

Several processes behind one address count in files of one folder, so that any of them tells it for all; what one
counted that has ended stays counted.
"""

import os
import time
from collections import Counter as Count
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

from fastapi import FastAPI, Request
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

NOWHERE = "none"  # whoever tries addresses that there are not must not make a series each
RESULTS = ("taken", "duplicate", "refused")
FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # Prometheus' client asks for it when it is imported: in processes that come after
BUCKETS_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


@contextmanager
def together() -> Iterator[None]:
    """Have the processes that are started within this block count together."""
    with TemporaryDirectory(prefix="quotum-measured-") as folder:
        os.environ[FOLDER] = folder
        try:
            yield
        finally:
            del os.environ[FOLDER]


class Measured:
    """Counts since this process began, or since all did that count together. Any thread may add."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        """`clock` in seconds."""
        self.registry = own = CollectorRegistry()
        if FOLDER in os.environ:
            self.registry = CollectorRegistry()
            MultiProcessCollector(self.registry)  # type: ignore[no-untyped-call]  # theirs says no types
        self.clock = clock
        self._events = Counter(
            "quotum_events", "Events sent to /v1/events, by what became of them", ["result"], registry=own
        )
        for result in RESULTS:  # so that each is there from the start, as 0
            self._events.labels(result)
        self._requests = Counter(
            "quotum_requests", "Requests, by route and status", ["method", "route", "status"], registry=own
        )
        self._seconds = Histogram(
            "quotum_request_seconds",
            "How long requests took until their answer began",
            ["method", "route"],
            buckets=BUCKETS_SECONDS,
            registry=own,
        )

    def events(self, results: Iterable[str]) -> None:
        """What became of events."""
        for result, count in Count(results).items():
            self._events.labels(result).inc(count)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered."""
        self._requests.labels(method, route, status).inc()
        self._seconds.labels(method, route).observe(seconds)


def install(app: FastAPI, measured: Measured | None = None) -> None:
    """Have an application measure its requests; those that are watched for long count when their answer begins."""
    app.state.measured = measured or Measured()
    app.add_middleware(_Measuring, measured=app.state.measured)


def measured_of(request: Request) -> Measured | None:
    """What an application measures; None where it does not."""
    return getattr(request.app.state, "measured", None)


class _Measuring:
    def __init__(self, app: ASGIApp, measured: Measured) -> None:
        self._app = app
        self._measured = measured

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = self._measured.clock()

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path_format", NOWHERE)
                method = scope["method"] if route != NOWHERE else NOWHERE
                self._measured.request(method, route, message["status"], self._measured.clock() - began)
            await send(message)

        await self._app(scope, receive, sending)
