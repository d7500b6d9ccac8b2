"""The books of a workspace whose log lies in Kafka: events go out through the door, and come back through the recorder.

What is sent is taken once the broker has acknowledged it; what it moved is known once the recorder has it. So whoever
must know waits for a position, never for a time.
"""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from projections.fold import Posting
from schemas.moments import Calendar
from streams.appending import Entry, row
from streams.books import Books, Outcome, UnavailableError, vault_path, wall_clock
from streams.following import ORGANISATION_PARTITION, Follower, Taken
from streams.history import History, HistoryError
from streams.kafka import clients
from streams.kafka.reading import Reading, numbered, places, record_of
from streams.kafka.recording import Recording
from streams.kafka.sending import Sending, Sent
from streams.kafka.topics import Log
from streams.records import written
from streams.vault import Vault

PATIENCE_SECONDS = 30  # for the recorder, by whoever wants to know what an event moved
MOVED = """
SELECT entity, metric, basis, rep, date_diff('day', DATE '1970-01-01', day), instant,
    campaign, product, kind, customer, currency, days, amount
FROM postings WHERE log_partition = $partition AND log_offset = $offset
"""
EMBEDDED = "SELECT 1 FROM events WHERE trail = 'organisation' AND log_partition >= 0 LIMIT 1"
logger = logging.getLogger(__name__)


class LiveBooks(Books):
    """The open books of a log in Kafka. Use `LiveBooks.follow`, as a context manager."""

    def __init__(self, history: History, vault: Vault, clock: Callable[[], int], log: Log) -> None:
        """Reads the organisation to its end first: without it nobody knows which days these are."""
        self.log = log
        self._stopped = threading.Event()
        self._news = threading.Condition()
        self._positions: Mapping[int, int] = {}
        self._failed: BaseException | None = None
        follower = Follower(history, Calendar(log.workspace.zone), places(log), recorded=self._followed)
        self._is_open = False
        _read_organisation(follower, log)
        super().__init__(history, vault, clock)
        _expect_same(self)
        self._is_open = True
        self._positions = follower.positions()
        self._reading = Reading(log)
        self.recording = Recording(follower, self._reading, self._stopped)
        self._sending = Sending(log)
        self._thread = threading.Thread(target=self._record_on, name="recorder")
        self._thread.start()

    @classmethod
    def follow(cls, path: Path, log: Log, *, clock: Callable[[], int] = wall_clock) -> Self:
        """Open the history of a log, made if it is not there. HistoryError for one that is of something else."""
        with ExitStack() as closing:
            if not path.exists():
                Vault.open(vault_path(path)).close()  # first, so that no history is ever without one
                History.create(path).close()
            history = closing.enter_context(History.open(path))
            _expect_follows(history)
            vault = closing.enter_context(Vault.open(vault_path(path)))
            books = cls(history, vault, clock, log)
            closing.pop_all()
            return books

    def close(self) -> None:
        """Stop following, let what is under way be acknowledged, then close everything."""
        self._stopped.set()
        self._thread.join()
        self._sending.close()
        super().close()

    def record(self, entries: Sequence[Entry]) -> list[Outcome]:
        """Have the log take what the door let in; UnavailableError where it does not now."""
        sent = self._sending.send([written(row(entry)) for entry in entries]).result()
        return [Outcome("taken", place.offset, partition=place.partition) for place in sent]

    def record_and_tell(self, entries: Sequence[Entry]) -> tuple[list[Outcome], list[Posting]]:
        """The same, with what all of them moved, once the recorder has them."""
        outcomes = self.record(entries)
        sent = [Sent(one.partition or 0, one.offset or 0) for one in outcomes]
        self._wait_for({partition: offset + 1 for partition, offset in sorted(sent)})
        return outcomes, [posting for place in sent for posting in self._moved(place)]

    def settle(self) -> None:
        """Wait until history knows all that is in the log now."""
        self._wait_for(_ends(self.log))

    def trouble(self) -> str:
        """Why history is not kept up, if it is not."""
        return f"the recorder has stopped: {self._failed}" if self._failed else self.recording.away

    def lags(self) -> dict[int, int]:
        """How many places of the log history has not seen, per partition, as far as the broker has said."""
        return {one.partition: one.lag for one in self.recording.standings() if one.lag is not None}

    def _wait_for(self, wanted: Mapping[int, int]) -> None:
        def there() -> bool:
            return self._failed is not None or all(
                self._positions.get(partition, 0) >= offset for partition, offset in wanted.items()
            )

        with self._news:
            if not self._news.wait_for(there, PATIENCE_SECONDS):
                raise UnavailableError(
                    "the log has it, the recorder is behind: it counts as soon as that has caught up"
                )
        if self._failed:
            raise HistoryError(f"the recorder has stopped: {self._failed}") from self._failed

    def _moved(self, place: Sent) -> list[Posting]:
        rows = self.history.rows(MOVED, place._asdict())
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
            with self._news:
                self._news.notify_all()
        finally:
            self._reading.close()

    def _followed(self, taken: Taken) -> None:
        """By the writer, step after step: first the figures, then the positions that say they are there."""
        if not self._is_open:
            return
        for known_at, lines in taken.moved:
            self.kept.recorded(lines, known_at)
        self._next_offset += len(taken.moved) + taken.duplicates
        moved = {end.log_partition: end.next_offset for end in taken.positions}
        with self._news:
            self._positions = {**self._positions, **moved}
            self._news.notify_all()
        self._tell(organised=ORGANISATION_PARTITION in moved, decided=True)


def _read_organisation(follower: Follower, log: Log) -> None:
    """Take the organisation's topic to its end."""
    found = clients.read_whole(log.broker, log.names.organisation)
    follower.take(record_of(one, ORGANISATION_PARTITION) for one in found)


def _ends(log: Log) -> dict[int, int]:
    """Where each partition ends now."""
    numbers = numbered(log)
    with clients.consumer(log.broker, enable_auto_commit=False) as asking:
        return {numbers[place]: end for place, end in asking.end_offsets(list(numbers)).items()}


def _expect_follows(history: History) -> None:
    rows = history.rows(EMBEDDED)
    if rows:
        raise HistoryError(
            f"{history.path} is a log of its own, and cannot follow one in Kafka as well. Give another --history, or "
            "serve it without --broker."
        )


def _expect_same(books: LiveBooks) -> None:
    own, log = books.organisation(), books.log.workspace
    if (own.zone, own.currency, own.partitions) != (log.zone, log.currency, log.partitions):
        raise HistoryError(
            f"{books.history.path} follows another log than {books.log.names.events} on {books.log.broker}. Give the "
            "--history that belongs to it, or a new one."
        )
