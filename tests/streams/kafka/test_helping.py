"""Help is started far from the end, let go near it, and not asked for twice where it was lost."""

import gc

import pytest

from streams.kafka.forerunner import NOTHING
from streams.kafka.helping import Help, LostError
from tests.streams.kafka.ahead import Ahead

FAR, NEAR = 10, 3


def nothing() -> Ahead:
    """One that is ready when asked for the second time, and reads nothing."""
    return Ahead(lambda _: NOTHING, waits=1)


@pytest.mark.parametrize("behind", [None, 0, NEAR, FAR])
def test_nobody_is_started_where_little_or_nobody_knows_how_much_lies_ahead(behind: int | None) -> None:
    helping = Help(nothing, FAR, NEAR)
    helping.learn(behind)
    assert helping.is_idle
    helping.choose({})
    assert not helping.is_on


def test_it_is_started_then_begins_where_reading_stands_once_it_is_ready_and_is_let_go_near_the_end() -> None:
    made: list[Ahead] = []

    def start() -> Ahead:
        made.append(nothing())
        return made[-1]

    helping = Help(start, FAR, NEAR)
    helping.learn(FAR + 1)
    assert not helping.is_idle
    for reached in (1, 2, 3):
        helping.choose({0: reached})
        assert helping.is_on
        assert (helping.ahead is made[0]) == (reached == 3)
        assert not gc.isenabled()
    for behind in (NEAR + 1, None):
        helping.learn(behind)
        helping.choose({0: 4})
    assert helping.ahead is made[0]
    assert made[0].at == {0: 3}
    helping.learn(NEAR)
    helping.choose({0: 5})
    assert (helping.is_on, made[0].is_open, len(made)) == (False, False, 1)
    assert gc.isenabled()
    helping.learn(FAR + 1)
    assert not helping.is_idle


@pytest.mark.parametrize("has_caught_up", [True, False])
def test_where_it_was_lost_it_is_started_again_only_after_the_end_was_reached(has_caught_up: bool) -> None:
    helping = Help(nothing, FAR, NEAR)
    helping.learn(FAR + 1)
    helping.choose({})
    helping.lost(LostError("killed"))
    assert not helping.is_on
    assert gc.isenabled()
    helping.learn(NEAR if has_caught_up else NEAR + 1)
    helping.learn(FAR + 1)
    assert helping.is_idle is not has_caught_up


def test_reading_that_begins_anew_may_be_helped_anew() -> None:
    helping = Help(nothing, FAR, NEAR)
    helping.learn(FAR + 1)
    helping.choose({})
    helping.lost(LostError("killed"))
    helping.begin_anew()
    helping.learn(FAR + 1)
    helping.choose({})
    assert helping.is_on
    helping.end()
    helping.end()
    assert not helping.is_on
