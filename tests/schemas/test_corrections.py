"""What a person put right is left to the feeds again for the entity that the event names, of whatever kind."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.received import read_event
from tests.schemas.making import events, few, types_of


@pytest.mark.parametrize("kind", types_of("schemas.corrections"))
@few
@given(data=st.data())
def test_an_event_is_about_the_entity_its_data_name(kind: str, data: st.DataObject) -> None:
    event = read_event(data.draw(events([kind])))
    assert event.entity == event.data.model_dump()["entity"]
