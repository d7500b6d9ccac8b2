"""Whoever reads, and whenever it is lost, everything comes once and in order; help is asked for far behind alone."""

import gc
import logging
from collections.abc import Mapping, Sequence
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.appending import DeadLetter, said
from streams.kafka.catching_up import CatchingUp
from streams.kafka.recording import AwayError, Fetched
from streams.told import Lying, Told
from tests.streams.kafka.ahead import Ahead, Script

FAR, NEAR = 10, 3


class Log:
    """Partitions 0 and 1, of so many records."""

    def __init__(self, *ends: int) -> None:
        self.ends = dict(enumerate(ends))

    def grow(self, ends: Sequence[int]) -> None:
        self.ends = dict(enumerate(ends))

    def fetch(self, at: Mapping[int, int], size: int) -> Fetched:
        reached = {number: min(end, at.get(number, 0) + size) for number, end in self.ends.items()}
        found: list[Lying] = [
            (number, offset, 0, "") for number in self.ends for offset in range(at.get(number, 0), reached[number])
        ]
        return Fetched(Told(found, said([])), reached, self.ends)


class Own:
    """Reads in this process."""

    def __init__(self, log: Log, size: int = 1) -> None:
        self.log, self.size = log, size
        self.at: Mapping[int, int] | None = None
        self.asked: list[str] = []
        self.is_away = False
        self.passed_on: list[DeadLetter] = []

    def begin(self, positions: Mapping[int, int]) -> None:
        self.asked.append("begin")
        if self.is_away:
            raise AwayError("nobody there")
        self.at = positions

    def fetch(self) -> Fetched:
        assert self.at is not None, "reading goes on from nowhere"
        self.asked.append("fetch")
        fetched = self.log.fetch(self.at, self.size)
        self.at = fetched.reached
        return fetched

    def pass_on(self, letters: Sequence[DeadLetter]) -> None:
        self.passed_on += letters

    def close(self) -> None:
        self.asked.append("close")
        self.at = None


class Site:
    """A source over a log, and whom it has had help it."""

    def __init__(self, *ends: int, script: Script = (), waits: int = 1, size: int = 2, silent: Script = ()) -> None:
        self.log = Log(*ends)
        self.own = Own(self.log)
        self.helpers: list[Ahead] = []
        self.script, self.waits, self.size, self.silent = iter(script), waits, size, iter(silent)
        self.source = CatchingUp(self.own, self.start, FAR, NEAR)
        self.found: list[Lying] = []

    def start(self) -> Ahead:
        self.helpers.append(Ahead(partial(self.log.fetch, size=self.size), self.script, self.waits, self.silent))
        self.helpers[-1].expect_there()
        return self.helpers[-1]

    def fetch(self) -> None:
        self.found += self.source.fetch().read.lying

    def to_the_end(self) -> None:
        for _ in range(sum(self.log.ends.values()) + 30):
            self.fetch()

    def expect_everything(self) -> None:
        for number, end in self.log.ends.items():
            assert [offset for partition, offset, *_ in self.found if partition == number] == list(range(end))


@given(
    st.lists(st.integers(0, 40), min_size=1, max_size=3),
    st.tuples(st.lists(st.booleans(), max_size=30), st.lists(st.booleans(), max_size=9)),
    st.integers(0, 5),
    st.integers(1, 9),
    st.lists(st.integers(0, 40), max_size=3),
)
def test_whoever_reads_and_whenever_it_is_lost_everything_comes_once_and_in_order(
    ends: list[int], scripts: tuple[list[bool], list[bool]], waits: int, size: int, more: list[int]
) -> None:
    script, silent = scripts
    site = Site(*ends, script=script, silent=silent, waits=waits, size=size)
    site.source.begin({})
    site.to_the_end()
    site.log.grow([end + added for end, added in zip(ends, [*more, 0, 0, 0], strict=False)])
    site.to_the_end()
    site.expect_everything()
    site.source.close()
    assert not any(helper.is_open and helper.at for helper in site.helpers)


