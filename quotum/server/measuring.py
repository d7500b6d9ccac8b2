"""What a server measures as it goes, for Prometheus: what became of events, and how requests were answered."""

import time
from collections import Counter as Count
from collections.abc import Callable, Iterable

from fastapi import FastAPI, Request
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

NOWHERE = "none"  # whoever tries addresses that there are not must not make a series each
RESULTS = ("taken", "duplicate", "refused")
BUCKETS_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Measured:
    """Counts since this process began. Any thread may add."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        """`clock` in seconds."""
        self.registry = CollectorRegistry()
        self.clock = clock
        self._events = Counter(
            "quotum_events", "Events sent to /v1/events, by what became of them", ["result"], registry=self.registry
        )
        for result in RESULTS:  # so that each is there from the start, as 0
            self._events.labels(result)
        self._requests = Counter(
            "quotum_requests", "Requests, by route and status", ["method", "route", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "quotum_request_seconds",
            "How long requests took until their answer began",
            ["method", "route"],
            buckets=BUCKETS_SECONDS,
            registry=self.registry,
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
