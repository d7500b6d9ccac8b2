"""What the demo sells follows from its seed alone, and is something that sales people could believe."""

from collections import Counter, defaultdict
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quotum.demo.running import TARGET_CALLS
from quotum.demo.selling import MOVES_A_DAY, PAST_DAYS, RESTED, Floor, Move, event, pause_seconds, working_moments
from quotum.demo.team import REPS
from schemas.events import adapter
from schemas.facts import PERSON

OPENED = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
ZONE = "Europe/Amsterdam"
seeds = st.integers(0, 2**63)


def moves(seed: int, count: int) -> list[Move]:
    floor = Floor(seed)
    return [floor.move() for _ in range(count)]


@given(seeds, st.integers(0, 300), st.integers(1, 100))
@settings(max_examples=25)
def test_a_floor_that_stopped_is_the_floor_of_its_seed_after_so_many_moves(seed: int, sold: int, more: int) -> None:
    again = Floor(seed)
    for _ in range(sold):
        again.move()
    assert [again.move() for _ in range(more)] == moves(seed, sold + more)[sold:]


@given(seeds)
@settings(max_examples=10)
def test_the_months_that_were_follow_from_seed_and_day_and_lie_in_working_hours(seed: int) -> None:
    moments = working_moments(seed, OPENED, ZONE)
    assert moments == working_moments(seed, OPENED, ZONE) == sorted(moments)
    local = [moment.astimezone(ZoneInfo(ZONE)) for moment in moments]
    assert all(moment.weekday() < 5 and time(8, 30) <= moment.time() < time(17, 30) for moment in local)
    assert moments[-1] < OPENED
    assert PAST_DAYS - 4 <= (OPENED - moments[0]).days <= PAST_DAYS
    assert 15_000 < len(moments) < 25_000


@given(seeds)
@settings(max_examples=10)
def test_every_move_is_an_event_of_its_case(seed: int) -> None:
    for move in moves(seed, 200):
        told = adapter().validate_python({**event(seed, move, OPENED), "source": "quotum-demo"})
        assert (told.trail, told.time, told.sequence) == (move.case, OPENED, move.number)


def test_other_seeds_sell_otherwise() -> None:
    assert moves(1, 200) != moves(2, 200)


def test_a_case_goes_its_way_in_order_and_ends_once() -> None:
    cases = defaultdict[str, list[str]](list)
    for move in moves(7, 20_000):
        cases[move.case].append(move.kind)
    for kinds in cases.values():
        assert kinds[0] in {"lead.created", "deal.opened"}
        open_deal = False
        for kind in kinds:
            assert kind not in {"deal.won", "deal.lost"} or open_deal
            assert kind not in {"deal.amended", "deal.reopened"} or not open_deal
            open_deal = kind in {"deal.opened", "deal.reopened"} or (
                open_deal and kind not in {"deal.won", "deal.lost"}
            )


def test_now_and_then_a_win_is_undone_amended_or_corrected_by_a_person() -> None:
    seen = Counter((move.kind, move.layer == PERSON) for move in moves(3, 20_000))
    wins = seen["deal.won", False]
    assert 0.01 < seen["deal.reopened", False] / wins < 0.1
    assert 0.01 < seen["deal.amended", False] / wins < 0.1
    assert 0.005 < seen["deal.amended", True] / wins < 0.1


def won_euros(sold: list[Move]) -> float:
    return sum(float(move.data["amount"]["value"]) for move in sold if move.kind == "deal.won")


MONTH = 22 * MOVES_A_DAY
HOUR = 1_930
WIN, CALL, TOUCHES = "deal.won", "call.logged", ("call.logged", "email.sent", "appointment.held")


@pytest.fixture(params=[1, 2, 3])
def floor(request: pytest.FixtureRequest) -> Floor:
    """One that has sold for three months."""
    made = Floor(request.param)
    for _ in range(2 * MONTH):
        made.move()
    return made


def test_something_happens_every_few_seconds() -> None:
    waits = [pause_seconds(1, number) for number in range(HOUR)]
    assert (min(waits) >= 0.4, max(waits) <= 4, 3_300 < sum(waits) < 3_900) == (True, True, True)


def test_live_an_hour_makes_a_part_of_a_month_of_whatever_is_counted(floor: Floor) -> None:
    past = [floor.move() for _ in range(MONTH)]
    live = [floor.move(10_000) for _ in range(HOUR)]
    assert won_euros(past) / 10 < won_euros(live) < won_euros(past) / 1.5
    before, now = (Counter(move.kind for move in moves) for moves in (past, live))
    for kind in (*TOUCHES, WIN, "deal.opened", "offer.sent"):
        assert before[kind] / 6 < now[kind] < before[kind] / 2, kind
    assert sum(now[kind] for kind in TOUCHES) > len(live) * 0.7


def test_a_target_of_calls_is_a_little_more_than_was_usual_and_not_reached_within_an_hour(floor: Floor) -> None:
    past = Counter(floor.move().kind for _ in range(MONTH))
    target = TARGET_CALLS * sum(rep.drive for rep in REPS)
    assert target * 0.75 < past[CALL] < target
    assert sum(floor.move(10_000).kind == CALL for _ in range(HOUR)) < target / 3


def test_live_somebody_wins_about_once_a_minute_however_long_a_day_lasts(floor: Floor) -> None:
    hours = [Counter(floor.move(10_000).kind for _ in range(HOUR)) for _ in range(16)]
    assert all(30 <= hour[WIN] <= 90 for hour in hours)


@given(seeds)
@settings(max_examples=10)
def test_no_deal_is_won_on_the_day_of_its_opening_but_where_a_day_has_the_moves_of_several(seed: int) -> None:
    floor, opened = Floor(seed), dict[str, tuple[int, int]]()
    for number in range(3_000):
        day = number // MOVES_A_DAY if number < 2_000 else 10_000
        move = floor.move(day)
        if move.kind == "deal.opened":
            opened[move.case] = (day, number)
        if move.kind in {WIN, "deal.lost"}:
            assert opened[move.case][0] < day or number - opened[move.case][1] > RESTED > MOVES_A_DAY


def test_the_cases_that_are_open_stay_about_as_many() -> None:
    started, ended = Counter[str](), Counter[str]()
    for move in moves(5, 30_000):
        started[move.case] += move.kind not in TOUCHES
        ended[move.case] = move.number
    last = [case for case, number in ended.items() if number > 29_000]
    assert 100 < len(last) < 600
    assert max(started.values()) < 12
