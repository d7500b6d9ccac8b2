"""Every type of event can be sent, read, written and read again; what is none is refused in words that help."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import schemas.events
from schemas.events import EVENTS, adapter
from schemas.facts import data_of
from schemas.received import read_event
from schemas.upcasters import upcast
from schemas.wire import EventError
from tests.schemas.making import TYPES, Json, events, few, sent, told, won


def fault(raw: Json) -> str:
    with pytest.raises(EventError) as refused:
        read_event(raw)
    return str(refused.value)


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


def in_cents(data: Json) -> Json:
    return {**data, "amount": {"value": f"{data['amount'] // 100}.{data['amount'] % 100:02}", "currency": "EUR"}}


@pytest.fixture
def older_version(monkeypatch: pytest.MonkeyPatch) -> str:
    changed = {"quotum.deal.won.v0": ("quotum.deal.won.v1", in_cents)}
    monkeypatch.setattr(schemas.received, "UPCASTERS", changed)
    monkeypatch.setattr(schemas.received, "upcast", lambda kind, data: upcast(kind, data, changed))
    return "quotum.deal.won.v0"


def test_an_older_version_is_read_as_todays(older_version: str) -> None:
    read = read_event(won(type=older_version, data={**won()["data"], "amount": 105400}))
    assert read == read_event(won())


@pytest.mark.parametrize("data", [{}, {"amount": "much"}, [], "text", None])
def test_an_older_version_with_other_data_is_refused(older_version: str, data: object) -> None:
    assert fault(won(type=older_version, data=data)).startswith(
        "data: does not hold what quotum.deal.won.v0 tells: send the present version"
    )
