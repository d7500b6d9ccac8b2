"""Every event is in the list: read by its type, named by it, and never changed."""

import re
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.envelope import Event
from schemas.events import EVENTS, AnyEvent
from schemas.received import read_event
from tests.schemas.making import TYPES, events, few


def concrete(event: type[Event]) -> list[type[Event]]:
    found = [each for child in event.__subclasses__() for each in concrete(child)]
    return found or ([event] if event.__module__.startswith("schemas.") else [])


def test_every_event_that_was_written_can_be_read() -> None:
    assert {event.__name__ for event in concrete(Event)} == {event.__name__ for event in EVENTS.values()}
    assert set(get_args(get_args(AnyEvent)[0])) == set(EVENTS.values())
    assert len(EVENTS) == 46


@pytest.mark.parametrize("kind", TYPES)
def test_a_type_names_its_entity_what_happened_and_its_version(kind: str) -> None:
    named = re.fullmatch(r"quotum\.([a-z_]+)\.([a-z_]+)\.v[1-9]\d*", kind)
    assert named
    words = "".join(word.title() for word in f"{named[1]}_{named[2]}".split("_"))
    assert EVENTS[kind].__name__ == words


@pytest.mark.parametrize("kind", TYPES)
@few
@given(data=st.data())
def test_every_event_is_frozen(kind: str, data: st.DataObject) -> None:
    event = read_event(data.draw(events([kind])))
    for model in (event, event.data):
        for field in type(model).model_fields:
            with pytest.raises(ValidationError, match="frozen"):
                setattr(model, field, None)
