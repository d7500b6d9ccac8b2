"""Coming in by a link: the key in the address becomes a cookie, so that it does not stay in the address."""

from http import HTTPStatus
from pathlib import Path

from fastapi import Depends, FastAPI, Request
from fastapi.responses import RedirectResponse, Response

from quotum.server.access import COOKIE, may
from quotum.server.problems import ProblemError
from streams.books import wall_clock
from streams.keys import Keys

YEAR_SECONDS = 366 * 24 * 3600


def install(app: FastAPI, keys: Keys) -> None:
    """Give an application the address that links lead to."""

    @app.get("/enter/{key}", include_in_schema=False)
    async def enter(key: str, request: Request) -> Response:
        answer = _let_in(keys, key, request)
        secure = request.url.scheme == "https"
        answer.set_cookie(COOKIE, key, max_age=YEAR_SECONDS, httponly=True, samesite="lax", secure=secure)
        return answer


def install_here(app: FastAPI, keys: Path) -> None:
    """The same for a server that answers on its own machine, where a link still leads to the page.

    `keys`: the file of the keys, which need not be there.
    """

    @app.get("/enter/{key}", include_in_schema=False, dependencies=[Depends(may("read"))])
    def enter(key: str, request: Request) -> Response:
        if not keys.exists():
            raise _unknown()
        with Keys(keys, wall_clock) as known:
            return _let_in(known, key, request)


def _let_in(keys: Keys, key: str, request: Request) -> Response:
    found = keys.find(key)
    if found is None or "read" not in found.scopes:
        raise _unknown()
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"/{query}", HTTPStatus.SEE_OTHER)


def _unknown() -> ProblemError:
    return ProblemError(HTTPStatus.NOT_FOUND, "this link does not open anything (any more): ask for a new one")
