"""What Quotum itself says is an event like any other: readable, on the shared trail, its id telling which one it is."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from projections.crossings import Crossing, Said
from schemas.events import adapter
from schemas.moments import microseconds
from schemas.organisation import ORGANISATION
from streams.door import OWN_SOURCE
from streams.own_events import crossing_event, own_event, rule_event

NOW = 1_790_000_000_000_001  # microseconds
MOMENTS = st.integers(0, 2 * NOW)
CROSSINGS = st.builds(Crossing, st.uuids().map(str), st.integers(1, 1000), st.booleans())


def test_an_event_of_our_own_names_us_and_is_read_back_as_it_was_written() -> None:
    event = own_event("quotum.workspace.opened.v1", {"zone": "Europe/Amsterdam", "currency": "EUR"}, NOW)
    assert (event.source, event.trail, microseconds(event.time)) == (OWN_SOURCE, ORGANISATION, NOW)
    assert adapter().validate_json(event.model_dump_json()) == event


def test_two_events_of_one_moment_have_ids_of_their_own_and_their_order() -> None:
    first, then = (own_event("quotum.credit_rule.set.v1", {"rule": "seller"}, NOW, number) for number in range(2))
    assert first.id != then.id
    assert (first.sequence, then.sequence) == (0, 1)


def test_a_rule_without_a_day_holds_from_the_beginning() -> None:
    assert rule_event("seller", None, NOW).data.model_dump(exclude_none=True) == {"rule": "seller"}
    day = date(2026, 3, 29)
    assert rule_event("owner", day, NOW).data.model_dump() == {"rule": "owner", "day": str(day)}


@given(CROSSINGS, MOMENTS, MOMENTS)
def test_a_crossing_has_one_id_whoever_says_it_and_whenever(crossing: Crossing, one: int, other: int) -> None:
    said, again = crossing_event(crossing, None, one), crossing_event(crossing, None, other)
    assert said.id == again.id == crossing.id
    assert said.data == again.data
    assert said.type == f"quotum.target.{'reached' if crossing.is_reached else 'lost'}.v1"


@given(CROSSINGS, MOMENTS, MOMENTS)
def test_what_is_said_of_a_target_is_later_than_what_was_said_before_on_any_clock(
    crossing: Crossing, before: int, now: int
) -> None:
    said = crossing_event(
        crossing, Said(crossing.turn - 1, is_reached=not crossing.is_reached, asserted_at=before), now
    )
    assert microseconds(said.time) == max(now, before + 1)
