"""Errors over HTTP as problem+json (RFC 9457): what is wrong, where, and what to do about it."""

from collections.abc import Sequence
from copy import deepcopy
from functools import cache
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from pydantic_core import ErrorDetails
from starlette.exceptions import HTTPException

from quotum.questions import QuestionError, parted
from quotum.server.refusing import refused
from schemas.wire import SHOWN, text_of
from schemas.wire import Fault as Wrong
from streams.books import UnavailableError
from streams.history import HistoryError
from streams.vault_file import VaultError

MEDIA_TYPE = "application/problem+json"
FORM = "#/components/schemas/{model}"  # where the description has what others refer to
SEE = "see /docs for what is expected there"
ADDRESSES = "take one of the addresses at /docs"


class Fault(BaseModel):
    """One thing that is wrong with a request."""

    field: str = Field(description="where: a field of the body, a parameter, or an event of a batch")
    fault: str = Field(description="what is wrong")
    remedy: str = Field(description="what to do about it")


class Problem(BaseModel):
    """Why a request was not answered."""

    type: str = Field("about:blank", description="always about:blank: the status says which kind it is")
    title: str = Field(description="the status in words")
    status: int = Field(description="the status again")
    detail: str = Field(description="what is wrong, in a sentence")
    faults: list[Fault] = Field(default_factory=list, description="one by one, where several things are wrong")


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems an address can answer with, for its description."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}


def describe(app: FastAPI) -> None:
    """Put the form of a problem, and those that bodies bring along, into the application's description of itself."""
    schema = Problem.model_json_schema(ref_template=FORM)
    parts = schema.pop("$defs", {}) | {"Problem": schema}
    plain = app.openapi

    @cache
    def openapi() -> dict[str, Any]:
        described = deepcopy(plain())  # what bodies bring along is of their addresses, whichever application has them
        described.setdefault("components", {}).setdefault("schemas", {}).update(parts | _brought_along(described))
        return described

    app.openapi = openapi  # type: ignore[method-assign]  # the way that FastAPI itself describes


def _brought_along(described: dict[str, Any]) -> dict[str, Any]:
    """The forms that lie beside the schemas of bodies, taken from there: a reference leads to those of the whole."""
    methods = [one for path in described["paths"].values() for one in path.values()]
    contents = [content for one in methods for content in one.get("requestBody", {}).get("content", {}).values()]
    return {name: form for content in contents for name, form in content["schema"].pop("$defs", {}).items()}


class ProblemError(Exception):
    """Ends a request with a problem."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        faults: Sequence[Fault] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        """`headers`: for the answer, such as Retry-After."""
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.faults = list(faults)
        self.headers = headers


def answer(
    status: int, detail: str, faults: Sequence[Fault] = (), headers: dict[str, str] | None = None
) -> JSONResponse:
    """The answer that says a problem."""
    problem = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, faults=list(faults))
    return JSONResponse(problem.model_dump(), status, headers, MEDIA_TYPE)


def unavailable(error: UnavailableError) -> JSONResponse:
    """The answer that something is not taken now, and when to send it again."""
    later = {"Retry-After": str(error.retry_after)}
    fault = Fault(field="log", fault=str(error), remedy=error.remedy)
    return answer(HTTPStatus.SERVICE_UNAVAILABLE, f"{error}; {error.remedy}", [fault], later)


def told(faults: Sequence[Wrong]) -> list[Fault]:
    """What is wrong with fields, as a problem says it: fault and remedy apart."""
    return [_told(one) for one in faults]


def _told(one: Wrong) -> Fault:
    path = one.path.removeprefix("data.")
    if one.remedy:
        return Fault(field=path, fault=one.text, remedy=one.remedy)
    fault, _, remedy = one.text.partition(": ")
    return Fault(field=path, fault=fault, remedy=remedy or SEE)


def _of_parameter(details: ErrorDetails) -> Fault:
    """What is wrong with a parameter of an address, by its own name."""
    where, *path = (str(part) for part in details["loc"])
    return _told(Wrong(".".join(path) or where, text_of(details, BaseModel)))


def install(app: FastAPI) -> None:
    """Have an application answer every error as a problem; to a browser with a page, where one helps."""

    @app.exception_handler(ProblemError)
    async def _problem(request: Request, error: ProblemError) -> Response:
        return refused(request, error.status, error.headers) or answer(
            error.status, error.detail, error.faults, error.headers
        )

    @app.exception_handler(UnavailableError)
    async def _unavailable(_: Request, error: UnavailableError) -> JSONResponse:
        return unavailable(error)

    @app.exception_handler(HistoryError)
    @app.exception_handler(VaultError)
    async def _unusable(_: Request, error: Exception) -> JSONResponse:
        return answer(HTTPStatus.SERVICE_UNAVAILABLE, str(error))

    @app.exception_handler(QuestionError)
    async def _question(_: Request, error: QuestionError) -> JSONResponse:
        return answer(
            HTTPStatus.UNPROCESSABLE_ENTITY, str(error), told(error.faults or [Wrong("", *parted(str(error)))])
        )

    @app.exception_handler(RequestValidationError)
    async def _validation(_: Request, error: RequestValidationError) -> JSONResponse:
        faults = [_of_parameter(details) for details in error.errors()]
        detail = "; ".join(f"{one.field}: {one.fault}: {one.remedy}" for one in faults)
        return answer(HTTPStatus.UNPROCESSABLE_ENTITY, detail, faults)

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> Response:
        headers = dict(error.headers) if error.headers else None
        return refused(request, error.status_code, headers) or answer(
            error.status_code, str(error.detail), _of_address(request, error.status_code), headers
        )


def _of_address(request: Request, status: int) -> list[Fault]:
    """What is wrong with an address that leads nowhere, or is not asked so."""
    if status == HTTPStatus.NOT_FOUND:
        return [Fault(field="path", fault=f"there is nothing at {request.url.path[:SHOWN]}", remedy=ADDRESSES)]
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        return [Fault(field="method", fault=f"{request.method} is not what this address answers to", remedy=ADDRESSES)]
    return []
