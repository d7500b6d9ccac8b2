"""Events over HTTP: one CloudEvent or many, each with its own answer. The same again counts once."""

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Literal, Protocol

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from quotum.server.access import may
from quotum.server.bodies import body
from quotum.server.measuring import measured_of
from quotum.server.problems import Fault, ProblemError, documented
from schemas.envelope import Event
from schemas.facts import FEED
from schemas.log_events import encode
from schemas.received import read_event
from streams.books import Outcome

LARGEST_BODY_BYTES = 4_000_000
MOST_EVENTS = 1_000
MEDIA_TYPES = ("application/json", "application/cloudevents+json", "application/cloudevents-batch+json")
EVENT = {"type": "object", "description": "a CloudEvent in structured form; docs/events.md tells the types"}
EVENTS = {"oneOf": [EVENT, {"type": "array", "items": EVENT, "maxItems": MOST_EVENTS}]}
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
    events = _events(await body(request, LARGEST_BODY_BYTES, "send fewer events at once"))
    taker: Taker = request.app.state.taker
    results = await run_in_threadpool(take, taker, events, FEED)
    if measured := measured_of(request):
        measured.events(one["result"] for one in results)
    return Response(encode({"results": results}), media_type="application/json")


def take(taker: Taker, raw: list[Any], layer: int) -> list[dict[str, Any]]:
    """Read a batch and have it taken; per event what `Answer` describes."""
    read = [_read(one) for one in raw]
    outcomes = iter(taker.take([one for one in read if isinstance(one, Event)], layer))
    return [
        _answer(one.id, next(outcomes))
        if isinstance(one, Event)
        else _answer(_id(sent), Outcome("refused", reason=one))
        for sent, one in zip(raw, read, strict=True)
    ]


def _read(raw: Any) -> Event | str:  # noqa: ANN401 (any JSON)
    try:
        return (
            read_event(raw) if isinstance(raw, dict) else "an event is a JSON object: a CloudEvent in structured form"
        )
    except ValueError as error:
        return str(error)


def _answer(id_: str, outcome: Outcome) -> dict[str, Any]:
    fate, offset, reason, partition = outcome
    place = {"position": offset} if partition is None else {"position": offset, "partition": partition}
    return {"id": id_, "result": fate, **place, "reason": reason}


def _id(raw: Any) -> str:  # noqa: ANN401 (any JSON)
    return str(raw.get("id", "")) if isinstance(raw, dict) else ""


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
