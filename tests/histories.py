"""Histories made by chance, for every test that says "for any history".

Chance finds little where everything differs, so there is little of everything here: two trails, two entities of a kind,
three reps, a few days and stamps. Statements then meet about the same register, with equal stamps, under one id, late,
early, corrected by a person and withdrawn again. The moments lie where days are decided: around midnight in the zones
of `zones`, and around the end and the start of their summer times.

Use `histories()` for lists of (event, layer) whose people are numbers already, as the log holds them, and `zones()` for
a workspace's zone. Any history is a valid one in any zone, in any order, and so is any part of it.
"""

from collections.abc import Sequence
from functools import cache
from itertools import combinations, permutations, product
from typing import Any, TypeVar

from hypothesis import strategies as st

from schemas.data import UNITS_MAX
from schemas.envelope import Event
from schemas.events import adapter
from schemas.facts import FEED, PERSON
from schemas.money import MOST_MINOR, from_minor

T = TypeVar("T")
History = list[tuple[Event, int]]
Json = dict[str, Any]
Kinds = st.SearchStrategy[tuple[str, Json]]  # the name of a type, and data for it

ZONES = (
    "Europe/Amsterdam",  # summer time ends on 2011-10-30 at 01:00 UTC
    "UTC",
    "Asia/Kolkata",  # midnight is at 18:30 UTC
    "America/Sao_Paulo",  # 2011-10-16 begins at 01:00
    "America/St_Johns",  # on 2010-11-07 the clock went back at 00:01 to the day before
    "Pacific/Apia",  # there is no 2011-12-30
)
ACTIVITIES = {
    "call": "logged",
    "email": "sent",
    "offer": "sent",
    "appointment": "held",
    "demo": "given",
    "meeting": "held",
}
TRAILS = ("case-1", "case-2")
IDS = ("1", "2")
REPS = (1, 2, 10)  # as texts they would sort otherwise
EVENT_IDS = ("e1", "e2", "e10", "\ufb00", "\U0001d538")  # the last two sort otherwise by UTF-16
DAYS = ("2011-10-15", "2011-10-29", "2011-10-30", "2011-10-31", "2011-12-30", "2010-11-07")
INSTANTS = (
    "2011-10-29T21:59:59.999999Z",  # in Amsterdam still the 29th
    "2011-10-29T22:00:00Z",  # and now the 30th, which has 25 hours
    "2011-10-29T22:00:00.000001Z",
    "2011-10-30T00:30:00Z",  # 02:30 in Amsterdam
    "2011-10-30T02:30:00+01:00",  # 02:30 once more
    "2011-10-30T22:59:59.999Z",
    "2011-10-30T23:00:00Z",
    "2011-10-30T18:30:00Z",  # midnight in Kolkata
    "2011-10-16T02:59:59Z",  # in São Paulo the last second of the 15th
    "2011-10-16T03:00:00Z",
    "2011-12-30T09:59:59Z",  # in Apia the 29th, and a second later the 31st
    "2011-12-30T10:00:00Z",
    "2010-11-07T02:30:30Z",  # in St. John's the 7th, and half a minute later the 6th again
    "2010-11-07T02:31:00Z",
)
STAMPS = INSTANTS[:5]  # when something was said: few, so that statements often have equal stamps
LABELS = {
    "kind": ("call.offer", 'it\'s "so"'),
    "campaign": ("autumn", "ärger, \\ 1:2@3"),
    "product": ("GTX", "gtx"),
    "customer": ("new", "existing"),
}
MONEY = (
    ("1054.00", "EUR"),
    ("-0.05", "EUR"),
    ("0.00", "EUR"),
    ("100.01", "EUR"),
    ("1000", "JPY"),
    ("-7", "JPY"),
    ("1.001", "KWD"),
    (from_minor(MOST_MINOR, "EUR"), "EUR"),
)
UNITS = ("1", "0", "-2.5", "0.000001", "18", str(UNITS_MAX))
SHARES = (("1",), ("0.5", "0.50"), ("0.333333", "0.333333", "0.333334"), ("0.000001", "0.999999"), ("0.25", "0.75"))
REGISTERS = ("alive", "amount", "closed", "closed_by", "outcome", "opened", "product", "shares", "units", "when")
NO_REGISTERS = ("shares@", "shares-", "amounts")


