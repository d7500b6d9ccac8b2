"""`quotum replay`: rebuild all figures from the events."""

import typer

from quotum.commands.verify import show_differences
from quotum.settings import DEFAULT_HISTORY, FAILED, History, opened
from streams import replaying


def replay(history: History = DEFAULT_HISTORY) -> None:
    """Fold all events anew beside the figures in use, compare the two, and put the new ones in their place."""
    with opened(history) as books:
        found = replaying.replay(books.history, books.calendar)
        books.forget_figures()
        events, names = books.next_offset(), books.vault.labels("person")
    show_differences(found, names)
    if found:
        typer.echo("the replayed figures are in use now")
        raise typer.Exit(FAILED)
    typer.echo(f"all well: {events} events replayed, the figures are the same")
