"""Histories to try the fold with: few ids, reps, days and instants, so that nearly every one of them collides.

Every fact is made from an event that its model accepted, so nothing here is a case that the door would refuse.
"""

import random
from functools import cache
from itertools import product
from typing import Any

from hypothesis import strategies as st

from projections.entities import State, evolve
from projections.postings import Cell, add_lines
from schemas.events import adapter
from schemas.facts import FEED, PERSON, fact
from schemas.log_events import Fact
from schemas.moments import Calendar

AMSTERDAM = Calendar("Europe/Amsterdam")
FIRST = "2017-03-01T08:00:00Z"
LAST = "2018-01-01T00:00:00Z"  # later than any time below
MARCH_1 = 17226  # days from 1970-01-01 to 2017-03-01

TIMES = ("2017-03-01T08:00:00Z", "2017-03-02T08:00:00Z", "2017-03-02T23:30:00Z", "2017-03-04T08:00:00Z")
DAYS = ("2017-03-01", "2017-03-02", "2017-03-03", "2017-03-04")
INSTANTS = ("2017-03-01T22:59:59Z", "2017-03-01T23:30:00Z", "2017-03-02T10:00:00Z", "2017-03-03T10:00:00.5Z")
REPS = (1, 2, 3)
SHARES = (
    [{"rep": 1, "share": "0.5"}, {"rep": 2, "share": "0.5"}],
    [{"rep": 3, "share": "0.333333"}, {"rep": 1, "share": "0.333333"}, {"rep": 2, "share": "0.333334"}],
)
MONEY = tuple(
    {"value": value, "currency": currency}
    for value, currency in (("100.00", "EUR"), ("100.01", "EUR"), ("-0.01", "EUR"), ("0.00", "EUR"), ("7", "JPY"))
)


def told(what: str, *, time: str = FIRST, sequence: int = 0, layer: int = FEED, **data: Any) -> Fact:  # noqa: ANN401 (the fields of any event)
    """What an event writes: `told("deal.won", id="d", day="2017-03-01", rep=1)`; its own id follows from its words."""
    return stated(f"{what} at {time}", what, data, time=time, sequence=sequence, layer=layer)


def stated(id_: str, what: str, data: dict[str, Any], *, time: str, sequence: int, layer: int) -> Fact:
    """The same with an id of one's own, since the same id may come with other content."""
    envelope = {"id": id_, "source": "test", "type": f"quotum.{what}.v1", "time": time, "trail": "case"}
    return fact(adapter().validate_python({**envelope, "sequence": sequence, "data": data}), layer)


def folded(facts: list[Fact]) -> State:
    """The state of a trail that knows these facts."""
    state: State = {}
    for one in facts:
        evolve(state, one)
    return state


def summed(postings: list[tuple[str, Any, int]]) -> dict[Cell, int]:
    """Postings added up to cells; one that returned to nothing is not there."""
    cells: dict[Cell, int] = {}
    add_lines(cells, postings)
    return {cell: amount for cell, amount in cells.items() if amount}


Choices = tuple[Any, ...]
LEFT_OUT = object()
VARIANTS = 30
CALLS, OFFERS, LEADS, DEALS = ("c1",), ("o1", "o2", "o3"), ("l1",), ("d1", "d2")
ENTITIES = ("call:c1", "offer:o1", "offer:o2", "offer:o3", "lead:l1", "deal:d1", "deal:d2")


def _variants(parts: Choices = ({},), **fields: Choices) -> list[dict[str, Any]]:
    """Some of the ways to choose one value for each field, the same ones in every run; `parts` are several fields."""
    rng = random.Random(repr(sorted(fields)))
    plainest = {name: values[0] for name, values in fields.items()} | parts[0]
    others = [
        {name: rng.choice(values) for name, values in fields.items()} | rng.choice(parts) for _ in range(VARIANTS - 1)
    ]
    return [{name: value for name, value in one.items() if value is not LEFT_OUT} for one in (plainest, *others)]


def _moments(day: str = "day", at: str = "at") -> Choices:
    return (*({day: one} for one in DAYS), *({at: one} for one in INSTANTS))


def _optional(*values: object) -> Choices:
    return (LEFT_OUT, *values)


def _reassigned(ids: Choices, days: Choices = (LEFT_OUT, *DAYS)) -> list[dict[str, Any]]:
    to = (*({"rep": rep} for rep in (*REPS, None)), *({"shares": shares} for shares in SHARES))
    return _variants(to, id=ids, day=days)


def _withdrawn(*entities: str) -> list[dict[str, Any]]:
    return _variants(entity=entities, fields=_optional(["shares"], ["amount", "closed"], ["when"], ["alive"]))


REP = _optional(*REPS)
DIMS = {"product": _optional("phone", "laptop"), "campaign": _optional("spring")}
DEAL = {
    **DIMS,
    "amount": _optional(*MONEY),
    "units": _optional("1", "2.5", "-0.000001"),
    "customer": _optional("new", "existing"),
}
PUT_RIGHT = {"product": ("phone", "laptop", None), "campaign": _optional("spring", None)}
DEAL_PUT_RIGHT = {
    "amount": (*MONEY, None),
    "units": _optional("2.5", None),
    "customer": _optional("new", None),
    **PUT_RIGHT,
}

