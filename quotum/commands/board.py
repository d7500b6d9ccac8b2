"""`quotum board`: who stands where."""

from typing import Annotated, Literal

import typer

from quotum import boards
from quotum.settings import DEFAULT_HISTORY, Form, History, complain, opened
from quotum.tables import Format, show

LISTED = 5


def board(  # noqa: PLR0913, PLR0917 (each is an option on the command line)
    metric: Annotated[str, typer.Argument(help="What is counted: calls, deals_won, revenue ... (docs/metrics.md).")],
    period: Annotated[str, typer.Argument(help="2017-06-15, 2017-W24, 2017-06, 2017-Q2, 2017, FY2017 or A..B.")],
    history: History = DEFAULT_HISTORY,
    by: Annotated[
        Literal["rep", "team", "region", "product", "kind", "day", "total"], typer.Option(help="What makes a row.")
    ] = "rep",
    credit: Annotated[
        Literal["owner", "closer", "seller"] | None, typer.Option(help="Who gets a deal; default: the rule in force.")
    ] = None,
    ties: Annotated[
        Literal["standard", "dense", "first"], typer.Option(help="1,2,2,4; 1,2,2,3; or the earliest first.")
    ] = "standard",
    limit: Annotated[int | None, typer.Option(min=1, help="The first rows only.")] = None,
    form: Form = Format.table,
) -> None:
    """Rank reps, teams or anything else by a metric over a period."""
    with opened(history) as books:
        found = boards.board(books, metric, period, by=by, credit=credit, ties=ties)
    several = len(found.currencies) > 1
    rows = [
        [
            "" if row.rank is None else str(row.rank),
            row.who or "",
            boards.value_text(found.metric, row.value, row.currency),
            *([row.currency] if several else []),
        ]
        for row in found.rows[:limit]
    ]
    unit = f", {found.currencies[0]}" if len(found.currencies) == 1 else ""
    title = f"{metric} by {by}, {found.period.first} to {found.period.last}{unit}"
    show(["rank", "who", "value", *(["currency"] if several else [])], rows, form, title)
    _list_without_amount(found.without_amount)


def _list_without_amount(entities: tuple[str, ...]) -> None:
    if entities:
        more = f" and {len(entities) - LISTED} more" if len(entities) > LISTED else ""
        complain(f"{len(entities)} won without an amount, so without revenue: {', '.join(entities[:LISTED])}{more}")
