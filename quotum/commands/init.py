"""`quotum init`: open the books of a workspace."""

from typing import Annotated, Literal

import typer

from quotum.settings import DEFAULT_HISTORY, USAGE, History, expect_workspace, reason_of, stop, told
from streams.books import Books


def init(
    zone: Annotated[str, typer.Option(help="The IANA time zone whose days count, such as Europe/Amsterdam.")],
    currency: Annotated[str, typer.Option(help="The ISO 4217 currency of the books, such as EUR.")],
    history: History = DEFAULT_HISTORY,
    fiscal_start: Annotated[int, typer.Option(min=1, max=12, help="The month in which the fiscal year starts.")] = 1,
    credit: Annotated[
        Literal["owner", "closer", "seller"], typer.Option(help="Who gets the credit for a deal.")
    ] = "owner",
) -> None:
    """Make a new history and its vault, for one workspace."""
    expect_workspace(zone, currency)
    with told():
        try:
            Books.create(history, zone=zone, currency=currency, fiscal_start=fiscal_start, credit=credit).close()
        except ValueError as error:
            stop(reason_of(error), USAGE)
    typer.echo(f"{history} is open for business: days of {zone}, {currency}, fiscal year from month {fiscal_start}.")
