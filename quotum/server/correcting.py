"""Corrections over HTTP: what a person puts right, with the words, the meaning and the answers of the commands.

Each of the five has an address of its own, as each has a command of its own, rather than one address with a body that
can be five things: a body says all it needs by its fields, a fault names the field it is in, and a client made from
the description has five plain calls. They are apart from /v1/events on purpose. What comes in there is a feed's word
whatever it says of itself; only a key with the scope `correct` puts something above the feeds, and only here or by a
command.

Sent twice, a correction is recorded twice and moves nothing the second time.
"""

from collections.abc import Callable
from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from starlette.concurrency import run_in_threadpool

from quotum import corrections
from quotum.people import Author
from quotum.questions import QuestionError
from quotum.server.access import key_of, may
from quotum.server.bodies import asked, described
from quotum.server.problems import documented
from schemas.envelope import LABEL_LENGTH, Day
from streams.books import Books

LONGEST_ENTITY = 2 * LABEL_LENGTH
SEVERAL = 2
router = APIRouter(
    prefix="/v1/corrections",
    tags=["corrections"],
    dependencies=[Depends(may("correct"))],
    responses=documented(400, 401, 403, 413, 422, 429, 503),
)
Who = Annotated[str, Field(min_length=1, max_length=LABEL_LENGTH)]
Entity = Annotated[str, Field(max_length=LONGEST_ENTITY, description="kind and id, such as deal:D-1001")]
By = Annotated[
    Who | None, Field(description="who puts it right: a name, a source id or #number; default: whose key it is")
]
Fields = Annotated[
    dict[str, Any],
    Field(min_length=1, description="as the events have them, but people by name; an amount is an object"),
]


def _several(shares: dict[str, str]) -> dict[str, str]:
    if len(shares) < SEVERAL:
        raise ValueError("names fewer than two, and one alone gets all of it: give `rep`")
    return shares


Shares = Annotated[dict[Who, str], AfterValidator(_several), Field(json_schema_extra={"minProperties": SEVERAL})]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    by: By = None


class Recorded(_Asked):
    """Something that happened and that no feed told."""

    kind: str = Field(max_length=LABEL_LENGTH, description="what happened, such as call.logged")
    fields: Fields
    trail: Who | None = Field(None, description="its case or deal; default: the one it has, or its own id")


class Amended(_Asked):
    """Fields put right; null takes back what a person said of one before."""

    entity: Entity
    fields: Fields


class Voided(_Asked):
    """Something that did not happen after all."""

    entity: Entity


class Reassigned(_Asked):
    """Who gets the credit: `rep` alone, or several by `shares`."""

    entity: Entity
    rep: Who | None = Field(None, description="the one who gets all of it: a name, a source id or #number")
    shares: Shares | None = Field(None, description="several, each with a share, a decimal; they sum to 1")
    day: Day | None = Field(None, description="from which day; default: puts the present step right")

    @model_validator(mode="after")
    def _one_of_the_two(self) -> Self:
        if (self.rep is None) == (self.shares is None):
            raise ValueError("says not who gets the credit: give `rep` or `shares`, one of the two")
        return self


class Withdrawn(_Asked):
    """Corrections taken back, so that the feeds' own words count again."""

    entity: Entity
    fields: Annotated[list[Who], Field(min_length=1)] | None = Field(None, description="which fields; default: all")


class MovedFigure(BaseModel):
    """A figure that was moved."""

    metric: str = Field(description="what is counted")
    who: str | None = Field(description="whose figure: the name, or the source's id; null for what is unassigned")
    day: str = Field(description="the business day")
    moved: str = Field(description="by how much, a signed decimal")
    currency: str = Field(description="of the amount; empty without money")


class Corrected(BaseModel):
    """What a correction moved: nothing where it changed nothing that counts."""

    entity: str = Field(description="what it is about: kind and id, such as deal:D-1001")
    note: str | None = Field(description="why what it brought is nobody's, and what to do; null where nothing is")
    moved: list[MovedFigure] = Field(description="the figures, by metric, person and day, by the credit rules in force")


@router.post("/record", openapi_extra=described(Recorded))
async def post_record(request: Request) -> Corrected:
    """Say that something happened that no feed told."""
    told = await asked(request, Recorded)
    fields = corrections.with_id(told.kind, told.fields)

    def correct(books: Books, author: Author) -> list[corrections.Moved]:
        if books.demo:
            raise QuestionError("these books hold what a demo made up, and nothing real goes in: use others")
        return corrections.record(books, told.kind, fields, told.trail, author)

    return await _answer(request, told, correct, corrections.entity_of(told.kind, fields))


@router.post("/amend", openapi_extra=described(Amended))
async def post_amend(request: Request) -> Corrected:
    """Put fields of something right."""
    told = await asked(request, Amended)
    return await _answer(
        request, told, lambda books, author: corrections.amend(books, told.entity, told.fields, author), told.entity
    )


@router.post("/void", openapi_extra=described(Voided))
async def post_void(request: Request) -> Corrected:
    """Say that something did not happen after all."""
    told = await asked(request, Voided)
    return await _answer(request, told, lambda books, author: corrections.void(books, told.entity, author), told.entity)


@router.post("/reassign", openapi_extra=described(Reassigned))
async def post_reassign(request: Request) -> Corrected:
    """Give the credit to somebody else, or to several by shares."""
    told = await asked(request, Reassigned)
    shares = told.shares or {told.rep or "": "1"}
    return await _answer(
        request,
        told,
        lambda books, author: corrections.reassign(books, told.entity, shares, told.day, author),
        told.entity,
    )


@router.post("/withdraw", openapi_extra=described(Withdrawn))
async def post_withdraw(request: Request) -> Corrected:
    """Take corrections back."""
    told = await asked(request, Withdrawn)
    return await _answer(
        request,
        told,
        lambda books, author: corrections.withdraw(books, told.entity, told.fields or (), author),
        told.entity,
    )


async def _answer(
    request: Request, told: _Asked, correct: Callable[[Books, Author], list[corrections.Moved]], entity: str
) -> Corrected:
    author = Author(told.by, key_of(request))
    found = await run_in_threadpool(correct, request.app.state.books, author)
    return Corrected(
        entity=entity,
        note=corrections.why_unassigned(found, entity) or None,
        moved=[
            MovedFigure(metric=one.metric, who=one.who, day=one.day, moved=one.by, currency=one.currency)
            for one in found
        ],
    )
