"""How the demo sells: cases from the first word to yes or no, each step drawn from a seed and never from a clock.

What happens is one thing, when it happens another. `Floor` knows the first alone: the same seed gives the same moves
whatever the time, so a floor that was stopped is the floor of that seed after so many moves, and needs no file of its
own to go on. `working_moments` knows the second for the months before the demo began.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from quotum.demo.team import CAMPAIGNS, PRODUCTS, REPS, Product, Rep
from schemas.facts import FEED, PERSON

VERSION = 3  # another way of selling is another version, since a floor is rebuilt by selling again
CURRENCY = "EUR"
PAST_DAYS = 92
MOVES_A_DAY = 295
WEEKDAYS = (0.9, 1.15, 1.1, 1.05, 0.8, 0.0, 0.0)
MORNING, EVENING = time(8, 30), time(17, 30)
LUNCH, LUNCH_KEPT = (time(12), time(13)), 0.35
CASES_OPEN = 150
MOVES_A_CASE = 4.3
RESTED = 2 * MOVES_A_DAY  # moves after which a deal is decided on the day of its opening too
LEADS, QUALIFIED, LEAD_WON, REPEAT_WON = 0.3, 0.6, 0.45, 0.6
AMENDED, REOPENED, CORRECTED = 0.05, 0.045, 0.025
LEND = 0.12  # how often somebody else closes
PAUSE_SECONDS = (0.4, 4.0, 1.2)  # least, most, most often
# Most moves keep in touch with customers, few bring a case on: so live something is to be seen all the time, somebody
# wins about once a minute, and it takes hours to make a month's sales. The months before are sold in the same way, or
# live every ratio would be another one, and the targets that were usual then nothing that could be meant.
ON = 0.22  # how often a move brings a case on
TOUCHES = (("call", 0.5), ("email", 0.38), ("appointment", 0.12))
DECIDED = frozenset({"won", "lost"})
T = TypeVar("T")


class Move(NamedTuple):
    """What one rep did on one case: the event's type and data, still without a moment."""

    number: int  # of the floor, from 0
    kind: str
    case: str
    data: dict[str, Any]
    timed: bool  # whether the data tell when it happened
    layer: int = FEED


@dataclass
class Case:
    """One customer's way, from the first word to the last."""

    number: int
    rep: Rep
    closer: Rep
    product: Product
    units: int
    cents: int
    new: bool
    campaign: str | None
    ahead: list[str]  # what is still to come
    opened_day: int = -1
    opened_move: int = -1

    def is_due(self, day: int, move: int) -> bool:
        """Whether its next step can come: nobody decides on the day on which a deal is opened.

        But live, where a day has many times as many moves, all that was opened before would be decided within hours,
        and nothing won from then on until midnight.
        """
        return self.ahead[0] not in DECIDED or self.opened_day != day or move - self.opened_move > RESTED


class Floor:
    """The cases that are open, and what happens next."""

    def __init__(self, seed: int) -> None:
        """Before the first move."""
        self._chance = chance(seed, "floor")
        self._open: list[Case] = []
        self._cases = 0
        self.moves = 0

    def move(self, day: int | None = None) -> Move:
        """The next thing that happens, on a day by its number; default: so many moves a day."""
        day = self.moves // MOVES_A_DAY if day is None else day
        step, case = self._next(day)
        if step == "opened":
            case.opened_day, case.opened_move = day, self.moves
        self.moves += 1
        return STEPS[step](case, self.moves - 1, self._chance)

    def _next(self, day: int) -> tuple[str, Case]:
        if self._open and self._chance.random() > ON:
            touch = _pick(TOUCHES, lambda one: one[1], self._chance)[0]
            return touch, self._open[int(self._chance.random() * len(self._open))]
        due = [case for case in self._open if case.is_due(day, self.moves)]
        crowd = max(len(self._open), 1) / CASES_OPEN
        if not due or self._chance.random() < 1 / (MOVES_A_CASE * crowd**2):
            self._cases += 1
            self._open.append(_case(self._cases, self._chance))
            case = self._open[-1]
        else:
            case = due[int(self._chance.random() ** 2 * len(due))]  # rather one that waits long
        step = case.ahead.pop(0)
        if not case.ahead:
            self._open.remove(case)
        return step, case


def chance(seed: int, what: str) -> Random:
    """What decides, the same for the same seed. `random()` alone is used of it: that one never changes."""
    return Random(f"{VERSION}/{seed}/{what}")  # noqa: S311 (a play, with nothing secret in it)


def pause_seconds(seed: int, number: int) -> float:
    """How long to wait before a move, when selling live."""
    return chance(seed, f"pause {number}").triangular(*PAUSE_SECONDS)


def event(seed: int, move: Move, at: datetime) -> dict[str, Any]:
    """A move as a CloudEvent without a source."""
    return {
        "id": f"demo-{VERSION}-{seed}-{move.number}",
        "type": f"quotum.{move.kind}.v1",
        "time": at,
        "trail": move.case,
        "sequence": move.number,
        "data": {**move.data, **({"at": at} if move.timed else {})},
    }


def working_moments(seed: int, opened: datetime, zone: str) -> list[datetime]:
    """When things happened in the months before a demo was opened: on working days, in working hours, in order."""
    decide, local = chance(seed, "moments"), ZoneInfo(zone)
    today = opened.astimezone(local).date()
    found = [
        moment
        for ago in range(PAST_DAYS, -1, -1)
        for moment in _moments(today - timedelta(days=ago), local, decide)
        if moment < opened
    ]
    return sorted(found)


