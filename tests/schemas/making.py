"""Events made from the models themselves, so that a new event or field is tested on the day it is written."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.envelope import Data, PartyId, marked
from schemas.events import EVENTS
from schemas.facts import data_of

Json = dict[str, Any]
TYPES = sorted(EVENTS)
TRAIL = "case 7"
few = settings(max_examples=10)  # for each of very many types

numbers = st.integers(1, 10**9)  # parties as the log holds them
labels = st.text("abcXYZ019-.:/#@'\"\\ é中€", min_size=1, max_size=12).filter(str.strip)
days = st.dates(date(1, 1, 1), date(9999, 12, 31)).map(date.isoformat)
instants = st.integers(-62_000_000_000_000_000, 253_000_000_000_000_000).map(
    lambda us: (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)).isoformat()
)
cents = st.integers(-(10**15), 10**15).map(
    lambda minor: f"{'-' * (minor < 0)}{abs(minor) // 100}.{abs(minor) % 100:02}"
)
PERIODS = ["2017-03-01", "2017-W09", "2017-03", "2017-Q1", "2017", "FY2017", "FY2017-Q4", "2017-03-01..2017-04-30"]
money = st.builds(lambda value: {"value": value, "currency": "EUR"}, cents)
money_to_reach = money.map(lambda amount: {**amount, "value": amount["value"].lstrip("-")})
sequences = st.integers(-(2**63), 2**63 - 1)


def types_of(module: str) -> list[str]:
    """The types of event that a module tells of."""
    return [kind for kind in TYPES if EVENTS[kind].__module__ == module]


@st.composite
def shares(draw: st.DrawFn, parties: st.SearchStrategy[Any]) -> list[Json]:
    """Some parties with parts that sum to 1."""
    reps = draw(st.lists(parties, min_size=1, max_size=4, unique_by=lambda rep: str(rep).strip()))
    cuts = sorted(draw(st.sets(st.integers(1, 999_999), min_size=len(reps) - 1, max_size=len(reps) - 1)))
    parts = [high - low for low, high in zip([0, *cuts], [*cuts, 1_000_000], strict=True)]
    return [{"rep": rep, "share": f"{part // 10**6}.{part % 10**6:06}"} for rep, part in zip(reps, parts, strict=True)]


@cache
def properties(data: type[Data]) -> dict[str, Json]:
    """The JSON schema of each field."""
    found: dict[str, Json] = data.model_json_schema()["properties"]
    return found


@cache
def values(data: type[Data], name: str, parties: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """What a field can hold, without null. KeyError for a form that nobody has described here yet."""
    schema = properties(data)[name]
    form = next((one for one in schema.get("anyOf", []) if one.get("type") != "null"), schema)
    if name in marked(data, PartyId):
        return parties
    by_name: dict[str, st.SearchStrategy[Any]] = {
        "shares": shares(parties),
        "amount": money_to_reach if "value" in data.one_of else money,
        "units": st.integers(0, 10**15).map(lambda millionths: f"{millionths // 10**6}.{millionths % 10**6:06}"),
        "zone": st.sampled_from(["Europe/Amsterdam", "Asia/Kathmandu", "UTC"]),
        "currency": st.sampled_from(["EUR", "JPY"]),
        "entity": labels.map("deal:{}".format),
        "period": st.sampled_from(PERIODS),
        "value": st.integers(0, 10**15).map(lambda millionths: f"{millionths // 10**6}.{millionths % 10**6:06}"),
        "reason": st.text("abc \n\té.:", min_size=1, max_size=40).filter(str.strip),
        "fields": st.lists(st.sampled_from(["amount", "closed", "outcome", "shares"]), min_size=1, unique=True),
    }
    if name in by_name:
        return by_name[name]
    if "enum" in form:
        return st.sampled_from(form["enum"])
    if form["type"] == "boolean":
        return st.booleans()
    if form["type"] == "integer":
        return st.integers(form["minimum"], form["maximum"])
    return {"date": days, "date-time": instants, "": labels}[form.get("format", "")]


@st.composite
def told(draw: st.DrawFn, data: type[Data], parties: st.SearchStrategy[Any] = labels) -> Json:
    """Data that the model takes: all it needs, some of the rest, null where null is allowed."""
    needed = [name for name, field in data.model_fields.items() if field.is_required()]
    needed += [draw(st.sampled_from(data.one_of))] if data.one_of else []
    free = [name for name in data.model_fields if name not in needed and name not in data.one_of]
    some = draw(st.sets(st.sampled_from(free), min_size=1 if data.clears else 0)) if free else set()
    chosen = [*needed, *sorted(some - {f"{name.removesuffix('day')}at" for name in some if name.endswith("day")})]
    if {"rep", "team"} <= set(free):  # whose target it is, if it is not everybody's
        left_out = draw(st.sampled_from(["rep", "team"]))
        chosen = [name for name in chosen if name != left_out]
    nullable = set(free) - {"fiscal_start"} | set(data.nobody)
    return {
        name: None if name in nullable and draw(st.booleans()) else draw(values(data, name, parties)) for name in chosen
    }


@st.composite
def events(draw: st.DrawFn, kinds: list[str] = TYPES, parties: st.SearchStrategy[Any] = labels) -> Json:
    """A CloudEvent as a feed sends it."""
    kind = draw(st.sampled_from(kinds))
    envelope: Json = {"specversion": "1.0", "id": draw(labels), "source": draw(labels), "type": kind}
    envelope |= {"time": draw(instants), "trail": TRAIL, "sequence": draw(sequences)}
    return {**envelope, "data": draw(told(data_of(EVENTS[kind]), parties))}


def sent(kind: str, data: Json, **envelope: object) -> Json:
    """A CloudEvent with plain attributes, save those given."""
    plain: Json = {"specversion": "1.0", "id": "e1", "source": "crm", "type": kind, "time": "2017-03-02T10:00:00Z"}
    return {**plain, "trail": TRAIL, "data": data, **envelope}


def won(**envelope: object) -> Json:
    """A deal won, with other attributes as given."""
    data = {"id": "42", "rep": "u-17", "day": "2017-03-01", "amount": {"value": "1054.00", "currency": "EUR"}}
    return {**sent("quotum.deal.won.v1", data), **envelope}


def refused(model: type[Data], data: Json) -> str:
    """What is said of data that a model does not take."""
    with pytest.raises(ValidationError) as error:
        model.model_validate(data)
    return str(error.value)
