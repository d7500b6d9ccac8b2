"""`quotum verify`: whether three ways to the same figures agree."""

from collections.abc import Mapping

import typer

from projections.metrics import METRICS
from quotum.boards import value_text
from quotum.settings import DEFAULT_HISTORY, FAILED, History, opened
from schemas.moments import from_day_number
from streams import replaying
from streams.replaying import Difference

SHOWN = 20


def verify(history: History = DEFAULT_HISTORY) -> None:
    """Compare stored postings, a cold fold of the events, and plain SQL over the events, cell by cell."""
    with opened(history) as books, books.history.read() as cursor:
        ways = {
            "stored": replaying.stored_cells(cursor),
            "folded": replaying.folded_cells(cursor, books.calendar),
            "sql": replaying.sql_cells(cursor, books.calendar.zone),
        }
        events, names = books.next_offset(), books.vault.labels("person")
    found = replaying.differences(ways)
    show_differences(found, names)
    if found:
        typer.echo(_advice(found))
        raise typer.Exit(FAILED)
    typer.echo(f"all well: {len(ways['stored'])} cells of {events} events agree three ways")


def _advice(found: list[Difference]) -> str:
    if all(one.says["folded"] == one.says["sql"] for one in found):
        return "the events agree with themselves: quotum replay puts the stored figures right"
    return "the fold and plain SQL disagree about the same events: tell the maintainers, with what is shown here"


def show_differences(found: list[Difference], names: Mapping[int, str]) -> None:
    """Print the first differences and how many there are."""
    for difference in found[:SHOWN]:
        typer.echo(_readable(difference, names))
    if found:
        count = "1 cell differs" if len(found) == 1 else f"{len(found)} cells differ"
        typer.echo(count + (f"; the first {SHOWN} are shown" if len(found) > SHOWN else ""))


def _readable(difference: Difference, names: Mapping[int, str]) -> str:
    """Which cell, and what each way says of it, in the words of a board."""
    rep, day, metric, basis, (*labels, currency, days) = difference.cell
    whose = names.get(rep, f"#{rep}") if rep else "unassigned"
    dims = [*labels, currency, "" if days is None else f"{days} days"]
    about = " ".join([f"{metric} by {basis} of {whose} on {from_day_number(day)}", *(dim for dim in dims if dim)])
    said = (f"{way} {_amount(metric, amount, currency)}" for way, amount in difference.says.items())
    return f"{about}: {', '.join(said)}"


def _amount(metric: str, amount: int, currency: str) -> str:
    """As a board writes it; of a duration how many there are."""
    known = METRICS.get(metric)
    if known is None:
        return str(amount)
    return value_text(METRICS["deals_won"] if known.unit == "days" else known, amount, currency)
