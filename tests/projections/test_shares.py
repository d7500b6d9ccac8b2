"""Who holds what on a day: the rules by example and the fast line against them; and cutting a whole to the cent."""

import random
from collections.abc import Sequence
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.shares import (
    BEGINNING,
    OPENING,
    UNASSIGNED,
    Holders,
    Holding,
    Statement,
    holder_on,
    holders,
    spread,
    statement,
    statements,
)
from projections.trail import Trail
from schemas.data import MILLIONTHS
from schemas.facts import FEED, NOBODY, PERSON, WITHDRAWN
from schemas.log_events import Fact
from schemas.moments import microseconds, parse_instant
from tests.projections.strategies import AMSTERDAM, DAYS, MARCH_1, holder_facts

MANY = settings(max_examples=400)
AROUND = (BEGINNING, *range(MARCH_1 - 2, MARCH_1 + 8), 10**8)
TEXTS = ("1:1000000", "2:1000000", "1:500000,3:500000", NOBODY)


def _statement(stamp: tuple[int, int, str], day: str, text: str, layer: int, kind: str) -> Statement:
    name = OPENING if kind == "opening" else f"shares@{day if kind == 'step' else ''}@{stamp[0]}@{stamp[1]}@{stamp[2]}"
    return statement(name, (*stamp, text), layer, AMSTERDAM)


_INSTANTS = tuple(microseconds(parse_instant(f"{day}T10:00:00Z")) for day in DAYS)
_KINDS = ("step", "step", "step", "no day", "opening")
_POOL = tuple(
    _statement((asserted_at, sequence, "e"), day, text, layer, kind)
    for asserted_at, sequence, day, text, layer, kind in product(
        _INSTANTS, range(3), DAYS, TEXTS, (FEED, FEED, PERSON), _KINDS
    )
)
_said = st.lists(st.sampled_from(_POOL), max_size=9, unique_by=lambda one: one[:5])


# The fast line against the rules


@MANY
@given(_said)
def test_the_line_of_steps_says_what_the_rules_say_on_every_day(said: list[Statement]) -> None:
    line = Holding(said)
    assert [line.on(day) for day in AROUND] == [holder_on(day, said) for day in AROUND]


@MANY
@given(_said)
def test_the_line_kept_up_in_order_of_stamps_is_the_line_made_at_once(said: list[Statement]) -> None:
    line = Holding([])
    for count, one in enumerate(sorted(said), 1):
        assert line.follows(one)
        line.say(one)
        assert [line.on(day) for day in AROUND] == [holder_on(day, sorted(said)[:count]) for day in AROUND]


@settings(max_examples=600)
@given(st.lists(holder_facts, max_size=9))
def test_the_line_that_a_trail_keeps_says_what_the_rules_say_after_every_event(history: list[Fact]) -> None:
    trail = Trail(AMSTERDAM)
    for one in history:
        trail.post(one)
        deal = trail.state["deal:d1"]
        said = statements(deal.layers, AMSTERDAM)
        assert [trail.held(deal, day) for day in AROUND] == [holder_on(day, said) for day in AROUND]


@MANY
@given(_said, st.sampled_from(DAYS), st.sampled_from([FEED, PERSON]))
def test_a_step_said_last_moves_no_day_before_it(said: list[Statement], day: str, layer: int) -> None:
    step = _statement((LATER_US, 0, "e"), day, "9:1000000", layer, "step")
    days = [other for other in AROUND if other < step.anchor]
    assert [holder_on(other, [*said, step]) for other in days] == [holder_on(other, said) for other in days]


@MANY
@given(_said, st.sampled_from(DAYS), st.sampled_from(["step", "no day"]))
def test_a_day_that_a_person_put_right_is_not_moved_by_what_feeds_say_later(
    said: list[Statement], day: str, kind: str
) -> None:
    by_feed = _statement((LATER_US, 0, "e"), day, "9:1000000", FEED, kind)
    feeds = [one for one in said if one.layer == FEED]
    put_right = [day for day in AROUND if holder_on(day, _marked(said)) != holder_on(day, _marked(feeds))]
    assert [holder_on(day, [*said, by_feed]) for day in put_right] == [holder_on(day, said) for day in put_right]


