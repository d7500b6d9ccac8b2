"""An event as others send it, of any version and in any state: what cannot be read is refused in words that help."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from schemas.envelope import Event
from schemas.events import EVENTS
from schemas.upcasters import UPCASTERS, upcast
from schemas.wire import SHOWN, EventError, Fault, faults_of, near, parse, unpack


def read_event(raw: Mapping[str, Any] | bytes | str) -> Event:
    """An event as others send it: a CloudEvent as JSON, or as the object that its JSON means; of any version.

    Raises EventError, a ValueError, with one line per fault: the field's path, what is wrong and what to write instead.
    """
    values, faults = unpack(raw if isinstance(raw, Mapping) else parse(raw))
    kind = values.get("type")
    if isinstance(kind, str) and kind in UPCASTERS:
        values, outdated = _present(values)
        if outdated:
            raise EventError([*faults, *outdated])
    event = EVENTS.get(values["type"]) if isinstance(kind, str) else None
    if event is None:
        raise EventError([*faults, _unknown(kind)])
    try:
        read = event.model_validate(values)
    except ValidationError as error:
        raise EventError([*faults, *faults_of(error, event)]) from None
    if faults:
        raise EventError(faults)
    return read


def _unknown(kind: object) -> Fault:
    if kind is None:
        return Fault("type", "is missing: give the type of the event, such as quotum.deal.won.v1")
    if not isinstance(kind, str):
        return Fault("type", "is not a text: write the type of the event, such as quotum.deal.won.v1")
    remedy = near(kind, EVENTS, 3) or ": take one of docs/events.md, such as quotum.deal.won.v1"
    return Fault("type", f"{kind[:SHOWN]!r} is no event of Quotum{remedy}")


def _present(values: dict[str, Any]) -> tuple[dict[str, Any], list[Fault]]:
    """An event of an older version as one of today's. What it tells was not checked, so a step may fail on it."""
    try:
        kind, data = upcast(values["type"], values["data"])
    except (AttributeError, LookupError, TypeError, ValueError):
        return values, [Fault("data", f"does not hold what {values['type']} tells: send the present version")]
    return {**values, "type": kind, "data": data}, []
