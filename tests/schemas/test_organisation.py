"""What everybody must know is on one trail, and each event of it is about a team, a rep, a target or the workspace."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.organisation import ORGANISATION, WORKSPACE
from schemas.received import read_event
from tests.schemas.making import TYPES, events, few, types_of


@pytest.mark.parametrize("kind", types_of("schemas.organisation"))
@few
@given(data=st.data())
def test_an_event_is_about_the_entity_its_data_name(kind: str, data: st.DataObject) -> None:
    event = read_event(data.draw(events([kind])))
    entity = kind.split(".")[1]
    if entity in ("workspace", "credit_rule"):
        assert event.entity == WORKSPACE
    else:
        named = event.data.model_dump()
        assert event.entity == f"{entity}:{named[entity if entity in ('team', 'rep') else 'id']}"


@pytest.mark.parametrize("kind", TYPES)
@few
@given(data=st.data())
def test_the_organisation_has_one_trail_and_everything_else_its_own(kind: str, data: st.DataObject) -> None:
    raw = data.draw(events([kind]))
    shared = kind.split(".")[1] in ("team", "rep", "target", "workspace", "credit_rule")
    assert read_event(raw).trail == (ORGANISATION if shared else raw["trail"])
