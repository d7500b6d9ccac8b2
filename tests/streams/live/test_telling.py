"""However many tell, wherever they are killed or left, each crossing is in the log once and in order, and a rebuild of
the figures adds none.

The log holds sales of one target, and what was told. A teller knows the log only up to where it has read; the figures
may be made anew at any time, and then begin at nothing. Tasks are pushed on by hand from pause to pause, so one can be
left for good or wake up as a zombie. What may be told is what the figures were somewhere between two tellings: so the
truth is asked of the log alone, never of a teller.
"""

from collections.abc import Coroutine, Generator, Mapping, Sequence
from types import coroutine
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.crossings import NOTHING, Crossing, Said, crossings
from streams.live.telling import tell

AIM = 2
T = "t"
Entry = int | Crossing  # what was sold or taken back, or what was told


@coroutine
def pause() -> Generator[None, None, None]:
    yield


class World:
    """The log, which ends nowhere, and how far figures and readers are."""

    def __init__(self) -> None:
        self.log: list[Entry] = []
        self.counted = 0  # up to where the figures count: they move on by themselves, or begin anew
        self.epoch = 0

    def reached_at(self, position: int) -> bool:
        return sum(one for one in self.log[:position] if isinstance(one, int)) >= AIM

    def said_at(self, position: int) -> dict[str, Said]:
        told = [one for one in self.log[:position] if isinstance(one, Crossing)]
        return {T: Said(told[-1].turn, told[-1].is_reached, 0)} if told else {}


class Simulated:
    """A teller that may be stopped before and after whatever it does. `mutant`: what it leaves out."""

    def __init__(self, world: World, mutant: str = "") -> None:
        self._world, self._mutant = world, mutant
        self._epoch = 0
        self._read = len(world.log)  # of what was told; the recorder may be behind
        self._end = 0

    async def said(self) -> Mapping[str, Said]:
        await pause()
        return self._world.said_at(self._read)

    async def reached(self) -> Mapping[str, bool]:
        await pause()
        return {T: self._world.reached_at(self._world.counted)}

    async def shut_out(self) -> None:
        await pause()
        if self._mutant != "nobody shut out":
            self._world.epoch += 1
        self._epoch = self._world.epoch
        await pause()

    async def catch_up(self) -> bool:
        await pause()
        if self._mutant == "not caught up":
            return True
        end = len(self._world.log)
        await pause()
        self._read = max(self._read, end)
        return self._world.counted >= end

    async def commit(self, found: Sequence[Crossing]) -> bool:
        await pause()
        if self._epoch != self._world.epoch:
            return False
        self._world.log += found
        await pause()
        return True


# Something is sold or taken back, figures move on or begin anew, a task begins, goes on by some pauses, or is killed.
scripts = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["sell"]), st.sampled_from([1, 2, -1, -2])),
        st.tuples(st.sampled_from(["count"]), st.integers(1, 4)),
        st.tuples(st.sampled_from(["rebuild", "begin"]), st.just(0)),
        st.tuples(st.sampled_from(["push", "push", "push", "kill"]), st.integers(0, 11)),
    ),
    max_size=60,
)


Task = Coroutine[Any, Any, Sequence[Crossing]]


def run(script: list[tuple[str, int]], mutant: str = "") -> World:
    world = World()
    tasks: list[Task] = []
    for what, count in script:
        if what == "begin":
            tasks.append(tell(Simulated(world, mutant)))
        elif what in ("push", "kill"):
            go_on(tasks, what, count)
        else:
            move(world, what, count)
    while tasks:
        push(tasks, tasks[0], 1)
    return world


def move(world: World, what: str, count: int) -> None:
    if what == "sell":
        world.log.append(count)
    else:
        world.counted = min(len(world.log), world.counted + count) if what == "count" else 0


def go_on(tasks: list[Task], what: str, count: int) -> None:
    if tasks and what == "kill":
        tasks.pop(count % len(tasks)).close()
    elif tasks:
        push(tasks, tasks[count % len(tasks)], 1 + count // 3)


def push(tasks: list[Task], task: Task, pauses: int) -> None:
    try:
        for _ in range(pauses):
            task.send(None)
    except StopIteration:
        tasks.remove(task)


def finish(world: World) -> None:
    """All is counted, and somebody tells."""
    world.counted = len(world.log)
    tasks = [tell(Simulated(world))]
    while tasks:
        push(tasks, tasks[0], 1)
    world.counted = len(world.log)


def check(world: World) -> None:
    """Told in turns, each count once, each at a moment when it was so; and in the end as it is."""
    told = [(place, one) for place, one in enumerate(world.log) if isinstance(one, Crossing)]
    assert [one.turn for _, one in told] == list(range(1, len(told) + 1))
    assert [one.is_reached for _, one in told] == [bool(number % 2) for number in range(1, len(told) + 1)]
    since = 0
    for place, one in told:
        assert any(world.reached_at(position) == one.is_reached for position in range(since, place + 1))
        since = place


@pytest.mark.slow
@settings(max_examples=1_000, deadline=None)
@given(scripts)
def test_each_crossing_is_told_once_in_order_and_a_rebuild_tells_none_again(script: list[tuple[str, int]]) -> None:
    world = run(script)
    check(world)
    finish(world)
    check(world)
    assert world.said_at(len(world.log)).get(T, NOTHING).is_reached == world.reached_at(len(world.log))
    before = list(world.log)
    for counted in [*range(len(world.log) + 1)]:  # figures from nothing, with somebody who tells at each step
        world.counted = counted
        tasks = [tell(Simulated(world))]
        while tasks:
            push(tasks, tasks[0], 1)
    assert world.log == before


BEGUN = [("sell", AIM), ("count", 1), ("begin", 0), ("begin", 0)]


@pytest.mark.parametrize(
    ("mutant", "script"),
    [
        ("nobody shut out", [*BEGUN, *[("push", count) for count in (10, 10, 0, 11, 11, 1)]]),  # both are to commit
        ("not caught up", BEGUN),  # one after the other
    ],
)
def test_the_check_finds_who_leaves_a_step_out(mutant: str, script: list[tuple[str, int]]) -> None:
    check(run(script))
    with pytest.raises(AssertionError):
        check(run(script, mutant))


def test_where_nothing_is_to_be_told_nobody_is_shut_out() -> None:
    world = World()
    finish(world)
    assert (world.epoch, world.log) == (0, [])
    assert crossings({}, {T: False}) == []
