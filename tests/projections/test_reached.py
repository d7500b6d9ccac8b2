"""A value is reached by the credit that first brings the running sum up to it, and by no other."""

from hypothesis import given
from hypothesis import strategies as st

from projections.reached import Credit, reached

CREDITS = st.lists(st.builds(Credit, st.integers(1, 3), st.none() | st.integers(0, 9), st.integers(-5, 9)), max_size=12)


def brute_force(credits_: list[Credit], value: int) -> Credit | None:
    sums = [sum(credit.amount for credit in credits_[: count + 1]) for count in range(len(credits_))]
    return next((credit for credit, total in zip(credits_, sums, strict=True) if total >= value), None)


@given(CREDITS, st.integers(1, 30))
def test_it_is_the_first_credit_at_which_the_sum_was_enough(credits_: list[Credit], value: int) -> None:
    assert reached(credits_, value) == brute_force(credits_, value)


@given(CREDITS, st.integers(1, 30), st.integers(0, 5))
def test_more_is_never_reached_earlier(credits_: list[Credit], value: int, more: int) -> None:
    for count in range(len(credits_) + 1):
        if reached(credits_[:count], value) is None:
            assert reached(credits_[:count], value + more) is None


def test_exactly_the_value_is_enough_and_one_less_is_not() -> None:
    credits_ = [Credit(1, None, 99), Credit(2, None, 1)]
    assert reached(credits_, 100) == Credit(2, None, 1)
    assert reached(credits_, 101) is None


def test_what_was_taken_back_on_the_way_has_to_be_made_good() -> None:
    credits_ = [Credit(1, None, 60), Credit(2, None, -30), Credit(3, 7, 50), Credit(3, 8, 30)]
    assert reached(credits_, 100) == Credit(3, 8, 30)


def test_a_sum_that_falls_back_later_was_reached_all_the_same() -> None:
    assert reached([Credit(1, None, 100), Credit(2, None, -1)], 100) == Credit(1, None, 100)


def test_without_credits_nothing_is_reached() -> None:
    assert reached([], 1) is None
