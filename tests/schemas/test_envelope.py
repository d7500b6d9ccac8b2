"""What every event carries is in order, in one form, and cannot be changed once it was read."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from schemas.data import ActivityDone, DealAmended
from schemas.envelope import (
    INTEGER_MAX,
    LABEL_LENGTH,
    SEQUENCE_MAX,
    Data,
    Day,
    Event,
    Instant,
    PartyId,
    Person,
    Writes,
    altered,
    label,
    marked,
    marks,
    names_of,
)
from schemas.organisation_data import RepJoined, TeamFormed
from schemas.received import read_event
from schemas.wire import EventError
from tests.schemas.making import TYPES, Json, events, few, sent, sequences, won

DAY: TypeAdapter[date] = TypeAdapter(Day)
INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)
PERSON: TypeAdapter[int | str] = TypeAdapter(Person)


def fault(event: Json) -> str:
    with pytest.raises(EventError) as refused:
        read_event(event)
    return str(refused.value)


@given(st.text(" \t\u00a0\n"), st.text(" \t\u00a0\n"))
def test_a_label_has_no_blanks_around_it(before: str, after: str) -> None:
    assert label(f"{before}GTX Pro{after}") == "GTX Pro"


@pytest.mark.parametrize("text", ["GTX\u00a0Pro", "café", "中文", "क्\u200dष", "👩\u200d💻", "a b", "x" * LABEL_LENGTH])
def test_a_label_may_hold_what_people_write(text: str) -> None:
    assert label(text) == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is empty: write a text, or leave out"),
        (" \t\n\u00a0", "is empty"),
        ("x" * (LABEL_LENGTH + 1), "has 201 characters, more than 200: shorten it"),
        ("a\x00b", r"holds the character U\+0000, which cannot be shown: take it out"),
        ("a\nb", r"U\+000A"),
        ("a\x7fb", r"U\+007F"),
        ("a\u2028b", r"U\+2028"),
        ("exe.\u202etxt", r"U\+202E"),
        ("a\ud800", r"U\+D800"),
    ],
)
def test_a_label_that_cannot_be_shown_is_refused_with_a_remedy(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        label(text)


@pytest.mark.parametrize(("value", "party"), [("u-17", "u-17"), (" u-17 ", "u-17"), ("17", "17"), (17, 17)])
def test_a_party_is_a_source_id_or_a_number(value: object, party: object) -> None:
    read = PERSON.validate_python(value)
    assert read == party
    assert type(read) is type(party)


@pytest.mark.parametrize("value", ["", " ", 0, -1, True, 1.5, 17.0, None, [], {}, b"u-17"])
def test_what_names_nobody_is_no_party(value: object) -> None:
    with pytest.raises(ValidationError, match=r"is its source's id, such as 'u-17': write it as a text|is empty: "):
        PERSON.validate_python(value)


@given(st.datetimes(datetime(1800, 1, 1), datetime(2200, 1, 1)), st.sampled_from(["Africa/Monrovia", "UTC"]))  # noqa: DTZ001 (the zone is added below)
def test_an_instant_may_come_as_a_datetime_of_any_zone(naive: datetime, zone: str) -> None:
    instant = naive.replace(tzinfo=ZoneInfo(zone))
    read = INSTANT.validate_python(instant)
    assert read == instant
    assert read.tzinfo is UTC
    assert INSTANT.validate_json(INSTANT.dump_json(read)) == read


@pytest.mark.parametrize("value", [datetime(2017, 3, 1), 1488358800, 1488358800.5, date(2017, 3, 1), None, "noon"])  # noqa: DTZ001 (that it has no zone is the case)
def test_what_is_no_instant_is_refused(value: object) -> None:
    with pytest.raises(ValidationError, match=r"2017-03-01T09:30:00\+01:00|has no offset"):
        INSTANT.validate_python(value)


@pytest.mark.parametrize("value", [datetime(2017, 3, 1, tzinfo=UTC), 17226, None, "2017-03-01T00:00:00Z"])
def test_what_is_no_day_is_refused_even_where_python_takes_it_for_one(value: object) -> None:
    with pytest.raises(ValidationError, match="2017-03-01"):
        DAY.validate_python(value)


def test_a_day_is_written_as_it_was_told() -> None:
    assert DAY.validate_python(date(2017, 3, 1)) == DAY.validate_python("2017-03-01") == date(2017, 3, 1)
    assert DAY.dump_json(date(2017, 3, 1)) == b'"2017-03-01"'


@given(sequences)
@example(SEQUENCE_MAX)
@example(-SEQUENCE_MAX - 1)
@example(INTEGER_MAX)
@example(INTEGER_MAX + 1)
def test_a_sequence_is_a_whole_number_of_64_bits_and_beyond_32_bits_a_text(sequence: int) -> None:
    event = read_event(won(sequence=sequence))
    assert event == read_event(won(sequence=str(sequence)))
    assert event.sequence == sequence
    written = json.loads(event.model_dump_json())["sequence"]
    assert type(written) is (int if abs(sequence) < 2**31 else str)
    assert int(written) == sequence
    assert event.model_dump()["sequence"] == sequence


@pytest.mark.parametrize("text", ["0007", "00000000000000000000000000000007", "7"])
def test_a_sequence_may_be_filled_with_zeros_so_that_texts_sort(text: str) -> None:
    assert read_event(won(sequence=text)).sequence == 7


@pytest.mark.parametrize(
    ("sequence", "why"),
    [
        (2**63, "does not fit into 64 bits: write a smaller whole number"),
        (-(2**63) - 1, "does not fit into 64 bits"),
        ("9" * 19, "does not fit into 64 bits"),
        ("9" * 10_000, "is no whole number: write 7 or '7'"),
        (True, "is no whole number"),
        ("", "is no whole number"),
        ("1_0", "is no whole number"),
        ("1.0", "is no whole number"),
        (" 7", "is no whole number"),
        ("+7", "is no whole number"),
        ("0x7", "is no whole number"),
        ("\N{ARABIC-INDIC DIGIT SEVEN}", "is no whole number"),
        (7.0, "an attribute is a text, a whole number, true or false"),
    ],
)
def test_another_sequence_is_refused_with_a_remedy(sequence: object, why: str) -> None:
    assert fault(won(sequence=sequence)).startswith("sequence: ")
    assert why in fault(won(sequence=sequence))


@pytest.mark.parametrize("attribute", ["specversion", "id", "source", "type", "time", "trail", "data"])
def test_an_event_without_a_needed_attribute_is_refused_naming_it(attribute: str) -> None:
    event = won()
    del event[attribute]
    assert fault(event).startswith(f"{attribute}: is missing: ")


@pytest.mark.parametrize("attribute", ["id", "source", "trail"])
@pytest.mark.parametrize("value", ["", "  ", 25, True, {"x": 1}, "a\x00", "x" * 201])
def test_an_attribute_that_names_nothing_is_refused(attribute: str, value: object) -> None:
    assert fault(won(**{attribute: value})).startswith(f"{attribute}: ")


@pytest.mark.parametrize("specversion", ["", "0.3", "0.9", "1.0.2", "2.0", 1.0, 1])
def test_another_version_of_cloudevents_is_refused(specversion: object) -> None:
    assert fault(won(specversion=specversion)).startswith("specversion: ")


@pytest.mark.parametrize("source", ["https://example.org/crm", "/crm/4", "#part", "//host/path", "crm", "urn:x:1"])
def test_a_source_may_be_any_uri_reference(source: str) -> None:
    assert read_event(won(source=source)).source == source


@pytest.mark.parametrize(
    "time",
    [
        "2018-04-05T17:31:00Z",
        "2018-04-05T17:31:00.000000000Z",
        "2018-04-05T18:31:00+01:00",
        "2018-04-05T16:31:00-01:00",
        "2018-04-05t17:31:00z",
    ],
)
def test_one_moment_of_saying_is_the_same_in_every_writing(time: str) -> None:
    assert read_event(won(time=time)).time == datetime(2018, 4, 5, 17, 31, tzinfo=UTC)
    assert json.loads(read_event(won(time=time)).model_dump_json())["time"] == "2018-04-05T17:31:00Z"


def test_what_concerns_everybody_shares_one_trail_whatever_is_said() -> None:
    joined = sent("quotum.rep.joined.v1", {"rep": "u-17", "day": "2017-01-01"})
    del joined["trail"]
    assert read_event(joined).trail == read_event({**joined, "trail": "my own"}).trail == "organisation"


def test_an_event_and_its_data_are_frozen() -> None:
    event = read_event(won())
    for model, field in ((event, "id"), (event, "data"), (event.data, "id"), (event.data, "rep")):
        with pytest.raises(ValidationError, match="frozen"):
            setattr(model, field, "other")


def test_an_entity_is_named_by_its_kind_and_id() -> None:
    assert read_event(won()).entity == "deal:42"


def test_only_what_was_told_is_written() -> None:
    amended = DealAmended.model_validate({"id": "42", "amount": None})
    assert json.loads(amended.model_dump_json()) == {"id": "42", "amount": None}
    assert DealAmended.model_validate_json(amended.model_dump_json()) == amended


@pytest.mark.parametrize(
    ("kind", "data", "logged"),
    [
        ("deal.won", {"id": "1", "day": "2017-03-01"}, {"id": "1", "day": "2017-03-01", "rep": None}),
        ("deal.won", {"id": "1", "day": "2017-03-01", "product": None, "at": None, "rep": 7},
         {"id": "1", "day": "2017-03-01", "rep": 7}),
        ("deal.won", {"id": "1", "at": "2017-03-01T10:00:00.50+01:00", "rep": 7, "units": "02.50"},
         {"id": "1", "at": "2017-03-01T09:00:00.5Z", "rep": 7, "units": "2.5"}),
        ("deal.opened", {"id": "1", "day": "2017-03-01", "rep": None}, {"id": "1", "day": "2017-03-01"}),
        ("deal.amended", {"id": "1", "product": None, "amount": {"value": "5", "currency": "EUR"}},
         {"id": "1", "product": None, "amount": {"value": "5.00", "currency": "EUR"}}),
        ("deal.reassigned", {"id": "1", "rep": None, "day": None}, {"id": "1", "rep": None}),
        ("deal.reassigned", {"id": "1", "rep": 7, "shares": None}, {"id": "1", "rep": 7}),
        ("rep.joined", {"rep": 7, "name": "Ann", "day": "2017-01-01"}, {"rep": 7, "day": "2017-01-01", "team": None}),
        ("team.formed", {"team": 3, "name": "Ann's", "region": "West"}, {"team": 3, "region": "West"}),
    ],
)  # fmt: skip
def test_the_log_keeps_what_was_told_in_one_form_and_no_names(kind: str, data: Json, logged: Json) -> None:
    assert read_event(sent(f"quotum.{kind}.v1", data)).logged() == logged


def test_names_are_marked_with_whom_they_name() -> None:
    assert names_of(RepJoined) == {"name": "rep"}
    assert names_of(TeamFormed) == {"name": "team"}
    assert names_of(ActivityDone) == {}


def test_a_mark_is_found_however_deep_it_lies() -> None:
    deep = Annotated[list[Annotated[int, PartyId("person")] | None], Writes("register")]
    assert marks(deep, PartyId) == [PartyId("person")]
    assert marks(deep, Writes) == [Writes("register")]
    assert marks(Literal["a"], Writes) == []


def test_the_marks_of_a_model_are_those_of_its_fields() -> None:
    class Told(Data):
        first: Annotated[int, Writes("one")]
        second: Annotated[int | None, Writes("two")] = None
        third: Decimal | None = None

    assert marked(Told, Writes) == {"first": Writes("one"), "second": Writes("two")}
    assert marked(BaseModel, Writes) == {}


def specified(event: Event) -> Json:
    """What the log keeps, by the models' own way of writing."""
    told = event.data.model_dump(mode="json")
    kept = event.data.nobody + event.data.always
    data = {name: value for name, value in told.items() if value is not None or event.data.clears or name in kept}
    data |= {name: None for name in event.data.always if name not in data}
    return {name: value for name, value in data.items() if name not in names_of(type(event.data))}


@pytest.mark.parametrize("kind", TYPES)
@few
@given(st.data())
def test_what_the_log_keeps_is_what_the_models_write(kind: str, data: st.DataObject) -> None:
    event = read_event(data.draw(events([kind])))
    assert event.logged() == specified(event)


@pytest.mark.parametrize("kind", TYPES)
@few
@given(st.data())
def test_a_model_altered_is_the_model_copied(kind: str, data: st.DataObject) -> None:
    sent_as = data.draw(events([kind]))
    told = read_event(sent_as).data
    field = data.draw(st.sampled_from(sorted(type(told).model_fields)))
    found, wanted = altered(told, {field: 7}), told.model_copy(update={field: 7})
    assert (found, found.model_fields_set, repr(found)) == (wanted, wanted.model_fields_set, repr(wanted))
    assert told == read_event(sent_as).data
