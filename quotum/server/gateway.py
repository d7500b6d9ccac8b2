"""The application of a gateway: events in, nothing else; many can run beside each other."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from http import HTTPStatus
from importlib.metadata import version
from typing import Protocol

from fastapi import APIRouter, FastAPI, Request, Response
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from quotum.server import described, ending, ingest, measuring, problems
from quotum.server.access import Access, KeyAccess, LoopbackAccess
from quotum.server.admitting import Admission
from quotum.server.health import alive, exposed
from quotum.server.ingest import Taker
from quotum.server.limits import Limits
from quotum.server.problems import ProblemError, documented
from quotum.server.rendering import HERE, Static
from streams.books import UnavailableError
from streams.keys import Keys

ABOUT = "Events in, for a log that others read."
router = APIRouter(tags=["operation"])


class Waiting(Taker, Protocol):
    """What takes events, and says how many wait."""

    @property
    def waiting(self) -> int:
        """How many events have no acknowledgement yet."""

    def trouble(self) -> str:
        """Why the log takes nothing now, if it does not."""


class Ready(BaseModel):
    """The gateway can take events."""

    status: str = Field("ready", description="always `ready`")
    waiting: int = Field(description="how many events have no acknowledgement yet")


def create_gateway(
    gateway: Waiting,
    keys: Keys | None = None,
    limits: Limits | None = None,
    *,
    admission: Admission | None = None,
    waiting: Callable[[], int] | None = None,
    close: Callable[[], object] = lambda: None,
) -> FastAPI:
    """A gateway's application. `keys`: as of the server.

    `waiting`: how many events wait, where more than this process takes some; `close` is called in the end.
    """
    limits = limits or Limits()
    access: Access = KeyAccess(keys, limits) if keys else LoopbackAccess(limits)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(close)

    app = FastAPI(
        title="Quotum gateway",
        description=ABOUT,
        version=version("quotum"),
        lifespan=lifespan,
        docs_url=None,  # theirs are of other hosts
        redoc_url=None,
    )
    problems.describe(app)
    app.state.taker = gateway
    app.state.waiting = waiting or (lambda: gateway.waiting)
    app.state.access = access
    app.state.admission = admission or Admission()
    problems.install(app)
    ending.install(app)
    measuring.install(app)
    app.include_router(ingest.router)
    app.include_router(alive)
    app.include_router(router)
    app.mount("/static", Static(directory=HERE / "static"), name="static")
    described.install(app)
    return app


@router.get("/ready", responses=documented(503))
async def get_ready(request: Request) -> Ready:
    """Ready to take events? 503 while the broker does not answer, or where the topics are not as they must be."""
    gateway: Waiting = request.app.state.taker
    if trouble := await asyncio.to_thread(gateway.trouble):
        later = {"Retry-After": str(UnavailableError.retry_after)}
        detail = f"the log takes nothing now: {trouble}"
        raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers=later)
    return Ready(status="ready", waiting=request.app.state.waiting())


@router.get("/metrics", response_class=Response)
async def get_metrics(request: Request) -> Response:
    """What is measured, for Prometheus."""
    registry = CollectorRegistry()
    registry.register(_NotAcknowledged(request.app.state.waiting()))
    return exposed(registry, measuring.measured_of(request))


class _NotAcknowledged(Collector):
    """A figure of all processes as it is now, which is why it is none that each of them keeps."""

    def __init__(self, waiting: int) -> None:
        self._waiting = waiting

    def collect(self) -> Iterable[GaugeMetricFamily]:
        yield GaugeMetricFamily("quotum_gateway_waiting", "Events not acknowledged yet", self._waiting)
