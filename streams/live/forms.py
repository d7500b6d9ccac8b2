"""Trail states and cells as bytes: what workers keep, and what others read of it.

Rules
1. Same state, same bytes: whatever the order in which events came, and however often. So what did not change is not
   written, and two workers can be compared by their bytes.
2. The first byte of a value is its form. A newer one is refused, since whoever guesses at it destroys it. A new form
   is due when the fold begins to mean something else, too: cells hold what the old meaning made of the old state.
3. A state is its registers, those of one event together, per entity; all else about a trail follows from them. Of a
   trail those entities lie together of which one decides what another counts for: offers and deals, whatever is PLACED.
   Any other lies by itself, so that an event about one costs the same however many the trail has.
4. A cell's key names the partition whose events it counts, so that cells of several partitions never meet in one place.
5. Beside the cells of a partition stands up to where its events are counted in them. Without that nobody could tell a
   figure that nothing has moved since from one that was lost.
"""

from collections.abc import Iterable, Mapping
from sys import intern
from typing import Any, NamedTuple, TypeVar

import msgspec

from projections.entities import Entity
from projections.placing import PLACED
from projections.postings import Cell
from projections.shares import Register, Stamp
from schemas.facts import STEPS

FORM = 2
FORM_BYTE = bytes([FORM])
INTEGERS = range(-(2**63), 2**63)  # that a number of the format has room for; what is beyond travels as text
BETWEEN = b"\xff"  # a trail and an entity; no text has this byte
Parts = dict[str, msgspec.Raw]  # entities by their names
T = TypeVar("T")

_encode = msgspec.msgpack.Encoder(order="deterministic").encode


class FormError(ValueError):
    """Bytes that are no state or cell of this Quotum."""


class Tagged(NamedTuple):
    """A cell: what all events of its partition before an offset add up to."""

    amount: int
    next_offset: int


class Counted(NamedTuple):
    """Up to where the events of a partition are counted in its cells: the next offset, and the last known_at."""

    next_offset: int
    known_at: int


class _Said(msgspec.Struct, array_like=True, gc=False):
    """What registers still hold of what one event said."""

    asserted_at: int
    sequence: int
    id: str
    texts: dict[str, str]


class _Part(msgspec.Struct, array_like=True, gc=False):
    """An entity: what feeds and what persons said, in the order of stamps."""

    feed: list[_Said]
    person: list[_Said]


_read_parts = msgspec.msgpack.Decoder(Parts)
_read_part = msgspec.msgpack.Decoder(_Part)
_read_key = msgspec.msgpack.Decoder(tuple[int, int, int, str, str, str, str, str, str, str, int | None])
_read_amount = msgspec.msgpack.Decoder(tuple[int | str, int])
_read_partition = msgspec.msgpack.Decoder(tuple[int])
_read_counted = msgspec.msgpack.Decoder(Counted)


def state_key(trail: str, entity: str, kind: str) -> bytes:
    """The key under which an entity of a trail lies, of some kind: with others, the trail's own; or by itself."""
    return trail.encode() if kind in PLACED else trail.encode() + BETWEEN + entity.encode()


def trail_value(parts: Parts) -> bytes:
    """The entities that lie under one key."""
    return FORM_BYTE + _encode(parts)


def read_trail(value: bytes) -> Parts:
    """What `trail_value` was made of; FormError for other bytes."""
    return _read(_read_parts, _of_this_form(value))


def part(entity: Entity) -> msgspec.Raw | None:
    """An entity as its registers; None for one without any."""
    if entity.stamp is not None and entity.texts:
        return msgspec.Raw(_encode(_Part([_Said(*entity.stamp, entity.texts)], [])))
    feed, person = entity.layers
    return msgspec.Raw(_encode(_Part(_grouped(feed), _grouped(person)))) if feed or person else None


