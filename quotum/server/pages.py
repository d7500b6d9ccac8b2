"""The board's page: rendered here, readable before any script has run, moved by a little script afterwards."""

from http import HTTPStatus

from fastapi import Depends, FastAPI, Request
from fastapi.responses import HTMLResponse, Response
from starlette.concurrency import run_in_threadpool

from projections.metrics import METRICS
from quotum.boards import QuestionError
from quotum.server import auditing, choices, naming
from quotum.server.access import may
from quotum.server.rendering import HERE, Static, chosen_language, page, spoken
from quotum.server.showing import Question, now, shown
from schemas.moments import zone_of
from schemas.periods import parse_period
from streams.books import Books

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


def install(app: FastAPI) -> None:
    """Give an application its pages and their files."""
    app.mount("/static", Static(directory=HERE / "static"), name="static")
    auditing.install(app)

    @app.get("/", response_class=HTMLResponse, include_in_schema=False, dependencies=[Depends(may("read"))])
    async def get_board_page(request: Request) -> Response:
        chosen = chosen_language(request)
        return chosen if chosen is not None else await run_in_threadpool(_board_page, request)


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
