"""What a live page shows of a board: rows with keys, texts ready to show, and what just happened."""

import json
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from quotum import boards
from quotum.server.live import Shown
from schemas.moments import from_microseconds, instant_text
from streams.books import Books
from streams.figures import By

HAPPENINGS = 12
RECENT = """
SELECT log_offset, known_at, type, entity, data FROM events
WHERE type NOT LIKE 'quotum.workspace.%' AND type NOT LIKE 'quotum.credit_rule.%' AND NOT duplicate
ORDER BY log_offset DESC LIMIT $limit
"""


class Question(BaseModel):
    """A board that can be watched."""

    model_config = ConfigDict(frozen=True)
    metric: str = Field(description="what is counted, such as revenue")
    period: str = Field(description="over which days, such as 2026-11")
    by: Literal["rep", "team", "region", "product", "kind", "day", "total"] = Field("rep", description="what a row is")
    ties: Literal["standard", "dense", "first"] = Field("standard", description="how equal values are ranked")
    credit: Literal["owner", "closer", "seller"] | None = Field(None, description="who gets a deal; default: in force")


def shown(books: Books, question: Question) -> Shown:
    """The board of a question as it stands now, with the position it stands for."""
    position = books.next_offset()  # read first: the board may know more than its position says, never less
    by: By = question.by
    board = boards.board(books, question.metric, question.period, by=by, credit=question.credit, ties=question.ties)
    top = max((abs(row.value) for row in board.rows if row.value), default=0)
    rows = {
        f"{row.currency}/{row.key}": {
            "rank": row.rank,
            "who": row.who,
            "value": boards.value_text(board.metric, row.value, row.currency),
            "currency": row.currency,
            "part": round(abs(row.value) / top, 4) if top and row.value else 0,
        }
        for row in board.rows
    }
    more = {
        "metric": board.metric.name,
        "first": str(board.period.first),
        "last": str(board.period.last),
        "at": instant_text(now(books)),
        "happened": happened(books),
    }
    return Shown(position, rows, more)


def now(books: Books) -> datetime:
    """The server's clock."""
    return from_microseconds(books.clock())


def happened(books: Books, limit: int = HAPPENINGS) -> list[dict[str, Any]]:
    """The last events, newest first: what, about whom, how much; names from the vault."""
    labels = books.vault.labels()
    return [_happening(row, labels) for row in books.history.rows(RECENT, {"limit": limit})]


def _happening(row: tuple[Any, ...], labels: dict[int, str]) -> dict[str, Any]:
    offset, known_at, kind, entity, data = row
    told = json.loads(data)
    amount = told.get("amount")
    return {
        "position": offset,
        "at": instant_text(from_microseconds(known_at)),
        "what": kind.removeprefix("quotum.").rpartition(".v")[0],
        "entity": entity,
        "who": labels.get(told.get("rep"), ""),
        "amount": f"{amount['value']} {amount['currency']}" if amount else "",
    }
