"""The demo at work on its own books: months that were, then selling live, going on from the log where it was."""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import islice
from threading import Event as Signal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from quotum.demo.selling import CURRENCY, VERSION, Floor, Move, event, pause_seconds, working_moments
from quotum.demo.team import MANAGER, REPS, organisation
from schemas.envelope import Event
from schemas.events import adapter
from schemas.facts import FEED, PERSON
from schemas.moments import from_microseconds
from schemas.organisation import ORGANISATION
from streams.appending import Entry
from streams.books import Books, UnavailableError
from streams.door import DEMO_SOURCE, Refused

ZONE = "Europe/Amsterdam"
SEED = 1
AT_ONCE = 1_000
MOVE_ID = re.compile(r"demo-(\d+)-(\d+)-\d+", re.ASCII)
TARGET_EUROS, TARGET_CALLS = 22_000, 200  # a month for a rep of drive 1: about half of them get there
WHY = "As agreed in the yearly talk"
SOLD = """
SELECT count(*) FILTER (number = place), min(id) FROM (
    SELECT id, number, row_number() OVER (ORDER BY number) - 1 AS place FROM (
        SELECT id, split_part(id, '-', 4)::BIGINT AS number FROM events
        WHERE source = $source AND trail <> $organisation AND NOT duplicate))
"""  # up to the first that is missing: a log of several partitions may have taken a part of what was sent at once
OPENED = "SELECT min(asserted_at) FROM events WHERE type = 'quotum.workspace.opened.v1'"
LIVE = """
SELECT min(asserted_at) FROM events WHERE source = $source AND trail <> $organisation AND NOT duplicate
    AND split_part(id, '-', 4)::BIGINT BETWEEN $first AND $last
GROUP BY id ORDER BY split_part(id, '-', 4)::BIGINT
"""
KNOWN = "SELECT id FROM events WHERE source = $source AND trail = $organisation"


class DemoError(Exception):
    """The demo cannot go on with these books: why, and how to mend it."""


class Sales(NamedTuple):
    """A floor that stands where the log stands."""

    seed: int
    floor: Floor
    moments: list[datetime]  # of the months before the demo was opened
    zone: ZoneInfo

    def move(self, at: datetime) -> tuple[Move, datetime]:
        """The next thing that happens, and when."""
        return self.floor.move(at.astimezone(self.zone).toordinal()), at


def go_on(books: Books, seed: int | None) -> Sales:
    """The floor of books as far as it has sold. Without a seed that of the books; DemoError for another one."""
    if not books.demo:
        raise DemoError(f"{books.history.path} holds real books. Give the demo a file of its own with --history.")
    sold, first = books.history.rows(SOLD, {"source": DEMO_SOURCE, "organisation": ORGANISATION})[0]
    version, own = map(int, MOVE_ID.fullmatch(first).groups()) if sold else (VERSION, SEED if seed is None else seed)  # type: ignore[union-attr]  # the demo alone writes here, and writes such ids
    if version != VERSION or seed not in (None, own):
        raise DemoError(
            f"{books.history.path} was sold by another demo (version {version}, seed {own}). Move it away to begin "
            "anew, or give another file with --history."
        )
    opened = from_microseconds(books.history.rows(OPENED)[0][0])
    moments = working_moments(own, opened, books.calendar.zone)
    sales = Sales(own, Floor(own), moments, ZoneInfo(books.calendar.zone))
    numbers = {"first": len(moments), "last": sold - 1}
    live = books.history.rows(LIVE, {"source": DEMO_SOURCE, "organisation": ORGANISATION, **numbers})
    for at in [*moments[:sold], *(from_microseconds(at) for (at,) in live)]:
        sales.move(at)
    return sales