@st.composite
def histories(draw: st.DrawFn, min_size: int = 0, max_size: int = 30) -> History:
    """Lists of events, as they could lie in a log in this order, each with its layer (0: a feed, 1: a person)."""
    entries = st.tuples(draw(st.sampled_from((events, selling, one_deal)))(), st.sampled_from((FEED, FEED, PERSON)))
    # Long ones find more, short ones show what was found; left to themselves lists would be five long.
    least = draw(st.sampled_from((min_size, (min_size + max_size) // 2, (min_size + max_size) // 2)))
    return draw(st.lists(entries, min_size=least, max_size=max_size))


def zones() -> st.SearchStrategy[str]:
    """Zones whose midnights and summer times lie around the moments of `histories`."""
    return st.sampled_from(ZONES)


@cache
def events() -> st.SearchStrategy[Event]:
    """Events of every type."""
    deals, offers, others = _deals(), _activities("offer"), _mixed(*map(_activities, ACTIVITIES))
    kinds = _mixed(deals, deals, deals, offers, offers, others, _leads(), _withdrawals(), _organisation())
    return st.builds(_event, kinds, _envelopes(TRAILS, EVENT_IDS, STAMPS))


@cache
def selling() -> st.SearchStrategy[Event]:
    """Deals and offers of one trail, since they depend on each other."""
    kinds = _mixed(_deals(AROUND_ONE_MIDNIGHT), _activities("offer", AROUND_ONE_MIDNIGHT))
    return st.builds(_event, kinds, _envelopes(TRAILS[:1], EVENT_IDS, STAMPS))


@cache
def one_deal() -> st.SearchStrategy[Event]:
    """Everything about a single deal, with so few stamps that many are equal."""
    deals = _mixed(_deals(), _deals(), _reassigned("deal.reassigned"), _withdrawals())
    only = {"id": "1"}, {"entity": "deal:1"}
    kinds = deals.map(lambda kind: (kind[0], {**kind[1], **only["entity" in kind[1]]}))
    return st.builds(_event, kinds, _envelopes(TRAILS[:1], EVENT_IDS[:2], STAMPS[:3]))


def _mixed(*strategies: st.SearchStrategy[T]) -> st.SearchStrategy[T]:
    """Each as often as the others (`one_of` would take a strategy of many alternatives more often)."""
    return st.sampled_from(strategies).flatmap(lambda chosen: chosen)


def _event(kind: tuple[str, Json], envelope: Json) -> Event:
    name, data = kind
    return adapter().validate_python({**envelope, "type": f"quotum.{name}.v1", "data": data})


def _envelopes(trails: Sequence[str], ids: Sequence[str], stamps: Sequence[str]) -> st.SearchStrategy[Json]:
    names, values = ("trail", "id", "time", "sequence"), product(trails, ids, stamps, (0, 0, 0, 1, 2, -1))
    return st.sampled_from([{"source": "urn:test", **dict(zip(names, each, strict=True))} for each in values])


def _kind(name: str, *parts: Sequence[Json]) -> Kinds:
    """The name of a type and its data: an id, and of each part one (few draws make histories quickly)."""
    drawn = st.tuples(*map(st.sampled_from, (ENTITY, *parts)))
    return drawn.map(lambda chosen: (name, {field: value for part in chosen for field, value in part.items()}))


def _some(**fields: Sequence[Any]) -> list[Json]:
    """Every way to leave each field out or to give it one of its values; the first leaves out all."""
    ways = ([{}, *({name: value} for value in values)] for name, values in fields.items())
    return [dict(field for part in parts for field in part.items()) for parts in product(*ways)]


ENTITY = [{"id": id_} for id_ in IDS]
HOLDER = _some(rep=(*REPS, None))
MOMENT = [{"day": day} for day in DAYS] + [{"at": at} for at in INSTANTS]
AROUND_ONE_MIDNIGHT = [*MOMENT[1:3], *MOMENT[6:10]]
FROM_DAY = _some(day=DAYS)
ACTIVITY_DIMS = _some(**LABELS)
DIMS = _some(**{name: values for name, values in LABELS.items() if name != "kind"})
AMOUNTS = [{"value": value, "currency": currency} for value, currency in MONEY]
SPLITS = [
    {"shares": [{"rep": rep, "share": share} for rep, share in zip(reps, parts, strict=False)]}
    for parts in SHARES
    for reps in permutations(REPS)
]


def _amended(name: str, moments: Sequence[tuple[str, str]], **fields: Sequence[Any]) -> Kinds:
    """One field or two, each of them null now and then; of a day and an instant never both."""
    changes = dict(fields)
    for day, at in moments:
        changes |= {day: DAYS, at: INSTANTS}
    chosen = [names for size in (1, 2) for names in combinations(changes, size) if names not in moments]
    parts = {field: [{field: value} for value in (None, *values)] for field, values in changes.items()}
    return st.sampled_from(chosen).flatmap(lambda names: _kind(name, *(parts[field] for field in names)))


def _reassigned(name: str) -> Kinds:
    someone = _kind(name, [{"rep": rep} for rep in (*REPS, None)], FROM_DAY)
    return _mixed(someone, _kind(name, SPLITS, FROM_DAY))


def _activities(of: str, moments: Sequence[Json] = MOMENT) -> Kinds:
    done = _kind(f"{of}.{ACTIVITIES[of]}", moments, HOLDER, ACTIVITY_DIMS)
    amended = _amended(f"{of}.amended", [("day", "at")], **LABELS)
    reassigned = _reassigned(f"{of}.reassigned")
    return _mixed(done, done, done, amended, amended, reassigned, reassigned, _kind(f"{of}.voided"))


def _leads() -> Kinds:
    happened = (_kind(f"lead.{verb}", MOMENT, HOLDER, DIMS) for verb in ("created", "handled", "qualified"))
    return _mixed(*happened, _kind("lead.deleted"))


def _deals(moments: Sequence[Json] = MOMENT) -> Kinds:
    amounts = _some(amount=AMOUNTS, units=UNITS)
    opened, won, lost = (_kind(f"deal.{verb}", moments, HOLDER, amounts, DIMS) for verb in ("opened", "won", "lost"))
    pairs = [("opened_day", "opened_at"), ("closed_day", "closed_at")]
    labels = {name: values for name, values in LABELS.items() if name != "kind"}
    amended = _amended("deal.amended", pairs, amount=AMOUNTS, units=UNITS, **labels)
    reassigned, reopened = _reassigned("deal.reassigned"), _kind("deal.reopened")
    ended = _mixed(reopened, reopened, reopened, _kind("deal.deleted"))  # what is gone hides what else would differ
    return _mixed(opened, opened, won, won, won, lost, amended, amended, reassigned, reassigned, reassigned, ended)


def _withdrawals() -> Kinds:
    entities = [{"entity": f"{kind}:{id_}"} for kind in ("deal", "lead", *ACTIVITIES) for id_ in IDS]
    names = [[name] for name in (*REGISTERS, *NO_REGISTERS)] + [["shares", name] for name in REGISTERS]
    fields: list[Json] = [{}, {}, {}, *({"fields": each} for each in names)]
    drawn = st.tuples(st.sampled_from(entities), st.sampled_from(fields))
    return drawn.map(lambda chosen: ("correction.withdrawn", chosen[0] | chosen[1]))


def _organisation() -> Kinds:
    """What counts for nothing by itself and lies in the same log."""
    day = "2011-10-29"
    told: list[tuple[str, Json]] = [
        ("team.formed", {"team": 1, "name": "North", "region": "Asia"}),
        ("rep.joined", {"rep": 1, "team": 1, "day": day}),
        ("rep.moved_team", {"rep": 1, "team": 2, "day": day}),
        ("rep.left", {"rep": 1, "day": day}),
        ("workspace.opened", {"zone": "Europe/Amsterdam", "currency": "EUR", "fiscal_start": 4}),
        ("credit_rule.set", {"rule": "seller", "day": day}),
    ]
    return st.sampled_from(told)