def read_part(name: str, found: msgspec.Raw) -> Entity:
    """The entity that `part` was made of, as `evolve` would have it; FormError for other bytes."""
    said = _read(_read_part, found)
    entity = Entity(name, intern(name.partition(":")[0]))
    if len(said.feed) == 1 and not said.person:
        only = said.feed[0]
        entity.texts, entity.stamp = only.texts, (only.asserted_at, only.sequence, only.id)
    else:
        entity.told = _registers(said.feed)
        if said.person:
            entity.person = _registers(said.person)
        entity.speak({**entity.told, **entity.person})
    entity.stepped = any(STEPS in register for register in entity.texts)
    return entity


def cell_key(partition: int, cell: Cell) -> bytes:
    """The key of what a partition adds to a cell."""
    rep, day, metric, basis, dims = cell
    return _encode((partition, rep, day, metric, basis, *dims))


def read_cell_key(key: bytes) -> tuple[int, Cell]:
    """Partition and cell; FormError for other bytes."""
    partition, rep, day, metric, basis, campaign, product, kind, customer, currency, days = _read(_read_key, key)
    return partition, (rep, day, metric, basis, (campaign, product, kind, customer, currency, days))


def cell_value(amount: int, next_offset: int) -> bytes | None:
    """What a partition adds to a cell, all its events before an offset counted; None where that is nothing."""
    if not amount:
        return None
    return FORM_BYTE + _encode((amount if amount in INTEGERS else str(amount), next_offset))


def read_cell_value(value: bytes) -> Tagged:
    """What `cell_value` was made of; FormError for other bytes."""
    amount, next_offset = _read(_read_amount, _of_this_form(value))
    return Tagged(int(amount), next_offset)


def counted_key(partition: int) -> bytes:
    """The key, among the cells of a partition, of what tells up to where they count."""
    return _encode((partition,))


def is_counted_key(key: bytes) -> bool:
    """Whether a key among cells is one of `counted_key`, and no cell's."""
    return key[:1] == counted_key(0)[:1]


def read_counted_key(key: bytes) -> int:
    """The partition; FormError for other bytes."""
    return _read(_read_partition, key)[0]


def counted_value(counted: Counted) -> bytes:
    """Up to where a partition's cells count."""
    return FORM_BYTE + _encode(counted)


def read_counted_value(value: bytes) -> Counted:
    """What `counted_value` was made of; FormError for other bytes."""
    return _read(_read_counted, _of_this_form(value))


def _grouped(registers: Mapping[str, Register]) -> list[_Said]:
    said: dict[Stamp, dict[str, str]] = {}
    for name, (asserted_at, sequence, id_, text) in registers.items():
        said.setdefault((asserted_at, sequence, id_), {})[name] = text
    return [_Said(*stamp, said[stamp]) for stamp in sorted(said)]


def _registers(said: Iterable[_Said]) -> dict[str, Register]:
    return {name: (one.asserted_at, one.sequence, one.id, text) for one in said for name, text in one.texts.items()}


def _of_this_form(value: bytes) -> memoryview:
    if value[:1] > FORM_BYTE:
        raise FormError(f"a newer Quotum wrote this (form {value[0]}, and this one knows {FORM}): upgrade this worker")
    if b"\0" < value[:1] < FORM_BYTE:
        raise FormError(
            f"an older Quotum wrote this (form {value[0]}, and this one knows {FORM}): have workers count anew, as "
            "docs/kafka.md tells under When a new version means something else"
        )
    if value[:1] != FORM_BYTE:
        raise FormError("these bytes are no state and no cell: they begin with no form that there ever was")
    return memoryview(value)[1:]


def _read(decoder: msgspec.msgpack.Decoder[T], value: Any) -> T:  # noqa: ANN401 (whatever msgspec reads from)
    try:
        return decoder.decode(value)
    except (msgspec.MsgspecError, ValueError) as error:
        raise FormError(f"these bytes are no state and no cell: {error}") from error
