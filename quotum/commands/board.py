"""`quotum board`: who stands where."""

from typing import Annotated, Literal

import typer

from quotum import boards
from quotum.boards import Board, BoardRow
from quotum.progress import percent
from quotum.settings import DEFAULT_HISTORY, Form, History, complain, opened
from quotum.tables import Cell, Format, show
from quotum.values import value_text

LISTED = 5
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
    several = len(found.currencies) > 1
    nobody = f"({NOT_SAID[by]})" if form is Format.table and by in NOT_SAID else None
    shown = boards.first_rows(found, limit)
    rows = [_cells(found, row, nobody, several=several) for row in shown]
    columns = ["rank", "who", "value", *(["currency"] if several else [])]
    if rank_by:
        columns += ["target", "attainment" if form is Format.table else "attainment_percent"]
        rows = [cells + _aim(found, row, form) for cells, row in zip(rows, shown, strict=True)]
    show(columns, rows, form, _title(found, by), "nothing in this period")
    _list_without_amount(without_amount)


def _cells(found: Board, row: BoardRow, nobody: str | None, *, several: bool) -> list[Cell]:
    value = value_text(found.metric, row.value, row.currency)
    who = nobody if row.who is None else row.who
    return [row.rank, who, value, *([row.currency] if several else [])]


def _aim(found: Board, row: BoardRow, form: Format) -> list[Cell]:
    """The target of a row and what of it is done, in percent; nothing without one."""
    if row.attainment is None:
        return [None, None]
    sign = "%" if form is Format.table else ""
    return [value_text(found.metric, row.target, row.currency), percent(row.attainment) + sign]


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
