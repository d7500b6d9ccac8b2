"""A figure opened: the events it is made of, what each moved, who said so and when; as JSON and as a page."""

import json
from collections.abc import Mapping
from difflib import get_close_matches
from fractions import Fraction
from http import HTTPStatus
from typing import Annotated, Any, Literal, NamedTuple

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from quotum import boards
from quotum.boards import Board, BoardRow
from quotum.boards import Question as Asked
from quotum.corrections import author_of
from quotum.people import SHOWN, parties
from quotum.questions import parted
from quotum.server import addresses  # noqa: F401 (registers `whole`)
from quotum.server.access import may
from quotum.server.problems import Fault, ProblemError, documented
from quotum.server.showing import Question
from quotum.values import value_text
from schemas.moments import from_microseconds, instant_text
from streams.books import Books
from streams.explaining import Step, steps
from streams.figures import By
from streams.vault import Kind

OF_KEY = "the row: its `key` on the board, such as EUR/3, or a name or source id where that is one row alone"
PAGE = 50
MOST = 1_000
NUMBERED = ("rep", "team")
router = APIRouter(
    prefix="/v1", tags=["questions"], dependencies=[Depends(may("read"))], responses=documented(401, 403, 404, 422, 429)
)


class Moved(BaseModel):
    """An event and what it moved."""

    position: int = Field(description="its place in the log")
    type: str = Field(description="the type of the event")
    entity: str = Field(description="what it is about")
    first: str = Field(description="the first business day that it moved")
    last: str = Field(description="the last business day that it moved")
    moved: str = Field(description="by how much it moved the figure, a plain decimal; of a duration, how many of them")
    after: str = Field(description="what the figure was after it, in the order of the log")
    days: int | None = Field(description="of a duration: how many days; else null")
    by: Literal["feed", "person"] = Field(description="whether a feed or a person said so")
    author: str | None = Field(description="which person said so: the name; null for a feed, and where it is not known")
    source: str = Field(description="who sent it")
    asserted_at: str = Field(description="when its source said so")
    known_at: str = Field(description="when our log took it")


class Explained(BaseModel):
    """A figure and what it is made of."""

    metric: str = Field(description="what was counted")
    first: str = Field(description="the first day")
    last: str = Field(description="the last day")
    key: str = Field(description="the row: currency and who, such as EUR/3")
    who: str | None = Field(description="the name; null for what is unassigned")
    value: str = Field(description="the figure, a plain decimal")
    currency: str = Field(description="of the value; empty without money")
    events: int = Field(description="how many events there are in all")
    steps: list[Moved] = Field(description="the events, newest first")


class Opened(NamedTuple):
    """A figure with the events behind it."""

    asked: Asked
    row: BoardRow
    steps: list[Step]
    found: int


def opened(books: Books, question: Question, key: str, limit: int, skip: int) -> Opened:
    """A figure of a board, opened. QuestionError for a board that there is not, LookupError for a row."""
    by: By = question.by
    asked = boards.asked_for(books, question.metric, question.period, by, question.credit, question.team)
    board = boards.board(
        books, question.metric, question.period, by=by, credit=question.credit, ties=question.ties, team=question.team
    )
    row = _row(books, board, by, key)
    wanted = boards.UNASSIGNED[by] if row.who is None else int(row.key) if by in NUMBERED else row.key
    found, count = steps(books.history, asked.postings, row.currency, _who(wanted), limit=limit, skip=skip)
    return Opened(asked, row, found, count)


def _row(books: Books, board: Board, by: By, key: str) -> BoardRow:
    """The row of a key, or of a name that is that of one row alone; LookupError says what there is."""
    for row in board.rows:
        if key_of_row(row) == key:
            return row
    kind: Kind | None = "person" if by == "rep" else "team" if by == "team" else None
    named = {str(one.number) for one in parties(books, key, [kind])} if kind else {key}
    found = [row for row in board.rows if row.who is not None and row.key in named]
    if len(found) == 1:
        return found[0]
    shown = key[:SHOWN]
    if found:
        raise LookupError(f"{shown!r} has several rows on this board; give a key: {', '.join(map(key_of_row, found))}")
    near = get_close_matches(key, [row.who for row in board.rows if row.who is not None], 3)
    hint = f"did you mean {' or '.join(near)}?" if near else "its rows at /v1/boards have a `key` each"
    raise LookupError(f"there is no row {shown!r} on this board; {hint}")


