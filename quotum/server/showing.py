"""What a live page shows of a board: rows with keys, texts ready to show, and what just happened."""

from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from quotum import boards
from quotum.boards import Board
from quotum.server import naming
from quotum.server.happenings import happened
from quotum.server.live import Shown
from quotum.server.wording import Language, Words, decimals_of, words_of
from schemas.moments import from_microseconds, instant_text
from streams.books import Books
from streams.figures import By

PLACES = 4  # digits of a bar's length


class Question(BaseModel):
    """A board that can be watched."""

    model_config = ConfigDict(frozen=True)
    metric: str = Field(description="what is counted, such as revenue")
    period: str = Field(description="over which days, such as 2026-11")
    by: Literal["rep", "team", "region", "product", "kind", "day", "total"] = Field("rep", description="what a row is")
    ties: Literal["standard", "dense", "first"] = Field("standard", description="how equal values are ranked")
    credit: Literal["owner", "closer", "seller"] | None = Field(None, description="who gets a deal; default: in force")
    team: int | None = Field(None, ge=0, lt=2**31, description="only what counts for this team, by its number")
    language: Language = Field("en", description="of the texts that are ready to show")


def shown(books: Books, question: Question) -> Shown:
    """The board of a question as it stands now, with the position it stands for."""
    position = books.next_offset()  # read first: the board may know more than its position says, never less
    board = asked(books, question)
    words = words_of(question.language)
    more = {
        "metric": board.metric.name,
        "first": str(board.period.first),
        "last": str(board.period.last),
        "at": instant_text(now(books)),
        "total": _total(board, words),
        "happened": happened(books, books.organisation(), words),
    }
    return Shown(position, _rows(board, question.by, words), more)


def asked(books: Books, question: Question) -> Board:
    """The answer to a question."""
    by: By = question.by
    aims = (
        question.by in boards.SCOPES and question.team is None and boards.metric_named(question.metric).unit != "days"
    )
    return boards.board(
        books,
        question.metric,
        question.period,
        by=by,
        credit=question.credit,
        ties=question.ties,
        team=question.team,
        rank_by="value" if aims else None,
    )


def now(books: Books) -> datetime:
    """The server's clock."""
    return from_microseconds(books.clock())


def _rows(board: Board, by: str, words: Words) -> dict[str, dict[str, Any]]:
    """The rows by key. Figures of one board have the same digits after the point, so that they align."""
    values = [boards.value_text(board.metric, row.value, row.currency) for row in board.rows]
    decimals = decimals_of(values)
    aimed = any(row.attainment is not None for row in board.rows)
    parts = [(row.attainment if aimed else row.value) or 0 for row in board.rows]
    most = max(1 if aimed else 0, *(abs(Fraction(part)) for part in parts), 0)
    alone = len(board.currencies) <= 1
    rows = {}
    for place, (row, value) in enumerate(zip(board.rows, values, strict=True)):
        aim, done = row.target, row.attainment
        length = float(abs(Fraction(parts[place]) / most)) if most else 0.0
        rows[f"{row.currency}/{row.key}"] = {
            "rank": row.rank,
            "who": row.who,
            "value": value,
            "currency": row.currency,
            "part": round(length, PLACES),
            "place": place,
            "name": naming.nobody(words, by) if row.who is None else row.who,
            "text": _figure(words, value, row.currency, decimals, alone=alone),
            "full": naming.amount(words, board.metric.name, value, row.currency),
            "next": _next(board, place, words),
            "target": _figure(
                words, boards.value_text(board.metric, aim, row.currency), row.currency, decimals, alone=alone
            )
            if aim
            else "",
            "done": "" if done is None else words.share(_rounded(done)),
            "whole": round(abs(float(1 / most)), PLACES) if done is not None else 0,
        }
    return rows


def _figure(words: Words, value: str, currency: str, decimals: int, *, alone: bool) -> str:
    if not value:
        return naming.NO_FIGURE
    return words.figure(value, decimals) if alone else words.money(value, currency)


def _rounded(part: Fraction) -> Decimal:
    return Decimal(round(part * 1000)) / 1000


def _next(board: Board, place: int, words: Words) -> str:
    """What is missing to stand level with the one above."""
    row = board.rows[place]
    if row.rank is None or row.value is None or board.metric.least_first or board.metric.unit == "days":
        return ""
    above = [
        one
        for one in board.rows[max(0, place - 1) : place]
        if one.currency == row.currency and one.value is not None and one.value > row.value
    ]
    if not above or above[0].value is None:
        return ""
    missing = boards.value_text(board.metric, above[0].value - row.value, row.currency)
    amount = naming.amount(words, board.metric.name, missing, row.currency)
    return words.say("{amount} to place {rank}", amount=amount, rank=above[0].rank)


def _total(board: Board, words: Words) -> str:
    """All rows together; empty where they do not add up."""
    if board.metric.unit == "days" or len(board.currencies) > 1:
        return ""
    currency = board.currencies[0] if board.currencies else ""
    value = boards.value_text(board.metric, sum(row.value or 0 for row in board.rows), currency)
    return naming.amount(words, board.metric.name, value, currency)
