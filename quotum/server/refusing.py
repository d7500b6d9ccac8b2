"""Whoever may not look, or looks where there is nothing, is told what to do by a page; programs get a problem."""

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import Request
from fastapi.responses import Response

from quotum.server.rendering import chosen_language, page

PROGRAMS = "/v1/"  # what lies below it is asked by programs: they get a problem, whatever they accept
LINKS = "/enter/"
TEMPLATE = "refused.html"
REASONS = {
    HTTPStatus.UNAUTHORIZED: "no_link",
    HTTPStatus.FORBIDDEN: "elsewhere",
    HTTPStatus.NOT_FOUND: "nothing",
    HTTPStatus.TOO_MANY_REQUESTS: "too_often",
}


def refused(request: Request, status: int, headers: Mapping[str, str] | None = None) -> Response | None:
    """The page in place of a problem; None for a program, and for what no page helps with."""
    reason = REASONS.get(HTTPStatus(status))
    if reason is None or not by_browser(request):
        return None
    if (chosen := chosen_language(request)) is not None:
        return chosen
    if reason == "nothing" and request.url.path.startswith(LINKS):
        reason = "old_link"
    wait = (headers or {}).get("Retry-After", "")
    answer = page(
        request, TEMPLATE, {"reason": reason, "seconds": int(wait) if wait.isdecimal() else 0}, HTTPStatus(status)
    )
    answer.headers.update(headers or {})
    return answer


def by_browser(request: Request) -> bool:
    """Whether somebody reads the answer."""
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(PROGRAMS)
