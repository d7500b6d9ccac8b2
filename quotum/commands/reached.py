"""`quotum reached`: when a value was reached."""

from typing import Annotated, Literal

import typer

from quotum import boards
from quotum.settings import DEFAULT_HISTORY, Form, History, opened
from quotum.tables import Format, show


def reached(  # noqa: PLR0913, PLR0917 (each is an option on the command line)
    metric: Annotated[
        str, typer.Argument(metavar="METRIC", help="What is counted: calls, deals_won, revenue ... (docs/metrics.md).")
    ],
    period: Annotated[
        str,
        typer.Argument(metavar="PERIOD", help="2017-06-15, 2017-W24, 2017-06, 2017-Q2, 2017, FY2017 or DAY..DAY."),
    ],
    value: Annotated[
        str, typer.Argument(metavar="VALUE", help="The value to be reached, above 0, such as 100 or 50000.00.")
    ],
    history: History = DEFAULT_HISTORY,
    by: Annotated[
        Literal["rep", "team", "region", "product", "kind", "total"],
        typer.Option(metavar="WHAT", help="Whose sum: rep, team, region, product, kind or total."),
    ] = "rep",
    credit: Annotated[
        Literal["owner", "closer", "seller"] | None,
        typer.Option(metavar="RULE", help="Who gets a deal: owner, closer or seller; default: the rule in force."),
    ] = None,
    form: Form = Format.table,
) -> None:
    """List who reached a value within a period, and when, by what counts today."""
    with opened(history) as books:
        found = boards.when_reached(books, metric, period, value, by=by, credit=credit)
    several = len({row.currency for row in found}) > 1
    rows = [[row.who, row.reached_on, row.reached_at, *([row.currency] if several else [])] for row in found]
    columns = ["who", "reached_on", "reached_at", *(["currency"] if several else [])]
    show(columns, rows, form, f"{metric} of {value} reached, {period}", "nobody so far")
