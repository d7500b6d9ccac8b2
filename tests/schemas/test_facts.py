"""An event means the same to the fold whether it was just taken or read back from the log."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import schemas.facts
from schemas.envelope import Event, Writes, marked
from schemas.events import EVENTS
from schemas.facts import (
    FEED,
    NOBODY,
    PERSON,
    STEPS,
    TAKEN_BACK,
    WITHDRAWALS,
    WITHDRAWN,
    data_of,
    decode_fact,
    fact,
    log_line,
    read_fact,
    registers,
)
from schemas.moments import instant_text
from schemas.received import read_event
from schemas.upcasters import Upcaster, upcast
from tests.schemas.making import TYPES, Json, events, few, numbers, sent

layers = st.sampled_from([FEED, PERSON])
AT_US = 1_488_448_800_000_000  # 2017-03-02T10:00:00Z, when `sent` says it said so
TARGET = {"id": "1", "metric": "calls", "period": "2017-03", "value": "5", "author": 3, "reason": "ref"}
STAMP = f"{AT_US}@0@e1"


def line(event: Event) -> bytes:
    """The CloudEvent as the log holds it, put together by hand."""
    attributes = {"specversion": "1.0", "id": event.id, "source": event.source, "type": event.type}
    times = {"time": instant_text(event.time), "trail": event.trail, "sequence": event.sequence}
    return json.dumps({**attributes, **times, "data": event.logged()}).encode()


def writes(kind: str, data: Json, layer: int = FEED) -> dict[str, str]:
    told = fact(read_event(sent(f"quotum.{kind}.v1", data)), layer)
    return told.writes


@pytest.mark.parametrize("kind", TYPES)
@few
@given(data=st.data(), layer=layers)
def test_an_event_read_back_from_the_log_says_what_it_said(kind: str, data: st.DataObject, layer: int) -> None:
    event = read_event(data.draw(events([kind], numbers)))
    taken = fact(event, layer)
    assert decode_fact(line(event), layer) == taken
    assert (taken.trail, taken.entity, taken.layer) == (event.trail, event.entity, layer)
    assert taken.kind == event.entity.partition(":")[0]
    asserted_at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=taken.stamp[0])
    assert (asserted_at, *taken.stamp[1:]) == (event.time, event.sequence, event.id)
    assert {type(part) for write in taken.writes.items() for part in write} <= {str}


@pytest.mark.parametrize("kind", TYPES)
@few
@given(data=st.data(), layer=layers)
def test_a_line_of_the_log_reads_as_the_event_that_it_was_written_from(
    kind: str, data: st.DataObject, layer: int
) -> None:
    event = read_event(data.draw(events([kind], numbers)))
    written = log_line(event)
    again = read_event(written)
    assert again.logged() == event.logged()
    assert again.model_dump(exclude={"data"}) == event.model_dump(exclude={"data"})
    assert log_line(again) == written
    read, told = decode_fact(written, layer), fact(event, layer)
    assert read.writes == told.writes
    assert msgspec.structs.replace(read, writes=told.writes) == told


@pytest.mark.parametrize("kind", [kind for kind in TYPES if kind not in WITHDRAWALS])
@few
@given(data=st.data())
def test_an_event_writes_the_fields_it_tells_its_constants_and_nothing_else(kind: str, data: st.DataObject) -> None:
    event = read_event(data.draw(events([kind], numbers)))
    model = data_of(EVENTS[kind])
    marks = marked(model, Writes)
    told = {marks[name].register for name in event.logged() if name in marks} | set(model.constant)
    written = {name.partition(STEPS)[0] + STEPS * (STEPS in name) for name in fact(event, FEED).writes}
    assert written == told
    assert {name.partition(STEPS)[0] for name in written} <= registers(event.entity_kind)


@pytest.mark.parametrize(
    ("kind", "data", "expected"),
    [
        ("call.logged", {"id": "1", "rep": 7, "at": "2017-03-01T10:00:00+01:00", "kind": "call.file"},
         {"shares": "7:1000000", "when": "2017-03-01T09:00:00Z", "kind": "call.file"}),
        ("call.logged", {"id": "1", "day": "2017-03-01", "customer": "new", "campaign": "spring", "product": "GTX"},
         {"when": "2017-03-01", "customer": "new", "campaign": "spring", "product": "GTX"}),
        ("call.voided", {"id": "1"}, {"alive": "no"}),
        ("lead.created", {"id": "1", "rep": 7, "day": "2017-03-01"}, {"shares": "7:1000000", "created": "2017-03-01"}),
        ("lead.handled", {"id": "1", "rep": 7, "day": "2017-03-01"},
         {"handled_by": "7:1000000", "handled": "2017-03-01"}),
        ("lead.qualified", {"id": "1", "rep": 7, "day": "2017-03-01"},
         {"qualified_by": "7:1000000", "qualified": "2017-03-01"}),
        ("lead.deleted", {"id": "1"}, {"alive": "no"}),
        ("deal.opened", {"id": "1", "rep": 7, "day": "2017-03-01", "amount": {"value": "5", "currency": "EUR"},
                         "units": "2.50"},
         {"shares": "7:1000000", "opened": "2017-03-01", "amount": "5.00 EUR", "units": "2.5"}),
        ("deal.won", {"id": "1", "rep": 7, "day": "2017-03-01", "amount": {"value": "5", "currency": "JPY"}},
         {"closed_by": "7:1000000", "closed": "2017-03-01", "amount": "5 JPY", "outcome": "won"}),
        ("deal.lost", {"id": "1", "rep": 7, "day": "2017-03-01"},
         {"closed_by": "7:1000000", "closed": "2017-03-01", "outcome": "lost"}),
        ("deal.reopened", {"id": "1"}, {"outcome": "open"}),
        ("deal.deleted", {"id": "1"}, {"alive": "no"}),
        ("deal.amended", {"id": "1", "opened_day": "2017-03-01", "closed_at": "2017-03-02T00:00:00Z"},
         {"opened": "2017-03-01", "closed": "2017-03-02T00:00:00Z"}),
        ("deal.reassigned", {"id": "1", "rep": 7}, {f"shares@@{STAMP}": "7:1000000"}),
        ("deal.reassigned", {"id": "1", "rep": 7, "day": "2017-03-01"}, {f"shares@2017-03-01@{STAMP}": "7:1000000"}),
        ("deal.reassigned", {"id": "1", "shares": [{"rep": 18, "share": "0.75"}, {"rep": 2, "share": "0.25"}]},
         {f"shares@@{STAMP}": "2:250000,18:750000"}),
        ("team.formed", {"team": 3, "name": "A", "region": "West"}, {"alive": "yes", "region": "West"}),
        ("rep.joined", {"rep": 7, "team": 3, "day": "2017-01-01"}, {"team@2017-01-01": "3"}),
        ("rep.moved_team", {"rep": 7, "team": 4, "day": "2017-02-01"}, {"team@2017-02-01": "4"}),
        ("rep.left", {"rep": 7, "day": "2017-03-01"}, {"team@2017-03-01": "left"}),
        ("target.agreed", {"id": "1", "metric": "revenue", "period": "2017-Q1", "rep": 7, "author": 3, "reason": "ref",
                           "amount": {"value": "5", "currency": "EUR"}},
         {"metric": "revenue", "period": "2017-Q1", "rep": "7", "team": NOBODY, "value@": "5.00 EUR", "author@": "3",
          "reason@": "ref"}),
        ("target.changed", {"id": "1", "day": "2017-02-01", "value": "5.0", "author": 3, "reason": "ref"},
         {"value@2017-02-01": "5", "author@2017-02-01": "3", "reason@2017-02-01": "ref"}),
        ("workspace.opened", {"zone": "UTC", "currency": "EUR", "fiscal_start": 4},
         {"zone": "UTC", "currency": "EUR", "fiscal_start": "4"}),
        ("workspace.opened", {"zone": "UTC", "currency": "EUR", "demo": True},
         {"zone": "UTC", "currency": "EUR", "demo": "yes"}),
        ("workspace.opened", {"zone": "UTC", "currency": "EUR", "partitions": 12},
         {"zone": "UTC", "currency": "EUR", "partitions": "12"}),
        ("credit_rule.set", {"rule": "seller", "day": "2017-03-01"}, {"credit@2017-03-01": "seller"}),
        ("credit_rule.set", {"rule": "seller"}, {"credit@": "seller"}),
    ],
)  # fmt: skip
def test_each_event_writes_what_it_is_about(kind: str, data: Json, expected: dict[str, str]) -> None:
    assert writes(kind, data) == expected


def test_null_in_an_amendment_takes_a_field_back() -> None:
    assert writes("deal.amended", {"id": "1", "amount": None, "closed_day": None, "product": "GTX"}) == {
        "amount": TAKEN_BACK,
        "closed": TAKEN_BACK,
        "product": "GTX",
    }
    assert writes("call.amended", {"id": "1", "at": None, "kind": None}) == {"when": TAKEN_BACK, "kind": TAKEN_BACK}


@pytest.mark.parametrize(
    "fields", [{"day": None, "at": "2017-03-01T09:00:00Z"}, {"at": "2017-03-01T09:00:00Z", "day": None}]
)
def test_a_day_that_is_null_beside_an_instant_leaves_the_instant(fields: Json) -> None:
    held = json.loads(log_line(read_event(sent("quotum.call.amended.v1", {"id": "1", "kind": None}))))
    held["data"] |= fields
    assert decode_fact(json.dumps(held), FEED).writes["when"] == "2017-03-01T09:00:00Z"


def test_null_elsewhere_is_the_same_as_left_out() -> None:
    bare: Json = {"id": "1", "day": "2017-03-01"}
    empty = dict.fromkeys(["at", "rep", "amount", "units", "product", "campaign", "customer"])
    assert writes("deal.opened", {**bare, **empty}) == writes("deal.opened", bare) == {"opened": "2017-03-01"}
    assert writes("deal.won", {**bare, **empty}) == writes("deal.won", bare)


@pytest.mark.parametrize(
    ("kind", "data", "register"),
    [
        ("deal.won", {"id": "1", "day": "2017-03-01"}, "closed_by"),
        ("deal.lost", {"id": "1", "day": "2017-03-01", "rep": None}, "closed_by"),
        ("lead.handled", {"id": "1", "day": "2017-03-01"}, "handled_by"),
        ("lead.qualified", {"id": "1", "day": "2017-03-01"}, "qualified_by"),
        ("rep.joined", {"rep": 7, "day": "2017-01-01"}, "team@2017-01-01"),
        ("target.agreed", {**TARGET, "rep": 7}, "team"),
        ("target.agreed", {**TARGET, "team": 7}, "rep"),
        ("deal.reassigned", {"id": "1", "rep": None}, f"shares@@{STAMP}"),
        ("call.reassigned", {"id": "1", "rep": None, "day": "2017-03-01"}, f"shares@2017-03-01@{STAMP}"),
    ],
)
def test_nobody_is_said_where_leaving_out_says_so(kind: str, data: Json, register: str) -> None:
    assert writes(kind, data)[register] == NOBODY


def test_every_reassignment_keeps_its_own_register_while_a_team_of_a_day_has_one() -> None:
    def names(kind: str, data: Json, **envelope: object) -> set[str]:
        return set(fact(read_event(sent(kind, data, **envelope)), FEED).writes)

    reassigned = {"id": "1", "rep": 7, "day": "2017-03-01"}
    moved = {"rep": 7, "team": 4, "day": "2017-03-01"}
    others: list[dict[str, Any]] = [{"id": "e2"}, {"sequence": 1}, {"time": "2017-03-02T10:00:01Z"}]
    first = names("quotum.deal.reassigned.v1", reassigned)
    assert all(names("quotum.deal.reassigned.v1", reassigned, **other).isdisjoint(first) for other in others)
    first = names("quotum.rep.moved_team.v1", moved)
    assert all(names("quotum.rep.moved_team.v1", moved, **other) == first for other in others)


def test_withdrawing_takes_back_what_a_person_said_and_leaves_feeds_alone() -> None:
    some: Json = {"entity": "deal:42", "fields": ["amount", "closed"]}
    assert writes("correction.withdrawn", some, PERSON) == {"amount": TAKEN_BACK, "closed": TAKEN_BACK}
    assert writes("correction.withdrawn", some, FEED) == {}
    assert fact(read_event(sent("quotum.correction.withdrawn.v1", some)), PERSON).entity == "deal:42"


def test_withdrawing_shares_withdraws_all_that_a_person_reassigned_until_then() -> None:
    only: Json = {"entity": "deal:42", "fields": ["shares"]}
    assert writes("correction.withdrawn", only, PERSON) == {"shares": TAKEN_BACK, WITHDRAWN: "yes"}


@pytest.mark.parametrize("kind", ["call", "lead", "deal"])
def test_withdrawing_without_fields_takes_back_every_register_of_the_kind(kind: str) -> None:
    taken = writes("correction.withdrawn", {"entity": f"{kind}:42"}, PERSON)
    assert {name for name, text in taken.items() if text == TAKEN_BACK} == registers(kind)
    assert taken[WITHDRAWN] == "yes"


def test_the_registers_of_a_kind_are_all_that_its_events_write() -> None:
    activity = {"shares", "when", "kind", "campaign", "product", "customer", "alive"}
    for kind in ("call", "email", "offer", "appointment", "demo", "meeting"):
        assert registers(kind) == activity
    assert registers("lead") == {
        "shares", "created", "handled", "handled_by", "qualified", "qualified_by", "campaign", "product", "customer",
        "alive",
    }  # fmt: skip
    assert registers("deal") == {
        "shares", "opened", "closed", "closed_by", "outcome", "amount", "units", "product", "campaign", "customer",
        "alive",
    }  # fmt: skip
    assert registers("team") == {"alive", "region"}
    assert registers("rep") == {"team"}
    assert registers("target") == {
        "metric", "period", "rep", "team", "value", "author", "reason", "turn", "standing",
    }  # fmt: skip
    assert registers("workspace") == {"zone", "currency", "fiscal_start", "credit", "demo", "partitions"}
    assert registers("nothing") == frozenset()


def test_a_sequence_that_travels_as_a_text_orders_like_the_number() -> None:
    event = read_event(sent("quotum.deal.reopened.v1", {"id": "1"}, sequence=2**63 - 1))
    written = event.model_dump_json()
    assert f'"sequence":"{2**63 - 1}"' in written
    assert decode_fact(written, FEED) == decode_fact(line(event), FEED) == fact(event, FEED)


def test_an_event_of_an_older_version_in_the_log_means_what_todays_means(monkeypatch: pytest.MonkeyPatch) -> None:
    changed: dict[str, tuple[str, Upcaster]] = {
        "quotum.deal.won.v0": ("quotum.deal.won.v1", lambda data: {"id": data["deal"], "day": data["day"], "rep": None})
    }
    monkeypatch.setattr(schemas.facts, "UPCASTERS", changed)
    monkeypatch.setattr(schemas.facts, "upcast", lambda kind, data: upcast(kind, data, changed))
    stamp = (AT_US, 0, "e1")
    old = read_fact("quotum.deal.won.v0", {"deal": "42", "day": "2017-03-01"}, "case 7", FEED, stamp)
    assert old == fact(read_event(sent("quotum.deal.won.v1", {"id": "42", "day": "2017-03-01"})), FEED)
