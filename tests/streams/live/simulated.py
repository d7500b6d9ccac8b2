"""A broker, workers and their disks in memory, which can be stopped between any two steps.

Every `await` in here is such a place. A worker's task is a coroutine that is pushed on by hand: so it can be left where
it is, go on much later as the zombie it then is, or never go on at all. `Mutant` tells what can be done wrong.
"""

from collections.abc import Generator, Iterable, Mapping, Sequence
from enum import Enum, auto
from itertools import count
from types import coroutine
from typing import NamedTuple

from streams.appending import DeadLetter, Position
from streams.live.owning import take
from streams.live.stepping import Stepping, Stored, Writes
from streams.told import Record

Value = bytes | None
Changes = Mapping[bytes, Value]
TRAILS, CELLS = TABLES = ("trails", "cells")
AT_ONCE = 3  # records of a changelog, while it is read back


class Mutant(Enum):
    """A way to do it wrong."""

    CELLS_APART = auto()  # cells in a transaction of their own, after the one of states and position
    STORE_FIRST = auto()  # the store before the commit
    NO_FENCE = auto()  # a new owner shuts nobody out
    RESTORED_FIRST = auto()  # a new owner reads before it shuts the old one out
    READ_UNCOMMITTED = auto()  # changelogs are read with what was undone
    TOMBSTONES_DROPPED = auto()  # by compaction, while there is a store that stands before them
    KEPT_AFTERWARDS = auto()  # the store is written though the partition was given away meanwhile


class FencedError(Exception):
    """Somebody else owns the partition."""


class KilledError(BaseException):
    """The worker is no more."""


@coroutine
def pause() -> Generator[None, None, None]:
    """A place where a worker may be stopped."""
    yield


class Entry(NamedTuple):
    """A record of a changelog; markers are not recorded, but take an offset."""

    offset: int
    transaction: int
    key: bytes
    value: Value


