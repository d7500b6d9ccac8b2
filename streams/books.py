"""The books of one workspace, embedded: history, vault, door and recorder in one process, without a broker.

This is the default driver: the history itself is the log, and trails live in memory only while they are written to.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from time import time_ns
from typing import Any, Literal, NamedTuple, Self

from projections.crossings import Crossing, Said, said
from projections.organisation import Organisation, organisation
from projections.postings import Posting
from projections.targets import Target, targets
from schemas.envelope import Event
from schemas.facts import FEED, PERSON
from schemas.moments import Calendar, from_day_number
from schemas.organisation import ORGANISATION
from streams.comparing import Compared
from streams.door import Door, Refused, VaultPeople
from streams.figures import Scanning, Source, StandsFor, only_decides
from streams.history import History, HistoryError, how_to_make
from streams.keeping import Keeping
from streams.own_events import own_event, rule_event
from streams.pairing import expect_own_vault, expect_vault, make_vault, vault_path
from streams.recorder import EMBEDDED_PARTITION, Batch, Entry, Recorded, Recorder, stored_facts
from streams.vault import Vault

Reached = Callable[[], Mapping[str, bool]]  # whether each target is, by its id, by the figures as they stand
Fate = Literal["taken", "duplicate", "refused"]


ENDING = "this process is ending"  # why something is not taken any more
FOLLOWING = "SELECT 1 FROM positions WHERE log_partition < 0 LIMIT 1"  # only a log elsewhere has such partitions


class Outcome(NamedTuple):
    """What became of one event: its place in the log if it was taken, the reason if it was refused."""

    fate: Fate
    offset: int | None = None
    reason: str = ""
    partition: int | None = None  # None: the log has one


class _SaidOfAll(NamedTuple):
    """What concerns all: the organisation, its targets, and what was said of these."""

    organisation: Organisation
    targets: list[Target]
    crossings: Mapping[str, Said]


class UnavailableError(Exception):
    """The log does not take events now; nothing is lost, and the same may be sent again."""

    retry_after = 2  # seconds
    remedy = "send the same again"


class BehindError(UnavailableError):
    """The log has it, and history does not know it yet."""

    remedy = "it counts once a recorder has caught up"


def wall_clock() -> int:
    """Now, in microseconds since 1970-01-01T00:00:00Z."""
    return time_ns() // 1_000


class Books:
    """The open books. Use them as a context manager."""

    def __init__(self, history: History, vault: Vault, clock: Callable[[], int]) -> None:
        """Use `Books.open` or `Books.create`."""
        self._organised = 0  # how often the organisation's trail was written to
        self._decided = 0  # how often that, or a person, said something
        self._deciding: tuple[int, int, set[int]] = (-1, 0, set())
        self._remembered: tuple[int, _SaidOfAll] = (-1, _SaidOfAll(Organisation(), [], {}))
        self.history = history
        self.vault = vault
        self.clock = clock
        workspace = self.organisation()
        self.demo = workspace.demo
        self.calendar = _calendar(history.path, workspace)
        self._door = Door(VaultPeople(vault), clock, demo=self.demo)
        self.figures: Source = Scanning(history)  # of questions that are asked once
        self._keeping = Keeping(history)
        self.kept: Source = self._keeping  # of those that are watched
        self._recorder = Recorder(history, self.calendar, clock, recorded=self._keep_up)
        self._next_offset = self.stored_offset()
        self._follows = bool(history.rows(FOLLOWING))
        self._listeners: list[Callable[[], None]] = []

    @classmethod
    def create(  # noqa: PLR0913 (each is told in the first events, once and for all)
        cls,
        path: Path,
        *,
        zone: str,
        currency: str,
        fiscal_start: int = 1,
        credit: str = "owner",
        demo: bool = False,
        clock: Callable[[], int] = wall_clock,
    ) -> Self:
        """Open new books; what is given becomes their first events. ValueError for an odd zone, currency ..."""
        told: dict[str, Any] = {"zone": zone, "currency": currency, "fiscal_start": fiscal_start}
        told |= {"demo": True} if demo else {}
        first = [own_event("quotum.workspace.opened.v1", told, clock()), rule_event(credit, None, clock())]

        def fill(history: History) -> None:
            make_vault(path, history)  # first, so that no history is ever without one
            Recorder(history, Calendar(zone), clock).record([Entry(event, FEED) for event in first]).result()

        had_vault = vault_path(path).exists()
        try:
            History.create(path, fill).close()
        except BaseException:
            if not had_vault and not path.exists():
                vault_path(path).unlink(missing_ok=True)
            raise
        return cls.open(path, clock=clock)

    @classmethod
    def open(cls, path: Path, *, clock: Callable[[], int] = wall_clock) -> Self:
        """Open books that are there; HistoryError or VaultError says what is missing."""
        with ExitStack() as closing:
            history = closing.enter_context(History.open(path))
            expect_vault(path)
            vault = closing.enter_context(Vault.open(vault_path(path)))
            expect_own_vault(history, vault)
            books = cls(history, vault, clock)
            closing.pop_all()
            return books

    def close(self) -> None:
        """Close the vault, then the history: whoever waits for the history finds both free."""
        try:
            self.vault.close()
        finally:
            self.history.close()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def organisation(self) -> Organisation:
        """The workspace, its teams and its people as the log tells them now."""
        return self._said_of_all()[0]

    def targets(self) -> list[Target]:
        """The targets as the log tells them now, each with all its steps."""
        return self._said_of_all()[1]

    def crossings_said(self) -> Mapping[str, Said]:
        """What was said last of targets that were reached or lost again, by their ids."""
        return self._said_of_all()[2]

    def _said_of_all(self) -> "_SaidOfAll":
        """All of it, read again only after events of their trail were recorded: every question asks for them."""
        version = self._organised
        if self._remembered[0] != version:
            with self.history.read() as cursor:
                facts = list(stored_facts(cursor, [ORGANISATION]))
            self._remembered = (version, _SaidOfAll(organisation(facts), targets(facts), said(facts)))
        return self._remembered[1]

    def only_decides(self) -> set[int]:
        """Whom the log knows as authors of targets and corrections and as nothing else.

        Asked of history again only where it can have changed: after a decision, and, while there are any, after all.
        """
        decided, position, found = self._deciding
        if decided != self._decided or (found and position != self._next_offset):
            decided, position = self._decided, self._next_offset
            found = only_decides(self.history)
            self._deciding = (decided, position, found)
        return found

    def today(self) -> date:
        """The day it is now, in the workspace's zone."""
        return from_day_number(self.calendar.day(self.clock()))

    def on_recorded(self, told: Callable[[], None]) -> None:
        """Have something called, from the recording thread, whenever events were taken."""
        self._listeners.append(told)

    def next_offset(self) -> int:
        """How many events the log holds; what is kept up knows all of them."""
        return self._next_offset

    def stands_for(self) -> StandsFor:
        """Which events figures count."""
        return StandsFor("history", {EMBEDDED_PARTITION: self._next_offset})

    def shown(self, known: int | None = None) -> int:
        """A number that grows with whatever can be seen, so that who has seen it needs nothing until it has grown.

        `known`: of how many events of history is told, if not of all.
        """
        return self._next_offset if known is None else min(known, self._next_offset)

    def forget_figures(self) -> None:
        """Ask history anew, since its figures were put in order by other means than a batch."""
        self._keeping.forget()

    def stored_offset(self) -> int:
        """The same as the file tells it: asked to see whether it can be read."""
        return int(self.history.rows("SELECT count(*) FROM events")[0][0])

    def _keep_up(self, batch: Batch) -> None:
        """By the writer, batch after batch: first the figures, then the position that says they are there."""
        self._keeping.recorded([(batch.known_at, batch.postings)])
        self._next_offset = batch.next_offset

    def take(self, events: Sequence[Event], layer: int = FEED, people: str | None = None) -> list[Outcome]:
        """Let a batch in and record it; what became of each. What is taken or duplicate outlives a kill."""
        admitted = self.admit(events, layer, people)
        outcomes = iter(self.record([one for one in admitted if isinstance(one, Entry)]))
        return [
            Outcome("refused", reason=one.reason) if isinstance(one, Refused) else next(outcomes) for one in admitted
        ]

    def admit(self, events: Sequence[Event], layer: int = FEED, people: str | None = None) -> list[Entry | Refused]:
        """Only the door: what is let in has numbers for people. `people`: whose ids theirs are, if not the source's."""
        return self._door.admit(events, layer, people)

    def record(self, entries: Sequence[Entry]) -> list[Outcome]:
        """Only the recording, of what the door let in."""
        return self.record_and_tell(entries)[0]

    def record_and_tell(self, entries: Sequence[Entry]) -> tuple[list[Outcome], list[Posting]]:
        """The same, with what all of them moved."""
        if self._follows:
            raise HistoryError(
                f"{self.history.path} follows a log in Kafka, and nothing goes in past that. Serve it with --broker, "
                "and this goes through the server."
            )
        recorded = self._recorder.record(entries).result() if entries else Recorded([], [])
        offsets = recorded.offsets
        if any(offset is not None for offset in offsets):
            organised = any(entry.event.trail == ORGANISATION for entry in entries)
            self._tell(organised=organised, decided=organised or any(entry.layer == PERSON for entry in entries))
        fates = [Outcome("duplicate") if offset is None else Outcome("taken", offset) for offset in offsets]
        return fates, recorded.postings

    def catch_up(self, outcomes: Sequence[Outcome]) -> None:
        """Wait until history knows what was taken; embedded it always does."""

    def settle(self) -> None:
        """Wait until history knows all that was taken so far; embedded it always does."""

    def trouble(self) -> str:
        """Why history is not kept up, if it is not; embedded it always is."""
        return ""

    def lags(self) -> dict[int, int]:
        """How far history is behind the log, per partition; embedded it is the log."""
        return {}

    def cells_trouble(self) -> str:
        """Why the cells that figures are taken from are not kept up, if they are not; embedded there are none."""
        return ""

    def cells_lags(self) -> dict[int, int]:
        """How far the cells that figures are taken from are behind history, per partition."""
        return {}

    async def tell_crossings(self, _: Reached) -> Sequence[Crossing]:
        """Tell which targets were reached or lost again since that was told last; only over a log in Kafka."""
        return []

    def compare(self) -> Compared:
        """Hold the cells that workers keep up against history; HistoryError where there are none: embedded."""
        raise HistoryError(
            f"{self.history.path} follows no log in Kafka here, and there are cells only beside one: serve it with "
            "--broker, or give --broker here."
        )

    def _tell(self, *, organised: bool, decided: bool) -> None:
        """Have what was remembered read again where it may be another, and let everybody know of something new."""
        self._forget(organised=organised, decided=decided)
        self._announce()

    def _forget(self, *, organised: bool, decided: bool) -> None:
        """Have what was remembered read again where it may be another."""
        self._organised += organised
        self._decided += decided

    def _announce(self) -> None:
        """Let everybody know of something new."""
        for told in self._listeners:
            told()


def _calendar(path: Path, workspace: Organisation) -> Calendar:
    if not workspace.opened:
        raise HistoryError(f"{path} holds no workspace. Move it away, and make another: {how_to_make(path)}")
    try:
        return Calendar(workspace.zone)
    except ValueError as error:
        raise HistoryError(f"{path} has days of a zone unknown on this machine: {error}") from error
