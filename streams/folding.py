"""Folding beside a history that grows: which events are new to it, and what each of them moves.

Trails are read back from history when an event touches them, and only so many are kept; after a failure all of them
are to be forgotten, so that memory never says more than the file.
"""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from itertools import islice

import duckdb
import pyarrow as pa

from projections.postings import Lines
from projections.trail import Trail
from schemas.log_events import Fact
from schemas.moments import Calendar
from streams.collecting import collection_paused
from streams.stored import stored_facts

TRAILS_KEPT = 50_000  # in memory, those touched last (some 9 kB each); others are read back when they are touched again
Row = tuple[Fact, *tuple[object, ...], bytes]  # what an event says to the fold first, its digest last
TRAILS = "SELECT DISTINCT trail FROM events"


class Folding:
    """The trails of a history in memory, as far as they are touched. Only for its writer."""

    def __init__(self, calendar: Calendar, trails_kept: int = TRAILS_KEPT) -> None:
        """`trails_kept`: how many at the most, between two batches."""
        self._calendar = calendar
        self._trails_kept = trails_kept
        self._trails: dict[str, Trail] = {}  # those touched last at the end
        self._stored: set[str] | None = None  # the trails that history has events of; None: not looked up yet

    def fold(self, connection: duckdb.DuckDBPyConnection, rows: Sequence[Row]) -> list[Lines | None]:
        """What each row moves if it is new, in order; None where history has it, or an earlier row is the same."""
        with collection_paused():
            self._load(connection, {row[0].trail for row in rows})
        seen = self._already_there(connection, rows)
        with collection_paused():
            return [self._post(row, seen) for row in rows]

    def _post(self, row: Row, seen: set[bytes]) -> Lines | None:
        fact, digest = row[0], row[-1]
        if digest in seen:
            return None
        seen.add(digest)
        return self._trails[fact.trail].post(fact)

    def keep(self, trails: Iterable[str]) -> None:
        """What was folded is part of history now, so its trails may go from memory; those touched last stay."""
        touched = dict.fromkeys(trails)
        if self._stored is not None:
            self._stored.update(touched)
        for trail in touched:
            self._trails[trail] = self._trails.pop(trail)
        for trail in list(islice(self._trails, max(0, len(self._trails) - self._trails_kept))):
            del self._trails[trail]

    def forget(self) -> None:
        """What was folded did not become part of history."""
        self._trails.clear()
        self._stored = None

    def _load(self, connection: duckdb.DuckDBPyConnection, trails: AbstractSet[str]) -> None:
        """Have all of these trails in memory; history is only asked for those that it has."""
        if self._stored is None:
            self._stored = {trail for (trail,) in connection.execute(TRAILS).fetchall()}
        missing = trails - self._trails.keys()
        self._trails |= {trail: Trail(self._calendar) for trail in missing}
        if known := missing & self._stored:
            for fact in stored_facts(connection, known):
                self._trails[fact.trail].post(fact)

    def _already_there(self, connection: duckdb.DuckDBPyConnection, rows: Sequence[Row]) -> set[bytes]:
        """The digests that history has already; it is only asked for events that would change nothing."""
        asked = [row[-1] for row in rows if self._trails[row[0].trail].knows(row[0])]
        if not asked:
            return set()
        connection.register("new_digests", pa.table({"digest": pa.array(asked, pa.binary())}))
        found = connection.execute("SELECT digest FROM events SEMI JOIN new_digests USING (digest)").fetchall()
        connection.unregister("new_digests")
        return {digest for (digest,) in found}