class Changelog:
    """One partition of a compacted topic."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.end = 0

    def append(self, transaction: int, key: bytes, value: Value) -> None:
        self.entries.append(Entry(self.end, transaction, key, value))
        self.end += 1

    def mark(self, transaction: int) -> None:
        """The end of a transaction, if it wrote here."""
        self.end += any(entry.transaction == transaction for entry in self.entries)


class Transaction(NamedTuple):
    number: int
    partition: int
    epoch: int


class Broker:
    """What outlives every worker."""

    def __init__(self, partitions: Iterable[int], mutant: Mutant | None) -> None:
        self.changelogs = {(partition, table): Changelog() for partition in partitions for table in TABLES}
        self.positions: dict[int, Position] = {}
        self.letters: list[DeadLetter] = []
        self._epochs: dict[int, int] = {}
        self._open: dict[int, Transaction] = {}
        self._committed: set[int] = set()
        self._numbers = count()
        self._mutant = mutant

    def shut_out(self, partition: int) -> int:
        """The epoch of a new owner; what others left open is undone."""
        self._epochs[partition] = epoch = self._epochs.get(partition, 0) + 1
        if self._mutant is not Mutant.NO_FENCE:
            for transaction in [one for one in self._open.values() if one.partition == partition]:
                self._end(transaction)
        return epoch

    def begin(self, partition: int, epoch: int) -> Transaction:
        transaction = Transaction(next(self._numbers), partition, epoch)
        self._expect_owner(transaction)
        self._open[transaction.number] = transaction
        return transaction

    def write(self, transaction: Transaction, table: str, key: bytes, value: Value) -> None:
        self._expect_owner(transaction)
        self.changelogs[transaction.partition, table].append(transaction.number, key, value)

    def commit(self, transaction: Transaction, position: Position | None, letters: Sequence[DeadLetter]) -> None:
        self._expect_owner(transaction)
        self._committed.add(transaction.number)
        self._end(transaction)
        self.letters += letters
        if position:
            self.positions[transaction.partition] = position

    def read(self, partition: int, table: str, start: int) -> list[Entry]:
        """What was committed, in order."""
        is_mutant = self._mutant is Mutant.READ_UNCOMMITTED
        found = self.changelogs[partition, table].entries
        return [one for one in found if one.offset >= start and (is_mutant or one.transaction in self._committed)]

    def compact(self) -> None:
        """Of each key keep what was committed last, what is nothing included, and whatever is not decided."""
        is_mutant = self._mutant is Mutant.TOMBSTONES_DROPPED
        for changelog in self.changelogs.values():
            committed = [one for one in changelog.entries if one.transaction in self._committed]
            last = {one.key: one.offset + (is_mutant and one.value is None) for one in committed}
            changelog.entries = [one for one in changelog.entries if one.offset >= last.get(one.key, 0)]

    def values(self, partition: int, table: str) -> dict[bytes, bytes]:
        """As a reader holds them in the end."""
        values = {one.key: one.value for one in self.read(partition, table, 0)}
        return {key: value for key, value in values.items() if value is not None}

    def _expect_owner(self, transaction: Transaction) -> None:
        if self._mutant is not Mutant.NO_FENCE and self._epochs[transaction.partition] != transaction.epoch:
            raise FencedError

    def _end(self, transaction: Transaction) -> None:
        del self._open[transaction.number]
        for table in TABLES:
            self.changelogs[transaction.partition, table].mark(transaction.number)


class Store:
    """A table on a worker's disk, with the position of the changelog up to which it is the same."""

    def __init__(self) -> None:
        self.values: dict[bytes, bytes] = {}
        self.position = 0

    def get_many(self, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        return {key: self.values[key] for key in keys if key in self.values}

    def write(self, changes: Changes, position: int) -> None:
        for key, value in changes.items():
            if value is None:
                self.values.pop(key, None)
            else:
                self.values[key] = value
        self.position = position


Disk = dict[str, Store]  # of one partition, by table


def empty_disk() -> Disk:
    return {table: Store() for table in TABLES}


class Owner:
    """A partition in the hands of a worker."""

    def __init__(self, broker: Broker, disk: Disk, partition: int, mutant: Mutant | None) -> None:
        self.partition = partition
        self.is_told_over = False
        self.killed_at: int | None = None  # before which write to a store
        self._broker, self._disk, self._mutant = broker, disk, mutant
        self._epoch = 0
        self._ends: dict[str, int] = {}

    def is_over(self) -> bool:
        return self.is_told_over

    @property
    def stored(self) -> Stored:
        return Stored(self._disk[TRAILS].get_many, self._disk[CELLS].get_many)

    async def begin(self) -> Position:
        """In the order that `Ownership` tells."""
        await pause()
        if self._mutant is Mutant.RESTORED_FIRST:
            await self._restore()
        self._epoch = self._broker.shut_out(self.partition)
        await pause()
        if self._mutant is not Mutant.RESTORED_FIRST:
            await self._restore()
        return self._broker.positions.get(self.partition, Position(self.partition, 0, 0))

    async def commit(self, writes: Writes) -> bool:
        tables: dict[str, Changes] = {TRAILS: writes.trails, CELLS: writes.cells}
        apart = {CELLS: tables.pop(CELLS)} if self._mutant is Mutant.CELLS_APART else {}
        if self._mutant is Mutant.STORE_FIRST:
            self._ends = {table: self._broker.changelogs[self.partition, table].end for table in TABLES}
            self.keep(writes)
        try:
            await self._commit(tables, writes.position, writes.letters)
            if apart:
                await self._commit(apart, None, [])
        except FencedError:
            return False
        await pause()
        if self._mutant is Mutant.KEPT_AFTERWARDS:
            self.is_told_over = False
        return True

    def keep(self, writes: Writes) -> None:
        for number, (table, changes) in enumerate(zip(TABLES, (writes.trails, writes.cells), strict=True)):
            if self.killed_at == number:
                raise KilledError
            self._disk[table].write(changes, self._ends[table])

    async def _restore(self) -> None:
        for table, store in self._disk.items():
            await pause()
            found = self._broker.read(self.partition, table, store.position)
            for first in range(0, len(found), AT_ONCE):
                if self.is_over():
                    return
                entries = found[first : first + AT_ONCE]
                store.write({one.key: one.value for one in entries}, entries[-1].offset + 1)
                await pause()

    async def _commit(
        self, tables: Mapping[str, Changes], position: Position | None, letters: Sequence[DeadLetter]
    ) -> None:
        await pause()
        transaction = self._broker.begin(self.partition, self._epoch)
        for table, changes in tables.items():
            for key, value in changes.items():
                await pause()
                self._broker.write(transaction, table, key, value)
        await pause()
        self._broker.commit(transaction, position, letters)
        self._ends |= {table: self._broker.changelogs[self.partition, table].end for table in TABLES}


class Source(NamedTuple):
    """A partition of the log of events: what lies at each offset, None for a marker, and how it is fetched."""

    slots: Sequence[Record | None]
    size: int
    back: int

    def fetch(self, position: Position) -> tuple[list[Record], int]:
        """Records, some of them for the second time, and where reading goes on."""
        first, end = max(0, position.next_offset - self.back), position.next_offset + self.size
        found = self.slots[first:end]
        return [one for one in found if one], first + len(found)


async def work(stepping: Stepping, owner: Owner, source: Source) -> None:
    """Until the end of the partition, or its loss."""
    position: Position | None = await owner.begin()
    while position and position.next_offset < len(source.slots):
        position = await take(stepping, owner, position, *source.fetch(position))
