"""`quotum progress`: how far along, and whether it is going fast enough."""

from datetime import date
from typing import Annotated

import typer

from quotum import progress as answers
from quotum.progress import ProgressRow, figure_text, percents
from quotum.settings import DEFAULT_HISTORY, USAGE, Form, History, complain, opened, stop
from quotum.tables import Cell, Format, show
from quotum.values import shown_text, value_text
from schemas.moments import parse_day

NONE = "no target here; set one: quotum target set METRIC PERIOD VALUE --rep WHO --reason WHY --by WHO"
SCRIPT_COLUMNS = [
    "who",
    "scope",
    "metric",
    "on",
    "done",
    "target",
    "currency",
    "attainment_percent",
    "working_days",
    "gone",
    "left",
    "expected",
    "needed_a_day",
    "projected",
    "standing",
]


def progress(
    who: Annotated[
        str | None, typer.Argument(metavar="WHO", help="A name, a source id or '#number'; default: all with a target.")
    ] = None,
    period: Annotated[
        str | None,
        typer.Argument(metavar="PERIOD", help="2017-06-15, 2017-W24, 2017-06, 2017-Q2, 2017, FY2017 or DAY..DAY."),
    ] = None,
    history: History = DEFAULT_HISTORY,
    on: Annotated[
        date | None, typer.Option(metavar="DAY", parser=parse_day, help="As it stood on a day; default: today.")
    ] = None,
    metric: Annotated[str | None, typer.Option(metavar="METRIC", help="One metric only (docs/metrics.md).")] = None,
    form: Form = Format.table,
) -> None:
    """Show what is done, the target, its attainment and the pace, counted in working days from Monday to Friday."""
    if period is None:  # a word alone is the period
        who, period = None, who
    if period is None:
        stop("give a period, such as 2017-Q2", USAGE)
    with opened(history) as books:
        rows = answers.progress(books, period, who, metric, on)
        aimed = any(row.target for row in rows)
        longer = [] if aimed else answers.longer_periods(books, period, who, metric, on)
    if form is Format.table:
        several = len({row.currency for row in rows if row.currency}) > 1
        columns = ["who", "metric", "done", "target", "attainment", "standing", "a_day"]
        title = _title(rows, several=several) if rows else ""
        attained = percents([row.attainment for row in rows])
        cells = [
            _cells(row, part) + ([row.currency] if several else []) for row, part in zip(rows, attained, strict=True)
        ]
        show([*columns, *(["currency"] if several else [])], cells, form, title, "nothing here" if longer else NONE)
        for whole in answers.wholes(rows):
            typer.echo(f"{whole.who}: {whole.reached} of {whole.targets} targets reached")
    else:
        show(SCRIPT_COLUMNS, [list(answers.plain(row).values()) for row in rows], form)
    if longer:
        complain(f"no target for {period} alone; there are targets for {', '.join(longer)}: ask for that period")


def _title(rows: list[ProgressRow], *, several: bool) -> str:
    pace, period = rows[0].pace, rows[0].period
    days = str(period.first) if period.days == 1 else f"{period.first} to {period.last}"
    unit = "" if several else next((f", {row.currency}" for row in rows if row.currency), "")
    return f"{days}{unit}, on {rows[0].on}: {pace.gone} of {pace.days} working days gone, {pace.left} left"


def _target(row: ProgressRow) -> str:
    return value_text(row.metric, row.target, row.currency)


def _cells(row: ProgressRow, attained: str) -> list[Cell]:
    done, needed = shown_text(row.metric, row.done, row.currency), figure_text(row, row.pace.needed_a_day, up=True)
    return [row.who, row.metric.name, done, _target(row), attained, row.pace.standing, needed]
