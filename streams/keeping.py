"""Figures that keep up: the sums of the questions asked last, moved along by every batch that is recorded.

A live board asks the same question after each batch. Scanning history each time costs more the longer the history is;
adding what the batch moved costs the same on the first day and after ten years. A question is first answered by the
writer itself, between two batches, so that no batch is missed and none counts twice.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from threading import Lock

import duckdb

from projections.postings import Line, Posting
from schemas.moments import from_day_number
from streams.figures import Amounts, Asked, Key, Postings, scanned

QUESTIONS_KEPT = 128
Name = tuple[object, ...]
Moved = tuple[int, Sequence[Posting]]  # when that became known, and what moved


class _Kept:
    """The answer to one question, so far."""

    def __init__(self, asked: Asked, since_us: int | None, until_us: int | None, amounts: Amounts) -> None:
        self.asked = asked
        self.since_us = since_us
        self.until_us = until_us
        self.amounts = amounts

    def move(self, postings: Iterable[Posting], known_at: int) -> None:
        if (self.since_us is not None and known_at < self.since_us) or (
            self.until_us is not None and known_at >= self.until_us
        ):
            return
        for _, line, amount in postings:
            if line[0] == self.asked.metric and self._within(line) and (key := self._key(line)):
                total = self.amounts.get(key, 0) + amount
                if total:
                    self.amounts[key] = total
                else:
                    self.amounts.pop(key, None)

    def _within(self, line: Line) -> bool:
        _, basis, _, day, _, _ = line
        return any(span.rule == basis and span.first <= day <= span.last for span in self.asked.spans)

    def _key(self, line: Line) -> Key | None:
        """Where a line counts; None where it counts for another team than the one asked for."""
        asked, (_, _, rep, day, _, (_, product, kind, _, currency, days)) = self.asked, line
        team = asked.organisation.team_on(rep, day) if asked.by_team else 0
        if asked.team is not None and team != asked.team:
            return None
        region = asked.organisation.regions.get(team, "") if asked.by == "region" else ""
        who = {"rep": rep, "team": team, "region": region, "product": product, "kind": kind, "total": "total"}
        return currency, str(from_day_number(day)) if asked.by == "day" else who[asked.by], days


class Keeping:
    """A source of figures for boards that are watched."""

    def __init__(self, postings: Postings, most: int = QUESTIONS_KEPT) -> None:
        """`postings`: of a history, or cells in their form.

        `most`: how many questions are kept; the one asked longest ago goes first.
        """
        self._postings = postings
        self._most = most
        self._kept: OrderedDict[Name, _Kept] = OrderedDict()
        self._lock = Lock()

    def amounts(self, asked: Asked, since_us: int | None = None) -> Amounts:
        """What `figures.scanned` says of everything recorded so far."""
        return self._asked(asked, since_us, None)

    def before(self, asked: Asked, until_us: int) -> Amounts:
        """The same of what was known before a moment."""
        return self._asked(asked, None, until_us)

    def _asked(self, asked: Asked, since_us: int | None, until_us: int | None) -> Amounts:
        name = (asked.metric, *asked.spans, asked.by, asked.team, since_us, until_us)
        with self._lock:
            kept = self._kept.get(name)
            if kept and kept.asked.organisation is asked.organisation:
                self._kept.move_to_end(name)
                return dict(kept.amounts)

        def begin(connection: duckdb.DuckDBPyConnection) -> Amounts:
            found = scanned(connection, asked, since_us, until_us=until_us)
            return self._begin(name, _Kept(asked, since_us, until_us, found))

        return self._postings.write(begin).result()

    def _begin(self, name: Name, kept: _Kept) -> Amounts:
        with self._lock:
            self._kept[name] = kept
            self._kept.move_to_end(name)
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
            return dict(kept.amounts)

    def forget(self) -> None:
        """Ask history anew, since its figures were put in order by other means than a batch."""
        with self._lock:
            self._kept.clear()

    def recorded(self, moved: Iterable[Moved]) -> None:
        """Take along what a batch moved. Only for the writer, right after the batch became part of history."""
        with self._lock:
            if self._kept:
                for known_at, postings in moved:
                    for kept in self._kept.values():
                        kept.move(postings, known_at)
