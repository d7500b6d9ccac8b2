"""Whether the server lives, whether it can answer, and what it measures."""

import asyncio
from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from pydantic import BaseModel, Field

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
    cells_lag: dict[int, int] | None = Field(
        None,
        description="per partition how many places of the log history counts and live cells do not; null where "
        "figures come from history",
    )


@alive.get("/health")
async def get_health() -> Health:
    """Alive?"""
    return Health(status="alive")


@router.get("/ready", responses=documented(503))
async def get_ready(request: Request) -> Ready:
    """Ready to answer? 503 if history cannot be read, or it or the cells are not kept up with their log."""
    books: Books = request.app.state.books
    try:
        position = await asyncio.to_thread(books.stored_offset)  # no thread that others wait in for the log
    except Exception as error:
        raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, f"history cannot be read: {error}") from error
    if trouble := books.trouble():
        raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, f"history is not kept up: {trouble}")
    if trouble := books.cells_trouble():
        raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, f"figures are not kept up: {trouble}")
    comparing: Comparing = request.app.state.comparing
    lags = books.cells_lags()
    return Ready(status="ready", position=position, live=comparing.told(), cells_lag=lags or None)


@router.get("/metrics", response_class=Response)
async def get_metrics(request: Request) -> Response:
    """What is measured, for Prometheus."""
    registry, books = CollectorRegistry(), request.app.state.books
    position = Gauge("quotum_log_position", "Events in the log", registry=registry)
    position.set(books.next_offset())
    lag = Gauge("quotum_recorder_lag", "Places of the log that history has not seen", ["partition"], registry=registry)
    for partition, behind in books.lags().items():
        lag.labels(partition).set(behind)
    if cells_lags := books.cells_lags():
        told = "Places of the log that history counts and cells do not"
        cells_lag = Gauge("quotum_cells_lag", told, ["partition"], registry=registry)
        for partition, behind in cells_lags.items():
            cells_lag.labels(partition).set(behind)
    Gauge("quotum_viewers", "Viewers of live boards", registry=registry).set(request.app.state.hub.viewers)
    request.app.state.comparing.measure(registry)
    return exposed(registry, measured_of(request))


def exposed(registry: CollectorRegistry, measured: Measured | None = None) -> Response:
    """What was measured, in the form that Prometheus reads; `measured`: what is so as it goes."""
    text = generate_latest(registry) + (generate_latest(measured.registry) if measured else b"")
    return Response(text, media_type=CONTENT_TYPE_LATEST)
