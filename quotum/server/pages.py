"""The board's page: rendered here, readable before any script has run, moved by a little script afterwards."""

from datetime import date
from http import HTTPStatus
from urllib.parse import urlencode

from fastapi import Depends, FastAPI, Request
from fastapi.responses import HTMLResponse, Response
from starlette.concurrency import run_in_threadpool

from projections.metrics import METRICS
from quotum.questions import QuestionError
from quotum.server import auditing, choices, columns, naming, own, since
from quotum.server.access import key_of, may
from quotum.server.columns import newly_chosen
from quotum.server.live import Shown
from quotum.server.rendering import HERE, Static, chosen_language, page, spoken
from quotum.server.showing import Question, shown
from schemas.periods import Period, parse_period
from streams.books import Books

COMPARED = "compared"  # in place of a team: the teams beside each other
SHOWN_IN = {"standing": "status"}  # the field of a row that fills a column, where it is called otherwise
ADDRESS = ("metric", "period", "team")  # what of a board its address says
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
        chosen = chosen_language(request) or newly_chosen(request)
        return chosen if chosen is not None else await run_in_threadpool(_board_page, request)


def _board_page(request: Request) -> Response:
    books: Books = request.app.state.books
    if (said := own.newly_said(request, books)) is not None:
        return said
    query, words, today = request.query_params, spoken(request), books.today()
    metric = query.get("metric") or choices.main_metric(books, today)
    period = query.get("period") or choices.THIS_MONTH
    fiscal_start = books.organisation().fiscal_start
    try:
        team = _team(query.get("team") or "")
        span = _period(choices.dated(period, today, fiscal_start), fiscal_start)
        question = Question(
            metric=metric,
            period=span.text,
            by="team" if query.get("team") == COMPARED else "rep",
            team=team,
            since=since.moment_for(books, span),
            language=words.language,
        )
        board = shown(books, question)
    except QuestionError:
        return page(request, "unknown.html", {"metric_known": metric in METRICS}, HTTPStatus.UNPROCESSABLE_ENTITY)
    asked = choices.word_for(span, today, fiscal_start)
    currencies = {row["currency"] for row in board.rows.values()}
    nothing = not any(_is_something(metric, row["value"]) for row in board.rows.values())
    values = {
        "question": question,
        "why": urlencode(question.model_dump(include={"metric", "period", "by", "team"}, exclude_none=True)),
        "stream": question.model_dump(mode="json", exclude_none=True, exclude_defaults=True),
        "board": board,
        "rows": [{"key": key, **row} for key, row in board.rows.items()],
        "me": _own_row(board, question, own.own_number(request, books)),
        "who_is_me": own.not_found(request, books, words),
        "title": naming.title(words, metric),
        "unit": words.symbol(next(iter(currencies))) if len(currencies) == 1 and currencies != {""} else "",
        "period": words.period(span),
        "metrics": [(name, naming.title(words, name)) for name in METRICS],
        "periods": choices.period_choices(words, asked, span),
        "teams": choices.teams_of(books),
        "chosen": {"metric": metric, "period": asked, "team": query.get("team") or ""},
        "kept": {name: query[name] for name in ("wall",) if name in query},
        "empty": board.position <= OWN_EVENTS,
        "nothing": nothing,
        "over": span.last < today,
        "moved": any(row["change"] for row in board.rows.values()),
        "last_month": choices.last_month_with(books, metric, today) if nothing else None,
        "address": {name: value for name, value in query.items() if name in ADDRESS},
        "again_seconds": _again_seconds(books, question),
        "at": words.moment(since.local_now(books)),
        "texts": {name: words.plain(text) for name, text in LIVE_TEXTS.items()},
        **_columns(request, question, board),
        **_targets(board, question, span, today),
        **({"lacking": 0} if key_of(request) else {}),  # a key that reads sets no target
    }
    return page(request, "board.html", values)


def _is_something(metric: str, value: str) -> bool:
    """Whether a figure tells of anything; a median of 0 days does."""
    return bool(value if METRICS[metric].unit == "days" else value.strip("0."))


def _own_row(board: Shown, question: Question, number: int | None) -> str | None:
    """The key of the row of whoever looks, where it is on a board of people."""
    if question.by != "rep" or number is None:
        return None
    return next((key for key in board.rows if key.partition("/")[2] == str(number)), None)


def _columns(request: Request, question: Question, board: Shown) -> dict[str, object]:
    """Which columns there are to choose, and which there are to see: no column is all empty."""
    wanted = columns.wanted(request)
    told = {name for name in wanted if any(row.get(SHOWN_IN.get(name, name)) for row in board.rows.values())}
    if question.since and METRICS[question.metric].unit != "days":
        told |= wanted & {"change"}  # what is not yet may come while the page is open
    return {"columns": columns.offered(spoken(request), wanted), "shown": wanted & (told | {"bar"})}


def _targets(board: Shown, question: Question, span: Period, today: date) -> dict[str, object]:
    """Whether there are targets, and how many still lack one where it can be set."""
    targets = any(row["target"] for row in board.rows.values())
    open_to_set = span.last >= today and METRICS[question.metric].unit != "days" and (targets or span.days > 1)
    ranked = [row for row in board.rows.values() if row["rank"] is not None]
    return {"targets": targets, "lacking": sum(not row["target"] for row in ranked) if open_to_set else 0}


def _again_seconds(books: Books, question: Question) -> int:
    """When the page is to be loaded anew: its words for days and moments mean something else then."""
    midnight = choices.until_midnight(books, books.clock())
    if question.since is None:
        return min(midnight, since.until_one(books))
    hourly = since.moves_hourly(question.since, books.today())
    return min(midnight, since.until_next_hour(books)) if hourly else midnight


def _period(text: str, fiscal_start: int) -> Period:
    try:
        return parse_period(text, fiscal_start)
    except ValueError as error:
        raise QuestionError(str(error)) from None


def _team(text: str) -> int | None:
    if text in ("", COMPARED):
        return None
    if not text.isdecimal() or len(text) > 9:  # noqa: PLR2004 (a number of the vault)
        raise QuestionError("a team is a number")
    return int(text)
