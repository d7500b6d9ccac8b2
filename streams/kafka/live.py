"""The books of a workspace whose log lies in Kafka: events go out through the door, and come back through the recorder.

What is sent is taken once the broker has acknowledged it; what it moved is known once the recorder has it. So whoever
must know waits for a position, never for a time.
"""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from operator import attrgetter
from pathlib import Path
from typing import Literal, Self

from kafka.consumer.fetcher import ConsumerRecord

from projections.crossings import Crossing
from projections.postings import Posting
from schemas.moments import Calendar
from schemas.received import read_event
from streams.appending import Entry
from streams.books import ENDING, BehindError, Books, Outcome, Reached, wall_clock
from streams.comparing import Compared, compare
from streams.figures import StandsFor
from streams.following import ORGANISATION_PARTITION, Follower, Taken
from streams.history import History, HistoryError
from streams.kafka import KafkaError, clients
from streams.kafka.catching_up import CatchingUp
from streams.kafka.cells import Snapshot
from streams.kafka.following_cells import CellFollowing
from streams.kafka.forerunner import Forerunner
from streams.kafka.reading import Reading, numbered, places, record_of
from streams.kafka.recording import Recording
from streams.kafka.sending import Sending
from streams.kafka.standing_still import StandingStill
from streams.kafka.telling import tell_of
from streams.kafka.topics import Log
from streams.live.figures import Live
from streams.live.gathering import NOWHERE
from streams.pairing import expect_own_vault, expect_vault, vault_path
from streams.told import Record
from streams.vault import Vault

HEAD_SECONDS = 5  # for figures to count what is in the log: whoever is further behind is asked again later
PATIENCE_SECONDS = 30  # for the recorder, by whoever wants to know what an event moved
MOVED = """
SELECT entity, metric, basis, rep, date_diff('day', DATE '1970-01-01', day), instant,
    campaign, product, kind, customer, currency, days, amount
FROM postings WHERE log_partition = $partition AND log_offset = $offset
"""
EMBEDDED = "SELECT 1 FROM events WHERE trail = 'organisation' AND log_partition >= 0 LIMIT 1"
FIRST_SAID = "SELECT log_offset, id FROM events WHERE log_partition < 0 ORDER BY log_offset LIMIT 1"
KNOWN = "SELECT log_partition, max(known_at) FROM positions GROUP BY log_partition"
ASKED_LAST_US = 5_000_000  # the ends of partitions were asked for since then
Figures = Literal["history", "cells"]
logger = logging.getLogger(__name__)


