"""The business order of a trail: which offer came before which win, where some have an instant and others only a date.

It is rule 5 of fold.py, and neither the order of arrival nor that of saying so.
"""

from projections.entities import Entity, Place
from schemas.moments import Calendar

DATE_FIRST, DATE_LAST = -(2**63), 2**63
PLACED = {
    "offer": ("when", (), DATE_FIRST),
    "deal": ("closed", ("won", "lost"), DATE_LAST),
}  # register, outcomes, a date's place


def place_of(entity: Entity, calendar: Calendar) -> Place | None:
    """Where an offer, or the closing of a deal, stands in the business order of its trail; None: nowhere."""
    if entity.kind not in PLACED:
        return None
    read = entity.texts.get
    name, outcomes, within = PLACED[entity.kind]
    moment = read(name)
    if not moment or read("alive") == "no" or (outcomes and read("outcome") not in outcomes):
        return None
    day, at = calendar.place(moment)
    return day, within if at is None else at, entity.sequence(name), entity.name


def is_before(offer: Place, closing: Place) -> bool:
    """Whether an offer came before the closing of a deal (rule 5)."""
    if offer[0] == closing[0] and offer[1] == DATE_FIRST and closing[1] == DATE_LAST:
        return offer[2] <= closing[2]
    return offer[:3] <= closing[:3]
