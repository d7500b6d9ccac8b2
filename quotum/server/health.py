"""Whether the server lives, whether it can answer, and what it measures."""

from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from quotum.server.comparing import Comparing, Live
from quotum.server.measuring import Measured, measured_of
from quotum.server.problems import ProblemError, documented
from streams.books import Books

alive = APIRouter(tags=["operation"])  # of every process that answers at all
router = APIRouter(tags=["operation"])


class Health(BaseModel):
    """The server lives."""

    status: str = Field("alive", description="always `alive`: whoever gets this answer has its proof")


class Ready(BaseModel):
    """The server can answer questions."""

    status: str = Field("ready", description="always `ready`")
    position: int = Field(description="how many events the log holds")
    live: Live | None = Field(
        None, description="how live cells and history compared last; null where they are not compared"
    )


@alive.get("/health")
async def get_health() -> Health:
    """Alive?"""
    return Health(status="alive")


@router.get("/ready", responses=documented(503))
async def get_ready(request: Request) -> Ready:
    """Ready to answer? 503 if history cannot be read, or is not kept up with its log."""
    books: Books = request.app.state.books
    try:
        position = await run_in_threadpool(books.stored_offset)
    except Exception as error:
        raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, f"history cannot be read: {error}") from error
    if trouble := books.trouble():
        raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, f"history is not kept up: {trouble}")
    comparing: Comparing = request.app.state.comparing
    return Ready(status="ready", position=position, live=comparing.told())


@router.get("/metrics", response_class=Response)
async def get_metrics(request: Request) -> Response:
    """What is measured, for Prometheus."""
    registry, books = CollectorRegistry(), request.app.state.books
    position = Gauge("quotum_log_position", "Events in the log", registry=registry)
    position.set(books.next_offset())
    lag = Gauge("quotum_recorder_lag", "Places of the log that history has not seen", ["partition"], registry=registry)
    for partition, behind in books.lags().items():
        lag.labels(partition).set(behind)
    Gauge("quotum_viewers", "Viewers of live boards", registry=registry).set(request.app.state.hub.viewers)
    request.app.state.comparing.measure(registry)
    return exposed(registry, measured_of(request))


def exposed(registry: CollectorRegistry, measured: Measured | None = None) -> Response:
    """What was measured, in the form that Prometheus reads; `measured`: what is so as it goes."""
    text = generate_latest(registry) + (generate_latest(measured.registry) if measured else b"")
    return Response(text, media_type=CONTENT_TYPE_LATEST)
