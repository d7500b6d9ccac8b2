"""Numbers for people, given to gateways elsewhere: one process owns the vault, and all others ask it.

What a gateway learns here it may keep, since a number is for good. Names and texts come in by here, and do not go out.
"""

from typing import Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from quotum.server.access import may
from quotum.server.bodies import asked, described
from quotum.server.problems import documented
from schemas.envelope import Label, Text
from streams.books import Books
from streams.door import VaultPeople
from streams.texts import Told

MOST_PARTIES, MOST_TEXTS = 1_000, 100  # in one request
LARGEST_BODY_BYTES = 6_000_000  # room for so many, each as long as it may be
router = APIRouter(
    prefix="/v1",
    tags=["for gateways"],
    dependencies=[Depends(may("write"))],
    responses=documented(400, 401, 403, 413, 422, 429, 503),
)


class PartiesAsked(BaseModel):
    """Who is to have numbers."""

    model_config = ConfigDict(extra="forbid")
    namespace: Label = Field(description="whose ids these are: a source")
    kind: Literal["person", "team"] = Field(description="what they are")
    parties: dict[Label, Label | None] = Field(description="id -> name, if one was told", max_length=MOST_PARTIES)


class Numbers(BaseModel):
    """Their numbers, for good."""

    numbers: dict[str, int] = Field(description="id -> number")


class TextAsked(BaseModel):
    """A free text to keep."""

    model_config = ConfigDict(extra="forbid")
    source: Label = Field(description="of the event")
    event_id: Label = Field(description="its id")
    field: Label = Field(description="which of its fields")
    text: Text = Field(description="what it says")


class TextsAsked(BaseModel):
    """Free texts to keep."""

    model_config = ConfigDict(extra="forbid")
    texts: list[TextAsked] = Field(description="in any order", max_length=MOST_TEXTS)


class References(BaseModel):
    """What stands for them in the log."""

    references: list[str] = Field(description="one per text, in their order")


@router.post("/people", openapi_extra=described(PartiesAsked))
async def post_people(request: Request) -> Numbers:
    """Give people or teams their numbers, the same ones each time, and put names that were told away."""
    told = await asked(request, PartiesAsked, LARGEST_BODY_BYTES)
    people = VaultPeople(_books(request).vault)
    return Numbers(numbers=await run_in_threadpool(people.numbered, told.namespace, told.kind, told.parties))


@router.post("/texts", openapi_extra=described(TextsAsked))
async def post_texts(request: Request) -> References:
    """Put free texts away, and get what stands for them."""
    told = await asked(request, TextsAsked, LARGEST_BODY_BYTES)
    texts = [Told(one.source, one.event_id, one.field, one.text) for one in told.texts]
    return References(references=await run_in_threadpool(VaultPeople(_books(request).vault).kept, texts))


def _books(request: Request) -> Books:
    books: Books = request.app.state.books
    return books
