"""The pages for who doubts: a figure opened into its events, and all that was said about one thing."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from fastapi import Depends, FastAPI, Request
from fastapi.responses import HTMLResponse, Response
from starlette.concurrency import run_in_threadpool

from projections.organisation import rule_on
from quotum import boards
from quotum.boards import BoardRow
from quotum.corrections import author_of
from quotum.questions import QuestionError
from quotum.server import (
    addresses,  # noqa: F401 (registers `whole`)
    naming,
    own,
)
from quotum.server.access import may
from quotum.server.coaching import pace_of
from quotum.server.happenings import said, tell
from quotum.server.naming import message
from quotum.server.opening import PAGE, Line, Opened, opened, trail
from quotum.server.rendering import chosen_language, page, spoken
from quotum.server.showing import Question
from quotum.server.wording import Words
from quotum.values import decimals_of, shown_text
from schemas.envelope import PartyId, VaultText, marked
from schemas.events import EVENTS
from schemas.facts import data_of
from schemas.moments import DAY, INSTANT, from_microseconds, instant_us, zone_of
from streams.books import Books
from streams.explaining import Step

FIELDS = {
    "amount": message("amount"),
    "author": message("decided by"),
    "campaign": message("campaign"),
    "closed_at": message("closed at"),
    "closed_day": message("closed on"),
    "customer": message("customer"),
    "at": message("at"),
    "day": message("day"),
    "fields": message("what of it"),
    "kind": message("kind"),
    "metric": message("figure"),
    "opened_at": message("opened at"),
    "opened_day": message("opened on"),
    "period": message("period"),
    "product": message("product"),
    "reason": message("reason"),
    "region": message("region"),
    "rep": message("of"),
    "shares": message("shared by"),
    "team": message("team"),
    "units": message("units"),
    "value": message("value"),
}
LARGEST_PAGE = 100_000
SHARE_DECIMALS = 2  # a third is 33.33 %
ASKED = ("metric", "period", "by", "team", "credit", "key", "page")  # of the figure that one came from


def install(app: FastAPI) -> None:
    """Give an application these pages."""
    reading = [Depends(may("read"))]

    @app.get("/why", response_class=HTMLResponse, include_in_schema=False, dependencies=reading)
    async def get_why_page(request: Request) -> Response:
        chosen = chosen_language(request)
        return chosen if chosen is not None else await run_in_threadpool(_why_page, request)

    @app.get("/events/{entity:whole}", response_class=HTMLResponse, include_in_schema=False, dependencies=reading)
    async def get_events_page(request: Request, entity: str) -> Response:
        chosen = chosen_language(request)
        return chosen if chosen is not None else await run_in_threadpool(_events_page, request, entity)


def _why_page(request: Request) -> HTMLResponse:
    books: Books = request.app.state.books
    query, words = request.query_params, spoken(request)
    number = query.get("page") or "1"
    turned = min(int(number), LARGEST_PAGE) if number.isdecimal() and len(number) < len("1000000") else 1
    try:
        values = {name: query[name] for name in ("metric", "period", "by", "team", "credit") if query.get(name)}
        question = Question.model_validate(values)
        found = opened(books, question, query.get("key") or "", PAGE, (max(1, turned) - 1) * PAGE)
    except (ValueError, LookupError) as error:
        lost = "question" if isinstance(error, QuestionError) else "figure"
        status = HTTPStatus.NOT_FOUND if isinstance(error, LookupError) else HTTPStatus.UNPROCESSABLE_ENTITY
        return page(request, "lost.html", {"lost": lost, "back": {}}, status)
    metric, row = found.asked.metric, found.row
    plain = shown_text(metric, row.value, row.currency)
    shown = {
        "title": naming.title(words, metric.name),
        "who": naming.nobody(words, question.by) if row.who is None else row.who,
        "period": words.period(found.asked.period),
        "value": naming.amount(words, metric.name, plain, row.currency),
        "unit": words.symbol(row.currency) if row.currency else "",
        "median": metric.unit == "days",
        "lines": _lines(books, words, found),
        "found": found.found,
        "turned": max(1, turned),
        "pages": max(1, -(-found.found // PAGE)),
        "query": {name: value for name, value in query.items() if name != "page"},
        "here": {name: value for name, value in query.items() if name in ASKED},
        "back": _back(values),
        "whose": _whose(request, books, question, row),
        "pace": pace_of(books, words, question, query.get("key") or ""),
    }
    return page(request, "why.html", shown)


def _back(values: Mapping[str, str]) -> dict[str, str]:
    """The board that a figure stands on."""
    kept = {name: values[name] for name in ("metric", "period", "team") if name in values}
    return kept | ({"team": "compared"} if values.get("by") == "team" else {})


def _whose(request: Request, books: Books, question: Question, row: BoardRow) -> dict[str, object]:
    """Whether a figure is of whoever looks, and what the address says to have it so or not; nothing of no person."""
    if question.by != "rep" or row.who is None:
        return {}
    mine = row.key == str(own.own_number(request, books))
    return {"mine": mine, "said": "" if mine else f"#{row.key}"}


def _lines(books: Books, words: Words, found: Opened) -> list[dict[str, Any]]:
    basis = rule_on(found.asked.organisation, books.calendar.day(books.clock()))
    rows = [(step.position, step.known_at, step.type, step.entity, step.data) for step in found.steps]
    told, labels = {one.position: one for one in tell(books, rows, basis)}, books.vault.labels()
    plain = [[_plain(found, amount) for amount in (step.moved, step.after)] for step in found.steps]
    decimals = decimals_of([text for texts in plain for text in texts])
    return [
        {
            "text": said(words, told[step.position]) or step.type,
            "entity": step.entity,
            "days": [words.day(day) for day in dict.fromkeys((step.first, step.last))],
            "length": step.days,
            "moved": ("+" if step.moved > 0 else "") + words.figure(moved, decimals),
            "after": words.figure(after, decimals),
            **_source(books, words, step, labels),
        }
        for step, (moved, after) in zip(found.steps, plain, strict=True)
    ]


def _plain(found: Opened, amount: int) -> str:
    metric = found.asked.metric
    counted = boards.metric_named("deals_won") if metric.unit == "days" else metric  # so many of a duration
    return shown_text(counted, amount, found.row.currency)


def _source(books: Books, words: Words, step: Step | Line, labels: Mapping[int, str]) -> dict[str, Any]:
    number = author_of(step.source, step.layer)
    return {
        "person": bool(step.layer),
        "author": "" if number is None else labels.get(number, f"#{number}"),
        "source": step.source,
        "asserted": words.moment(_local(books, step.asserted_at)),
        "known": words.moment(_local(books, step.known_at)),
    }


def _local(books: Books, us: int) -> datetime:
    return from_microseconds(us).astimezone(zone_of(books.calendar.zone))


def _events_page(request: Request, entity: str) -> HTMLResponse:
    books: Books = request.app.state.books
    words = spoken(request)
    found = trail(books, entity)
    asked = {name: value for name, value in request.query_params.items() if name in ASKED}
    back = _back(asked)
    if not found:
        return page(request, "lost.html", {"lost": "thing", "back": back}, HTTPStatus.NOT_FOUND)
    basis = rule_on(books.organisation(), books.calendar.day(books.clock()))
    rows = [(line.position, line.known_at, line.type, entity, json.dumps(line.told)) for line in found]
    labels = books.vault.labels()
    lines = [
        {
            "text": said(words, told) or line.type,
            "position": line.position,
            "type": line.type,
            "told": _told(books, words, line.type, line.told, labels),
            **_source(books, words, line, labels),
        }
        for line, told in zip(found, tell(books, rows, basis), strict=True)
    ]
    kind, _, name = entity.partition(":")
    shown = labels.get(int(name), name) if kind in ("rep", "team") and name.isdecimal() else name
    way = {"why": asked if "key" in asked else {}, "back": back}
    return page(request, "events.html", {"entity": entity, "kind": kind, "name": shown, "lines": lines, **way})


def _told(
    books: Books, words: Words, kind: str, told: Mapping[str, Any], labels: Mapping[int, str]
) -> list[tuple[str, str]]:
    """The fields of an event in words, with names for numbers and texts for references."""
    data = data_of(EVENTS[kind]) if kind in EVENTS else None
    parties = marked(data, PartyId) if data else {}
    texts = marked(data, VaultText) if data else {}
    found = []
    for name, value in told.items():
        if name in ("id", "entity"):
            continue
        if name in parties and isinstance(value, int):
            text = labels.get(value, f"#{value}")
        elif name in texts and isinstance(value, str):
            text = books.vault.text(value) or words.say("erased")
        else:
            text = _value(books, words, value, labels)
        found.append((words.plain(FIELDS.get(name, name)), text))
    return found


def _value(books: Books, words: Words, value: Any, labels: Mapping[int, str]) -> str:  # noqa: ANN401 (any JSON)
    if value is None:
        return words.say("taken back")
    if isinstance(value, dict) and "currency" in value:
        return words.money(value["value"], value["currency"])
    if isinstance(value, list):
        return ", ".join(_value(books, words, one, labels) for one in value)
    if isinstance(value, dict):
        return f"{labels.get(value['rep'], value['rep'])} {words.share(Decimal(value['share']), SHARE_DECIMALS)}"
    return _moment(books, words, str(value))


def _moment(books: Books, words: Words, text: str) -> str:
    """A day or an instant in words; any other text as it is."""
    if DAY.fullmatch(text):
        return words.day(date.fromisoformat(text))
    return words.moment(_local(books, instant_us(text))) if INSTANT.fullmatch(text) else text