WORDS: dict[str, list[dict[str, Any]]] = {
    "call.logged": _variants(_moments(), id=CALLS, rep=REP, kind=_optional("visit"), **DIMS),
    "call.amended": _variants(({}, *_moments()), id=CALLS, kind=_optional("visit", None), **PUT_RIGHT),
    "call.reassigned": _reassigned(CALLS),
    "call.voided": [{"id": one} for one in CALLS],
    "offer.sent": _variants(_moments(), id=OFFERS, rep=REP),
    "offer.amended": _variants((*_moments(), {"day": None}), id=OFFERS),
    "offer.reassigned": _reassigned(OFFERS),
    "offer.voided": [{"id": one} for one in OFFERS],
    "lead.created": _variants(_moments(), id=LEADS, rep=REP, **DIMS),
    "lead.handled": _variants(_moments(), id=LEADS, rep=REP, **DIMS),
    "lead.qualified": _variants(_moments(), id=LEADS, rep=REP),
    "lead.deleted": [{"id": one} for one in LEADS],
    "deal.opened": _variants(_moments(), id=DEALS, rep=REP, **DEAL),
    "deal.amended": _variants(
        (*_moments("closed_day", "closed_at"), {"closed_day": None}, {"opened_at": None}), id=DEALS, **DEAL_PUT_RIGHT
    ),
    "deal.won": _variants(_moments(), id=DEALS, rep=REP, **DEAL),
    "deal.lost": _variants(_moments(), id=DEALS, rep=REP, **DEAL),
    "deal.reopened": [{"id": one} for one in DEALS],
    "deal.reassigned": _reassigned(DEALS),
    "deal.deleted": [{"id": one} for one in DEALS],
    "correction.withdrawn": _withdrawn(*ENTITIES),
}
OFTEN = ("offer.sent", "offer.sent", "deal.opened", "deal.won", "deal.won", "deal.won", "deal.reassigned")

HOLDING: dict[str, list[dict[str, Any]]] = {
    "deal.opened": _variants(id=("d1",), day=DAYS[:1], rep=REP),
    "deal.reassigned": _reassigned(("d1",)),
    "correction.withdrawn": [{"entity": "deal:d1"}],
}

_ON = ({"day": DAYS[0]}, {"day": DAYS[1]}, {"at": "2017-03-01T10:00:00Z"}, {"at": "2017-03-02T10:00:00Z"})
SELLING: dict[str, list[dict[str, Any]]] = {
    "offer.sent": _variants(_ON, id=OFFERS, rep=REP),
    "offer.amended": _variants(_ON, id=OFFERS),
    "offer.reassigned": _reassigned(OFFERS, (LEFT_OUT,)),
    "offer.voided": [{"id": one} for one in OFFERS],
    "deal.won": _variants(_ON, id=("d1",), amount=_optional(*MONEY)),
}

_ON_ONE_DAY = (*3 * ({"day": DAYS[0]},), {"at": "2017-03-01T10:00:00Z"}, {"day": DAYS[1]})
SELLING_BY_DATE: dict[str, list[dict[str, Any]]] = {  # where sequences decide which offer was the latest before a win
    "offer.sent": _variants(_ON_ONE_DAY, id=OFFERS, rep=REPS),
    "offer.amended": _variants(_ON_ONE_DAY, id=OFFERS),
    "deal.won": _variants(_ON_ONE_DAY, id=DEALS),
}

_ON_DAYS = tuple({"day": day} for day in DAYS)
DATED: dict[str, list[dict[str, Any]]] = {  # no instant decides anything here
    "call.logged": _variants(_ON_DAYS, id=CALLS, rep=REP),
    "offer.sent": _variants(_ON_DAYS, id=OFFERS, rep=REP),
    "offer.reassigned": _reassigned(OFFERS, DAYS),
    "lead.created": _variants(_ON_DAYS, id=LEADS, rep=REP),
    "deal.opened": _variants(_ON_DAYS, id=DEALS, rep=REP),
    "deal.won": _variants(_ON_DAYS, id=DEALS, rep=REP, **DEAL),
    "deal.amended": _variants(id=DEALS, closed_day=DAYS),
    "deal.reassigned": _reassigned(DEALS, DAYS),
}


@cache
def _stated(what: str, index: int, words: str, stamp: tuple[str, str, int], layer: int) -> Fact:
    data = TABLES[words][what][index]
    id_, time, sequence = stamp
    return stated(id_, what, data, time=time, sequence=sequence, layer=layer)


TABLES = {"all": WORDS, "holding": HOLDING, "selling": SELLING, "by date": SELLING_BY_DATE, "dated": DATED}
STAMPS = tuple(product(("e1", "e2"), TIMES, (0, 1, 2)))


def _facts(words: str, layers: tuple[int, ...], often: tuple[str, ...] = ()) -> st.SearchStrategy[Fact]:
    """Few draws a fact, since drawing is what takes the time."""
    table = TABLES[words]
    said = [
        (what, index % len(table[what]), layer)
        for what in (*table, *often)
        for index in range(VARIANTS)
        for layer in layers
        if layer == PERSON or what != "correction.withdrawn"
    ]
    return st.builds(
        lambda one, stamp: _stated(one[0], one[1], words, stamp, one[2]), st.sampled_from(said), st.sampled_from(STAMPS)
    )


facts = _facts("all", (FEED, FEED, PERSON), OFTEN)
feed_facts = _facts("all", (FEED,), OFTEN)
person_facts = _facts("all", (PERSON,), OFTEN)
holder_facts = _facts("holding", (FEED, PERSON), ("deal.reassigned", "deal.reassigned", "deal.opened"))
seller_facts = _facts("selling", (FEED,), ("offer.sent", "offer.sent", "deal.won", "deal.won"))
by_date_facts = _facts("by date", (FEED,), ("offer.sent", "deal.won"))
dated_facts = _facts("dated", (FEED, PERSON), ("offer.sent", "deal.won"))

histories = st.one_of(*(st.lists(kind, max_size=14) for kind in (facts, seller_facts, by_date_facts, holder_facts)))
