"""What goes from a lead to a deal is told step by step, and each step is about the same lead or deal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.received import read_event
from tests.schemas.making import events, few, types_of


@pytest.mark.parametrize("kind", types_of("schemas.pipeline"))
@few
@given(data=st.data())
def test_an_event_is_about_the_entity_its_data_name(kind: str, data: st.DataObject) -> None:
    event = read_event(data.draw(events([kind])))
    assert event.entity == f"{kind.split('.')[1]}:{event.data.model_dump()['id']}"
