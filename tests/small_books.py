"""Books with a few events in them, for tests that need somebody to stand somewhere."""

from itertools import count
from pathlib import Path
from typing import Any

from schemas.events import adapter
from schemas.facts import FEED
from schemas.moments import microseconds, parse_instant
from streams.books import Books

NOW = microseconds(parse_instant("2018-01-01T00:00:00Z"))
HISTORY = "quotum.duckdb"
Told = tuple[str, dict[str, Any]]


def make_books(
    folder: Path, *, zone: str = "Europe/Amsterdam", currency: str = "EUR", fiscal_start: int = 1, credit: str = "owner"
) -> Books:
    """New books in a folder, on a clock that stands still."""
    path = folder / HISTORY
    return Books.create(path, zone=zone, currency=currency, fiscal_start=fiscal_start, credit=credit, clock=lambda: NOW)


def say(books: Books, *said: Told, layer: int = FEED) -> None:
    """Have a source say things, one after the other, all about one trail; each of them must be taken."""
    first = books.next_offset()
    events = [
        adapter().validate_python(
            {
                "id": str(number),
                "source": "crm",
                "type": f"quotum.{what}.v1",
                "time": "2017-12-31T00:00:00Z",
                "sequence": number,
                "trail": "case",
                "data": data,
            }
        )
        for number, (what, data) in zip(count(first), said, strict=False)
    ]
    assert [outcome for outcome in books.take(events, layer) if outcome.fate != "taken"] == []


def won(id_: str, rep: str | None, day: str, amount: str | None = None, currency: str = "EUR") -> list[Told]:
    """A deal that was opened and won by one rep; `day` may be an instant."""
    moment = {"at": day} if "T" in day else {"day": day}
    owner = {"rep": rep} if rep else {}
    money = {"amount": {"value": amount, "currency": currency}} if amount else {}
    return [
        ("deal.opened", {"id": id_, **moment, **owner}),
        ("deal.won", {"id": id_, **moment, **owner, **money}),
    ]


def called(id_: str, rep: str | None, day: str, **more: str) -> Told:
    """A call; `day` may be an instant."""
    moment = {"at": day} if "T" in day else {"day": day}
    return ("call.logged", {"id": id_, **moment, **({"rep": rep} if rep else {}), **more})


def in_teams(*members: tuple[str, str, str], region: str = "North") -> list[Told]:
    """Teams in one region, and who is in which from which day on: (rep, team, day)."""
    teams = dict.fromkeys(team for _, team, _ in members)
    formed: list[Told] = [("team.formed", {"team": team, "name": f"Team {team}", "region": region}) for team in teams]
    return formed + [("rep.joined", {"rep": rep, "team": team, "day": day}) for rep, team, day in members]
