"""`quotum replay`: rebuild all figures from the events."""

import typer

from quotum.commands.verify import expect_whole, show_differences
from quotum.settings import DEFAULT_HISTORY, FAILED, History, opened
from streams import replaying, whole


def replay(history: History = DEFAULT_HISTORY) -> None:
    """Fold all events anew beside the figures in use, compare the two, and put the new ones in their place."""
    with opened(history) as books:
        with books.history.read() as cursor:
            expect_whole(whole.faults(cursor))
        found = replaying.replay(books.history, books.calendar)
        books.forget_figures()
        events, names = books.next_offset(), books.vault.labels("person")
    show_differences(found, names)
    if found:
        typer.echo("the replayed figures are in use now")
        raise typer.Exit(FAILED)
    typer.echo(f"all well: {events} events replayed, the figures are the same")
