"""Records as they could lie in a log to which anybody may write: any bytes, and events that are nearly in order.

Those are signed, too: anybody can make the digest by which a door's own records are taken without a second look.
"""

import hashlib
from copy import deepcopy
from typing import Any

import msgspec
from hypothesis import strategies as st

from schemas.facts import log_line, read_fact
from schemas.log_events import encode
from schemas.moments import instant_us
from streams.records import LAYERS
from streams.told import Record
from tests.histories import histories
from tests.streams.logs import PartitionOf
from tests.streams.recording import NOW

Json = dict[str, Any]
BEYOND = [2**31, 2**63, -(2**63) - 1, 10**30, 10**400, -1, 0, 1.5, 1e300]
TEXTS = [
    "",
    "-",
    "Anna",
    "a\0b",
    "\U0010ffff",
    "9" * 25,
    "9" * 5_000,
    "1e5",
    "٣",
    "EUR",
    "deal:",
    "team:abc",
    "rep:1",
    "2017-02-30",
    "2017-W01-1",
    "0000-01-01",
    "2017-03-01T00:00:00",
    "2017-03-01T25:00:00Z",
    "9999-12-31T23:59:59.9999999Z",
    "0001-01-01T00:00:00+23:59",
    "organisation",
    "won@x",
]
DEEP: Any = []
for _ in range(200):
    DEEP = [DEEP]
odd: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, *BEYOND, *TEXTS, [], {}, [1], {"value": "1.5 EUR", "currency": "X"}, {"value": "1" * 30}, DEEP]
).map(deepcopy)
bits = st.none() | st.binary(max_size=40)


@st.composite
def events(draw: st.DrawFn) -> Json:
    """An event as the log holds it, with a field or two of it replaced, added or left out; or as it is."""
    made: list[Any] = draw(histories(min_size=1, max_size=1))
    told: Json = msgspec.json.decode(log_line(made[0][0]))
    for _ in range(draw(st.integers(0, 2))):
        places = [told, *[place for place in (told.get("data"), told.get("data", {}).get("amount")) if place]]
        place = draw(st.sampled_from([one for one in places if isinstance(one, dict)]))
        name = draw(st.sampled_from([*sorted(place), "sequence", "day", "at", "rep", "shares", "colour"]))
        if place is not told and draw(st.integers(0, 5)) == 0:
            place.pop(name, None)
        elif place is not told or name != "data":
            place[name] = draw(odd)
    return told


def digest_of(told: Json, layer: int) -> bytes:
    """The digest that a door would give an event if it let it in; nothing where that cannot be."""
    try:
        data, sequence = told["data"], int(told.get("sequence", 0))
        asserted_at = instant_us(told["time"])
        fact = read_fact(told["type"], data, told["trail"], layer, (asserted_at, sequence, told["id"]))
        parts = (*(told[name] for name in ("id", "source", "type", "trail")), fact.entity, asserted_at, sequence, layer)
        return hashlib.sha256(encode((*parts, encode(data).decode()))).digest()[:16]
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError):
        return b""


@st.composite
def odd_records(draw: st.DrawFn, partition_of: PartitionOf) -> Record:
    """One of these; at offset 0."""
    if draw(st.integers(0, 4)) == 0:
        layer, digest = draw(st.sampled_from([b"0", b"1"]) | bits), draw(bits)
        return Record(0, 0, NOW, draw(bits), draw(bits), layer, digest)  # type: ignore[arg-type]  # may lack a header
    told, layer = draw(events()), draw(st.sampled_from([b"0", b"1"]))
    trail, digest = told.get("trail"), draw(st.sampled_from([digest_of(told, LAYERS[layer])] * 3 + [b"", b"x" * 16]))
    key = trail.encode() if isinstance(trail, str) else b""
    return Record(partition_of(key.decode()), 0, NOW, key, encode(told), layer, digest)