def _marked(said: list[Statement]) -> list[Statement]:
    """The same with holders that tell the layers apart."""
    return [one._replace(text=f"{1 + one.layer}:1000000") for one in said]


# The rules by example

LATER_US = microseconds(parse_instant("2017-12-31T10:00:00Z"))


def _us(day: int) -> int:
    return microseconds(parse_instant(f"2017-03-{day:02}T10:00:00Z"))


def opened(said_on: int, rep: int, layer: int = FEED) -> Statement:
    return statement(OPENING, (_us(said_on), 0, "e", f"{rep}:1000000"), layer, AMSTERDAM)


def handed_over(said_on: int, rep: int, day: int | None = None, layer: int = FEED) -> Statement:
    name = f"shares@{f'2017-03-{day:02}' if day else ''}@0@0@e"
    return statement(name, (_us(said_on), 0, "e", f"{rep}:1000000"), layer, AMSTERDAM)


def _reps(*said: Statement, until: int = 12) -> list[int]:
    """Who holds each of the first days of March."""
    found = [holder_on(MARCH_1 - 1 + day, said)[0][0] for day in range(1, until + 1)]
    assert found == [Holding(said).on(MARCH_1 - 1 + day)[0][0] for day in range(1, until + 1)]
    return found


@pytest.mark.parametrize(
    ("said", "reps"),
    [
        pytest.param([], [0] * 12, id="nobody said anything"),
        pytest.param([opened(5, 1)], [1] * 12, id="from the beginning"),
        pytest.param([opened(1, 1), handed_over(2, 2, 7)], [1] * 6 + [2] * 6, id="from its day"),
        pytest.param([opened(1, 1), handed_over(9, 2, 4)], [1] * 3 + [2] * 9, id="said late"),
        pytest.param([handed_over(2, 2, 7)], [0] * 6 + [2] * 6, id="nobody before"),
        pytest.param(
            [opened(1, 1), handed_over(2, 2, 9), handed_over(3, 3, 5)], [1] * 4 + [3] * 4 + [2] * 4, id="between"
        ),
        pytest.param([opened(1, 1), handed_over(2, 2, 5), handed_over(3, 3, 5)], [1] * 4 + [3] * 8, id="the same day"),
        pytest.param([opened(1, 1), handed_over(4, 2)], [2] * 12, id="without a day: the step in force"),
        pytest.param(
            [opened(1, 1), handed_over(2, 2, 5), handed_over(4, 3)], [3] * 4 + [2] * 8, id="before a known step"
        ),
        pytest.param(
            [opened(1, 1), handed_over(2, 2, 5), handed_over(6, 3)], [1] * 4 + [3] * 8, id="after a known step"
        ),
        pytest.param([opened(1, 1), handed_over(4, 3), handed_over(6, 2, 2)], [3] + [2] * 11, id="a step said after"),
        pytest.param(
            [opened(1, 1), handed_over(2, 2, 4), handed_over(3, 3, 8), handed_over(5, 4)],
            [1] * 3 + [4] * 4 + [3] * 5,
            id="between two steps",
        ),
        pytest.param(
            [opened(1, 1), handed_over(2, 2, 5, PERSON), handed_over(3, 3, 3)],
            [1] * 2 + [3] * 2 + [2] * 8,
            id="a person's",
        ),
        pytest.param(
            [opened(1, 1), handed_over(2, 3, 8), handed_over(3, 2, 5, PERSON)],
            [1] * 4 + [2] * 3 + [3] * 5,
            id="up to a feed's",
        ),
        pytest.param([opened(1, 1, PERSON), opened(2, 2)], [1] * 12, id="a person's opening"),
        pytest.param(
            [opened(1, 1), handed_over(2, 2, 5, PERSON), handed_over(6, 3)],
            [3] * 4 + [2] * 8,
            id="a feed knows no person",
        ),
    ],
)
def test_who_holds_a_day(said: list[Statement], reps: list[int]) -> None:
    assert _reps(*said) == reps
    assert _reps(*reversed(said)) == reps


