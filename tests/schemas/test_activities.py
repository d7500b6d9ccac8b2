"""All that reps do is told alike, whatever kind of activity it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.data import ActivityAmended, ActivityDone, Reassigned, Voided
from schemas.events import EVENTS
from schemas.facts import data_of
from schemas.received import read_event
from tests.schemas.making import events, few, types_of

ACTIVITIES = types_of("schemas.activities")
KINDS = ("call", "email", "offer", "appointment", "demo", "meeting")


@pytest.mark.parametrize("kind", ACTIVITIES)
@few
@given(data=st.data())
def test_an_event_is_about_the_entity_its_data_name(kind: str, data: st.DataObject) -> None:
    event = read_event(data.draw(events([kind])))
    assert event.entity == f"{kind.split('.')[1]}:{event.data.model_dump()['id']}"


@pytest.mark.parametrize("kind", KINDS)
def test_one_kind_of_activity_is_told_with_the_same_fields_as_another(kind: str) -> None:
    done, *others = (data_of(EVENTS[one]) for one in EVENTS if one.startswith(f"quotum.{kind}."))
    assert [done, *others] == [ActivityDone, ActivityAmended, Reassigned, Voided]