def catch_up(books: Books, sales: Sales) -> None:
    """Write the team, its targets and the months before the demo was opened, as far as they are not yet there."""
    first = sales.moments[0].date()
    opened = from_microseconds(books.history.rows(OPENED)[0][0])
    _take_new(books, [_own(index, *told, opened) for index, told in enumerate(organisation(first))])
    agree(books, first)
    left = iter(sales.moments[sales.floor.moves :])
    while batch := list(islice(left, AT_ONCE)):
        _record(books, sales.seed, [sales.move(at) for at in batch])


def agree(books: Books, first: date) -> None:
    """Write the targets of every month from a day to today, as far as they are not yet there."""
    now = from_microseconds(books.clock())
    targets = enumerate(_targets(first, books.today()))
    _take_new(books, [_own(index, "quotum.target.agreed.v1", target, now) for index, target in targets])


def sell(books: Books, sales: Sales, pace: float, stopped: Signal) -> None:
    """Sell live until stopped; at pace 2 twice as fast. What the log does not take now is said again."""
    month = books.today().replace(day=1)
    while not stopped.wait(pause_seconds(sales.seed, sales.floor.moves) / pace):
        if (now := books.today().replace(day=1)) != month and _agreed(books, now):
            month = now
        move = sales.move(from_microseconds(books.clock()))
        while not _taken(books, sales.seed, move) and not stopped.wait(UnavailableError.retry_after):
            continue


def _agreed(books: Books, month: date) -> bool:
    try:
        agree(books, month)
    except UnavailableError:
        return False
    return True


def _taken(books: Books, seed: int, move: tuple[Move, datetime]) -> bool:
    try:
        _record(books, seed, [move])
    except UnavailableError:
        return False
    return True


def _record(books: Books, seed: int, moves: list[tuple[Move, datetime]]) -> None:
    """All of them or none, in order, whoever says it."""
    told = [(move.layer, _event({**event(seed, move, at), "source": DEMO_SOURCE})) for move, at in moves]
    entries = [
        one for layer in (FEED, PERSON) for one in _admitted(books, [said for by, said in told if by == layer], layer)
    ]
    books.record(sorted(entries, key=lambda entry: entry.event.sequence))


def _take_new(books: Books, events: list[Event]) -> None:
    known = {id_ for (id_,) in books.history.rows(KNOWN, {"source": DEMO_SOURCE, "organisation": ORGANISATION})}
    if new := [event for event in events if event.id not in known]:
        books.record(_admitted(books, new, FEED))


def _admitted(books: Books, events: list[Event], layer: int) -> list[Entry]:
    admitted = books.admit(events, layer, DEMO_SOURCE)
    if refused := [one.reason for one in admitted if isinstance(one, Refused)]:
        raise DemoError(f"the books refuse what the demo sells: {refused[0]}")
    return [one for one in admitted if isinstance(one, Entry)]


def _own(index: int, kind: str, data: dict[str, Any], at: datetime) -> Event:
    name = f"{kind}-{data.get('id') or data.get('rep') or data['team']}"
    told = {"id": name, "source": DEMO_SOURCE, "type": kind, "time": at, "sequence": index, "trail": ORGANISATION}
    return _event({**told, "data": data})


def _event(told: dict[str, Any]) -> Event:
    return adapter().validate_python(told)


def _targets(first: date, last: date) -> Iterator[dict[str, Any]]:
    """A month's revenue and calls for each rep, for every month between two days."""
    month = first.replace(day=1)
    while month <= last:
        for rep in REPS:
            told = {"period": f"{month:%Y-%m}", "rep": rep.id, "author": MANAGER, "reason": WHY}
            euros = round(TARGET_EUROS * rep.drive / 1_000) * 1_000
            amount = {"value": f"{euros}.00", "currency": CURRENCY}
            yield {"id": f"revenue-{month:%Y-%m}-{rep.id}", "metric": "revenue", "amount": amount, **told}
            calls = str(round(TARGET_CALLS * rep.drive / 10) * 10)
            yield {"id": f"calls-{month:%Y-%m}-{rep.id}", "metric": "calls", "value": calls, **told}
        month = (month + timedelta(days=31)).replace(day=1)
