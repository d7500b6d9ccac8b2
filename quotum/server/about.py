"""What a correction is about, in words: the deal of 3 Nov, and whose; and whether it counts for anything now."""

from collections.abc import Collection, Mapping
from datetime import date
from itertools import groupby
from typing import NamedTuple

from quotum.server.naming import message
from quotum.server.wording import Words
from streams.books import Books

COUNTED = """
SELECT entity, metric, rep, day, CAST(sum(amount) AS HUGEINT) AS stands, max(known_at) FILTER (amount > 0) AS latest
FROM postings WHERE basis = $basis AND list_contains($entities, entity) AND metric NOT IN ('revenue', 'units')
AND days IS NULL
GROUP BY entity, metric, rep, day HAVING max(amount) > 0 ORDER BY entity
"""
FIRST_OF_ALL = "deals_won"  # where a deal is won, its day is the one that people know
THINGS = {
    "deal": message("the deal of {day}"),
    "call": message("the call of {day}"),
    "email": message("the e-mail of {day}"),
    "offer": message("the offer of {day}"),
    "appointment": message("the appointment of {day}"),
    "demo": message("the demo of {day}"),
    "meeting": message("the meeting of {day}"),
    "lead": message("the lead of {day}"),
}


class Thing(NamedTuple):
    """A thing that counts, or did: its day, whose it is, and whether it counts now."""

    day: date
    holders: tuple[int, ...]  # by number; none where nobody's, several where it is shared
    counts: bool


def things(books: Books, entities: Collection[str], basis: str) -> dict[str, Thing]:
    """By entity; without those that never counted for anything."""
    if not entities:
        return {}
    rows = books.history.rows(COUNTED, {"entities": sorted(entities), "basis": basis})
    return {entity: _thing([one[1:] for one in parts]) for entity, parts in groupby(rows, key=lambda row: row[0])}


def _thing(parts: list[tuple[str, int, date, int, int]]) -> Thing:
    """Of its parts that stand, or of those that stood last: (metric, rep, day, stands, latest)."""
    metric, _, day, stands, latest = max(parts, key=lambda part: (part[3] > 0, part[0] == FIRST_OF_ALL, part[4]))
    alike = [
        part
        for part in parts
        if part[0] == metric and part[2] == day and (part[3] > 0 if stands > 0 else part[4] == latest)
    ]
    return Thing(day, tuple(sorted(part[1] for part in alike if part[1] > 0)), stands > 0)


def named(words: Words, entity: str, thing: Thing | None, labels: Mapping[int, str]) -> str:
    """`the deal of 3 Nov (Anna)`; empty for what is not known."""
    text = THINGS.get(entity.partition(":")[0])
    if text is None or thing is None:
        return ""
    said = words.say(text, day=words.short_day(thing.day))
    who = words.several([labels[number] for number in thing.holders if number in labels])
    return words.say("{thing} ({who})", thing=said, who=who) if who else said
