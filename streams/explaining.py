"""What a figure is made of: the events behind it, each with what it moved, so that they add up to it exactly."""

from datetime import date
from typing import NamedTuple

from streams.figures import WHO, Asked, select
from streams.history import History


class Step(NamedTuple):
    """What one event moved, in whole units, and what the figure was after it, in the order of the log.

    `days`: of a duration, how many days; None elsewhere.
    """

    position: int
    known_at: int
    asserted_at: int
    type: str
    entity: str
    data: str
    layer: int
    source: str
    first: date
    last: date
    days: int | None
    moved: int
    after: int


def steps(
    history: History, asked: Asked, currency: str, who: int | str, *, limit: int, skip: int = 0
) -> tuple[list[Step], int]:
    """The events behind a figure, newest first, without the first `skip`; and how many there are in all.

    An event that moved something and moved it back on the same figure (a day within the period was put right) moved it
    by 0 and is there too. `who`: as `figures.sums` names it.
    """
    query = f"""
        WITH moved AS (
            SELECT log_partition, log_offset, min(day) AS first, max(day) AS last, max(days) AS days,
                CAST(sum(amount) AS HUGEINT) AS moved
            FROM postings {{join}} WHERE {{where}} AND {WHO[asked.by]} = $who AND currency = $currency
            GROUP BY log_partition, log_offset),
        steps AS (
            SELECT *, events.rowid AS position, count(*) OVER () AS found,
                CAST(sum(moved) OVER (ORDER BY events.rowid) AS HUGEINT) AS after
            FROM moved JOIN events USING (log_partition, log_offset))
        SELECT position, known_at, asserted_at, type, entity, data, layer, source, first, last, days, moved, after,
            found
        FROM steps ORDER BY position DESC LIMIT $limit OFFSET $skip
    """  # noqa: S608 (made of our own words; values are parameters)
    values = {"who": who, "currency": currency, "limit": limit, "skip": skip}
    rows = select(history, query, asked, values)
    return [Step(*row[:-1]) for row in rows], rows[0][-1] if rows else 0
