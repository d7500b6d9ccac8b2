"""Lists on the terminal and for scripts: one way to print rows as a table, CSV or JSON."""

import csv
import json
import sys
from collections.abc import Sequence
from enum import StrEnum

from rich.console import Console
from rich.table import Table

NUMBERS = ("rank", "value", "offset")


class Format(StrEnum):
    """How rows are printed."""

    table = "table"
    csv = "csv"
    json = "json"


def show(columns: Sequence[str], rows: Sequence[Sequence[str]], form: Format, title: str = "") -> None:
    """Print rows of text. CSV has a header and plain values; JSON is a list of objects; a table is for people."""
    if form is Format.csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
    elif form is Format.json:
        found = [dict(zip(columns, row, strict=True)) for row in rows]
        sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=2) + "\n")
    else:
        _table(columns, rows, title)


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]], title: str) -> None:
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in NUMBERS else "left", header_style="dim", overflow="fold")
    for row in rows:
        table.add_row(*row)
    console = Console(highlight=False, markup=False)
    if title:
        console.print(title, style="bold")
    console.print(table)
