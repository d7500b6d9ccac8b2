"""Lists on the terminal and for scripts: one way to print rows as a table, CSV or JSON."""

import csv
import io
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from typing import Literal, NamedTuple

from rich.console import Console
from rich.table import Table

NUMBERS = ("rank", "value", "offset", "target", "attainment", "done", "a_day")
Cell = str | int | None


class Format(StrEnum):
    """How rows are printed."""

    table = "table"
    csv = "csv"
    json = "json"


class Screen(NamedTuple):
    """Where a table will be read, if not on the terminal of this process."""

    width: int
    height: int
    colours: Literal["standard", "256", "truecolor", "windows"] | None
    terminal: bool


_screen: ContextVar[Screen | None] = ContextVar("screen", default=None)


@contextmanager
def on_screen(screen: Screen) -> Iterator[None]:
    """Within this block tables are made for this screen."""
    token = _screen.set(screen)
    try:
        yield
    finally:
        _screen.reset(token)


def show(
    columns: Sequence[str], rows: Sequence[Sequence[Cell]], form: Format, title: str = "", nothing: str = ""
) -> None:
    """Print rows. CSV has a header and plain values, JSON is a list of objects; a table is for people.

    A cell that is None is empty in CSV and null in JSON. `title` stands above a table, `nothing` in place of an empty
    one.
    """
    if form is Format.csv:
        text = _csv(columns, rows)
    elif form is Format.json:
        found = [dict(zip(columns, row, strict=True)) for row in rows]
        text = json.dumps(found, ensure_ascii=False, indent=2) + "\n"
    else:
        text = _table(columns, rows, title, nothing)
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has had enough (head, a pager that was closed): no failure
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _csv(columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()


def _table(columns: Sequence[str], rows: Sequence[Sequence[Cell]], title: str, nothing: str) -> str:
    console = _console()
    with console.capture() as captured:
        if title:
            console.print(title, style="bold", soft_wrap=True)
        if nothing and not rows:
            console.print(nothing)
        else:
            console.print(_grid(columns, rows))
    return captured.get()


def _console() -> Console:
    screen = _screen.get()
    if screen is None:
        return Console(highlight=False, markup=False, emoji=False)
    return Console(
        width=screen.width,
        height=screen.height,
        color_system=screen.colours,
        force_terminal=screen.terminal,
        highlight=False,
        markup=False,
        emoji=False,
    )


def _grid(columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in NUMBERS else "left", header_style="dim", overflow="fold")
    for row in rows:
        table.add_row(*(_text(cell) for cell in row))
    return table


def _text(cell: Cell) -> str:
    return "" if cell is None else str(cell)
