"""Pages in general: in the reader's language, with headers that keep them to themselves."""

import gzip
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.datastructures import URL
from starlette.types import Scope

from quotum.server.wording import LANGUAGES, Words, language_of, words_of

HERE = Path(__file__).parent
TEMPLATES = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=select_autoescape(),
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
)
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Vary": "Accept-Language, Accept-Encoding, Cookie",
}
SMALL_BYTES, QUICKLY = 2_000, 5  # what a packet holds gains nothing; a thousand rows become a twentieth in no time
COOKIE = "language"
YEAR_SECONDS = 366 * 24 * 3600


class Static(StaticFiles):
    """Our own files; a browser asks whether they changed, so that a page never runs with an older script."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file."""
        answer = await super().get_response(path, scope)
        answer.headers["Cache-Control"] = "no-cache"
        return answer


def chosen_language(request: Request) -> Response | None:
    """Where a language is chosen in the address: remember it, and go to the same page without it."""
    language = request.query_params.get("language")
    if language not in LANGUAGES:
        return None
    return remembering(request, COOKIE, language, ("language",))


def remembering(request: Request, cookie: str, value: str, said_in: Sequence[str]) -> Response:
    """Remember a choice, and go to the same page without what said it in the address."""
    answer = _without(request, said_in)
    answer.set_cookie(cookie, value, max_age=YEAR_SECONDS, samesite="lax")
    return answer


def forgetting(request: Request, cookie: str, said_in: Sequence[str]) -> Response:
    """Forget a choice, and go to the same page without what said so in the address."""
    answer = _without(request, said_in)
    answer.delete_cookie(cookie, samesite="lax")
    return answer


def _without(request: Request, said_in: Sequence[str]) -> Response:
    url = URL(str(request.url)).remove_query_params(said_in)
    path = f"/{url.path.lstrip('/')}"  # two strokes would lead to another host
    return RedirectResponse(f"{path}?{url.query}" if url.query else path, HTTPStatus.SEE_OTHER)


def spoken(request: Request) -> Words:
    """The words in which a reader is answered: the language that was chosen, or the browser's."""
    chosen = request.cookies.get(COOKIE, "")
    wanted = language_of(request.headers.get("accept-language", ""))
    return words_of(next((one for one in LANGUAGES if one == chosen), wanted))


def page(
    request: Request, template: str, values: Mapping[str, Any], status: HTTPStatus = HTTPStatus.OK
) -> HTMLResponse:
    """A page in the reader's language."""
    words = spoken(request)
    query = request.query_params
    other = {one: str(URL(str(request.url)).include_query_params(language=one).query) for one in LANGUAGES}
    common = {"words": words, "say": words.say, "count": words.count, "languages": other, "wall": "wall" in query}
    text = TEMPLATES.get_template(template).render(**common, path=request.url.path, **values)
    body, headers = text.encode(), {**HEADERS, "Content-Language": words.language}
    if len(body) > SMALL_BYTES and "gzip" in request.headers.get("accept-encoding", ""):
        body, headers["Content-Encoding"] = gzip.compress(body, QUICKLY), "gzip"
    return HTMLResponse(body, status, headers)
