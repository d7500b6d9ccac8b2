"""What a live page shows of a board: rows with keys, texts ready to show, and what just happened."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any, Literal, NamedTuple

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from quotum import boards
from quotum.boards import Board, BoardRow
from quotum.counting import exactly, up_to
from quotum.progress import percent
from quotum.server import naming, since
from quotum.server.feeding import Feed, told
from quotum.server.live import Shown
from quotum.server.pacing import paced, without_target
from quotum.server.shortening import shortened
from quotum.server.wording import Language, Words, words_of
from quotum.values import decimals_of, shown_text, value_text
from schemas.moments import day_number, instant_text
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
    since: AwareDatetime | None = Field(None, description="tell what changed since then; default: no changes")
    language: Language = Field("en", description="of the texts that are ready to show")


class Around(NamedTuple):
    """What is said of each row of a board besides its figure."""

    words: Words
    by: str
    today: date
    changes: Mapping[tuple[str, str], int]  # (currency, key) -> in whole units
    teams: Mapping[str, str]  # key -> the team of the day
    percent_decimals: int  # digits after the point of what is reached


def shown(books: Books, question: Question, feed: Feed | None = None) -> Shown:
    """The board of a question as it stands now, with the position it stands for. `feed`: of one that is watched."""
    lately = feed.read(question.language) if feed else told(books, question.language)
    position = books.shown(lately.position)  # read first: the board may know more than its position says, never less
    board, stands_for = exactly(books, lambda: asked(books, question))
    words, now = words_of(question.language), since.local_now(books)
    total = _total(board)
    more = {
        "metric": board.metric.name,
        "first": str(board.period.first),
        "last": str(board.period.last),
        "at": instant_text(now),
        "known": books.next_offset(),
        "stands_for": up_to(stands_for).model_dump(),
        "since": since.named(words, question.since.astimezone(now.tzinfo), now) if question.since else "",
        "total": naming.amount(words, board.metric.name, *total) if total else "",
        "total_short": shortened(words, [total])[0] if total else "",
        "happened": lately.lines,
    }
    attained = decimals_of([percent(row.attainment) for row in board.rows if row.attainment is not None])
    teams = _teams(books, board, question.by)
    around = Around(words, question.by, now.date(), _changes(books, question), teams, attained)
    return Shown(position, _rows(board, around), more, is_exact=books.shown() == position)


def asked(books: Books, question: Question) -> Board:
    """The answer to a question."""
    by: By = question.by
    aims = by in boards.SCOPES and boards.metric_named(question.metric).unit != "days"
    return boards.board(
        books,
        question.metric,
        question.period,
        by=by,
        credit=question.credit,
        ties=question.ties,
        team=question.team,
        rank_by="value" if aims else None,
        source=books.kept,
    )


def _changes(books: Books, question: Question) -> Mapping[tuple[str, str], int]:
    by: By = question.by
    if question.since is None or boards.metric_named(question.metric).unit == "days":  # a median has no sum of changes
        return {}
    wanted = boards.asked_for(books, question.metric, question.period, by, question.credit, question.team)
    return since.changes(books.kept, wanted, question.since)


def _teams(books: Books, board: Board, by: str) -> dict[str, str]:
    """The team each rep is in today, or was at the end of the period."""
    if by != "rep":
        return {}
    day = day_number(min(board.period.last, books.today()))
    names = books.vault.labels("team")
    stays = books.organisation().stays
    return {str(stay.rep): names.get(stay.team, "") for stay in stays if stay.first <= day < stay.until}


def _rows(board: Board, around: Around) -> dict[str, dict[str, Any]]:
    """The rows by key. Figures of one column have the same digits after the point, so that they align."""
    words, metric, alone = around.words, board.metric, len(board.currencies) <= 1
    values = [shown_text(metric, row.value, row.currency) for row in board.rows]
    moved = [around.changes.get((row.currency, row.key), 0) for row in board.rows]
    changes = [
        shown_text(metric, amount, row.currency) if amount else ""
        for row, amount in zip(board.rows, moved, strict=True)
    ]
    aims = [shown_text(metric, row.target, row.currency) if row.target else "" for row in board.rows]
    decimals, aim_decimals = decimals_of([*values, *changes]), decimals_of(aims)
    shorts = shortened(
        words, [(one, "" if alone else row.currency) for row, one in zip(board.rows, values, strict=True)]
    )
    aimed = any(row.attainment is not None for row in board.rows)
    parts, whole = _bars(board, aimed=aimed)
    rows = {}
    for place, row in enumerate(board.rows):
        rows[f"{row.currency}/{row.key}"] = {
            "rank": row.rank,
            "who": row.who,
            "value": value_text(metric, row.value, row.currency),
            "currency": row.currency,
            "part": parts[place],
            "place": place,
            "name": naming.nobody(words, around.by) if row.who is None else row.who,
            "team": around.teams.get(row.key, ""),
            "text": _figure(words, values[place], row.currency, decimals, alone=alone),
            "short": shorts[place],
            "full": naming.amount(words, metric.name, values[place], row.currency),
            "change": _change(words, changes[place], decimals),
            "next": _next(board, place, words),
            "target": _figure(words, aims[place], row.currency, aim_decimals, alone=alone) if aims[place] else "",
            "whole": whole if row.attainment is not None else 0,
            **_pace(board, row, around, aimed=aimed),
        }
    return rows


def _bars(board: Board, *, aimed: bool) -> tuple[list[float], float]:
    """How long each bar is and where a target lies on it, as parts of the longest."""
    parts = [abs(Fraction((row.attainment if aimed else row.value) or 0)) for row in board.rows]
    most = max(1 if aimed else 0, *parts, 0)
    return [round(float(part / most), PLACES) if most else 0.0 for part in parts], (
        round(float(1 / most), PLACES) if aimed else 0.0
    )


def _pace(board: Board, row: BoardRow, around: Around, *, aimed: bool) -> dict[str, str]:
    if aimed and row.attainment is None and row.rank is not None:
        return without_target(around.words)
    return paced(around.words, board.metric, board.period, row, around.today, around.percent_decimals)


def _figure(words: Words, value: str, currency: str, decimals: int, *, alone: bool) -> str:
    if not value:
        return naming.NO_FIGURE
    return words.figure(value, decimals) if alone else words.money(value, currency)


def _change(words: Words, value: str, decimals: int) -> str:
    if not value:
        return ""
    return ("" if value.startswith("-") else "+") + words.figure(value, decimals)


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
    missing = shown_text(board.metric, above[0].value - row.value, row.currency)
    amount = naming.amount(words, board.metric.name, missing, row.currency)
    return words.say("{amount} to place {rank}", amount=amount, rank=above[0].rank)


def _total(board: Board) -> tuple[str, str] | None:
    """All rows together with their currency; None where they do not add up."""
    if board.metric.unit == "days" or len(board.currencies) > 1:
        return None
    currency = board.currencies[0] if board.currencies else ""
    return shown_text(board.metric, sum(row.value or 0 for row in board.rows), currency), currency
