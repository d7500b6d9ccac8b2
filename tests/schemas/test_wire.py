"""Whatever arrives is an event or a list of faults that a sender can mend; never anything else."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.events import EVENTS
from schemas.received import read_event
from schemas.wire import FAULTS_SHOWN, EventError, Fault, json_type, near, parse, unpack
from tests.schemas.making import Json, events, won

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
WHERE_IT_IS_WRONG = {
    "invalidNoSpecVersion": "specversion",
    "invalidNoId": "id",
    "invalidNoType": "type",
    "invalidNoSource": "source",
    "invalidTimeGarbage": "time",
    "invalidTimeToMinute": "time",
    "invalidTimeOffsetX": "time",
    "invalidTimeOffsetOutOfRange": "time",
    "invalidTimeOffsetNonInteger": "time",
    "invalidTimeOffsetHourOnly": "time",
    "invalidEmptyId": "id",
    "invalidEmptyType": "type",
    "invalidEmptySource": "source",
    "invalidEmptySpecVersion": "specversion",
    "invalidUnknownSpecVersion": "specversion",
    "invalidNonRfc2046DataContentType": "datacontenttype",
    "invalidEmptyDataContentType": "datacontenttype",
    "invalidEmptyDataSchema": "dataschema",
    "invalidEmptySubject": "subject",
    "invalidNumericId": "id",
    "invalidObjectId": "id",
    "invalidCapitalizedExtension": "MyExtension",
    "invalidPunctuatedExtension": "my.extension",
    "invalidNonIntegerExtensionValue": "my.extension",
    "invalidBothDataAndDataBase64": "data_base64",
}


def faults(raw: Json | bytes | str) -> list[Fault]:
    with pytest.raises(EventError) as refused:
        read_event(raw)
    assert str(refused.value).splitlines() == [str(fault) for fault in refused.value.faults]
    return list(refused.value.faults)


def as_ours(event: Json) -> Json:
    """An event of the conformance suite with what we need beside what it shows."""
    plain = won()
    ours = {"time": plain["time"], "trail": plain["trail"], **event, "data": plain["data"]}
    if ours["time"] is None:
        ours["time"] = plain["time"]
    return {**ours, "type": plain["type"]} if event.get("type") else ours


def suite(shared_data: Path, name: str) -> dict[str, Json]:
    tests = json.loads((shared_data / "cloudevents" / name).read_text(encoding="utf-8"))["tests"]
    return {test["id"]: as_ours(test["event"]) for test in tests}


def test_every_invalid_event_of_the_conformance_suite_is_refused_for_its_own_fault(shared_data: Path) -> None:
    invalid = suite(shared_data, "invalid-events.json")
    assert invalid.keys() == WHERE_IT_IS_WRONG.keys()
    for name, event in invalid.items():
        found = faults(event)
        assert [fault.path for fault in found] == [WHERE_IT_IS_WRONG[name]], name
        assert ":" in found[0].text, f"{name}: no remedy in {found[0].text!r}"


def test_every_valid_event_of_the_conformance_suite_is_taken_if_its_data_are_json(shared_data: Path) -> None:
    valid = suite(shared_data, "valid-events.json")
    assert len(valid) == 10
    for name, event in valid.items():
        if event.get("datacontenttype") == "text/plain":
            assert [fault.path for fault in faults(event)] == ["datacontenttype"], name
            event["datacontenttype"] = "application/json"
        read = read_event(event)
        assert (read.id, read.source) == (event["id"], event["source"]), name


def test_the_examples_of_the_specification_are_refused_for_their_type_alone(shared_data: Path) -> None:
    examples = json.loads((shared_data / "cloudevents" / "examples.json").read_text(encoding="utf-8"))
    single = [example["json"] for example in examples if isinstance(example.get("json"), dict)]
    assert len(single) == 6
    for event in single:
        assert "type" in {fault.path for fault in faults(event)} <= {"type", "data_base64"}
    for example in examples:
        faults(example["text"])


def test_null_is_the_same_as_left_out() -> None:
    optional = dict.fromkeys(["datacontenttype", "dataschema", "subject", "sequence", "data_base64", "anything"])
    assert read_event(won(**optional)) == read_event(won())
    assert [fault.path for fault in faults(won(time=None, trail=None, id=None))] == ["id", "time", "trail"]
    assert [fault.path for fault in faults(won(specversion=None))] == ["specversion"]


@pytest.mark.parametrize(
    "written",
    [
        "application/json",
        "application/json; charset=utf-8",
        'application/json;charset="UTF-8"',
        "Application/JSON ; charset=utf-8; version=1",
        "text/json",
        "application/vnd.example.deal+json",
    ],
)
def test_every_media_type_of_json_is_one_and_the_same(written: str) -> None:
    assert json_type(written) == "application/json"
    assert read_event(won(datacontenttype=written)) == read_event(won())


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("", "does not say that `data` is JSON: write application/json, or leave it out"),
        ("xyz", "does not say that `data` is JSON: write application/json"),
        ("text/plain", "does not say that `data` is JSON"),
        ("application/json;", "does not say that `data` is JSON"),
        ("application/jsonp", "does not say that `data` is JSON"),
        ("application/cloudevents+json", "is the type of the whole message: write application/json"),
        ("application/cloudevents-batch+json; charset=utf-8", "is the type of the whole message"),
        (5, "write 'application/json'"),
    ],
)
def test_another_media_type_is_refused_with_a_remedy(written: object, why: str) -> None:
    (fault,) = faults(won(datacontenttype=written))
    assert fault.path == "datacontenttype"
    assert why in fault.text


def test_data_in_base64_are_the_same_data() -> None:
    event = won()
    packed = base64.b64encode(json.dumps(event.pop("data")).encode()).decode()
    assert read_event({**event, "data_base64": packed}) == read_event(won())


def test_data_in_base64_that_were_damaged_are_not_guessed() -> None:
    event = won()
    packed = base64.b64encode(json.dumps(event.pop("data")).encode()).decode()
    assert "data_base64" in {fault.path for fault in faults({**event, "data_base64": f"{packed[:8]}%{packed[8:]}"})}


def test_one_thing_wrong_is_one_fault() -> None:
    assert [fault.path for fault in faults(won(id={"x": 1}))] == ["id"]


@pytest.mark.parametrize("packed", ["", "%%%", "eyA", base64.b64encode(b"no json").decode(), 5, {"a": 1}])
def test_base64_that_holds_no_json_is_refused(packed: object) -> None:
    event = {name: value for name, value in won(data_base64=packed).items() if name != "data"}
    assert Fault("data_base64", "is not JSON in base64: send the JSON object as `data`") in faults(event)


@pytest.mark.parametrize("value", [True, -7, 2**40, "text", "", "2023-03-31T15:12:00Z"])
def test_extensions_that_say_nothing_to_us_change_nothing(value: object) -> None:
    assert read_event(won(comexampleextension1=value, traceparent="00-0af7")) == read_event(won())


@pytest.mark.parametrize("value", [1.5, [], {}, {"a": 1}])
def test_an_extension_that_is_no_attribute_is_refused(value: object) -> None:
    (fault,) = faults(won(extension=value))
    assert fault.path == "extension"
    assert fault.text.endswith("an attribute is a text, a whole number, true or false")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"", "is not JSON in UTF-8"),
        (b"{", "is not JSON in UTF-8"),
        (b"\xff\xfe{}", "is not JSON in UTF-8"),
        (b'{"id": "\\ud800"}', "is not JSON in UTF-8"),
        (b'{"id": NaN}', "is not JSON in UTF-8"),
        (b"[" * 100_000, "is not JSON in UTF-8"),
        ('"\ud800"', "is not JSON in UTF-8"),
        (b"[]", "give the events of a batch one by one"),
        (b"null", "is not a JSON object"),
        (b"7", "is not a JSON object"),
    ],
)
def test_what_is_no_json_object_is_refused_with_a_remedy(line: bytes | str, why: str) -> None:
    (fault,) = faults(line)
    assert fault.path == ""
    assert why in fault.text


def test_bytes_text_and_object_are_read_alike() -> None:
    text = json.dumps(won())
    read = read_event(won())
    assert read_event(text) == read_event(text.encode()) == read_event(b"\xef\xbb\xbf" + text.encode()) == read
    assert parse(text) == won()


def test_reading_leaves_what_was_sent_as_it_was() -> None:
    event = won(subject=None)
    unpack(event)
    read_event(event)
    assert event == won(subject=None)


def test_all_faults_are_told_at_once_and_each_on_its_own_line() -> None:
    data = {"id": 42, "day": "1 March", "amunt": {}, "amount": {"value": 10.5, "currency": "EUR"}, "customer": "old"}
    told = {fault.path: fault.text for fault in faults(won(specversion=None, time="noon", data=data))}
    assert told == {
        "specversion": 'is missing: write "1.0"',
        "time": "'noon' is not an RFC 3339 instant: write date, time to the second and offset, "
        "such as 2017-03-01T09:30:00+01:00",
        "data.id": "is 42, not a text: write it with quotes",
        "data.day": "'1 March' is not a day: write year, month and day, such as 2017-03-01",
        "data.amunt": "is no field here: did you mean amount? "
        "(the fields are id, day, at, rep, amount, units, product, campaign, customer)",
        "data.amount.value": "amount 10.5 is not a string: write '1054.00' with quotes, so that it stays exact",
        "data.customer": "is 'old': write 'new' or 'existing'",
    }


@pytest.mark.parametrize(
    ("data", "path", "why"),
    [
        (None, "data", "is missing: give it (the entity's id and the fields)"),
        ([], "data", "is a JSON array, not a JSON object: write its fields within braces"),
        ("text", "data", "is 'text', not a JSON object"),
        ({"day": "2017-03-01"}, "data.id", "is missing: give it (the id of the entity"),
        ({"id": "42", "day": "2017-03-01", "amount": {"value": "1"}}, "data.amount.currency", "is missing: give it"),
        ({"id": "42", "day": "2017-03-01", "amount": "10"}, "data.amount", "not a JSON object"),
        ({"id": "42"}, "data", "give the day it happened (`day`) or the instant (`at`), one of the two"),
        ({"id": "42", "day": "2017-03-01", "at": "2017-03-01T09:00:00Z"}, "data", "one of the two"),
        ({"id": "42", "day": 20170301}, "data.day", "a day is a text such as 2017-03-01"),
        ({"id": "42", "at": 1488358800}, "data.at", "an instant is a text such as"),
    ],
)
def test_a_fault_in_the_data_names_its_field_and_a_remedy(data: object, path: str, why: str) -> None:
    (fault,) = faults(won(data=data))
    assert fault.path == path
    assert why in fault.text


@pytest.mark.parametrize(
    ("kind", "data", "path", "why"),
    [
        ("quotum.deal.reassigned.v1", {"id": "1", "shares": 5}, "data.shares", "is 5, not a JSON array"),
        ("quotum.deal.reassigned.v1", {"id": "1", "shares": [4]}, "data.shares.0", "is 4, not a JSON object"),
        (
            "quotum.deal.reassigned.v1",
            {"id": "1", "shares": [{"rep": "a", "share": "1", "shares": 1}]},
            "data.shares.0.shares",
            "did you mean share? (the fields are rep, share)",
        ),
        (
            "quotum.workspace.opened.v1",
            {"zone": "UTC", "currency": "EUR", "fiscal_start": 13},
            "data.fiscal_start",
            "is 13: it should be less than or equal to 12",
        ),
        (
            "quotum.correction.withdrawn.v1",
            {"entity": "deal:1", "fields": []},
            "data.fields",
            "is a JSON array without anything in it: put something in, or leave the field out",
        ),
    ],
)
def test_a_fault_deep_within_the_data_is_found(kind: str, data: Json, path: str, why: str) -> None:
    (fault,) = faults(won(type=kind, data=data))
    assert fault.path == path
    assert why in fault.text


def test_of_very_many_faults_the_first_are_shown_and_the_others_counted() -> None:
    with pytest.raises(EventError) as refused:
        read_event(won(**{f"x.{number}": "" for number in range(1000)}))
    lines = str(refused.value).splitlines()
    assert len(refused.value.faults) == 1000
    assert len(lines) == FAULTS_SHOWN + 1
    assert lines[-1] == "... and 980 more"


def test_long_values_are_cut_in_what_is_shown() -> None:
    for found in (faults(won(time="x" * 10**6)), faults(won(type="x" * 10**6)), faults(won(**{"X" * 10**6: 1}))):
        assert len(str(found[0])) < 300


def test_near_names_what_was_perhaps_meant() -> None:
    assert near("amunt", ["amount", "units"], 1) == ": did you mean amount?"
    assert near("xyz", ["amount", "units"], 1) == ""


@given(events(), st.data())
def test_any_value_anywhere_gives_an_event_or_faults(event: Json, data: st.DataObject) -> None:
    place: dict[str, Any] = data.draw(st.sampled_from([event, event["data"]]))
    place[data.draw(st.sampled_from([*place, "new"]) | st.text())] = data.draw(json_values)
    try:
        read = read_event(event)
    except EventError as error:
        told = error.faults
    else:
        told = (Fault("", read.type),) if read.type in EVENTS else ()
    assert told
    assert all(fault.text for fault in told)


@given(st.binary() | st.dictionaries(st.text(), json_values))
def test_anything_at_all_gives_an_event_or_faults(raw: bytes | Json) -> None:
    with pytest.raises(EventError):
        read_event(raw)
