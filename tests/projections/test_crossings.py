"""A target is said to be reached and to be lost again in turns, each once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.crossings import Crossing, Said, crossings, said
from schemas.events import adapter
from schemas.facts import FEED, fact
from schemas.log_events import Fact


def told(crossing: Crossing, at: int = 0) -> Fact:
    """What an event of a crossing writes."""
    what = "reached" if crossing.is_reached else "lost"
    event = {
        "id": crossing.id,
        "source": "quotum",
        "type": f"quotum.target.{what}.v1",
        "time": f"2017-03-01T00:00:{at:02}Z",
        "trail": "organisation",
        "data": {"id": crossing.target, "turn": crossing.turn},
    }
    return fact(adapter().validate_python(event), FEED)


def told_all(crossings_: list[Crossing]) -> dict[str, Said]:
    return said(told(one, at) for at, one in enumerate(crossings_))


@given(st.lists(st.dictionaries(st.sampled_from("ab"), st.booleans()), max_size=9), st.data())
def test_what_was_said_is_never_said_again_and_turns_alternate(
    seen: list[dict[str, bool]], data: st.DataObject
) -> None:
    log: list[Crossing] = []
    for reached in seen:
        log += crossings(told_all(log), reached)
        assert crossings(told_all(log), reached) == []
        assert crossings(told_all(data.draw(st.permutations(log))), {}) == []
    for target in "ab":
        states = [reached[target] for reached in seen if target in reached]
        turns = [now for before, now in zip([False, *states], states, strict=False) if now != before]
        own = [one for one in log if one.target == target]
        assert [one.is_reached for one in own] == turns
        assert [one.turn for one in own] == list(range(1, len(turns) + 1))
    assert len({one.id for one in log}) == len(log)


def test_what_was_said_is_read_from_events_and_the_later_one_holds() -> None:
    first, second = Crossing("a", 1, is_reached=True), Crossing("a", 2, is_reached=False)
    at = told(second, 1).stamp[0]
    assert said([told(second, 1), told(first)]) == {"a": Said(2, is_reached=False, asserted_at=at)}


def test_what_was_never_reached_is_not_lost_and_what_has_no_attainment_stays() -> None:
    assert crossings({}, {"a": False}) == []
    assert crossings({"a": Said(1, is_reached=True, asserted_at=0)}, {}) == []


@pytest.mark.parametrize("other", [Crossing("a", 2, is_reached=True), Crossing("b", 1, is_reached=True)])
def test_another_crossing_has_another_id(other: Crossing) -> None:
    assert Crossing("a", 1, is_reached=True).id != other.id
