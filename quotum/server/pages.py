"""The pages: rendered here, readable before any script has run, moved by a little script afterwards."""

from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import Depends, FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import URL
from starlette.types import Scope

from projections.metrics import METRICS
from quotum.boards import QuestionError
from quotum.server import choices, naming
from quotum.server.access import may
from quotum.server.showing import Question, now, shown
from quotum.server.wording import LANGUAGES, Words, language_of, words_of
from schemas.moments import zone_of
from schemas.periods import parse_period
from streams.books import Books

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
    "Vary": "Accept-Language, Cookie",
}
COOKIE = "language"
YEAR_SECONDS = 366 * 24 * 3600
COMPARED = "compared"  # in place of a team: the teams beside each other
OWN_EVENTS = 2  # with which every history begins: nothing has happened yet
LIVE_TEXTS = {
    "live": naming.message("live"),
    "lost": naming.message("Connection lost. These figures are {age} old."),
    "seconds": naming.message("less than a minute"),
    "minutes": naming.message("{n} min"),
    "hours": naming.message("{n} h"),
    "passes": naming.message("{who} passes {other}: {amount}"),
    "place": naming.message("Place {rank}"),
    "found": naming.message("{n} of {all} shown"),
    "page": naming.message("{page} of {pages}"),
}


class Static(StaticFiles):
    """Our own files; a browser asks whether they changed, so that a page never runs with an older script."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file."""
        answer = await super().get_response(path, scope)
        answer.headers["Cache-Control"] = "no-cache"
        return answer


def install(app: FastAPI) -> None:
    """Give an application its pages and their files."""
    app.mount("/static", Static(directory=HERE / "static"), name="static")

    @app.get("/", response_class=HTMLResponse, include_in_schema=False, dependencies=[Depends(may("read"))])
    async def get_board_page(request: Request) -> Response:
        chosen = chosen_language(request)
        return chosen if chosen is not None else await run_in_threadpool(_board_page, request)


def chosen_language(request: Request) -> Response | None:
    """Where a language is chosen in the address: remember it, and go to the same page without it."""
    language = request.query_params.get("language")
    if language not in LANGUAGES:
        return None
    url = URL(str(request.url)).remove_query_params("language")
    answer = RedirectResponse(f"{url.path}?{url.query}" if url.query else url.path, HTTPStatus.SEE_OTHER)
    answer.set_cookie(COOKIE, language, max_age=YEAR_SECONDS, samesite="lax")
    return answer


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
    return HTMLResponse(text, status, {**HEADERS, "Content-Language": words.language})


def _board_page(request: Request) -> HTMLResponse:
    books: Books = request.app.state.books
    query, words, today = request.query_params, spoken(request), books.today()
    metric = query.get("metric") or choices.main_metric(books, today)
    period = query.get("period") or choices.THIS_MONTH
    organisation = books.organisation()
    try:
        team = _team(query.get("team") or "")
        question = Question(
            metric=metric,
            period=choices.dated(period, today, organisation.fiscal_start),
            by="team" if query.get("team") == COMPARED else "rep",
            team=team,
            language=words.language,
        )
        board = shown(books, question)
    except QuestionError:
        return page(request, "unknown.html", {"metric_known": metric in METRICS}, HTTPStatus.UNPROCESSABLE_ENTITY)
    span = parse_period(question.period, organisation.fiscal_start)
    currencies = {row["currency"] for row in board.rows.values()}
    nothing = not any(row["value"].strip("0.") for row in board.rows.values())
    at = now(books).astimezone(zone_of(books.calendar.zone))
    values = {
        "question": question,
        "stream": question.model_dump(exclude_none=True, exclude_defaults=True),
        "board": board,
        "rows": [{"key": key, **row} for key, row in board.rows.items()],
        "me": next((key for key in board.rows if key.partition("/")[2] == query.get("me")), None),
        "title": naming.title(words, metric),
        "unit": words.symbol(next(iter(currencies))) if len(currencies) == 1 and currencies != {""} else "",
        "period": words.period(span),
        "metrics": [(name, naming.title(words, name)) for name in METRICS],
        "periods": choices.period_choices(words, period, span),
        "teams": choices.teams_of(books),
        "chosen": {"metric": metric, "period": period, "team": query.get("team") or ""},
        "kept": {name: query[name] for name in ("me", "wall") if name in query},
        "targets": any(row["target"] for row in board.rows.values()),
        "empty": board.position <= OWN_EVENTS,
        "nothing": nothing,
        "last_month": choices.last_month_with(books, metric, today) if nothing else None,
        "midnight_seconds": choices.until_midnight(books, books.clock()),
        "at": words.moment(at),
        "texts": {name: words.plain(text) for name, text in LIVE_TEXTS.items()},
    }
    return page(request, "board.html", values)


def _team(text: str) -> int | None:
    if text in ("", COMPARED):
        return None
    if not text.isdecimal() or len(text) > 9:  # noqa: PLR2004 (a number of the vault)
        raise QuestionError("a team is a number")
    return int(text)
