"""`quotum verify`: whether three ways to the same figures agree; or those that workers keep up with history."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated

import typer

from projections.metrics import METRICS
from quotum.commands.serve import following, in_own_words, log_on
from quotum.settings import DEFAULT_HISTORY, FAILED, USAGE, History, expect_unowned, is_held, opened, stop, told
from quotum.tables import Cell, Format, show
from quotum.values import value_text
from schemas.moments import from_day_number
from streams import replaying, whole
from streams.books import Books
from streams.comparing import Compared
from streams.replaying import Difference

SHOWN = 20
Names = Mapping[int, str]


def verify(
    history: History = DEFAULT_HISTORY,
    live: Annotated[  # noqa: FBT002 (an option without a value)
        bool, typer.Option("--live", help="Compare the cells that workers keep up in Kafka with history instead.")
    ] = False,
    broker: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="With --live, where no server follows the log: its broker.")
    ] = None,
    prefix: Annotated[str, typer.Option(help="How the names of that log's topics begin.")] = "quotum",
) -> None:
    """Compare stored postings, a cold fold of the events, and plain SQL over the events, cell by cell."""
    if live:
        _verify_live(history, broker, prefix)
        return
    if broker:
        stop("history alone is compared with itself: leave --broker out, or add --live", USAGE)
    with opened(history) as books, books.history.read() as cursor:
        ways = {
            "stored": replaying.stored_cells(cursor),
            "folded": replaying.folded_cells(cursor, books.calendar),
            "sql": replaying.sql_cells(cursor, books.calendar.zone),
        }
        events, names, faults = books.next_offset(), books.vault.labels("person"), whole.faults(cursor)
    found = replaying.differences(ways)
    show_differences(found, names)
    expect_whole(faults)
    if found:
        typer.echo(_advice(found))
        raise typer.Exit(FAILED)
    typer.echo(f"all well: {len(ways['stored'])} cells of {events} events agree three ways")


def expect_whole(faults: list[str]) -> None:
    """End where events are gone or were changed: what is folded of the rest must not stand for all of it."""
    for fault in faults:
        typer.echo(fault)
    if faults:
        typer.echo("the log itself is damaged: put back the file from a backup; quotum replay would hide what is lost")
        raise typer.Exit(FAILED)


def _verify_live(history: History, broker: str | None, prefix: str) -> None:
    with _following(history, broker, prefix) as books:
        found, names = books.compare(), books.vault.labels("person")
    positions = ", ".join(f"partition {one} up to {offset}" for one, offset in sorted(found.positions.items()))
    if found.differing:
        _show_live(found, names)
        typer.echo(f"{_count(len(found.differing))}; compared: {positions}")
        typer.echo(
            "quotum verify tells whether history agrees with itself: if it does, have the workers count anew "
            "(docs/kafka.md, Compare); if not, tell the maintainers, with what is shown here"
        )
        raise typer.Exit(FAILED)
    typer.echo(f"all well: {found.cells} live cells of {found.events} events agree with history; {positions}")


@contextmanager
def _following(history: History, broker: str | None, prefix: str) -> Iterator[Books]:
    """The books that follow a log: a server's own, or those that follow it for as long as this takes."""
    if is_held() or broker is None:  # somebody else's server asks no broker that it is told of
        with opened(history) as books:
            yield books
        return
    with told(), in_own_words():
        expect_unowned(history)
        with following(history, log_on(broker, prefix)) as books:
            yield books


def _show_live(found: Compared, names: Names) -> None:
    rows: list[list[Cell]] = [
        [one.partition, _cell(one.difference, names), *_said(one.difference).values()]
        for one in found.differing[:SHOWN]
    ]
    show(["partition", "cell", "live", "history"], rows, Format.table)


def _advice(found: list[Difference]) -> str:
    if all(one.says["folded"] == one.says["sql"] for one in found):
        return "the events agree with themselves: quotum replay puts the stored figures right"
    return "the fold and plain SQL disagree about the same events: tell the maintainers, with what is shown here"


def show_differences(found: list[Difference], names: Names) -> None:
    """Print the first differences and how many there are."""
    for difference in found[:SHOWN]:
        said = ", ".join(f"{way} {amount}" for way, amount in _said(difference).items())
        typer.echo(f"{_cell(difference, names)}: {said}")
    if found:
        typer.echo(_count(len(found)))


def _count(found: int) -> str:
    count = "1 cell differs" if found == 1 else f"{found} cells differ"
    return count + (f"; the first {SHOWN} are shown" if found > SHOWN else "")


def _cell(difference: Difference, names: Names) -> str:
    """Which cell, in the words of a board."""
    rep, day, metric, basis, (*labels, currency, days) = difference.cell
    whose = names.get(rep, f"#{rep}") if rep else "unassigned"
    dims = [*labels, currency, "" if days is None else f"{days} days"]
    return " ".join([f"{metric} by {basis} of {whose} on {from_day_number(day)}", *(dim for dim in dims if dim)])


def _said(difference: Difference) -> dict[str, str]:
    """What each way says of it."""
    _, _, metric, _, (*_, currency, _) = difference.cell
    return {way: _amount(metric, amount, currency) for way, amount in difference.says.items()}


def _amount(metric: str, amount: int, currency: str) -> str:
    """As a board writes it; of a duration how many there are."""
    known = METRICS.get(metric)
    if known is None:
        return str(amount)
    return value_text(METRICS["deals_won"] if known.unit == "days" else known, amount, currency)
