"""The pages: rendered here, readable before any script has run, moved by a little script afterwards."""

from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.concurrency import run_in_threadpool

from quotum.server.showing import Question, now, shown
from schemas.moments import zone_of
from streams.books import Books

HERE = Path(__file__).parent
TEMPLATES = Environment(
    loader=FileSystemLoader(HERE / "templates"), autoescape=select_autoescape(), trim_blocks=True, lstrip_blocks=True
)


def install(app: FastAPI) -> None:
    """Give an application its pages and their files."""
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")

    @app.get("/", response_class=HTMLResponse, include_in_schema=False)
    async def get_board_page(request: Request, metric: str = "revenue", period: str | None = None) -> HTMLResponse:
        books: Books = request.app.state.books
        return HTMLResponse(await run_in_threadpool(_board_page, books, metric, period))


def _board_page(books: Books, metric: str, period: str | None) -> str:
    today = now(books).astimezone(zone_of(books.calendar.zone)).date()
    question = Question(metric=metric, period=period or f"{today:%Y-%m}")
    return TEMPLATES.get_template("board.html").render(question=question, board=shown(books, question))
