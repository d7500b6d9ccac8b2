"""What the fold sees of an event: which registers of which entity it writes, and how two statements are ordered.

One table, made once from the models, serves both ways in: an event that was just taken, and bytes read back from the
log. So the fast way (msgspec, no models) cannot mean something else than the slow one.
"""

from collections.abc import Callable
from functools import cache
from sys import intern
from typing import Any, Final, NamedTuple

from schemas.envelope import Data, Event, Writes, marked
from schemas.events import EVENTS
from schemas.log_events import Fact, decode, encode
from schemas.moments import instant_us, microseconds
from schemas.organisation import WORKSPACE
from schemas.upcasters import UPCASTERS, upcast

FEED, PERSON = 0, 1  # layers: what a feed says; what a person corrected, which outlives it until withdrawn
TAKEN_BACK = ""  # a register with this text says nothing any more: a lower layer speaks, if there is one
NOBODY = "-"  # the text of a holder or a team that is said to be nobody
WITHDRAWN = "shares-"  # marks that a person's shares up to here are withdrawn
WITHDRAWALS = ("quotum.correction.withdrawn.v1",)
STEPS = "@"  # a register whose name holds this is one step of several


class _Reading(NamedTuple):
    kind: str  # the entity's
    prefix: str  # the same with its colon
    id: str  # the field that holds its id
    clears: bool  # null takes a field back (elsewhere it says "nobody")
    constant: dict[str, str]
    fields: dict[str, tuple[str, Callable[[Any], str] | None]]
    stepped: bool


def log_line(event: Event) -> bytes:
    """The bytes of a CloudEvent as the log holds it, in one form of writing; its people are numbers."""
    return encode(event.model_dump(mode="json", exclude={"data"}) | {"data": event.logged()})


@cache
def _readings() -> dict[str, _Reading]:
    return {name: _reading(event) for name, event in EVENTS.items()}


def data_of(event: type[Event]) -> type[Data]:
    """The shape of what a type of event tells."""
    data: type[Data] = event.model_fields["data"].annotation  # type: ignore[assignment]  # every event narrows it so
    return data


def _reading(event: type[Event]) -> _Reading:
    data = data_of(event)
    fields = {name: (mark.register, mark.text) for name, mark in marked(data, Writes).items()}
    constant = dict(data.constant)
    stepped = any(STEPS in register for register in (*(register for register, _ in fields.values()), *constant))
    kind = intern(event.entity_kind)
    return _Reading(kind, f"{kind}:", event.entity_id, data.clears, constant, fields, stepped)


@cache
def registers(entity_kind: str) -> frozenset[str]:
    """Every register that an event can write on an entity of this kind (stepped ones under their bare name)."""
    readings = [reading for reading in _readings().values() if reading.kind == entity_kind]
    written = (
        name
        for reading in readings
        for name in (*(register for register, _ in reading.fields.values()), *reading.constant)
    )
    return frozenset(name.partition(STEPS)[0] for name in written)


def fact(event: Event, layer: int) -> Fact:
    """What an event writes, once its people are numbers."""
    stamp = (microseconds(event.time), event.sequence, event.id)
    return read_fact(event.type, event.logged(), event.trail, layer, stamp)


def decode_fact(line: bytes | str, layer: int) -> Fact:
    """The same from the bytes of a CloudEvent as the log holds it."""
    event = decode(line)
    sequence = event.sequence
    stamp = (instant_us(event.time), sequence if type(sequence) is int else int(sequence), event.id)
    return read_fact(event.type, event.data, event.trail, layer, stamp)


def read_fact(kind: str, data: dict[str, Any], trail: str, layer: int, stamp: tuple[int, int, str]) -> Fact:
    """The same from the parts that history keeps; `data` as the log holds them, of any version."""
    reading = _TABLE.get(kind)
    if reading is None:
        return _read_other(kind, data, trail, layer, stamp)
    entity_kind, prefix, id_field, clears, constant, fields, stepped = reading
    writes = constant.copy()
    for name, value in data.items():
        found = fields.get(name)
        if found is None:
            continue
        register, text = found
        if value is not None:
            writes[register] = text(value) if text else value
        else:  # a day that is null beside an instant says nothing of it
            writes.setdefault(register, TAKEN_BACK if clears else NOBODY)
    if stepped:
        writes = {_step(register, data, stamp): text for register, text in writes.items()}
    entity = f"{prefix}{data[id_field]}" if id_field in data else WORKSPACE
    return Fact(trail, entity_kind, entity, layer, stamp, writes, stepped)


def _read_other(kind: str, data: dict[str, Any], trail: str, layer: int, stamp: tuple[int, int, str]) -> Fact:
    """The same of an older version, or of a withdrawal. ValueError for a type that nobody knows."""
    if kind in UPCASTERS:
        return read_fact(*upcast(kind, data), trail, layer, stamp)
    if kind in WITHDRAWALS:
        return _withdrawal(data, trail, layer, stamp)
    raise ValueError(f"the log holds an event of a type unknown here, {kind}: a newer Quotum wrote it; upgrade")


def _step(register: str, data: dict[str, Any], stamp: tuple[int, int, str]) -> str:
    """A step's register holds its day; shares keep every statement, since later ones lean on which were known."""
    if not register.endswith(STEPS):
        return register
    day = data.get("day") or ""
    return f"{register}{day}@{stamp[0]}@{stamp[1]}@{stamp[2]}" if register == "shares@" else register + day


def _withdrawal(data: dict[str, Any], trail: str, layer: int, stamp: tuple[int, int, str]) -> Fact:
    """Nothing for a feed: only a person has corrections to withdraw."""
    entity: str = data["entity"]
    kind = intern(entity.partition(":")[0])
    known = sorted(registers(kind))
    names = [name for name in known if name in (data.get("fields") or known)]
    writes = dict.fromkeys(names, TAKEN_BACK)
    if "shares" in names:
        writes[WITHDRAWN] = "yes"
    return Fact(trail, kind, entity, layer, stamp, writes if layer == PERSON else {})


_TABLE: Final = {name: reading for name, reading in _readings().items() if name not in {*WITHDRAWALS, *UPCASTERS}}
