"""Workers that share the partitions of a log, and whatever may happen to them."""

from collections.abc import Coroutine, Iterable, Mapping
from itertools import chain
from typing import Any, NamedTuple

from hypothesis import strategies as st

from projections.postings import Cell
from streams.live.forms import Tagged, read_cell_key, read_cell_value
from streams.live.stepping import Stepping
from tests.streams.live.simulated import CELLS, Broker, Disk, KilledError, Mutant, Owner, Source, empty_disk, work

WORKERS = 2
FAR = 10**9  # pushes, that lead to the end of everything


class Push(NamedTuple):
    """Some task goes on by so many pauses; it may be a zombie's."""

    task: int
    pauses: int


class Move(NamedTuple):
    """A partition is given to a worker, which may be the one that has it; whoever has it may not be told."""

    partition: int
    worker: int
    is_told: bool


class Kill(NamedTuple):
    """A worker is killed, and its disks may be lost with it."""

    worker: int
    is_wiped: bool


class KillAtStore(NamedTuple):
    """Whoever has a partition is to be killed before this write to its stores, after the next commit."""

    partition: int
    write: int


class Compact(NamedTuple):
    """The broker compacts what it can."""


Happening = Push | Move | Kill | KillAtStore | Compact
some = st.sampled_from(range(4))
pauses = st.sampled_from((1, 2, 3, 5, 8, 13, 21, 34))
moves = st.builds(Move, some, some, st.booleans())
kills = st.builds(Kill, some, st.booleans())
kills_at_store = st.builds(KillAtStore, some, st.sampled_from((0, 1)))
pushes = st.builds(Push, st.sampled_from((-1, -1, -2, -2, 0, 1, 2)), pauses)


@st.composite
def replacements(draw: st.DrawFn) -> list[Happening]:
    """A worker is replaced while it is at something, and goes on with it while its successor is at something."""
    partition, first, second = draw(some), draw(some), draw(some)
    told: list[Happening] = [Move(partition, first, is_told=True), Push(-1, draw(pauses))]
    told += [Move(partition, second, draw(st.booleans())), Push(-1, draw(pauses)), Push(-2, draw(pauses))]
    return [*told, Push(-1, draw(pauses))]


happenings: st.SearchStrategy[Happening] = st.one_of(pushes, moves, kills, kills_at_store, st.just(Compact()))
episodes = st.one_of(st.lists(happenings, min_size=1, max_size=2), replacements(), replacements())
# Left to themselves lists would be five long, and little could happen in them.
scripts = (
    st.sampled_from((0, 4, 8))
    .flatmap(lambda least: st.lists(episodes, min_size=least, max_size=12))
    .map(lambda told: list(chain.from_iterable(told)))
)


class _Task(NamedTuple):
    worker: int
    owner: Owner
    coroutine: Coroutine[Any, Any, None]


class Cluster:
    """The broker, the workers, and all they are at."""

    def __init__(self, stepping: Stepping, sources: Mapping[int, Source], mutant: Mutant | None = None) -> None:
        self.broker = Broker(sources, mutant)
        self._stepping, self._sources, self._mutant = stepping, sources, mutant
        self._partitions = sorted(sources)
        self._disks: dict[tuple[int, int], Disk] = {}
        self._tasks: list[_Task] = []

    def run(self, script: Iterable[Happening]) -> None:
        """Let all of it happen, zombies wake up, and the work be done to the end."""
        for happening in script:
            self.happen(happening)
        while self._tasks:
            self.happen(Push(0, FAR))
        for number in range(len(self._partitions)):
            self.happen(Move(number, 0, is_told=True))
            self.happen(Push(-1, FAR))

    def happen(self, happening: Happening) -> None:
        match happening:
            case Push(task, pauses) if self._tasks:
                self._push(self._tasks[task % len(self._tasks)], pauses)
            case Move(partition, worker, is_told) if self._partitions:
                self._move(self._partition(partition), worker % WORKERS, is_told=is_told)
            case Kill(worker, is_wiped):
                self._kill(worker % WORKERS, is_wiped=is_wiped)
            case KillAtStore(partition, write) if self._partitions:
                for owner in [one.owner for one in self._tasks if one.owner.partition == self._partition(partition)]:
                    owner.killed_at = write
            case Compact():
                self.broker.compact()

    def rows(self, partition: int) -> dict[Cell, Tagged]:
        """What a partition adds to each cell, as a reader of the topic has it."""
        found = {}
        for key, value in self.broker.values(partition, CELLS).items():
            of, cell = read_cell_key(key)
            assert of == partition
            found[cell] = read_cell_value(value)
        return found

    def cells(self) -> dict[Cell, int]:
        """The sums over partitions."""
        found: dict[Cell, int] = {}
        for partition in self._partitions:
            for cell, row in self.rows(partition).items():
                found[cell] = found.get(cell, 0) + row.amount
        return {cell: amount for cell, amount in found.items() if amount}

    def stores_agree(self) -> bool:
        """Whether the worker that has everything in the end has it in its stores as the changelogs tell it."""
        return all(
            store.values == self.broker.values(partition, table)
            for (worker, partition), disk in self._disks.items()
            for table, store in disk.items()
            if worker == 0
        )

    def _partition(self, number: int) -> int:
        return self._partitions[number % len(self._partitions)]

    def _push(self, task: _Task, pauses: int) -> None:
        try:
            for _ in range(pauses):
                task.coroutine.send(None)
        except StopIteration:
            self._tasks.remove(task)
        except KilledError:
            self._kill(task.worker, is_wiped=False)

    def _move(self, partition: int, worker: int, *, is_told: bool) -> None:
        for task in self._tasks:
            if task.owner.partition == partition and (is_told or task.worker == worker):
                task.owner.is_told_over = True
        disk = self._disks.setdefault((worker, partition), empty_disk())
        owner = Owner(self.broker, disk, partition, self._mutant)
        self._tasks.append(_Task(worker, owner, work(self._stepping, owner, self._sources[partition])))

    def _kill(self, worker: int, *, is_wiped: bool) -> None:
        for task in [one for one in self._tasks if one.worker == worker]:
            task.coroutine.close()
            self._tasks.remove(task)
        if is_wiped:
            self._disks = {place: disk for place, disk in self._disks.items() if place[0] != worker}
