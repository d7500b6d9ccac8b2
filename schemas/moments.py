"""When something happened: a day without a time, or an instant. Kept apart so that neither is ever taken for the other.

A day is never converted between zones; an instant belongs to the day it falls on in the workspace's zone. Instants are
whole microseconds since 1970-01-01T00:00:00Z (an int), days are whole days since 1970-01-01 (an int); in the log both
are text, `2017-03-01` or `2017-03-01T09:30:00Z`.
"""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()
MICROSECOND = timedelta(microseconds=1)
DAY_TEXT_LENGTH: Final = len("2017-03-01")
QUARTER_HOUR_SECONDS: Final = 900
QUARTER_HOUR_US: Final = QUARTER_HOUR_SECONDS * 1_000_000
DAY_SECONDS: Final = 86_400
INSTANTS_KEPT: Final = 1_000
BLOCKS_KEPT = 200_000  # a bound on memory: five years and more of quarter hours

INSTANT = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ](?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?"
    r"(?:Z|z|[+-](?:[01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
)  # RFC 3339, section 5.6; Python alone takes +05:75, and from 3.13 on 24:00:00 too
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
SHOWN = 60  # characters of a refused text that its error repeats
_INSTANTS: Final[dict[str, int]] = {}
_json: Final = msgspec.json.Encoder().encode
OF_ONE_MACHINE = ("localtime", "posixrules", "posix/", "right/")  # zones that are not the same everywhere


def parse_instant(text: str) -> datetime:
    """The aware UTC instant of an RFC 3339 text, cut (never rounded) to microseconds; ValueError says what is amiss."""
    if not INSTANT.fullmatch(text):
        raise ValueError(
            f"{text[:SHOWN]!r} is not an RFC 3339 instant: write date, time to the second and offset, such as "
            "2017-03-01T09:30:00+01:00"
        )
    try:
        found = datetime.fromisoformat(text.upper())
        return found if found.tzinfo is UTC else found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(
            f"{text[:SHOWN]!r} is not an instant that exists ({error}): write one such as 2017-03-01T09:30:00+01:00"
        ) from None


def parse_day(text: str) -> date:
    """The date of a YYYY-MM-DD text; ValueError where there is no such day."""
    if not DAY.fullmatch(text):
        raise ValueError(f"{text[:SHOWN]!r} is not a day: write year, month and day, such as 2017-03-01")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a day that exists ({error}): write one such as 2017-03-01") from None


def utc(instant: datetime) -> datetime:
    """The same instant in UTC; ValueError for a naive one, and for one that falls off the calendar."""
    if instant.tzinfo is None:
        raise ValueError(f"{instant.isoformat()} has no offset: give the instant with its zone")
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{instant.isoformat()} is not within the years 1 to 9999 of UTC") from None


def instant_text(instant: datetime) -> str:
    """The one way an instant is written in the log: UTC, Z, no trailing zeros."""
    quoted = _json(instant if instant.tzinfo is UTC else instant.astimezone(UTC))  # a fifth of what isoformat takes
    text = quoted[1:-2].decode()
    return (text.rstrip("0") if instant.microsecond else text) + "Z"


def microseconds(instant: datetime) -> int:
    """Whole microseconds since 1970-01-01T00:00:00Z, exact (no float on the way)."""
    return (instant - EPOCH) // MICROSECOND


def from_microseconds(us: int) -> datetime:
    """The aware UTC instant of `microseconds`."""
    return EPOCH + timedelta(microseconds=us)


def day_number(day: date) -> int:
    """Whole days since 1970-01-01."""
    return day.toordinal() - EPOCH_ORDINAL


def from_day_number(number: int) -> date:
    """The date of `day_number`."""
    return date.fromordinal(number + EPOCH_ORDINAL)


def instant_us(text: str) -> int:
    """Microseconds of an instant as the log writes it; the fast way, for text that `instant_text` made.

    Those read last are remembered: an event's time is often its business instant, and a deal's closing is read again.
    """
    known = _INSTANTS.get(text)
    if known is None:
        since = datetime.fromisoformat(text) - EPOCH
        known = (since.days * DAY_SECONDS + since.seconds) * 1_000_000 + since.microseconds
        if len(_INSTANTS) >= INSTANTS_KEPT:
            _INSTANTS.clear()
        _INSTANTS[text] = known
    return known


def zone_of(name: str) -> ZoneInfo:
    """The IANA zone of a name; ValueError for another one, and for those that differ between machines."""
    try:
        if not name.startswith(OF_ONE_MACHINE):
            return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass
    raise ValueError(f"{name[:SHOWN]!r} is not a time zone: take an IANA name such as Europe/Amsterdam or UTC")


class Calendar:
    """The workspace's days: which day a moment of the log falls on, in one zone; with a cache of quarter hours."""

    def __init__(self, zone: str) -> None:
        """`zone`: an IANA name; ValueError for another one."""
        self.zone = zone
        self._zone = zone_of(zone)
        self._days: dict[int, int] = {}

    def day(self, us: int) -> int:
        """The local day number of an instant in microseconds."""
        block = us // QUARTER_HOUR_US
        day = self._days.get(block)
        return self._learn(block, us) if day is None else day

    def day_of(self, moment: str) -> int:
        """The day number of a moment as the log writes it: a date stays itself, an instant falls in the zone."""
        return self.place(moment)[0]

    def place(self, moment: str) -> tuple[int, int | None]:
        """The same with the instant in microseconds, None for a date."""
        if len(moment) == DAY_TEXT_LENGTH:
            return date.fromisoformat(moment).toordinal() - EPOCH_ORDINAL, None
        us = _INSTANTS.get(moment)
        if us is None:
            us = instant_us(moment)
        day = self._days.get(us // QUARTER_HOUR_US)
        return (self.day(us) if day is None else day), us

    def _learn(self, block: int, us: int) -> int:
        first = self._exact(block * QUARTER_HOUR_SECONDS)
        if first != self._exact((block + 1) * QUARTER_HOUR_SECONDS - 1):
            return self._exact(us // 1_000_000)  # an old zone whose midnight lies inside the quarter hour
        if len(self._days) >= BLOCKS_KEPT:
            self._days.clear()
        self._days[block] = first
        return first

    def _exact(self, seconds: int) -> int:
        try:
            return datetime.fromtimestamp(seconds, self._zone).toordinal() - EPOCH_ORDINAL
        except (OverflowError, ValueError):  # what a datetime cannot hold, at both ends, stays on its UTC day
            return seconds // DAY_SECONDS