def key_of_row(row: BoardRow) -> str:
    """By what a row is asked for, whatever its name: currency and who."""
    return f"{row.currency}/{row.key}"


def _who(wanted: object) -> int | str:
    return wanted if isinstance(wanted, int) else str(wanted)


@router.get("/explain/{metric}/{period}/{key:whole}")
async def get_explanation(  # noqa: PLR0913, PLR0917 (each is a parameter of the address)
    request: Request,
    metric: str,
    period: str,
    key: Annotated[str, Path(description=OF_KEY)],
    by: Literal["rep", "team", "region", "product", "kind", "day", "total"] = "rep",
    credit: Literal["owner", "closer", "seller"] | None = None,
    team: Annotated[int | None, Query(ge=0, lt=2**31, description="only what counts for this team")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST, description="how many events")] = PAGE,
    skip: Annotated[int, Query(ge=0, lt=2**31, description="how many of the newest to leave out")] = 0,
) -> Explained:
    """What a figure is made of."""
    books: Books = request.app.state.books
    question = Question(metric=metric, period=period, by=by, credit=credit, team=team)
    try:
        found = await run_in_threadpool(opened, books, question, key, limit, skip)
    except LookupError as error:
        fault, remedy = parted(str(error))
        told = [Fault(field="key", fault=fault, remedy=remedy)]
        raise ProblemError(HTTPStatus.NOT_FOUND, str(error), told) from error
    return explained(found, await run_in_threadpool(books.vault.labels, "person"))


def explained(found: Opened, labels: Mapping[int, str]) -> Explained:
    """The same in plain texts. `labels`: of people by number."""
    metric, row = found.asked.metric, found.row
    return Explained(
        metric=metric.name,
        first=str(found.asked.period.first),
        last=str(found.asked.period.last),
        key=key_of_row(row),
        who=row.who,
        value=value_text(metric, row.value, row.currency),
        currency=row.currency,
        events=found.found,
        steps=[_moved(found, step, labels) for step in found.steps],
    )


def _moved(found: Opened, step: Step, labels: Mapping[int, str]) -> Moved:
    number = author_of(step.source, step.layer)

    def text(amount: int) -> str:
        if found.asked.metric.unit == "days":
            return f"{float(Fraction(amount, 1_000_000)):g}"
        return value_text(found.asked.metric, amount, found.row.currency)

    return Moved(
        position=step.position,
        type=step.type,
        entity=step.entity,
        first=str(step.first),
        last=str(step.last),
        moved=text(step.moved),
        after=text(step.after),
        days=step.days,
        by="person" if step.layer else "feed",
        author=None if number is None else labels.get(number, f"#{number}"),
        source=step.source,
        asserted_at=instant_text(from_microseconds(step.asserted_at)),
        known_at=instant_text(from_microseconds(step.known_at)),
    )


class Line(NamedTuple):
    """An event of an entity, for its page."""

    position: int
    type: str
    told: dict[str, Any]
    layer: int
    source: str
    asserted_at: int
    known_at: int


TRAIL = """
SELECT rowid, type, data, layer, source, asserted_at, known_at FROM events
WHERE entity = $entity AND NOT duplicate ORDER BY known_at DESC, rowid DESC LIMIT $limit
"""


def trail(books: Books, entity: str) -> list[Line]:
    """The events of an entity, newest first."""
    rows = books.history.rows(TRAIL, {"entity": entity, "limit": MOST})
    return [Line(offset, kind, json.loads(data), *rest) for offset, kind, data, *rest in rows]
