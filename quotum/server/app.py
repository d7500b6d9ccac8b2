"""The application: everything the server answers, around one open history."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI

from quotum.server import (
    asking,
    correcting,
    described,
    entering,
    health,
    ingest,
    measuring,
    numbering,
    opening,
    pages,
    problems,
    progress,
    targets,
)
from quotum.server.access import Access, KeyAccess, LoopbackAccess
from quotum.server.admitting import Admission
from quotum.server.comparing import Comparing
from quotum.server.feeding import Feed
from quotum.server.limits import Limits
from quotum.server.live import Hub
from quotum.server.telling import Telling
from streams.books import Books
from streams.keys import Keys, keys_path

logger = logging.getLogger(__name__)
ABOUT = "Who stands where, and why: events in, live boards out."


def create_app(
    books: Books,
    keys: Keys | None = None,
    limits: Limits | None = None,
    *,
    compare_seconds: float = 0,
    tells: bool = False,
) -> FastAPI:
    """The server's application around open books; they stay the caller's to close.

    `compare_seconds`: how often live cells are compared with history; 0 for never.
    `tells`: whether targets that are reached, or lost again, are told as events.
    `keys`: for a server that is reached from elsewhere; without them it answers on this machine alone.
    """
    hub = Hub()
    feed = Feed(books, hub.recorded)
    comparing = Comparing(books, compare_seconds)
    limits = limits or Limits()
    access: Access = KeyAccess(keys, limits) if keys else LoopbackAccess(limits)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        hub.attach(asyncio.get_running_loop())
        books.on_recorded(hub.recorded)
        following = (feed, comparing, Telling(books)) if tells else (feed, comparing)
        tasks = [asyncio.create_task(one.follow()) for one in following]
        for task in tasks:
            task.add_done_callback(_tell_of_end)
        yield
        for task in tasks:
            task.cancel()
        hub.close()

    app = FastAPI(
        title="Quotum", description=ABOUT, version=version("quotum"), lifespan=lifespan, docs_url=None, redoc_url=None
    )
    problems.describe(app)
    app.state.books = app.state.taker = books
    app.state.admission = Admission()
    app.state.hub = hub
    app.state.feed = feed
    app.state.comparing = comparing
    app.state.access = access
    problems.install(app)
    measuring.install(app)
    app.include_router(health.alive)
    for part in (ingest, asking, opening, progress, targets, correcting, numbering, health):
        app.include_router(part.router)
    described.install(app)
    pages.install(app)
    if keys:
        entering.install(app, keys)
    else:
        entering.install_here(app, keys_path(books.history.path))
    return app


def _tell_of_end(task: "asyncio.Task[None]") -> None:
    """What follows along is to do so until the server ends: where it does not, somebody has to hear of it."""
    if not task.cancelled() and (error := task.exception()):
        logger.error("something that follows the books has ended: start the server again", exc_info=error)