def test_said_that_nobody_holds_it_is_not_said_nothing() -> None:
    nobody = handed_over(3, 1, 5, PERSON)._replace(text=NOBODY)
    assert _reps(opened(1, 1), nobody) == [1] * 4 + [0] * 8


def test_a_withdrawal_takes_back_what_a_person_said_before_it_and_no_more() -> None:
    def registers(*said: Statement) -> dict[str, tuple[int, int, str, str]]:
        return {f"shares@{one.day}@{one.asserted_at}@0@e": (*one[:3], one.text) for one in said}

    feed, person = registers(handed_over(1, 1, 1)), registers(handed_over(2, 2, 2), handed_over(6, 3, 6))
    person[WITHDRAWN] = (_us(4), 0, "e", "yes")
    said = statements((feed, person), AMSTERDAM)
    assert [(one.text, one.layer) for one in said] == [("1:1000000", FEED), ("3:1000000", PERSON)]
    assert _reps(*said) == [1] * 5 + [3] * 7


def test_without_a_day_it_is_said_on_the_day_of_the_workspace() -> None:
    register = (microseconds(parse_instant("2017-03-04T23:30:00Z")), 0, "e", "1:1000000")
    assert statement("shares@@0@0@e", register, FEED, AMSTERDAM).anchor == MARCH_1 + 4


# Cutting a whole

_weights = st.dictionaries(st.integers(1, 40), st.integers(1, MILLIONTHS), min_size=1, max_size=8)


@MANY
@given(st.integers(-(10**15), 10**15), _weights)
def test_shares_sum_to_the_whole_to_the_cent(total: int, weights: dict[int, int]) -> None:
    parts = spread(total, tuple(weights.items()))
    assert sum(part for _, part in parts) == total
    assert sorted(rep for rep, _ in parts) == sorted(weights)
    for rep, part in parts:
        assert abs(part - Fraction(total * weights[rep], sum(weights.values()))) < 1


@MANY
@given(st.integers(-(10**6), 10**6), _weights, st.randoms(use_true_random=False))
def test_a_whole_is_cut_the_same_in_whatever_order_the_shares_stand(
    total: int, weights: dict[int, int], chance: random.Random
) -> None:
    shares = list(weights.items())
    chance.shuffle(shares)
    assert dict(spread(total, tuple(shares))) == dict(spread(total, tuple(weights.items())))


@pytest.mark.parametrize(
    ("total", "shares", "parts"),
    [
        (100, [(1, 1), (2, 1), (3, 1)], [34, 33, 33]),  # ties by rep
        (-100, [(1, 1), (2, 1), (3, 1)], [-33, -33, -34]),
        (5, [(9, 1), (4, 1)], [2, 3]),
        (-5, [(9, 1), (4, 1)], [-3, -2]),
        (10_000, [(1, 333_333), (2, 333_333), (3, 333_334)], [3_333, 3_333, 3_334]),
        (1, [(1, 400_000), (2, 600_000)], [0, 1]),
        (20_000_00, [(1, 2), (2, 2), (3, 2), (4, 1), (5, 1)], [5_000_00, 5_000_00, 5_000_00, 2_500_00, 2_500_00]),
        (0, [(1, 1), (2, 1)], [0, 0]),
    ],
)
def test_a_whole_is_cut_by_largest_remainder(total: int, shares: Sequence[tuple[int, int]], parts: list[int]) -> None:
    assert [part for _, part in spread(total, tuple(shares))] == parts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", UNASSIGNED),
        (NOBODY, UNASSIGNED),
        ("17:1000000", ((17, MILLIONTHS),)),
        ("17:400000,18:600000", ((17, 400_000), (18, 600_000))),
    ],
)
def test_a_holders_text_is_read(text: str, expected: Holders) -> None:
    assert holders(text) == expected
