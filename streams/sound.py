"""Whether what an event writes can be folded and stored, looked at without its model.

A digest says that a record is as somebody wrote it, not who: whoever writes to the log can make one. So an event
that is taken by its digest alone must not be able to hold up those who fold it, now or when its trail is read back:
its texts have the form that the fold reads, and its numbers fit the columns of history.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache

from projections.metrics import BY_KIND
from projections.shares import REASSIGNING, holders
from schemas.data import MILLIONTHS, UNITS_MAX, millionths
from schemas.envelope import SEQUENCE_MAX
from schemas.facts import NOBODY, TAKEN_BACK, WITHDRAWN
from schemas.log_events import Fact
from schemas.moments import DAY_TEXT_LENGTH, instant_us
from schemas.money import MOST_MINOR, digits

MOST_PEOPLE = 2**31 - 1  # what a number in history has room for
COUNTED = frozenset(BY_KIND)  # the kinds of which figures are made; what is said of others decides for everybody
MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d{1,6})?Z)?", re.ASCII)
HOLDERS = re.compile(r"[1-9]\d{0,9}:[1-9]\d{0,6}(?:,[1-9]\d{0,9}:[1-9]\d{0,6})*", re.ASCII)
MONEY = re.compile(r"-?(\d{1,16})(?:\.(\d{1,4}))? ([A-Z]{3})", re.ASCII)
KEPT = 65_536


def is_sound(fact: Fact) -> bool:
    """Whether an event can be folded and stored as it is. False also for what has to be read with care every time."""
    if fact.kind not in COUNTED or not -SEQUENCE_MAX - 1 <= fact.stamp[1] <= SEQUENCE_MAX:
        return False
    for register, text in fact.writes.items():
        check = CHECKS.get(register)
        if type(text) is not str or not (_is_step(register, text) if check is None else check(text)):
            return False
    return True


def _is_step(register: str, text: str) -> bool:
    return register.startswith(REASSIGNING) and _is_moment(register.split("@", 2)[1]) and _is_holder(text)


def _is_label(_: str) -> bool:
    return True


@lru_cache(KEPT)
def _is_moment(text: str) -> bool:
    if text == TAKEN_BACK:
        return True
    if not MOMENT.fullmatch(text):
        return False
    try:
        return bool(date.fromisoformat(text)) if len(text) == DAY_TEXT_LENGTH else instant_us(text) is not None
    except ValueError:
        return False


@lru_cache(KEPT)
def _is_holder(text: str) -> bool:
    if text in (TAKEN_BACK, NOBODY):
        return True
    if not HOLDERS.fullmatch(text):
        return False
    parts = dict(holders(text))
    return sum(parts.values()) == MILLIONTHS and max(parts) <= MOST_PEOPLE and len(parts) == text.count(":")


@lru_cache(KEPT)
def _is_money(text: str) -> bool:
    if text == TAKEN_BACK:
        return True
    found = MONEY.fullmatch(text)
    try:
        return bool(found and digits(found[3]) >= 0 and int(found[1] + (found[2] or "")) <= MOST_MINOR)
    except ValueError:
        return False


@lru_cache(KEPT)
def _is_units(text: str) -> bool:
    if text == TAKEN_BACK:
        return True
    try:
        return abs(millionths(text)) <= UNITS_MAX * MILLIONTHS
    except ValueError:
        return False


CHECKS: Mapping[str, Callable[[str], bool]] = {
    **dict.fromkeys(("when", "created", "opened", "closed", "handled", "qualified"), _is_moment),
    **dict.fromkeys(("shares", "closed_by", "handled_by", "qualified_by"), _is_holder),
    **dict.fromkeys(("campaign", "product", "kind", "customer", "outcome", "alive", WITHDRAWN), _is_label),
    "amount": _is_money,
    "units": _is_units,
}
