"""Every type of event can be sent, read, written and read again; what is none is refused in words that help."""

import json
import re
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import schemas.events
from schemas.envelope import Event
from schemas.events import EVENTS, ORGANISATION, WORKSPACE, AnyEvent, adapter, read_event
from schemas.facts import data_of
from schemas.upcasters import upcast
from schemas.wire import EventError
from tests.schemas.making import TYPES, Json, events, few, sent, told, won


def fault(raw: Json) -> str:
    with pytest.raises(EventError) as refused:
        read_event(raw)
    return str(refused.value)


def concrete(event: type[Event]) -> list[type[Event]]:
    found = [each for child in event.__subclasses__() for each in concrete(child)]
    return found or ([event] if event.__module__ == Event.__module__.replace("envelope", "events") else [])


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
def test_an_event_survives_being_written_and_read(kind: str, data: st.DataObject) -> None:
    raw = data.draw(events([kind]))
    event = read_event(raw)
    assert type(event) is EVENTS[kind]
    written = event.model_dump_json()
    assert read_event(written) == event
    assert read_event(written).model_dump_json() == written
    assert json.loads(written)["data"].keys() == raw["data"].keys()
    assert adapter().validate_json(written) == event
    assert read_event(json.dumps(raw)).logged() == event.logged()


@pytest.mark.parametrize("kind", TYPES)
@few
@given(data=st.data())
def test_an_unknown_field_in_the_data_is_refused_naming_it(kind: str, data: st.DataObject) -> None:
    raw = data.draw(events([kind]))
    raw["data"]["surprise"] = "1"
    assert fault(raw).startswith("data.surprise: is no field here: leave it out (the fields are ")


@pytest.mark.parametrize("kind", TYPES)
@few
@given(data=st.data())
def test_a_field_that_is_needed_is_missed_by_name(kind: str, data: st.DataObject) -> None:
    model = data_of(EVENTS[kind])
    needed = [name for name, field in model.model_fields.items() if field.is_required()]
    raw = sent(kind, data.draw(told(model)))
    for name in needed:
        without = {field: value for field, value in raw["data"].items() if field != name}
        assert f"data.{name}: is missing: give it (" in fault({**raw, "data": without})


@pytest.mark.parametrize("kind", TYPES)
@few
@given(data=st.data())
def test_every_event_is_frozen(kind: str, data: st.DataObject) -> None:
    event = read_event(data.draw(events([kind])))
    for model in (event, event.data):
        for field in type(model).model_fields:
            with pytest.raises(ValidationError, match="frozen"):
                setattr(model, field, None)


@pytest.mark.parametrize(
    ("kind", "near"),
    [
        ("quotum.deal.wn.v1", "did you mean quotum.deal.won.v1"),
        ("quotum.deal.won.v9", "did you mean quotum.deal.won.v1"),
        ("quotum.deal.won", "did you mean quotum.deal.won.v1"),
        ("Quotum.Deal.Won.v1", "did you mean "),
        ("io.cloudevents.test", "take one of docs/events.md, such as quotum.deal.won.v1"),
        ("", "take one of docs/events.md"),
    ],
)
def test_an_unknown_type_is_named_with_what_is_near(kind: str, near: str) -> None:
    assert fault(won(type=kind)).startswith(f"type: {kind!r} is no event of Quotum: {near}")


def test_a_missing_type_and_one_that_is_no_text_are_told_apart() -> None:
    assert fault(won(type=None)).startswith("type: is missing: give the type of the event")
    assert fault(won(type=5)).startswith("type: is not a text: write the type of the event")


@pytest.mark.parametrize("kind", TYPES)
@few
@given(data=st.data())
def test_an_event_is_about_the_entity_its_data_name(kind: str, data: st.DataObject) -> None:
    event = read_event(data.draw(events([kind])))
    named = event.data.model_dump()
    if kind.startswith("quotum.correction."):
        assert event.entity == named["entity"]
    elif kind in ("quotum.workspace.opened.v1", "quotum.credit_rule.set.v1"):
        assert event.entity == WORKSPACE
    else:
        entity = kind.split(".")[1]
        assert event.entity == f"{entity}:{named[entity if entity in ('team', 'rep') else 'id']}"


@pytest.mark.parametrize("kind", TYPES)
@few
@given(data=st.data())
def test_the_organisation_has_one_trail_and_everything_else_its_own(kind: str, data: st.DataObject) -> None:
    raw = data.draw(events([kind]))
    shared = kind.split(".")[1] in ("team", "rep", "target", "workspace", "credit_rule")
    assert read_event(raw).trail == (ORGANISATION if shared else raw["trail"])


def in_cents(data: Json) -> Json:
    return {**data, "amount": {"value": f"{data['amount'] // 100}.{data['amount'] % 100:02}", "currency": "EUR"}}


@pytest.fixture
def older_version(monkeypatch: pytest.MonkeyPatch) -> str:
    changed = {"quotum.deal.won.v0": ("quotum.deal.won.v1", in_cents)}
    monkeypatch.setattr(schemas.events, "UPCASTERS", changed)
    monkeypatch.setattr(schemas.events, "upcast", lambda kind, data: upcast(kind, data, changed))
    return "quotum.deal.won.v0"


def test_an_older_version_is_read_as_todays(older_version: str) -> None:
    read = read_event(won(type=older_version, data={**won()["data"], "amount": 105400}))
    assert read == read_event(won())


@pytest.mark.parametrize("data", [{}, {"amount": "much"}, [], "text", None])
def test_an_older_version_with_other_data_is_refused(older_version: str, data: object) -> None:
    assert fault(won(type=older_version, data=data)).startswith(
        "data: does not hold what quotum.deal.won.v0 tells: send the present version"
    )
