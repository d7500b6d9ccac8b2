"""Events that Quotum itself says: that a workspace is opened, by which rule deals are credited, what was reached."""

from datetime import date
from typing import Any

from projections.crossings import Crossing, Said
from schemas.envelope import Event
from schemas.events import adapter
from schemas.moments import from_microseconds
from schemas.organisation import ORGANISATION
from streams.door import OWN_SOURCE


def own_event(kind: str, data: dict[str, Any], now: int, sequence: int = 0) -> Event:
    """An event that Quotum itself says, now (microseconds)."""
    event = {"id": f"{kind}:{now}:{sequence}", "source": OWN_SOURCE, "type": kind, "time": from_microseconds(now)}
    return adapter().validate_python({**event, "sequence": sequence, "trail": ORGANISATION, "data": data})


def rule_event(rule: str, day: date | None, now: int) -> Event:
    """The event that sets the credit rule, from a day on or from the beginning."""
    return own_event("quotum.credit_rule.set.v1", {"rule": rule} | ({"day": day} if day else {}), now)


def crossing_event(crossing: Crossing, before: Said | None, now: int) -> Event:
    """The event that says that a target was reached or lost again: later than what was said before, on any clock."""
    kind = "quotum.target.reached.v1" if crossing.is_reached else "quotum.target.lost.v1"
    at = max(now, before.asserted_at + 1 if before else 0)
    event = {"id": crossing.id, "source": OWN_SOURCE, "type": kind, "time": from_microseconds(at)}
    data = {"id": crossing.target, "turn": crossing.turn}
    return adapter().validate_python({**event, "trail": ORGANISATION, "data": data})
