"""`quotum verify`: whether three ways to the same figures agree."""

import typer

from quotum.settings import DEFAULT_HISTORY, FAILED, History, opened
from streams import replaying

SHOWN = 20


def verify(history: History = DEFAULT_HISTORY) -> None:
    """Compare stored postings, a cold fold of the events, and plain SQL over the events, cell by cell."""
    with opened(history) as books, books.history.read() as cursor:
        ways = {
            "stored": replaying.stored_cells(cursor),
            "folded": replaying.folded_cells(cursor, books.calendar),
            "sql": replaying.sql_cells(cursor, books.calendar.zone),
        }
        events = books.next_offset()
    found = replaying.differences(ways)
    show_differences(found)
    if found:
        raise typer.Exit(FAILED)
    typer.echo(f"all well: {len(ways['stored'])} cells of {events} events agree three ways")


def show_differences(found: list[replaying.Difference]) -> None:
    """Print the first differences and how many there are."""
    for difference in found[:SHOWN]:
        typer.echo(str(difference))
    if found:
        typer.echo(f"{len(found)} cells differ" + (f"; the first {SHOWN} are shown" if len(found) > SHOWN else ""))
