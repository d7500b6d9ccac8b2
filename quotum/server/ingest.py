"""Events over HTTP: one CloudEvent or many, each with its own answer. The same again counts once."""

import asyncio
import json
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Literal, Protocol, runtime_checkable

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from quotum.server.access import may
from quotum.server.admitting import Admission
from quotum.server.bodies import body, declared_bytes
from quotum.server.measuring import measured_of
from quotum.server.problems import Fault, ProblemError, documented
from schemas.envelope import Event
from schemas.facts import FEED
from schemas.log_events import encode
from schemas.received import read_event
from streams.books import Outcome, UnavailableError

LARGEST_BODY_BYTES = 4_000_000
MOST_EVENTS = 1_000
MEDIA_TYPES = ("application/json", "application/cloudevents+json", "application/cloudevents-batch+json")
EVENT = {"type": "object", "description": "a CloudEvent in structured form; docs/events.md tells the types"}
EVENTS = {"oneOf": [EVENT, {"type": "array", "items": EVENT, "maxItems": MOST_EVENTS}]}
_Read = tuple[str, Event | str | None]  # an id, and the event or why it is none; None for one that is on its way
router = APIRouter(prefix="/v1", tags=["events"])


class Taker(Protocol):
    """What takes events: books, or a gateway to a log."""

    def take(self, events: Sequence[Event], layer: int = FEED) -> list[Outcome]:
        """What became of each."""


class Answer(BaseModel):
    """What became of an event."""

    id: str = Field(description="the event's own id, empty where it has none")
    result: Literal["taken", "duplicate", "refused"] = Field(description="what became of it")
    position: int | None = Field(None, description="its place in the log, if it was taken")
    partition: int | None = Field(None, description="of the log, where that has several")
    reason: str = Field("", description="why it was refused, and what to do")


class Answers(BaseModel):
    """What became of each event, in the order in which they were sent."""

    results: list[Answer] = Field(description="one per event")


@router.post(
    "/events",
    response_model=Answers,
    dependencies=[Depends(may("write"))],
    responses=documented(400, 401, 403, 413, 422, 429, 503),
    openapi_extra={"requestBody": {"required": True, "content": {media: {"schema": EVENTS} for media in MEDIA_TYPES}}},
)
async def post_events(request: Request) -> Response:
    """Take events: a CloudEvent in structured form, or an array of them. What is taken outlives a kill."""
    # The answers are written straight away: checking them against their own model took longer than making them.
    admission: Admission = request.app.state.admission
    with admission.hold(min(declared_bytes(request), LARGEST_BODY_BYTES)) as hold:
        sent = await body(request, LARGEST_BODY_BYTES, "send fewer events at once", hold.grow)
        results = await _taken(admission, request.app.state.taker, sent)
    if measured := measured_of(request):
        measured.events(one["result"] for one in results)
    return Response(encode({"results": results}), media_type="application/json")


class Beginning(Protocol):
    """Events on their way to a log."""

    @property
    def sent(self) -> "Future[Any]":
        """Done once nothing has to be waited for any more."""

    def outcomes(self) -> list[Outcome]:
        """What became of each; UnavailableError where the log did not take all of them."""


@runtime_checkable
class Beginner(Protocol):
    """A taker in which nobody has to wait in a thread: those are few, and so many would wait while a log is slow."""

    def begin(self, events: Sequence[Event], layer: int = FEED) -> Beginning:
        """Let events in and send them on."""


async def _taken(admission: Admission, taker: Taker, sent: bytes) -> list[dict[str, Any]]:
    if not isinstance(taker, Beginner):
        return await admission.run(lambda: take(taker, _events(sent), FEED))

    def begin() -> tuple[list[_Read], Beginning]:
        read = [_read(one) for one in _events(sent)]
        beginning = taker.begin([one for _, one in read if isinstance(one, Event)], FEED)
        return [(id_, one if isinstance(one, str) else None) for id_, one in read], beginning  # what waits is small

    read, beginning = await admission.run(begin)
    with suppress(UnavailableError):  # which `outcomes` tells
        await asyncio.wrap_future(beginning.sent)
    return _answers(read, beginning.outcomes())


def take(taker: Taker, raw: list[Any], layer: int) -> list[dict[str, Any]]:
    """Read a batch and have it taken; per event what `Answer` describes."""
    read = [_read(one) for one in raw]
    return _answers(read, taker.take([one for _, one in read if isinstance(one, Event)], layer))


def _answers(read: Sequence[_Read], taken: Sequence[Outcome]) -> list[dict[str, Any]]:
    outcomes = iter(taken)
    return [
        _answer(id_, Outcome("refused", reason=one) if isinstance(one, str) else next(outcomes)) for id_, one in read
    ]


def _read(raw: Any) -> _Read:  # noqa: ANN401 (any JSON)
    if not isinstance(raw, dict):
        return "", "an event is a JSON object: a CloudEvent in structured form"
    try:
        event = read_event(raw)
    except ValueError as error:
        return str(raw.get("id", "")), str(error)
    return event.id, event


def _answer(id_: str, outcome: Outcome) -> dict[str, Any]:
    fate, offset, reason, partition = outcome
    place = {"position": offset} if partition is None else {"position": offset, "partition": partition}
    return {"id": id_, "result": fate, **place, "reason": reason}


def _events(sent: bytes) -> list[Any]:
    try:
        found = json.loads(sent)
    except (ValueError, RecursionError) as error:
        fault = Fault(field="body", fault=str(error), remedy="send a CloudEvent, or an array of them, as JSON")
        raise ProblemError(HTTPStatus.BAD_REQUEST, "the body is not JSON", [fault]) from None
    events = found if isinstance(found, list) else [found]
    if len(events) > MOST_EVENTS:
        fault = Fault(
            field="body", fault=f"{len(events)} events are more than {MOST_EVENTS}", remedy="send fewer at once"
        )
        raise ProblemError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"{fault.fault}: {fault.remedy}", [fault])
    return events
