"""`quotum board`: who stands where."""

from collections.abc import Sequence
from typing import Annotated, Literal

import typer

from quotum import boards
from quotum.boards import Board, BoardRow
from quotum.progress import percent, percents
from quotum.settings import DEFAULT_HISTORY, Form, History, complain, opened
from quotum.tables import Cell, Format, show
from quotum.values import aligned, shown_text, value_text

LISTED = 5
AIMS = ("target", "attainment", "attainment_percent")
Columns = dict[str, list[Cell]]
NOT_SAID = {"rep": "unassigned", "team": "no team", "region": "no region", "product": "no product", "kind": "no kind"}


def board(  # noqa: PLR0913, PLR0917 (each is an option on the command line)
    metric: Annotated[
        str, typer.Argument(metavar="METRIC", help="What is counted: calls, deals_won, revenue ... (docs/metrics.md).")
    ],
    period: Annotated[
        str,
        typer.Argument(metavar="PERIOD", help="2017-06-15, 2017-W24, 2017-06, 2017-Q2, 2017, FY2017 or DAY..DAY."),
    ],
    history: History = DEFAULT_HISTORY,
    by: Annotated[
        Literal["rep", "team", "region", "product", "kind", "day", "total"],
        typer.Option(metavar="WHAT", help="What makes a row: rep, team, region, product, kind, day or total."),
    ] = "rep",
    credit: Annotated[
        Literal["owner", "closer", "seller"] | None,
        typer.Option(metavar="RULE", help="Who gets a deal: owner, closer or seller; default: the rule in force."),
    ] = None,
    ties: Annotated[
        Literal["standard", "dense", "first"],
        typer.Option(metavar="HOW", help="standard (1,2,2,4), dense (1,2,2,3) or first (the earliest there)."),
    ] = "standard",
    rank_by: Annotated[
        Literal["value", "attainment"] | None,
        typer.Option(metavar="WHAT", help="value or attainment; either shows targets. Default: value without them."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="The first N rows only (of each currency).")
    ] = None,
    form: Form = Format.table,
) -> None:
    """Rank reps, teams or anything else by a metric over a period."""
    with opened(history) as books:
        found = boards.board(
            books, metric, period, by=by, credit=credit, ties=ties, rank_by=rank_by, source=books.figures
        )
        without_amount = boards.wins_without_amount(books, period, credit) if metric == "revenue" else []
    make = _for_people if form is Format.table else _for_scripts
    columns = make(found, boards.first_rows(found, limit), by)
    if len(found.currencies) <= 1:
        del columns["currency"]
    if not rank_by:
        columns = {name: cells for name, cells in columns.items() if name not in AIMS}
    show(list(columns), list(zip(*columns.values(), strict=True)), form, _title(found, by), "nothing in this period")
    _list_without_amount(without_amount)


def _for_scripts(found: Board, rows: Sequence[BoardRow], _: str) -> Columns:
    """The columns with exact figures; empty or null where there is none."""
    return {
        "rank": [row.rank for row in rows],
        "who": [row.who for row in rows],
        "value": [value_text(found.metric, row.value, row.currency) for row in rows],
        "currency": [row.currency for row in rows],
        "target": [None if row.attainment is None else _target(found, row) for row in rows],
        "attainment_percent": [None if row.attainment is None else percent(row.attainment) for row in rows],
    }


def _for_people(found: Board, rows: Sequence[BoardRow], by: str) -> Columns:
    """The same columns, each with as many digits after the point all the way down."""
    shown = [shown_text(found.metric, row.value, row.currency) for row in rows]
    return {
        "rank": [row.rank for row in rows],
        "who": [f"({NOT_SAID[by]})" if row.who is None and by in NOT_SAID else row.who for row in rows],
        "value": list(aligned(shown) if found.metric.unit == "count" else shown),
        "currency": [row.currency for row in rows],
        "target": [None if row.attainment is None else _target(found, row) for row in rows],
        "attainment": list(percents([row.attainment for row in rows])),
    }


def _target(found: Board, row: BoardRow) -> str:
    return value_text(found.metric, row.target, row.currency)


def _title(found: Board, by: str) -> str:
    credit = "" if set(found.rules) <= {"owner"} else f", credited to the {', then the '.join(found.rules)}"
    period = found.period
    days = str(period.first) if period.days == 1 else f"{period.first} to {period.last}"
    unit = f", {found.currencies[0]}" if len(found.currencies) == 1 else ""
    return f"{found.metric.name} by {by}{credit}, {days}{unit}"


def _list_without_amount(entities: list[str]) -> None:
    if entities:
        more = f" and {len(entities) - LISTED} more" if len(entities) > LISTED else ""
        won = "1 deal won that brings" if len(entities) == 1 else f"{len(entities)} deals won that bring"
        complain(f"{won} no revenue (no amount, or 0): {', '.join(entities[:LISTED])}{more}")