class LiveBooks(Books):
    """The open books of a log in Kafka. Use `LiveBooks.follow`, as a context manager."""

    def __init__(self, history: History, vault: Vault, clock: Callable[[], int], log: Log, figures: Figures) -> None:
        """Reads the organisation to its end first: without it nobody knows which days these are.

        HistoryError for a history that follows another log.
        """
        faults: list[int] = []
        said = list(clients.read_whole(log.broker, log.names.organisation, faults.append))
        _expect_same(history, log, said)
        self.log = log
        self._stopped = threading.Event()
        self._news = threading.Condition()
        self._positions: Mapping[int, int] = {}
        self._failed: BaseException | None = None
        self._is_over = False  # whether nothing is recorded any more
        follower = Follower(history, Calendar(log.workspace.zone), places(log), recorded=self._followed)
        self._is_open = False
        records = [record_of(one, ORGANISATION_PARTITION) for one in said] + [
            Record(ORGANISATION_PARTITION, offset, 0, None, None, fault=clients.UNREADABLE) for offset in faults
        ]
        follower.take(sorted(records, key=attrgetter("offset")))
        super().__init__(history, vault, clock)
        self._is_open = True
        self._positions = follower.positions()
        self._known = dict(history.rows(KNOWN))
        self._settled_us = 0  # all that was known before is in history, and in cells
        self._still = StandingStill()
        self._cells = self._from_cells() if figures == "cells" else None
        if self._cells:
            self._still.history_moved(self._positions)
            self._still.cells_moved(self._cells_at())
        self._reading = CatchingUp(Reading(log), lambda: Forerunner(log))
        self.recording = Recording(follower, self._reading, self._stopped)
        self._sending = Sending(log)
        self._thread = threading.Thread(target=self._record_on, name="recorder")
        self._thread.start()
        if self._cells:
            self._cells.start()

    @classmethod
    def follow(
        cls, path: Path, log: Log, *, clock: Callable[[], int] = wall_clock, figures: Figures = "history"
    ) -> Self:
        """Open the history of a log, made if it is not there. HistoryError for one that is of something else.

        `figures`: from where boards have them; cells are read to their end first.
        """
        with ExitStack() as closing:
            if not path.exists():
                _make_vault(path, log)  # first, so that no history is ever without one
                History.create(path).close()
            history = closing.enter_context(History.open(path))
            _expect_follows(history)
            history.share_no_query()
            expect_vault(path)
            vault = closing.enter_context(Vault.open(vault_path(path)))
            expect_own_vault(history, vault)
            books = cls(history, vault, clock, log, figures)
            closing.pop_all()
            return books

    def close(self) -> None:
        """Stop following, let what is under way be acknowledged, then close everything."""
        self._stopped.set()
        if self._cells:
            self._cells.close()
        self._thread.join()
        self._sending.close()
        super().close()

    def record(self, entries: Sequence[Entry]) -> list[Outcome]:
        """Have the log take what the door let in; UnavailableError where it does not now."""
        return self._sending.take(entries)

    def record_and_tell(self, entries: Sequence[Entry]) -> tuple[list[Outcome], list[Posting]]:
        """The same, with what all of them moved, once the recorder has them."""
        outcomes = self.record(entries)
        self.catch_up(outcomes)
        return outcomes, [posting for place in _places(outcomes) for posting in self._moved(*place)]

    def catch_up(self, outcomes: Sequence[Outcome]) -> None:
        """Wait until history knows what was taken; BehindError where it does not in time."""
        self._wait_for({partition: offset + 1 for partition, offset in sorted(_places(outcomes))})

    def settle(self) -> None:
        """Wait until history knows all that is in the log now; BehindError where it does not in time."""
        self._wait_for(_ends(self.log))

    def reach_head(self) -> None:
        """Wait until history knows all that is said of all, and figures count all that is in the log now.

        BehindError where they do not in time.
        """
        ends = _ends(self.log)
        self._wait_for({ORGANISATION_PARTITION: ends[ORGANISATION_PARTITION]})

        def there() -> bool:
            counted = self.stands_for().positions
            return all(counted.get(partition, 0) >= end for partition, end in ends.items())

        with self._news:
            if not self._news.wait_for(lambda: there() or self._is_over, HEAD_SECONDS) or not there():
                raise BehindError("the figures do not count all that is in the log")

    async def tell_crossings(self, reached: Reached) -> Sequence[Crossing]:
        """Tell which targets were reached or lost again, once each; KafkaError where the broker does not take it."""
        return await tell_of(self, reached)

    def compare(self) -> Compared:
        """Hold all cells against history where they stand, once it has come so far; BehindError where it has not yet.

        KafkaError where the cells cannot be read, or count what is not in the log.
        """
        found = Snapshot.of(self.log)
        positions = {partition: counted.next_offset for partition, counted in found.counted.items()}
        _expect_within(self.log, positions)
        self._wait_for(positions)
        return compare(self.history, positions, found.cells)

    def trouble(self) -> str:
        """Why history is not kept up, if it is not."""
        if self._failed:
            return f"the recorder has stopped: {self._failed}"
        return self.recording.away

    def cells_trouble(self) -> str:
        """Why the cells that figures are taken from are not kept up, if they are not."""
        return (self._cells.trouble() or self._still.trouble()) if self._cells else ""

    def cells_lags(self) -> dict[int, int]:
        """How many places of the log history counts and the cells do not that figures are taken from."""
        return self._still.lags()

    def lags(self) -> dict[int, int]:
        """How many places of the log history has not seen, per partition, as far as the broker has said."""
        return {one.partition: one.lag for one in self.recording.standings() if one.lag is not None}

    def stands_for(self) -> StandsFor:
        """Which events figures count; the organisation is always as history has it."""
        if not self._cells:
            return StandsFor("history", self._positions)
        own = {ORGANISATION_PARTITION: self._positions.get(ORGANISATION_PARTITION, 0)}
        return StandsFor("cells", own | self._cells_at())

    def shown(self, known: int | None = None) -> int:
        """A number that grows with whatever can be seen; `known`: of how many events is told, if not of all."""
        counted = self._cells.counted().values() if self._cells else ()
        return super().shown(known) + sum(one.next_offset for one in counted)

    def _from_cells(self) -> CellFollowing:
        """Cells that are followed, and figures from them."""
        cells = CellFollowing(self.log, self._cells_moved)
        self.figures, self.kept = cells.scan, Live(cells.kept, self._keeping, self._knows)
        return cells

    def _cells_at(self) -> dict[int, int]:
        """Up to where the cells of each partition count."""
        counted = self._cells.counted() if self._cells else {}
        return {one: counted.get(one, NOWHERE).next_offset for one in range(self.log.partitions)}

    def _cells_moved(self) -> None:
        self._still.cells_moved(self._cells_at())
        with self._news:
            self._news.notify_all()
        self._announce()

    def _knows(self, since_us: int) -> bool:
        """Whether all that was known before a moment is in history and in cells; once it is it stays so."""
        counted, positions = self._cells.counted() if self._cells else {}, self._positions
        numbers = range(self.log.partitions)
        if all(counted.get(one, NOWHERE).next_offset >= positions.get(one, 0) for one in numbers):
            lags = self.lags()
            is_at_end = len(lags) > len(numbers) and not any(lags.values())
            at_end = self.clock() - ASKED_LAST_US if is_at_end else 0
            self._settled_us = max(self._settled_us, at_end, min(self._known.get(one, 0) for one in numbers))
        return self._settled_us >= since_us

    def _wait_for(self, wanted: Mapping[int, int]) -> None:
        def there() -> bool:
            return all(self._positions.get(partition, 0) >= offset for partition, offset in wanted.items())

        with self._news:
            self._news.wait_for(lambda: there() or self._is_over, PATIENCE_SECONDS)
            if not there():
                why = self.trouble() or (ENDING if self._is_over else "the recorder is behind")
                raise BehindError(f"the log has it, but {why}") from self._failed

    def _moved(self, partition: int, offset: int) -> list[Posting]:
        rows = self.history.rows(MOVED, {"partition": partition, "offset": offset})
        return [
            (entity, (metric, basis, rep, day, at, tuple(dims)), amount)
            for entity, metric, basis, rep, day, at, *dims, amount in rows
        ]

    def _record_on(self) -> None:
        try:
            self.recording.run()
        except BaseException as error:  # told to all who ask, and by /ready
            logger.exception("the recorder has stopped")
            self._failed = error
        finally:
            with self._news:
                self._is_over = True
                self._news.notify_all()
            self._reading.close()

    def _followed(self, taken: Taken) -> None:
        """By the writer, step after step: first figures and what is said of all, then the positions that say so.

        Whoever waited for a position must not find what was remembered before it.
        """
        if not self._is_open:
            return
        self._keeping.recorded(taken.moved)
        self._next_offset += len(taken.moved) + taken.duplicates
        moved = {end.log_partition: end.next_offset for end in taken.positions}
        self._known = {**self._known, **{end.log_partition: end.known_at for end in taken.positions}}
        self._forget(organised=ORGANISATION_PARTITION in moved, decided=taken.decided)
        with self._news:
            self._positions = {**self._positions, **moved}
            self._still.history_moved(self._positions)
            self._news.notify_all()
        self._announce()


