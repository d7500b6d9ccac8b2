"""What just happened, in the words of a sales floor: who did what, what was won, what no longer counts."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from projections.crossings import NOTHING
from projections.organisation import Organisation, rule_on
from projections.targets import Target
from quotum.reaching import is_fresh
from quotum.server import naming
from quotum.server.about import Thing, named, things
from quotum.server.naming import message
from quotum.server.wording import Words
from quotum.values import value_text
from schemas.moments import day_number, from_day_number, from_microseconds, instant_text, zone_of
from streams.books import Books

HAPPENINGS = 12
FRESH_DAYS = 7  # a win that closed longer ago is news to the books, not to the floor
# An event's position is its row in history: events are only ever appended, whatever partition they come from.
RECENT = """
SELECT rowid, known_at, type, entity, data FROM events
WHERE rowid >= $low AND type NOT LIKE 'quotum.workspace.%' AND type NOT LIKE 'quotum.credit_rule.%'
AND NOT duplicate
ORDER BY known_at DESC, rowid DESC LIMIT $limit
"""
CREDITED = """
SELECT told.rowid, max(rep) FILTER (basis = $basis AND amount > 0)
FROM events AS told JOIN postings USING (log_partition, log_offset)
WHERE told.rowid >= $low AND list_contains($positions, told.rowid) AND postings.known_at >= $known_at
GROUP BY told.rowid
"""
STANDING = """
SELECT entity FROM postings WHERE metric = 'deals_won' AND basis = 'owner' AND list_contains($entities, entity)
GROUP BY entity HAVING sum(amount) > 0
"""
WON_BEFORE = """
SELECT entity, rowid, data FROM events WHERE type = 'quotum.deal.won.v1' AND list_contains($entities, entity)
AND NOT duplicate ORDER BY rowid
"""
REACHED, LOST = CROSSED = "target.reached", "target.lost"
AIMS = {
    "target.agreed": message("{who}: target {amount}, {period}"),
    "target.changed": message("{who}: target now {amount}, {period}"),
}
LOOKED_AT = 500  # how far back it is looked for something to tell
UNWON = ("deal.reopened", "deal.deleted", "deal.lost")
REASSIGNED = "reassigned"
OF_THINGS = {
    "amended": message("corrected: {thing}"),
    "voided": message("corrected: {thing} no longer counts"),
    "deleted": message("corrected: {thing} no longer counts"),
    "reassigned": message("{thing} goes to {who}"),
    "withdrawn": message("a correction is taken back: {thing}"),
}
TAKEN_BACK = ("voided", "deleted", "reopened")  # said twice, the second time moves nothing
WINS = tuple(f"quotum.{what}.v1" for what in ("deal.won", *UNWON))
NAMED = {
    "deal.opened": message("{who} opens a deal"),
    "deal.lost": message("{who} loses a deal"),
    "deal.reassigned": message("{who} takes over a deal"),
    "call.logged": message("{who} makes a call"),
    "email.sent": message("{who} sends an e-mail"),
    "offer.sent": message("{who} sends an offer"),
    "appointment.held": message("{who} holds an appointment"),
    "demo.given": message("{who} gives a demo"),
    "meeting.held": message("{who} holds a meeting"),
    "lead.created": message("{who} gets a lead"),
    "lead.handled": message("{who} finishes a lead"),
    "lead.qualified": message("{who} qualifies a lead"),
    "rep.joined": message("{who} joins"),
    "rep.left": message("{who} leaves"),
    "rep.moved_team": message("{who} changes teams"),
    "target.reached": message("{who} reaches a target"),
    "target.lost": message("corrected: {who} is below the target again"),
}
UNNAMED = {
    "deal.opened": message("a deal is opened"),
    "deal.lost": message("a deal is lost"),
    "deal.reopened": message("a deal is open again"),
    "deal.reassigned": message("a deal changes hands"),
    "deal.amended": message("corrected: a deal"),
    "deal.deleted": message("corrected: a deal no longer counts"),
    "call.logged": message("a call is made"),
    "call.amended": message("corrected: a call"),
    "call.reassigned": message("a call changes hands"),
    "call.voided": message("corrected: a call no longer counts"),
    "email.sent": message("an e-mail is sent"),
    "email.amended": message("corrected: an e-mail"),
    "email.reassigned": message("an e-mail changes hands"),
    "email.voided": message("corrected: an e-mail no longer counts"),
    "offer.sent": message("an offer is sent"),
    "offer.amended": message("corrected: an offer"),
    "offer.reassigned": message("an offer changes hands"),
    "offer.voided": message("corrected: an offer no longer counts"),
    "appointment.held": message("an appointment is held"),
    "appointment.amended": message("corrected: an appointment"),
    "appointment.reassigned": message("an appointment changes hands"),
    "appointment.voided": message("corrected: an appointment no longer counts"),
    "demo.given": message("a demo is given"),
    "demo.amended": message("corrected: a demo"),
    "demo.reassigned": message("a demo changes hands"),
    "demo.voided": message("corrected: a demo no longer counts"),
    "meeting.held": message("a meeting is held"),
    "meeting.amended": message("corrected: a meeting"),
    "meeting.reassigned": message("a meeting changes hands"),
    "meeting.voided": message("corrected: a meeting no longer counts"),
    "lead.created": message("a lead comes in"),
    "lead.handled": message("a lead is finished"),
    "lead.qualified": message("a lead is qualified"),
    "lead.deleted": message("corrected: a lead no longer counts"),
    "team.formed": message("a team is formed"),
    "target.agreed": message("a target is agreed"),
    "target.changed": message("a target is changed"),
    "target.reached": message("a target is reached"),
    "target.lost": message("corrected: a target is no longer reached"),
    "correction.withdrawn": message("a correction is taken back"),
}


class Told(NamedTuple):
    """An event of the log with what it takes to say it."""

    position: int
    known_at: int
    what: str
    entity: str
    data: dict[str, Any]
    who: str
    won_on: date | None  # for a deal that was won before this event: on which day
    stands: bool  # whether the deal counts as won now, or a target stands as this event says
    target: Target | None  # that it is about
    thing: Thing | None  # that it puts right, as it counts now
    moved: bool  # whether it moved any figure
    labels: Mapping[int, str]

    @property
    def done(self) -> str:
        """What was done to the thing: voided."""
        return self.what.rpartition(".")[2]


def happened(books: Books, organisation: Organisation, words: Words, limit: int = HAPPENINGS) -> list[dict[str, Any]]:
    """The last things that happened, newest first, ready to show."""
    today = books.calendar.day(books.clock())
    zone = zone_of(books.calendar.zone)
    lines = []
    for told in recent(books, rule_on(organisation, today), 2 * limit):
        text = said(words, told)
        if not text or (told.done in TAKEN_BACK and not told.moved):
            continue
        at = from_microseconds(told.known_at)
        fresh = told.won_on is not None and today - day_number(told.won_on) <= FRESH_DAYS
        fresh |= told.target is not None and told.what in CROSSED and is_fresh(told.target, from_day_number(today))
        line = {"position": told.position, "at": instant_text(at), "clock": words.clock(at.astimezone(zone))}
        line |= {"text": text, "entity": told.entity, "kind": _kind(told), "fresh": fresh}
        lines.append(line)
    return lines[:limit]


def _kind(told: Told) -> str:
    """What the page makes of it: a win to celebrate, a win taken back, or just news."""
    if told.what in ("deal.won", REACHED):
        return "win" if told.stands else "past"
    if told.what == LOST:
        return "unwin" if told.stands else "news"
    if told.what in UNWON and told.won_on:
        return "past" if told.stands else "unwin"
    return "past" if told.done in TAKEN_BACK and told.thing and told.thing.counts else "news"


def recent(books: Books, basis: str, limit: int) -> list[Told]:
    """The last events of the log, newest first."""
    rows = books.history.rows(RECENT, {"limit": limit, "low": books.next_offset() - LOOKED_AT})
    return tell(books, rows, basis)


def tell(books: Books, rows: Sequence[tuple[Any, ...]], basis: str) -> list[Told]:
    """Events of the log (position, known_at, type, entity, data) with what it takes to say them."""
    positions = [row[0] for row in rows]
    deals = sorted({entity for _, _, kind, entity, _ in rows if kind in WINS})
    low = {"low": min(positions, default=0), "known_at": min((row[1] for row in rows), default=0)}
    asked = {"positions": positions, "basis": basis, **low}
    credited = dict(books.history.rows(CREDITED, asked)) if positions else {}
    standing = {entity for (entity,) in books.history.rows(STANDING, {"entities": deals})} if deals else set()
    wins = books.history.rows(WON_BEFORE, {"entities": deals}) if deals else []
    labels, aims, crossed = books.vault.labels(), {one.id: one for one in books.targets()}, books.crossings_said()
    corrected = {entity for _, _, kind, entity, _ in rows if _done(kind) in (*OF_THINGS, *TAKEN_BACK)}
    put_right = things(books, corrected, basis)
    found = []
    for position, known_at, kind, entity, data in rows:
        told = json.loads(data)
        days = [_day(books, json.loads(won)) for name, at, won in wins if name == entity and at <= position]
        what = _what(kind)
        number = told.get("rep") if what.startswith("rep.") or _done(kind) == REASSIGNED else None
        number = number or credited.get(position) or told.get("rep")
        target = aims.get(told["id"]) if what.startswith("target.") else None
        who = labels.get(target.scope.number if target else number, "")
        won_on = days[-1] if days else None
        stands = crossed.get(told["id"], NOTHING).turn == told["turn"] if what in CROSSED else entity in standing
        thing, moved = put_right.get(entity), position in credited
        found.append(Told(position, known_at, what, entity, told, who, won_on, stands, target, thing, moved, labels))
    return found


def _what(kind: str) -> str:
    return kind.removeprefix("quotum.").rpartition(".v")[0]


def _done(kind: str) -> str:
    return _what(kind).rpartition(".")[2]


def _day(books: Books, told: Mapping[str, Any]) -> date:
    return from_day_number(books.calendar.day_of(told.get("day") or told["at"]))


def said(words: Words, told: Told) -> str:
    """An event in words; empty for what a floor need not know."""
    if told.what == "deal.won":
        return _won(words, told)
    if told.target and told.what != LOST:
        return (_reached if told.what == REACHED else _aimed)(words, told, told.target)
    if told.what in UNWON and told.won_on:
        return words.say("corrected: the deal of {day} no longer counts", day=words.short_day(told.won_on))
    if text := _put_right(words, told):
        return text
    if told.who and told.what in NAMED:
        return words.say(NAMED[told.what], who=told.who)
    return words.say(UNNAMED[told.what]) if told.what in UNNAMED else ""


def _put_right(words: Words, told: Told) -> str:
    """A correction in words, with what it is about; empty where that is not known."""
    thing = named(words, told.entity, told.thing, told.labels)
    if not thing or told.done not in OF_THINGS:
        return ""
    if told.done != REASSIGNED:
        return words.say(OF_THINGS[told.done], thing=thing)
    alone = named(words, told.entity, told.thing and told.thing._replace(holders=()), told.labels)
    if shares := told.data.get("shares"):
        who = words.several([told.labels.get(one["rep"], "") for one in shares])
        return words.say("{thing} is shared by {who}", thing=alone, who=who)
    if told.what in NAMED or not told.who:
        return ""
    return words.say("{thing} goes to {who}", thing=alone, who=told.who)


def _aimed(words: Words, told: Told, target: Target) -> str:
    amount = told.data.get("amount") or {"value": told.data.get("value"), "currency": ""}
    return words.say(
        AIMS[told.what],
        who=told.who or words.say("Everyone"),
        amount=naming.amount(words, target.metric.name, amount["value"], amount["currency"]),
        period=words.period(target.period),
    )


def _reached(words: Words, told: Told, target: Target) -> str:
    value = target.value_on(target.period.last)
    amount = naming.amount(
        words, target.metric.name, value_text(target.metric, value, target.currency), target.currency
    )
    if told.who:
        return words.say("{who} reaches the target: {amount}", who=told.who, amount=amount)
    return words.say("the target is reached: {amount}", amount=amount)


def _won(words: Words, told: Told) -> str:
    amount = told.data.get("amount")
    if not amount:
        return words.say("{who} wins a deal", who=told.who) if told.who else words.say("a deal is won")
    money = words.money(amount["value"], amount["currency"])
    if told.who:
        return words.say("{who} wins a deal: {amount}", who=told.who, amount=money)
    return words.say("a deal is won: {amount}", amount=money)
