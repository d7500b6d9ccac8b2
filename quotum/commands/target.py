"""`quotum target`: set what is to be reached, and list it with who decided it and why."""

from datetime import date
from typing import Annotated

import typer

from quotum import targets
from quotum.settings import DEFAULT_HISTORY, USAGE, Form, History, opened, stop
from quotum.tables import Cell, Format, show
from quotum.targets import SetTarget, TargetRow, Wish
from quotum.values import value_text
from schemas.moments import parse_day

NONE = "no target here; set one: quotum target set METRIC PERIOD VALUE --rep WHO --reason WHY --by WHO"

app = typer.Typer(help="Set targets, and list them.", no_args_is_help=True)


@app.command("set")
def set_(  # noqa: PLR0913, PLR0917 (each is an option on the command line)
    metric: Annotated[
        str, typer.Argument(metavar="METRIC", help="What is counted: calls, deals_won, revenue ... (docs/metrics.md).")
    ],
    period: Annotated[
        str,
        typer.Argument(metavar="PERIOD", help="2017-06-15, 2017-W24, 2017-06, 2017-Q2, 2017, FY2017 or DAY..DAY."),
    ],
    value: Annotated[
        str, typer.Argument(metavar="VALUE", help="How much, such as 100 or 50000.00; 0: no target more.")
    ],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; kept in the vault alone.")],
    by: Annotated[
        str | None, typer.Option(metavar="WHO", help="Who decided it: a name, a source id or '#number'.")
    ] = None,
    rep: Annotated[
        str | None, typer.Option(metavar="WHO", help="Whose target; without --rep and --team everybody's.")
    ] = None,
    team: Annotated[str | None, typer.Option(metavar="WHO", help="The team whose target it is.")] = None,
    currency: Annotated[
        str | None, typer.Option(metavar="CODE", help="Of an amount; default: as agreed, or the workspace's.")
    ] = None,
    from_: Annotated[
        date | None,
        typer.Option("--from", metavar="DAY", parser=parse_day, help="From when a change holds; default: today."),
    ] = None,
    by_new: Annotated[
        str | None, typer.Option(metavar="NAME", help="The same of somebody who is known nowhere here yet.")
    ] = None,
    history: History = DEFAULT_HISTORY,
) -> None:
    """Agree a target for a rep, a team or everybody; set again, its value changes from a day on."""
    if (by is None) == (by_new is None):
        stop("say who decided it: --by WHO, or --by-new NAME for somebody who is known nowhere yet", USAGE)
    whose = by or by_new or ""
    wish = Wish(metric, period, value, reason, whose, rep, team, currency, from_, by_is_new=by_new is not None)
    with opened(history) as books:
        found = targets.set_target(books, wish)
    typer.echo(_said(found))


@app.command("list")
def list_(
    period: Annotated[
        str | None, typer.Argument(metavar="PERIOD", help="Only targets whose days all lie in it.")
    ] = None,
    history: History = DEFAULT_HISTORY,
    form: Form = Format.table,
) -> None:
    """List targets, a line for each value they had: from when, who decided it and why."""
    with opened(history) as books:
        found = targets.targets(books, period)
    columns = ["who", "metric", "period", "from", "target", "currency", "by", "reason"]
    show(columns, [cells for row in found for cells in _steps(row)], form, "", NONE)


def _said(found: SetTarget) -> str:
    row = found.target
    about = f"{row.metric.name} for {row.who if row.scope.number else 'the company'} in {row.period.text}: "
    now, was = (_amount(row, value) for value in (found.value, found.before))
    if found.fate == "agreed":
        return f"agreed, {about}{now}"
    if found.fate == "unchanged":
        return f"unchanged, {about}{now} on {found.day} already"
    return f"changed from {found.day} on, {about}{now}, before {was}"


def _amount(row: TargetRow, value: int | None) -> str:
    return f"{value_text(row.metric, value, row.currency)} {row.currency}".strip()


def _steps(row: TargetRow) -> list[list[Cell]]:
    return [
        [
            row.who,
            row.metric.name,
            row.period.text,
            str(step.day) if step.day else None,
            value_text(row.metric, step.value, row.currency),
            row.currency,
            step.by,
            step.reason,
        ]
        for step in row.steps
    ]
