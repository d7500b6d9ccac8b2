"""A caller may make so many requests and no more, and others do not suffer for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quotum.server.limits import Limits
from quotum.server.problems import ProblemError


def test_a_burst_is_let_by_and_the_next_request_is_told_when_to_come_back() -> None:
    limits = Limits(per_second=2, burst=3, clock=lambda: 100.0)
    for _ in range(3):
        limits.count("a")
    with pytest.raises(ProblemError) as refused:
        limits.count("a")
    assert refused.value.status == 429
    assert refused.value.headers == {"Retry-After": "1"}
    limits.count("b")


def test_whoever_comes_back_when_told_is_let_by() -> None:
    now = 0.0
    limits = Limits(per_second=0.5, burst=1, clock=lambda: now)
    limits.count("a")
    with pytest.raises(ProblemError) as refused:
        limits.count("a")
    now += float((refused.value.headers or {})["Retry-After"])
    limits.count("a")


@given(st.lists(st.floats(0, 3), max_size=60), st.integers(1, 5), st.integers(1, 5))
def test_in_any_span_no_more_is_let_by_than_the_burst_and_what_came_back(
    pauses: list[float], per_second: int, burst: int
) -> None:
    now, let_by = 0.0, 0
    limits = Limits(per_second=per_second, burst=burst, clock=lambda: now)
    for pause in pauses:
        now += pause
        try:
            limits.count("a")
        except ProblemError:
            continue
        let_by += 1
    assert let_by <= burst + per_second * now + 1e-6