def _places(outcomes: Sequence[Outcome]) -> list[tuple[int, int]]:
    return [(one.partition, one.offset) for one in outcomes if one.partition is not None and one.offset is not None]


def _ends(log: Log) -> dict[int, int]:
    """Where each partition ends now."""
    numbers = numbered(log)
    with clients.consumer(log.broker, enable_auto_commit=False) as asking:
        return {numbers[place]: end for place, end in asking.end_offsets(list(numbers)).items()}


def _expect_within(log: Log, positions: Mapping[int, int]) -> None:
    """Cells that count more than there is are of a log that was here before."""
    ends = _ends(log)
    if beyond := {one: offset for one, offset in positions.items() if offset > ends[one]}:
        told = ", ".join(f"partition {one} up to {offset} of {ends[one]}" for one, offset in sorted(beyond.items()))
        raise KafkaError(
            f"{log.names.cells} counts more events than {log.names.events} holds ({told}): they are cells of another "
            "log. docs/kafka.md tells under Compare what to do."
        )


def _expect_follows(history: History) -> None:
    rows = history.rows(EMBEDDED)
    if rows:
        raise HistoryError(
            f"{history.path} is a log of its own, and cannot follow one in Kafka as well. Give another --history, or "
            "serve it without --broker."
        )


def _expect_same(history: History, log: Log, said: Sequence[ConsumerRecord]) -> None:
    """The log begins with what the history knows as its beginning; asked before anything of it is taken."""
    for offset, id_ in history.rows(FIRST_SAID):
        if id_ not in [_id(one) for one in said if one.offset == offset]:
            raise HistoryError(
                f"{history.path} follows another log than {log.names.events} on {log.broker}. Give the --history that "
                "belongs to it, or a new one."
            )


def _id(record: ConsumerRecord) -> str:
    try:
        return read_event(record.value or b"").id
    except ValueError:
        return ""


def _make_vault(path: Path, log: Log) -> None:
    """An empty one for a log that is empty; people of whom a log tells have their numbers from its own vault."""
    vault = vault_path(path)
    if not vault.exists() and any(end for partition, end in _ends(log).items() if partition != ORGANISATION_PARTITION):
        raise HistoryError(
            f"{log.names.events} on {log.broker} has events already, and the vault that gave its people their numbers "
            f"does not lie at {vault}. Put it there: without it nobody would have a name, or somebody another's number."
        )
    Vault.open(vault).close()
