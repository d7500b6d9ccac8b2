"""Cells that stand still while history goes on are told of, and only those."""

from collections.abc import Callable

import pytest

from streams.kafka.standing_still import StandingStill


class Clock:
    """One that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def look(still: StandingStill, history: dict[int, int], cells: dict[int, int]) -> None:
    still.history_moved(history)
    still.cells_moved(cells)


@pytest.fixture
def still(clock: Callable[[], float]) -> StandingStill:
    return StandingStill(60, clock)


def test_cells_that_are_as_far_as_history_may_stand_for_ever(still: StandingStill, clock: Clock) -> None:
    look(still, {-1: 9, 0: 5}, {0: 5, 1: 0})
    clock.now += 10_000
    assert (still.lags(), still.trouble()) == ({0: 0, 1: 0}, "")


def test_cells_that_stand_while_history_is_further_are_told_once_they_stood_for_long(
    still: StandingStill, clock: Clock
) -> None:
    look(still, {0: 5, 1: 7}, {0: 5, 1: 7})
    clock.now += 10_000
    look(still, {0: 5, 1: 8}, {0: 5, 1: 7})
    clock.now += 59
    look(still, {0: 5, 1: 30}, {0: 5, 1: 7})  # that history goes on is no movement of theirs
    assert (still.lags(), still.trouble()) == ({0: 0, 1: 23}, "")
    clock.now += 1
    assert still.trouble() == (
        "cells of partition 1 have not moved for 60 s though history has: is a worker running? "
        "Boards stand where cells do"
    )


def test_cells_that_move_are_behind_and_in_no_trouble(still: StandingStill, clock: Clock) -> None:
    look(still, {0: 0}, {0: 0})
    for counted in range(5):
        look(still, {0: 1000}, {0: counted})
        clock.now += 59
        assert (still.lags(), still.trouble()) == ({0: 1000 - counted}, "")
    clock.now += 60
    assert "have not moved for 119 s" in still.trouble()
    look(still, {0: 1000}, {0: 1000})
    assert (still.lags(), still.trouble()) == ({0: 0}, "")


def test_cells_that_are_further_than_history_are_not_behind(still: StandingStill, clock: Clock) -> None:
    look(still, {0: 3}, {0: 5})
    clock.now += 10_000
    assert (still.lags(), still.trouble()) == ({0: 0}, "")
