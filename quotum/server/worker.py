"""The application of a worker: whether it lives, has begun, and how far it is. Figures are asked elsewhere."""

from collections.abc import Sequence
from http import HTTPStatus
from importlib.metadata import version
from typing import Protocol

from fastapi import APIRouter, FastAPI, Request, Response
from prometheus_client import CollectorRegistry, Counter, Gauge
from pydantic import BaseModel, Field

from quotum.server import problems
from quotum.server.health import alive, exposed
from quotum.server.problems import ProblemError, documented

ABOUT = "How a worker stands."
router = APIRouter(tags=["operation"])


class Standing(Protocol):
    """How far a partition is."""

    @property
    def partition(self) -> int:
        """Its number."""

    @property
    def lag(self) -> int | None:
        """How many places of the log are left to take, as far as is known."""


class Working(Protocol):
    """What folds some partitions of a log. Any thread may ask it."""

    events: int  # that were taken since it was started

    def trouble(self) -> str:
        """Why it does not fold what comes, if it does not."""

    def standings(self) -> Sequence[Standing]:
        """The partitions in its hands."""


class Ready(BaseModel):
    """The worker has begun with all partitions that are its own."""

    status: str = Field("ready", description="always `ready`")
    partitions: list[int] = Field(description="the partitions in its hands, by number; none where others have all")


def create_worker(worker: Working) -> FastAPI:
    """A worker's application; the worker stays the caller's to start and to close."""
    app = FastAPI(title="Quotum worker", description=ABOUT, version=version("quotum"))
    problems.describe(app)
    app.state.worker = worker
    problems.install(app)
    app.include_router(alive)
    app.include_router(router)
    return app


@router.get("/ready", responses=documented(503))
async def get_ready(request: Request) -> Ready:
    """Begun? 503 while the group shares partitions, states are read back, or no broker answers."""
    worker: Working = request.app.state.worker
    if trouble := worker.trouble():
        raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, f"this worker does not fold now: {trouble}")
    return Ready(status="ready", partitions=[one.partition for one in worker.standings()])


@router.get("/metrics", response_class=Response)
async def get_metrics(request: Request) -> Response:
    """What is measured, for Prometheus."""
    registry, worker = CollectorRegistry(), request.app.state.worker
    Counter("quotum_worker_events", "Events taken since it was started", registry=registry).inc(worker.events)
    lag = Gauge("quotum_worker_lag", "Places of the log left to take", ["partition"], registry=registry)
    for one in worker.standings():
        if one.lag is not None:
            lag.labels(one.partition).set(one.lag)
    return exposed(registry)
