"""`quotum topics`: the topics of a log on Kafka, made once and checked by everybody."""

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from quotum.settings import USAGE, expect_workspace, reason_of, stop, told
from streams.kafka import expect_installed

if TYPE_CHECKING:
    from streams.kafka.topics import Log

app = typer.Typer(no_args_is_help=True, help="The topics of a log on Kafka.")

Broker = Annotated[str, typer.Option(metavar="HOST:PORT", help="A broker of the cluster; several with commas.")]
Prefix = Annotated[str, typer.Option(help="How the names of the topics begin; another one is another log.")]


@app.command("create")
def create(  # noqa: PLR0913, PLR0917 (each is an option on the command line)
    broker: Broker,
    zone: Annotated[str, typer.Option(help="The IANA time zone whose days count, such as Europe/Amsterdam.")],
    currency: Annotated[str, typer.Option(help="The ISO 4217 currency of the books, such as EUR.")],
    partitions: Annotated[
        int,
        typer.Option(
            min=1, help="Over how many partitions the events are spread, for good: how many can work at once."
        ),
    ],
    fiscal_start: Annotated[int, typer.Option(min=1, max=12, help="The month in which the fiscal year starts.")] = 1,
    credit: Annotated[
        Literal["owner", "closer", "seller"],
        typer.Option(help="Who gets the credit for a deal; of a log that is open already its own rule stays."),
    ] = "owner",
    demo: Annotated[  # noqa: FBT002 (an option without a value)
        bool, typer.Option("--demo", help="For `quotum demo`: what it sells goes in, and nothing real.")
    ] = False,
    prefix: Prefix = "quotum",
    replication: Annotated[
        int, typer.Option(min=1, help="On how many brokers each record is kept; 3 outlives any one of them.")
    ] = 1,
) -> None:
    """Make the topics of a log, or what is missing of them; again checks them."""
    expect_workspace(zone, currency)
    with told():
        try:
            log = _topics().create(
                broker,
                zone=zone,
                currency=currency,
                partitions=partitions,
                fiscal_start=fiscal_start,
                credit=credit,
                demo=demo,
                prefix=prefix,
                replication=replication,
            )
        except ValueError as error:
            stop(reason_of(error), USAGE)
    _show(log)


@app.command("check")
def check(broker: Broker, prefix: Prefix = "quotum") -> None:
    """Say whether the topics of a log are there as they must be, and which log it is."""
    with told():
        try:
            log = _topics().check(broker, prefix)
        except ValueError as error:
            stop(reason_of(error), USAGE)
    _show(log)


@app.command("letters")
def letters(broker: Broker, prefix: Prefix = "quotum") -> None:
    """List the dead letters: where something lies in a log that is no event, and why."""
    with told():
        try:
            log = _topics().check(broker, prefix)
        except ValueError as error:
            stop(reason_of(error), USAGE)
        found = import_module("streams.kafka.letters").letters(log)
    for letter in found:
        typer.echo(f"{letter.topic} partition {letter.partition} offset {letter.offset}: {letter.reason}")
    if not found:
        typer.echo(f"no dead letters: all that was recorded of {log.names.events} is events")


def _topics() -> ModuleType:
    expect_installed()
    from streams.kafka import topics  # noqa: PLC0415 (an extra, which other commands need not and do not load)

    return topics


def _show(log: "Log") -> None:
    workspace = log.workspace
    spread = "1 partition" if log.partitions == 1 else f"{log.partitions} partitions"
    typer.echo(
        f"{log.names.events} is as it must be: {spread}, days of {workspace.zone}, {workspace.currency}, "
        f"fiscal year from month {workspace.fiscal_start}, credit to the {workspace.rules[0][1]}."
    )
