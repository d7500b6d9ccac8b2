"""`quotum import`: take in a CSV file by a mapping."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from quotum.settings import DEFAULT_HISTORY, INTERRUPTED, REFUSED, USAGE, History, file_named, name_of, opened, stop
from schemas.moments import parse_instant
from streams.importing import Counts, Importing, file_time
from streams.mapping import read_mapping
from streams.rows import FileError

OTHERWISE = """
SELECT source, id FROM events WHERE NOT duplicate GROUP BY source, id
HAVING count(DISTINCT digest) > 1 AND max(known_at) >= $begun ORDER BY ALL
"""
SHOWN = 5  # ids
PERCENT = 100


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", parser=file_named, help="A CSV file, gzipped or not.")],
    mapping: Annotated[
        Path, typer.Option(metavar="MAPPING.toml", parser=file_named, help="How its rows are read: docs/mappings.md.")
    ],
    history: History = DEFAULT_HISTORY,
    exported_at: Annotated[
        str, typer.Option(metavar="INSTANT", help="When a snapshot was made; default: the file's own time.")
    ] = "",
    rejects: Annotated[
        Path | None,
        typer.Option(metavar="FILE", parser=file_named, help="Where refused rows go; default: beside the history."),
    ] = None,
) -> None:
    """Take in a file. The same file again changes nothing; a stopped import goes on when run again."""
    with opened(history, real=True) as books:
        rules = read_mapping(mapping)
        made = _instant(exported_at) if exported_at else file_time(file)
        place = rejects or history.with_name(f"{file.name}.rejected.csv")
        importing = Importing(books, rules, made)
        counts, begun = importing.counts, books.clock()
        with _told_where_it_ends(counts, place) as far, _bar(file.name) as bar:
            task = bar.add_task(file.name, total=None)

            def show(done: int, size: int) -> None:
                far.rows, far.percent = counts.rows_read, PERCENT * done // max(size, 1)
                bar.update(task, completed=done, total=size)

            importing.run(file, place, show)
        odd = books.history.rows(OTHERWISE, {"begun": begun})
    _report(counts, place)
    if odd:
        shown = ", ".join(f"{source}/{id_}" for source, id_ in odd[:SHOWN]) + (" ..." if len(odd) > SHOWN else "")
        typer.echo(f"{_ids(len(odd))} with other content than before; of each field what was said last counts: {shown}")
    if counts.anything_refused:
        raise typer.Exit(REFUSED)


@dataclass
class _Far:
    """How far an import is that may be stopped: so many rows are in for good."""

    rows: int = 0
    percent: int = 0


@contextmanager
def _told_where_it_ends(counts: Counts, rejects: Path) -> Iterator[_Far]:
    """Say how far an import came that does not come to its end."""
    far = _Far()
    try:
        yield far
    except FileError:
        if counts.rows_read:  # it broke off later on
            _report(counts, rejects)
        raise
    except KeyboardInterrupt:
        reached = f"after {far.rows} rows ({far.percent} % of the file), which are in" if far.rows else "at its start"
        stop(f"stopped {reached}. Run the same command again to go on: nothing counts twice", INTERRUPTED)


def _ids(count: int) -> str:
    return "1 id came" if count == 1 else f"{count} ids came"


def _instant(text: str) -> datetime:
    try:
        return parse_instant(text)
    except ValueError as error:
        stop(f"--exported-at: {error}", USAGE)


def _bar(name: str) -> Progress:
    columns = (TextColumn(name, markup=False), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _report(counts: Counts, rejects: Path) -> None:
    unchanged = f" ({counts.rows_unchanged} of them unchanged)" if counts.rows_unchanged else ""
    typer.echo(
        f"rows read {counts.rows_read} = ignored {counts.rows_ignored} + refused {counts.rows_refused}"
        f" + used {counts.rows_used}{unchanged}"
    )
    typer.echo(
        f"events made {counts.events_made} = taken {counts.events_taken} + duplicate {counts.events_duplicate}"
        f" + refused {counts.events_refused}"
    )
    if counts.anything_refused:
        typer.echo(f"refused rows, each with reason and remedy: {name_of(rejects)}")
