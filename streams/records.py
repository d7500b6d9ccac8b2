"""Events as records of a log that lies elsewhere: written by a door, and read again without a second check.

Checking an event against its model costs far more than folding it, and each was checked when it came in. So a door
writes beside it the digest that history knows it by; a record whose content still has that digest is what the door let
in. Any other record is read as if it had never been seen.
"""

import hashlib
from typing import NamedTuple

import msgspec

from schemas.envelope import INTEGER_MAX
from schemas.facts import FEED, PERSON, read_fact
from schemas.log_events import RawEvent, decode_raw, encode
from schemas.moments import from_microseconds, instant_text, instant_us
from streams.appending import Columns, Row
from streams.sound import is_sound

LAYER, DIGEST = "layer", "digest"  # headers: who speaks, a feed or a person; what history knows the event by
LAYERS = {b"0": FEED, b"1": PERSON}
LAYER_BYTES = {layer: text for text, layer in LAYERS.items()}


class Written(NamedTuple):
    """What goes to a log: the trail is the key, so that all of it lies together and in order."""

    trail: str
    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]


def written(columns: Columns) -> Written:
    """An event that the door let in, as a record; `schemas.facts.log_line` says the same of its value."""
    id_, source, kind, trail, _, asserted_at, sequence, layer, data, digest = columns
    time = instant_text(from_microseconds(asserted_at))
    wire_sequence = sequence if abs(sequence) <= INTEGER_MAX else str(sequence)
    line = RawEvent(
        data=msgspec.Raw(data.encode()),
        id=id_,
        sequence=wire_sequence,
        source=source,
        time=time,
        trail=trail,
        type=kind,
    )
    return Written(trail, trail.encode(), encode(line), [(LAYER, LAYER_BYTES[layer]), (DIGEST, digest)])


def as_written(value: bytes, layer: int, digest: bytes) -> Row | None:
    """The event as history keeps it, if the record's content is what a door gave this digest; None if it is not.

    None also for what has to be read with care although it has its digest, which anybody can make: see `is_sound`.
    """
    try:
        line = decode_raw(value)
        data = msgspec.json.decode(line.data)
        asserted_at, sequence = instant_us(line.time), int(line.sequence)
        fact = read_fact(line.type, data, line.trail, layer, (asserted_at, sequence, line.id))
        text = bytes(line.data).decode()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    parts = (line.id, line.source, line.type, line.trail, fact.entity, asserted_at, sequence, layer)
    found = hashlib.sha256(encode((*parts, text))).digest()[:16]
    return (fact, *parts, text, found) if found == digest and is_sound(fact) else None
