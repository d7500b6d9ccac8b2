"""The change since a stated moment: which moment says something for a period, what it is called, and what moved.

A board of a day tells what changed since a full hour, one to two hours ago; one of up to a month since yesterday ended;
a longer one since a week ago; books that were begun later, since soon after that. What counts is when our log took
something: a correction of an old day is a change too.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from quotum.boards import UNASSIGNED, Question
from quotum.server.naming import message
from quotum.server.wording import Words
from schemas.moments import from_microseconds, microseconds, zone_of
from schemas.periods import Period
from streams.books import Books
from streams.figures import Source

MARK_US = 5 * 60 * 1_000_000
HOUR, WEEK = timedelta(hours=1), timedelta(days=7)
LONGEST_MONTH = 31
YESTERDAY, CLOCK, DAY = message("Since yesterday"), message("Since {clock}"), message("Since {day}")
FIRST_KNOWN = "SELECT min(known_at) FROM (SELECT known_at FROM postings LIMIT 1)"  # they lie in the order they came


def moment_for(books: Books, period: Period) -> datetime | None:
    """The moment whose change a board tells; None while nothing was known so early, since all would be change."""
    first = _first_known(books)
    if first is None:
        return None
    now = local_now(books)
    usual = (moment for moment in _moments(now, period) if microseconds(moment) > first)
    return next(usual, None) or (_mark(first, now) if _mark(first, now) <= now else None)


def until_one(books: Books) -> int:
    """Seconds until there may be a moment, where there is none yet."""
    first, now = _first_known(books), local_now(books)
    return until_next_hour(books) if first is None else max(0, int((_mark(first, now) - now).total_seconds()))


def _first_known(books: Books) -> int | None:
    first: int | None = books.history.rows(FIRST_KNOWN)[0][0]
    return first


def _mark(first: int, now: datetime) -> datetime:
    """Soon after the first that was known: it serves until one of the others does."""
    return from_microseconds((first // MARK_US + 1) * MARK_US).astimezone(now.tzinfo)


def _moments(now: datetime, period: Period) -> Iterator[datetime]:
    """Those that could serve, the best first."""
    midnight = datetime.combine(now.date(), time.min, now.tzinfo)
    if period.days > LONGEST_MONTH:
        yield datetime.combine(now.date() - WEEK, time.min, now.tzinfo)
    if period.days > 1 or now.date() not in period:
        yield midnight
    yield max(midnight, (now - HOUR).replace(minute=0, second=0, microsecond=0))


def named(words: Words, moment: datetime, now: datetime) -> str:
    """What a moment is called above a column; both in the zone that is shown."""
    if moment.date() != now.date():
        return words.say(DAY, day=words.short_day(moment.date()))
    return words.plain(YESTERDAY) if moment.time() == time.min else words.say(CLOCK, clock=words.clock(moment))


def changes(source: Source, asked: Question, moment: datetime) -> dict[tuple[str, str], int]:
    """(currency, key of the row) -> what was added since a moment; only what is not 0."""
    found = source.amounts(asked.postings, microseconds(moment))
    nobody = UNASSIGNED.get(asked.by)
    return {(currency, "" if who == nobody else str(who)): amount for (currency, who, _), amount in found.items()}


def local_now(books: Books) -> datetime:
    """The server's clock, in the workspace's zone."""
    return from_microseconds(books.clock()).astimezone(zone_of(books.calendar.zone))


def until_next_hour(books: Books) -> int:
    """Seconds until a full hour, when a moment of the hour moves on."""
    now = local_now(books)
    return int(HOUR.total_seconds()) - now.minute * 60 - now.second


def moves_hourly(moment: datetime | None, today: date) -> bool:
    """Whether a moment is one of the hour."""
    return moment is not None and moment.date() == today and moment.time() != time.min
