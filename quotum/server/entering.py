"""Coming in by a link: the key in the address becomes a cookie, so that it does not stay in the address."""

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response

from quotum.server.access import COOKIE
from quotum.server.problems import ProblemError
from streams.keys import Keys

YEAR_SECONDS = 366 * 24 * 3600


def install(app: FastAPI, keys: Keys) -> None:
    """Give an application the address that links lead to."""

    @app.get("/enter/{key}", include_in_schema=False)
    async def enter(key: str, request: Request) -> Response:
        found = keys.find(key)
        if found is None or "read" not in found.scopes:
            raise ProblemError(HTTPStatus.NOT_FOUND, "this link does not open anything (any more): ask for a new one")
        query = f"?{request.url.query}" if request.url.query else ""
        answer = RedirectResponse(f"/{query}", HTTPStatus.SEE_OTHER)
        secure = request.url.scheme == "https"
        answer.set_cookie(COOKIE, key, max_age=YEAR_SECONDS, httponly=True, samesite="lax", secure=secure)
        return answer
