"""What requests carry: read within bounds, after it is known who asks, and refused in plain words.

FastAPI would read a body of any size, before any dependency has said who may send one; so addresses that take a body
read it here, and describe it by the same model.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from quotum.server.problems import FORM, Fault, ProblemError, told
from schemas.wire import faults_of

MEDIA_TYPE = "application/json"
LARGEST_ASKED_BYTES = 64_000  # one correction or one target, with room for the longest reason
LONGEST_NUMBER = 19
M = TypeVar("M", bound=BaseModel)


async def body(
    request: Request, most_bytes: int, remedy: str, comes: Callable[[int], object] = lambda _: None
) -> bytes:
    """The body, as long as it stays within bounds; ProblemError 413 says what to do about a larger one.

    `comes`: told how much of it there is before that is kept, and may refuse it.
    """
    found = bytearray()
    async for chunk in request.stream():
        comes(len(found) + len(chunk))
        found += chunk
        if len(found) > most_bytes:
            detail = f"the body is larger than {most_bytes} bytes"
            fault = Fault(field="body", fault=detail, remedy=remedy)
            raise ProblemError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"{detail}: {remedy}", [fault])
    return bytes(found)


async def asked(request: Request, model: type[M], most_bytes: int = LARGEST_ASKED_BYTES) -> M:
    """The body as a model; ProblemError 400 for what is no JSON, 422 with field, fault and remedy for other faults."""
    raw = await body(request, most_bytes, "ask for one thing at a time")
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        faults = faults_of(error, model)
        if error.errors(include_url=False)[0]["type"] == "json_invalid":
            reason = str(error.errors(include_url=False)[0]["ctx"]["error"])
            fault = Fault(field="body", fault=reason, remedy="send one JSON object in UTF-8")
            raise ProblemError(HTTPStatus.BAD_REQUEST, "the body is not JSON", [fault]) from None
        detail = "; ".join(str(one) for one in faults)
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, detail, told(faults)) from None


def declared_bytes(request: Request) -> int:
    """How large a request says its body is; 0 where it does not say."""
    told = request.headers.get("content-length", "")
    return int(told) if told.isdecimal() and len(told) < LONGEST_NUMBER else 0


def described(model: type[BaseModel]) -> dict[str, Any]:
    """The body in the description of an address."""
    content = {MEDIA_TYPE: {"schema": model.model_json_schema(ref_template=FORM)}}
    return {"requestBody": {"required": True, "content": content}}
