"""`quotum record`, `amend`, `void`, `reassign`, `withdraw`: what a person puts right, and what that moves."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Annotated

import typer

from quotum import corrections
from quotum.people import SHOWN
from quotum.questions import QuestionError
from quotum.settings import DEFAULT_HISTORY, Form, History, author, complain, opened
from quotum.tables import Format, show
from schemas.moments import parse_day
from schemas.money import digits
from streams.books import Books

Entity = Annotated[str, typer.Argument(help="Kind and id, such as deal:D-1001.")]
Fields = Annotated[
    list[str], typer.Argument(metavar="FIELD=VALUE ...", help='As in docs/events.md; money as "amount=12.50 EUR".')
]
By = Annotated[str | None, typer.Option(metavar="WHO", help="Who puts it right: a name, a source id or '#number'.")]


def record(
    kind: Annotated[str, typer.Argument(help="What happened, such as call.logged (docs/events.md).")],
    fields: Fields,
    trail: Annotated[str | None, typer.Option(help="Its case or deal; default: its own id.")] = None,
    by: By = None,
    history: History = DEFAULT_HISTORY,
    form: Form = Format.table,
) -> None:
    """Say that something happened that no feed told."""
    with opened(history, real=True) as books:
        told = corrections.with_id(kind, _fields(fields))
        entity = corrections.entity_of(kind, told)
        with _at_the_prompt(books, told):
            moved = corrections.record(books, kind, told, trail, author(by))
        _show(moved, form)
    if f"id={told.get('id')}" not in fields:
        complain(f"it is {entity} from now on")
    if why := corrections.why_unassigned(moved, entity):
        complain(why)


def amend(
    entity: Entity, fields: Fields, by: By = None, history: History = DEFAULT_HISTORY, form: Form = Format.table
) -> None:
    """Put fields of something right; FIELD= takes back what a person said of it before."""
    with opened(history) as books:
        told = _fields(fields)
        with _at_the_prompt(books, told):
            moved = corrections.amend(books, entity, told, author(by))
        _show(moved, form)


def void(entity: Entity, by: By = None, history: History = DEFAULT_HISTORY, form: Form = Format.table) -> None:
    """Say that something did not happen after all."""
    with opened(history) as books:
        _show(corrections.void(books, entity, author(by)), form)


def reassign(
    entity: Entity,
    who: Annotated[list[str], typer.Argument(metavar="WHO or WHO=SHARE ...", help="Names or source ids.")],
    from_: Annotated[
        date | None,
        typer.Option("--from", metavar="DAY", parser=parse_day, help="From which day; default: the present step."),
    ] = None,
    by: By = None,
    history: History = DEFAULT_HISTORY,
    form: Form = Format.table,
) -> None:
    """Give the credit to somebody else, or to several by shares that sum to 1."""
    pairs = (one.rpartition("=") if "=" in one else (one, "", "") for one in who)
    shares = {name: share for name, _, share in pairs}
    with opened(history) as books:
        _show(corrections.reassign(books, entity, shares, from_, author(by)), form)


def withdraw(
    entity: Entity,
    fields: Annotated[list[str] | None, typer.Argument(help="Which fields; default: all.")] = None,
    by: By = None,
    history: History = DEFAULT_HISTORY,
    form: Form = Format.table,
) -> None:
    """Take corrections back, so that the feeds' own words count again."""
    with opened(history) as books:
        _show(corrections.withdraw(books, entity, fields or (), author(by)), form)


def _fields(pairs: list[str]) -> dict[str, object]:
    split = [pair.partition("=") for pair in pairs]
    for name, equals, _ in split:
        if not equals:
            raise QuestionError(f"{name!r} is not FIELD=VALUE")
    return {name: corrections.field_value(value) for name, _, value in split}


@contextmanager
def _at_the_prompt(books: Books, told: Mapping[str, object]) -> Iterator[None]:
    """Within this block an amount without its currency is told as it would be written here, not as in JSON."""
    try:
        yield
    except QuestionError as error:
        for fault in error.faults:
            name = fault.path.removeprefix("data.")
            if "not a JSON object" in fault.text and isinstance(value := told.get(name), str):
                amount, _, code = value[:SHOWN].partition(" ")
                currency = _currency(code) or books.organisation().currency
                raise QuestionError(
                    f'{name}: is {value[:SHOWN]!r}, without a currency: write "{name}={amount} {currency}"'
                ) from None
        raise


def _currency(code: str) -> str:
    """The currency that somebody meant by these letters, if there is one."""
    try:
        digits(code.upper())
    except ValueError:
        return ""
    return code.upper()


def _show(moved: list[corrections.Moved], form: Format) -> None:
    if not moved and form is Format.table:
        typer.echo("recorded; no figure moved")
        return
    rows = [[one.metric, one.who or "unassigned", one.day, one.by, one.currency] for one in moved]
    show(["metric", "who", "day", "moved", "currency"], rows, form, "recorded; it moved")