def _moments(day: date, local: ZoneInfo, decide: Random) -> Iterator[datetime]:
    wanted = round(MOVES_A_DAY * WEEKDAYS[day.weekday()] * (0.75 + decide.random() / 2))
    first, last = (datetime.combine(day, end, local) for end in (MORNING, EVENING))
    while wanted:
        moment = first + timedelta(seconds=int(decide.random() * (last - first).total_seconds()))
        if LUNCH[0] <= moment.time() < LUNCH[1] and decide.random() > LUNCH_KEPT:
            continue
        wanted -= 1
        yield moment


def _case(number: int, decide: Random) -> Case:
    rep, product = _pick(REPS, lambda one: one.drive, decide), _pick(PRODUCTS, lambda one: one.weight, decide)
    units = 1 + int(decide.random() ** 2 * product.most)
    lead = decide.random() < LEADS
    closer = _pick(REPS, lambda one: one.luck, decide) if decide.random() < LEND else rep
    ahead = _lead(closer, decide) if lead else _repeat(closer, decide)
    campaign = CAMPAIGNS[int(decide.random() * len(CAMPAIGNS))] if lead else None
    return Case(number, rep, closer, product, units, product.price_cents * units, lead, campaign, ahead)


def _lead(closer: Rep, decide: Random) -> list[str]:
    ahead = ["lead", "call" if decide.random() < 0.7 else "email", "handled"]  # noqa: PLR2004 (a taste of its own)
    if decide.random() > QUALIFIED:
        return ahead
    visit = ("appointment", "demo", "meeting")[int(decide.random() * 3)]
    return [*ahead, "qualified", "opened", visit, "offer", *_outcome(LEAD_WON * closer.luck, decide)]


def _repeat(closer: Rep, decide: Random) -> list[str]:
    contact = ["call", "email", "appointment", ""][int(decide.random() * 4)]
    offer = "offer" if decide.random() < 0.8 else ""  # noqa: PLR2004 (a taste of its own)
    return [step for step in ("opened", contact, offer) if step] + _outcome(REPEAT_WON * closer.luck, decide)


def _outcome(likely: float, decide: Random) -> list[str]:
    if decide.random() > likely:
        return ["lost"]
    fate = decide.random()
    if fate < AMENDED:
        return ["won", "amended"]
    if fate < AMENDED + REOPENED:
        return ["won", "reopened", "won" if decide.random() < LEAD_WON else "lost"]
    return ["won", "corrected"] if fate < AMENDED + REOPENED + CORRECTED else ["won"]


def _pick(among: Sequence[T], weight: Callable[[T], float], decide: Random) -> T:
    left = decide.random() * sum(weight(one) for one in among)
    for one in among:
        left -= weight(one)
        if left < 0:
            return one
    return among[-1]


def _money(cents: int) -> dict[str, str]:
    return {"value": f"{cents // 100}.{cents % 100:02}", "currency": CURRENCY}


def _about(case: Case) -> dict[str, Any]:
    told = {"product": case.product.name, "customer": "new" if case.new else "existing"}
    return told | ({"campaign": case.campaign} if case.campaign else {})


def _activity(kind: str, verb: str) -> "Step":
    def step(case: Case, number: int, _: Random) -> Move:
        data = {"id": f"{kind}-{number}", "rep": case.rep.id, **_about(case)}
        return Move(number, f"{kind}.{verb}", f"case-{case.number}", data, timed=True)

    return step


def _led(verb: str) -> "Step":
    def step(case: Case, number: int, _: Random) -> Move:
        data = {"id": f"lead-{case.number}", "rep": case.rep.id, **_about(case)}
        return Move(number, f"lead.{verb}", f"case-{case.number}", data, timed=True)

    return step


def _deal(case: Case, number: int, verb: str, data: dict[str, Any], layer: int = FEED) -> Move:
    timed = verb in {"opened", "won", "lost"}
    return Move(number, f"deal.{verb}", f"case-{case.number}", {"id": f"deal-{case.number}", **data}, timed, layer)


def _opened(case: Case, number: int, _: Random) -> Move:
    told = {"rep": case.rep.id, "amount": _money(case.cents), "units": str(case.units)}
    return _deal(case, number, "opened", {**told, **_about(case)})


def _won(case: Case, number: int, decide: Random) -> Move:
    case.cents = _haggled(case.cents, decide, 0.85)
    return _deal(case, number, "won", {"rep": case.closer.id, "amount": _money(case.cents)})


def _lost(case: Case, number: int, _: Random) -> Move:
    return _deal(case, number, "lost", {"rep": case.closer.id})


def _reopened(case: Case, number: int, _: Random) -> Move:
    return _deal(case, number, "reopened", {})


def _amended(layer: int) -> "Step":
    def step(case: Case, number: int, decide: Random) -> Move:
        case.cents = _haggled(case.cents, decide, 0.7)
        return _deal(case, number, "amended", {"amount": _money(case.cents)}, layer)

    return step


def _haggled(cents: int, decide: Random, least: float) -> int:
    """A price after talking about it, in whole tens of euro."""
    return round(cents * (least + decide.random() * (1 - least)) / 1_000) * 1_000


Step = Callable[[Case, int, Random], Move]
STEPS: dict[str, Step] = {
    "lead": _led("created"),
    "handled": _led("handled"),
    "qualified": _led("qualified"),
    "call": _activity("call", "logged"),
    "email": _activity("email", "sent"),
    "appointment": _activity("appointment", "held"),
    "demo": _activity("demo", "given"),
    "meeting": _activity("meeting", "held"),
    "offer": _activity("offer", "sent"),
    "opened": _opened,
    "won": _won,
    "lost": _lost,
    "reopened": _reopened,
    "amended": _amended(FEED),
    "corrected": _amended(PERSON),
}