def test_near_the_end_nobody_is_asked_for_help() -> None:
    site = Site(FAR, 0)
    site.source.begin({})
    site.to_the_end()
    assert site.helpers == []
    site.expect_everything()


def test_far_behind_reading_goes_on_until_help_is_ready_then_it_reads_from_there_up_to_near_the_end() -> None:
    site = Site(20, 0, waits=2)
    site.source.begin({0: 1})
    for _ in range(5):
        site.fetch()
    (helper,) = site.helpers
    assert site.own.asked == ["begin", *["fetch"] * 4, "close"]
    assert (site.own.at, helper.at) == (None, {0: 7, 1: 0})
    while helper.is_open:
        assert not gc.isenabled()  # thousands of events that stay are not looked through in between
        site.fetch()
    assert gc.isenabled()
    assert site.own.asked[6:] == ["begin", "fetch"]
    assert site.own.at == {0: 18, 1: 0}
    site.to_the_end()
    assert site.found == [(0, offset, 0, "") for offset in range(1, 20)]
    assert len(site.helpers) == 1


def test_help_that_comes_too_late_is_sent_away_and_reading_goes_on_as_it_was() -> None:
    site = Site(15, 0, waits=99)
    site.source.begin({})
    site.to_the_end()
    assert [helper.is_open for helper in site.helpers] == [False]
    assert site.own.asked.count("begin") == 1
    site.expect_everything()


def test_help_comes_again_whenever_history_is_far_behind_again() -> None:
    site = Site(20, 0)
    site.source.begin({})
    site.to_the_end()
    site.log.grow([20, 30])
    site.to_the_end()
    assert [helper.is_open for helper in site.helpers] == [False, False]
    site.expect_everything()


def test_help_that_is_lost_is_told_of_once_and_asked_for_again_only_after_the_end_was_reached(
    caplog: pytest.LogCaptureFixture,
) -> None:
    site = Site(50, 0, script=[False, False, True] * 2)
    site.source.begin({})
    with caplog.at_level(logging.WARNING):
        site.to_the_end()
    assert [record.message for record in caplog.records] == ["reading on in one process alone: killed"]
    assert len(site.helpers) == 1
    site.log.grow([50, 50])
    site.to_the_end()
    assert len(site.helpers) == 2
    site.expect_everything()


def test_help_that_is_lost_while_it_has_nothing_to_say_is_gone_on_from_where_it_was() -> None:
    site = Site(50, 0, script=[False] * 6 + [True], waits=0, silent=[False, False, True, True])
    site.source.begin({})
    site.to_the_end()
    site.expect_everything()


def test_reading_that_begins_anew_is_alone_until_it_is_helped_anew() -> None:
    site = Site(50, 0)
    site.source.begin({})
    for _ in range(9):
        site.fetch()
    site.source.begin({0: 4})
    assert [helper.is_open for helper in site.helpers] == [False]
    site.found.clear()
    site.to_the_end()
    assert len(site.helpers) == 2
    assert site.found == [(0, offset, 0, "") for offset in range(4, 50)]


def test_a_broker_that_is_away_when_help_is_lost_is_told_as_ever() -> None:
    site = Site(50, 0, script=[False] * 5 + [True])
    site.source.begin({})
    for _ in range(4):
        site.fetch()
    site.own.is_away = True
    with pytest.raises(AwayError, match="nobody there"):
        site.to_the_end()


def test_dead_letters_are_passed_on_by_this_process_and_closing_ends_whoever_helps() -> None:
    site = Site(50, 0, waits=0)
    site.source.begin({})
    for _ in range(4):
        site.fetch()
    letter = DeadLetter(0, 1, 2, "no event")
    site.source.pass_on([letter])
    assert site.own.passed_on == [letter]
    site.source.close()
    site.source.close()
    assert ([helper.is_open for helper in site.helpers], site.own.at) == ([False], None)
