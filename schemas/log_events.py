"""An event as its bytes in the log tell it, and as the fold takes it: structs of msgspec, which reads annotations.

What is compiled (CONTRIBUTING.md) keeps no annotations to be read, so these lie apart from it.
"""

from typing import Any

import msgspec


class LogEvent(msgspec.Struct, gc=False):
    """A CloudEvent as it lies in the log, as far as the fold reads it; trusted, since it went through the door."""

    id: str
    type: str
    time: str
    trail: str
    data: dict[str, Any]
    sequence: int | str = 0


class RawEvent(msgspec.Struct, gc=False, kw_only=True):
    """The same with all of its fields, in the order in which they are written, and data as it stands there."""

    data: msgspec.Raw
    datacontenttype: str = "application/json"
    id: str
    sequence: int | str
    source: str
    specversion: str = "1.0"
    time: str
    trail: str
    type: str


class Fact(msgspec.Struct, frozen=True, gc=False):
    """An event, ready to fold; `stamp` (asserted_at in microseconds, sequence, id) orders statements on one field."""

    trail: str
    kind: str  # the entity's
    entity: str  # its kind and its id
    layer: int
    stamp: tuple[int, int, str]
    writes: dict[str, str]  # register -> text; whoever keeps it must not change it
    stepped: bool = True  # whether a register may be a step of several; False saves looking


decode = msgspec.json.Decoder(LogEvent).decode
decode_raw = msgspec.json.Decoder(RawEvent).decode
encode = msgspec.json.Encoder(order="deterministic").encode
