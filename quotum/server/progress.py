"""How far everyone is, over HTTP: what is done, what was to be reached, and whether it is going fast enough."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from projections.progress import Standing
from quotum import progress
from quotum.counting import UpTo, exactly, up_to
from quotum.server import addresses  # noqa: F401 (registers `whole`)
from quotum.server.access import may
from quotum.server.problems import documented
from quotum.targets import period_named
from schemas.envelope import Day
from streams.books import Books

router = APIRouter(
    prefix="/v1", tags=["questions"], dependencies=[Depends(may("read"))], responses=documented(401, 403, 422, 429)
)
On = Annotated[Day | None, Query(description="as it stood on a day; default: today")]
OfMetric = Annotated[str | None, Query(description="one metric only, such as revenue; default: all", max_length=200)]


class Progress(BaseModel):
    """How far one is with one metric, in the words of `quotum progress`."""

    who: str = Field(description="the name, or the source's id; company for everybody")
    scope: str = Field(description="rep, team or company")
    metric: str = Field(description="what is counted")
    on: str = Field(description="the day that it stands on")
    done: str = Field(description="what was done up to then, a plain decimal")
    target: str | None = Field(description="the target that was valid then, a plain decimal; null without one")
    currency: str = Field(description="of the figures; empty without money")
    attainment_percent: str | None = Field(
        description="done / target to the tenth, never capped; null without a target"
    )
    working_days: int = Field(description="how many days of the period are Monday to Friday")
    gone: int = Field(description="how many of them are gone, the day itself among them")
    left: int = Field(description="how many are left")
    expected: str | None = Field(description="what should have been done by now; null without a target")
    needed_a_day: str | None = Field(description="what is needed on each day that is left; null if none is left")
    projected: str | None = Field(description="where it ends at this pace; null before the first working day")
    standing: Standing | None = Field(
        description="whether it is going fast enough; while the first working day runs nobody is behind who took "
        "nothing back; null without a target"
    )


class Whole(BaseModel):
    """How many of somebody's targets are reached: a quota of several is reached when all of them are."""

    who: str = Field(description="the name, or the source's id; company for everybody")
    scope: str = Field(description="rep, team or company")
    reached: int = Field(description="how many of the targets are reached")
    targets: int = Field(description="how many there are")
    is_reached: bool = Field(description="whether all of them are")


class ProgressAnswer(BaseModel):
    """How far everyone is who was asked for, the company first."""

    first: str = Field(description="the first day of the period")
    last: str = Field(description="its last day")
    on: str = Field(description="the day that it stands on")
    position: int = Field(description="a number that grows with each event that counts")
    stands_for: UpTo = Field(description="which events it counts, in each row alike")
    rows: list[Progress] = Field(description="by company, team and rep, then by metric")
    wholes: list[Whole] = Field(description="those who have several targets among the rows")
    longer: list[str] = Field(description="where no row has a target: longer periods that cover this one and have some")


@router.get("/progress/{period}")
async def get_progress(request: Request, period: str, on: On = None, metric: OfMetric = None) -> ProgressAnswer:
    """How far everyone is who has a target for this period: attainment and pace, by working days."""
    return await run_in_threadpool(_answer, request, period, None, on, metric)


@router.get("/progress/{period}/{who:whole}")
async def get_progress_of(
    request: Request, period: str, who: str, on: On = None, metric: OfMetric = None
) -> ProgressAnswer:
    """How far one person or team is, with or without a target. `who`: a name, a source id, or #number sent as %23."""
    return await run_in_threadpool(_answer, request, period, who, on, metric)


def _answer(request: Request, period: str, who: str | None, on: Day | None, metric: str | None) -> ProgressAnswer:
    books: Books = request.app.state.books
    position = books.shown()
    day = on or books.today()
    span = period_named(books.organisation(), period)
    rows, stands_for = exactly(books, lambda: progress.progress(books, period, who, metric, day))
    aimed = any(row.target for row in rows)
    return ProgressAnswer(
        first=str(span.first),
        last=str(span.last),
        on=str(day),
        position=position,
        stands_for=up_to(stands_for),
        rows=[Progress.model_validate(progress.plain(row)) for row in rows],
        wholes=[
            Whole(
                who=one.who,
                scope=one.scope.kind,
                reached=one.reached,
                targets=one.targets,
                is_reached=one.reached == one.targets,
            )
            for one in progress.wholes(rows)
        ],
        longer=[] if aimed else progress.longer_periods(books, period, who, metric, day),
    )
