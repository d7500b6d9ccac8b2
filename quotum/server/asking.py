"""Questions over HTTP: boards, when something was reached, and boards that are watched."""

from collections.abc import AsyncIterator
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Header, Path, Query, Request
from pydantic import BaseModel, Field
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from quotum import boards
from quotum.boards import Board
from quotum.counting import UpTo, exactly, up_to
from quotum.progress import percent
from quotum.server.access import may
from quotum.server.feeding import Feed
from quotum.server.live import Hub
from quotum.server.problems import documented
from quotum.server.showing import Question, shown
from quotum.values import value_text
from streams.books import Books

router = APIRouter(
    prefix="/v1", tags=["questions"], dependencies=[Depends(may("read"))], responses=documented(401, 403, 422, 429)
)
By = Literal["rep", "team", "region", "product", "kind", "day", "total"]
Ties = Literal["standard", "dense", "first"]
Credit = Literal["owner", "closer", "seller"]
OfMetric = Annotated[str, Path(description="what is counted, such as revenue")]
OfPeriod = Annotated[str, Path(description="over which days, such as 2026-11, 2026-Q4 or 2026-11-01..2026-11-15")]


RankBy = Literal["value", "attainment"]


class Row(BaseModel):
    """A row of a board."""

    key: str = Field(description="the row, whatever its name: currency and who, such as EUR/3; /v1/explain opens it")
    rank: int | None = Field(description="the rank; null for what is unassigned, or has no figure")
    who: str | None = Field(description="the name, or the source's id; null for what is unassigned")
    value: str = Field(description="a plain decimal")
    currency: str = Field(description="of the value; empty without money")
    target: str | None = Field(description="the target that is valid now, a plain decimal; null without one")
    attainment_percent: str | None = Field(
        description="what counts towards the target / target to the tenth, never capped; null without a target"
    )


class BoardAnswer(BaseModel):
    """A board."""

    metric: str = Field(description="what was counted")
    first: str = Field(description="the first day")
    last: str = Field(description="the last day")
    position: int = Field(description="a number that grows with each event that counts")
    stands_for: UpTo = Field(description="which events it counts, in each row alike")
    rows: list[Row] = Field(description="best first")


class ReachedAnswer(BaseModel):
    """When somebody got there."""

    who: str = Field(description="the name, or the source's id")
    reached_on: str = Field(description="the day")
    reached_at: str | None = Field(description="the instant; null where only the day is known")
    currency: str = Field(description="of the value; empty without money")


@router.get("/boards/{metric}/{period}")
async def get_board(  # noqa: PLR0913, PLR0917 (each is a parameter of the address)
    request: Request,
    metric: OfMetric,
    period: OfPeriod,
    by: Annotated[By, Query(description="what makes a row")] = "rep",
    ties: Annotated[
        Ties, Query(description="how equal values are ranked: 1,2,2,4 or 1,2,2,3 or the earliest first")
    ] = "standard",
    credit: Annotated[Credit | None, Query(description="who gets a deal; default: the rule in force")] = None,
    rank_by: Annotated[
        RankBy | None, Query(description="value or attainment; default: value. Reps, teams and total have targets.")
    ] = None,
    limit: Annotated[
        int | None, Query(ge=1, lt=2**31, description="the first so many rows only, of each currency; default: all")
    ] = None,
) -> BoardAnswer:
    """Who stands where, and how much of their targets that is."""
    books: Books = request.app.state.books
    position = books.shown()

    def ask() -> Board:
        aims = by in boards.SCOPES and boards.metric_named(metric).unit != "days"
        ranked = rank_by or ("value" if aims else None)
        return boards.board(
            books, metric, period, by=by, credit=credit, ties=ties, rank_by=ranked, source=books.figures
        )

    found, stands_for = await run_in_threadpool(exactly, books, ask)
    rows = [
        Row(
            key=f"{row.currency}/{row.key}",
            rank=row.rank,
            who=row.who,
            value=value_text(found.metric, row.value, row.currency),
            currency=row.currency,
            target=None if row.attainment is None else value_text(found.metric, row.target, row.currency),
            attainment_percent=None if row.attainment is None else percent(row.attainment),
        )
        for row in boards.first_rows(found, limit)
    ]
    return BoardAnswer(
        metric=metric,
        first=str(found.period.first),
        last=str(found.period.last),
        position=position,
        stands_for=up_to(stands_for),
        rows=rows,
    )


@router.get("/reached/{metric}/{period}")
async def get_reached(
    request: Request,
    metric: OfMetric,
    period: OfPeriod,
    value: Annotated[str, Query(description="a decimal above 0", max_length=40)],
    credit: Credit | None = None,
) -> list[ReachedAnswer]:
    """Who reached a value, and when, by what counts today."""
    books: Books = request.app.state.books
    found = await run_in_threadpool(lambda: boards.when_reached(books, metric, period, value, credit=credit))
    return [
        ReachedAnswer(who=row.who, reached_on=row.reached_on, reached_at=row.reached_at, currency=row.currency)
        for row in found
    ]


@router.get("/stream", response_class=EventSourceResponse)
async def get_stream(
    request: Request,
    question: Annotated[Question, Query()],
    last_event_id: Annotated[str | None, Header(description="the id of the last update that was seen")] = None,
) -> EventSourceResponse:
    """Watch a board: an event `board` with all of it, then `change` for what changed; ids grow with what is told."""
    books: Books = request.app.state.books
    hub: Hub = request.app.state.hub
    feed: Feed = request.app.state.feed
    await run_in_threadpool(shown, books, question, feed)  # what cannot be answered is refused before the stream
    seen = int(last_event_id) if last_event_id and last_event_id.isdecimal() else None

    async def events() -> AsyncIterator[ServerSentEvent]:
        async for update in hub.updates(question.model_dump_json(), lambda: shown(books, question, feed), seen):
            yield ServerSentEvent(update.data, event=update.kind, id=str(update.position))

    return EventSourceResponse(events(), ping=15, ping_message_factory=_pulse)


def _pulse() -> ServerSentEvent:
    """Says that the line is alive, to the page too: a browser tells nobody of a comment, nor of a line cut silently."""
    return ServerSentEvent("alive", event="pulse")
