"""Targets over HTTP: which there are, with who decided each step and why; and setting one, as `quotum target` does.

Whoever may read sees them, reasons included. To set one here takes the scope `correct`: it is a person who decides,
with a reason. A system that plans sends its targets as events, under its own name, as any feed does.
"""

from typing import Annotated, Literal, Self

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.concurrency import run_in_threadpool

from quotum import targets
from quotum.questions import QuestionError
from quotum.server.access import key_of, may
from quotum.server.bodies import asked, described
from quotum.server.problems import documented
from quotum.targets import SetTarget, TargetRow, Wish
from quotum.values import value_text
from schemas.envelope import LABEL_LENGTH, TEXT_LENGTH, Day
from schemas.wire import Fault
from streams.books import Books

router = APIRouter(prefix="/v1", tags=["targets"])
Text = Annotated[str, Field(min_length=1, max_length=LABEL_LENGTH)]


class TargetAsked(BaseModel):
    """A target as it is to be. Neither `rep` nor `team`: everybody's."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    metric: Text = Field(description="what is counted, such as revenue")
    period: Text = Field(description="over which days, such as 2026-Q1")
    value: Text = Field(description="how much, a plain decimal such as 50000.00; 0: no target more")
    reason: str = Field(min_length=1, max_length=TEXT_LENGTH, description="why; kept in the vault alone")
    by: Text | None = Field(
        None, description="who decided it: a name, a source id or #number; default: whose key it is"
    )
    by_new: Text | None = Field(None, description="the same of somebody who is known nowhere here yet")
    rep: Text | None = Field(None, description="whose target: a name, a source id or #number")
    team: Text | None = Field(None, description="the team whose target it is")
    currency: Text | None = Field(None, description="of an amount; default: as agreed, or the workspace's")
    day: Day | None = Field(None, description="from when a change holds; default: today")

    @model_validator(mode="after")
    def _one_author(self) -> Self:
        if self.by is not None and self.by_new is not None:
            raise ValueError("names who decided it twice: give `by`, or `by_new` for somebody not known yet")
        return self


class TargetStep(BaseModel):
    """A value, and from when it holds."""

    day: str | None = Field(description="from which day; null: from the beginning")
    value: str = Field(description="a plain decimal")
    by: str = Field(description="who decided it")
    reason: str | None = Field(description="why; null where it was erased")


class TargetAnswer(BaseModel):
    """A target with all its steps."""

    id: str = Field(description="its id in the log")
    who: str = Field(description="whose: the name, or the source's id; company for everybody")
    scope: Literal["company", "team", "rep"] = Field(description="what that is")
    metric: str = Field(description="what is counted")
    period: str = Field(description="as it was agreed, such as 2026-Q1")
    first: str = Field(description="its first day")
    last: str = Field(description="its last day")
    currency: str = Field(description="of the values; empty without money")
    steps: list[TargetStep] = Field(description="by day")


class TargetSet(BaseModel):
    """What came of it."""

    fate: Literal["agreed", "changed", "unchanged"] = Field(
        description="agreed for the first time, changed, or so already"
    )
    day: str | None = Field(description="from when a change holds; null where it was agreed, for the whole period")
    value: str = Field(description="the value now")
    before: str | None = Field(description="the value before; null where it was agreed")
    target: TargetAnswer = Field(description="the target as it is now")


@router.get("/targets", dependencies=[Depends(may("read"))], responses=documented(401, 403, 422, 429))
async def get_targets(
    request: Request,
    period: Annotated[
        str | None, Query(description="only targets whose days all lie in it", max_length=LABEL_LENGTH)
    ] = None,
) -> list[TargetAnswer]:
    """Which targets there are, the company's first, each with who decided it and why."""
    found = await run_in_threadpool(targets.targets, request.app.state.books, period)
    return [_target(row) for row in found]


@router.post(
    "/targets",
    dependencies=[Depends(may("correct"))],
    responses=documented(400, 401, 403, 413, 422, 429, 503),
    openapi_extra=described(TargetAsked),
)
async def post_target(request: Request) -> TargetSet:
    """Agree a target for a rep, a team or everybody; set again, its value changes from a day on."""
    told = await asked(request, TargetAsked)
    return await run_in_threadpool(_set, request.app.state.books, told, key_of(request))


def _set(books: Books, told: TargetAsked, key: str | None) -> TargetSet:
    by = told.by or told.by_new or ""
    if not by and key is None:
        fault = Fault("by", "is missing: say who decided it, or give `by_new` for somebody who is known nowhere yet")
        raise QuestionError(str(fault), [fault])
    kept = {name: value for name, value in told if not name.startswith("by")}
    found = targets.set_target(books, Wish(**kept, by=by, by_is_new=told.by_new is not None, key=key or ""))
    return TargetSet(
        fate=found.fate,
        day=str(found.day) if found.day else None,
        value=_value(found, found.value),
        before=None if found.before is None else _value(found, found.before),
        target=_target(found.target),
    )


def _value(found: SetTarget, value: int) -> str:
    return value_text(found.target.metric, value, found.target.currency)


def _target(row: TargetRow) -> TargetAnswer:
    return TargetAnswer(
        id=row.id,
        who=row.who,
        scope=row.scope.kind,
        metric=row.metric.name,
        period=row.period.text,
        first=str(row.period.first),
        last=str(row.period.last),
        currency=row.currency,
        steps=[
            TargetStep(
                day=str(step.day) if step.day else None,
                value=value_text(row.metric, step.value, row.currency),
                by=step.by,
                reason=step.reason,
            )
            for step in row.steps
        ],
    )
