"""Every event of Quotum, one class each: facts in the past tense, frozen, told apart by their type.

The log keeps these for ever. A change that old events cannot bear is a new version with an upcaster (upcasters.py),
never an edit. docs/events.md is made from this module.
"""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import Field, TypeAdapter, ValidationError

from schemas import data as told
from schemas import plan
from schemas.envelope import Event
from schemas.upcasters import UPCASTERS, upcast
from schemas.wire import SHOWN, EventError, Fault, faults_of, near, parse, unpack

ORGANISATION = "organisation"  # the one trail of what everybody must know: it is read whole
WORKSPACE = "workspace:quotum"


class _Call(Event):
    entity_kind: ClassVar[str] = "call"


class CallLogged(_Call):
    """A call was made."""

    type: Literal["quotum.call.logged.v1"]
    data: told.ActivityDone


class CallAmended(_Call):
    """What was said about a call is put right."""

    type: Literal["quotum.call.amended.v1"]
    data: told.ActivityAmended


class CallReassigned(_Call):
    """Another rep gets the credit for a call."""

    type: Literal["quotum.call.reassigned.v1"]
    data: told.Reassigned


class CallVoided(_Call):
    """A call did not happen after all and counts for nothing."""

    type: Literal["quotum.call.voided.v1"]
    data: told.Voided


class _Email(Event):
    entity_kind: ClassVar[str] = "email"


class EmailSent(_Email):
    """An e-mail was sent."""

    type: Literal["quotum.email.sent.v1"]
    data: told.ActivityDone


class EmailAmended(_Email):
    """What was said about an e-mail is put right."""

    type: Literal["quotum.email.amended.v1"]
    data: told.ActivityAmended


class EmailReassigned(_Email):
    """Another rep gets the credit for an e-mail."""

    type: Literal["quotum.email.reassigned.v1"]
    data: told.Reassigned


class EmailVoided(_Email):
    """An e-mail did not happen after all and counts for nothing."""

    type: Literal["quotum.email.voided.v1"]
    data: told.Voided


class _Offer(Event):
    entity_kind: ClassVar[str] = "offer"


class OfferSent(_Offer):
    """An offer was sent; the latest one before a win decides who its seller is."""

    type: Literal["quotum.offer.sent.v1"]
    data: told.ActivityDone


class OfferAmended(_Offer):
    """What was said about an offer is put right."""

    type: Literal["quotum.offer.amended.v1"]
    data: told.ActivityAmended


class OfferReassigned(_Offer):
    """Another rep gets the credit for an offer."""

    type: Literal["quotum.offer.reassigned.v1"]
    data: told.Reassigned


class OfferVoided(_Offer):
    """An offer did not happen after all and counts for nothing."""

    type: Literal["quotum.offer.voided.v1"]
    data: told.Voided


class _Appointment(Event):
    entity_kind: ClassVar[str] = "appointment"


class AppointmentHeld(_Appointment):
    """An appointment with a customer was held."""

    type: Literal["quotum.appointment.held.v1"]
    data: told.ActivityDone


class AppointmentAmended(_Appointment):
    """What was said about an appointment is put right."""

    type: Literal["quotum.appointment.amended.v1"]
    data: told.ActivityAmended


class AppointmentReassigned(_Appointment):
    """Another rep gets the credit for an appointment."""

    type: Literal["quotum.appointment.reassigned.v1"]
    data: told.Reassigned


class AppointmentVoided(_Appointment):
    """An appointment did not happen after all and counts for nothing."""

    type: Literal["quotum.appointment.voided.v1"]
    data: told.Voided


class _Demo(Event):
    entity_kind: ClassVar[str] = "demo"


class DemoGiven(_Demo):
    """A demo was given."""

    type: Literal["quotum.demo.given.v1"]
    data: told.ActivityDone


class DemoAmended(_Demo):
    """What was said about a demo is put right."""

    type: Literal["quotum.demo.amended.v1"]
    data: told.ActivityAmended


class DemoReassigned(_Demo):
    """Another rep gets the credit for a demo."""

    type: Literal["quotum.demo.reassigned.v1"]
    data: told.Reassigned


class DemoVoided(_Demo):
    """A demo did not happen after all and counts for nothing."""

    type: Literal["quotum.demo.voided.v1"]
    data: told.Voided


class _Meeting(Event):
    entity_kind: ClassVar[str] = "meeting"


class MeetingHeld(_Meeting):
    """A meeting was held."""

    type: Literal["quotum.meeting.held.v1"]
    data: told.ActivityDone


class MeetingAmended(_Meeting):
    """What was said about a meeting is put right."""

    type: Literal["quotum.meeting.amended.v1"]
    data: told.ActivityAmended


class MeetingReassigned(_Meeting):
    """Another rep gets the credit for a meeting."""

    type: Literal["quotum.meeting.reassigned.v1"]
    data: told.Reassigned


class MeetingVoided(_Meeting):
    """A meeting did not happen after all and counts for nothing."""

    type: Literal["quotum.meeting.voided.v1"]
    data: told.Voided


class _Lead(Event):
    entity_kind: ClassVar[str] = "lead"


class LeadCreated(_Lead):
    """A lead came in."""

    type: Literal["quotum.lead.created.v1"]
    data: told.LeadCreated


class LeadHandled(_Lead):
    """A lead was worked on to its end."""

    type: Literal["quotum.lead.handled.v1"]
    data: told.LeadHandled


class LeadQualified(_Lead):
    """A lead was found worth a deal."""

    type: Literal["quotum.lead.qualified.v1"]
    data: told.LeadQualified


class LeadDeleted(_Lead):
    """A lead is gone and counts for nothing."""

    type: Literal["quotum.lead.deleted.v1"]
    data: told.Voided


class _Deal(Event):
    entity_kind: ClassVar[str] = "deal"


class DealOpened(_Deal):
    """A deal was opened."""

    type: Literal["quotum.deal.opened.v1"]
    data: told.DealOpened


class DealAmended(_Deal):
    """What was said about a deal is put right."""

    type: Literal["quotum.deal.amended.v1"]
    data: told.DealAmended


class DealWon(_Deal):
    """The customer said yes; it counts on the day it closed, with an amount as revenue too."""

    type: Literal["quotum.deal.won.v1"]
    data: told.DealWon


class DealLost(_Deal):
    """The customer said no."""

    type: Literal["quotum.deal.lost.v1"]
    data: told.DealLost


class DealReopened(_Deal):
    """A won or lost deal is open again (un-won); what it counted for is taken back."""

    type: Literal["quotum.deal.reopened.v1"]
    data: told.DealReopened


class DealReassigned(_Deal):
    """The deal has another owner from a day on; past wins stay where they were."""

    type: Literal["quotum.deal.reassigned.v1"]
    data: told.Reassigned


class DealDeleted(_Deal):
    """A deal is gone and counts for nothing."""

    type: Literal["quotum.deal.deleted.v1"]
    data: told.Voided


class CorrectionWithdrawn(Event):
    """A person takes back corrections of an entity: the feeds' own words count again."""

    entity_kind: ClassVar[str] = "correction"
    entity_id: ClassVar[str] = "entity"
    type: Literal["quotum.correction.withdrawn.v1"]
    data: told.CorrectionWithdrawn

    @property
    def entity(self) -> str:
        """The entity whose corrections are withdrawn."""
        return self.data.entity


class TeamFormed(Event):
    """A team exists, with a name and a region."""

    entity_kind: ClassVar[str] = "team"
    entity_id: ClassVar[str] = "team"
    shared_trail: ClassVar[str | None] = ORGANISATION
    type: Literal["quotum.team.formed.v1"]
    data: told.TeamFormed


class _Rep(Event):
    entity_kind: ClassVar[str] = "rep"
    entity_id: ClassVar[str] = "rep"
    shared_trail: ClassVar[str | None] = ORGANISATION


class RepJoined(_Rep):
    """A rep belongs to the organisation, in a team, from a day on."""

    type: Literal["quotum.rep.joined.v1"]
    data: told.RepJoined


class RepMovedTeam(_Rep):
    """A rep is in another team from a day on; a result counts for the team of its own day."""

    type: Literal["quotum.rep.moved_team.v1"]
    data: told.RepMovedTeam


class RepLeft(_Rep):
    """A rep no longer belongs to the organisation from a day on."""

    type: Literal["quotum.rep.left.v1"]
    data: told.RepLeft


class _Workspace(Event):
    shared_trail: ClassVar[str | None] = ORGANISATION

    @property
    def entity(self) -> str:
        """There is one workspace in a log."""
        return WORKSPACE


class WorkspaceOpened(_Workspace):
    """The books are opened, with their zone, currency and fiscal year: the first event of a history."""

    entity_kind: ClassVar[str] = "workspace"
    type: Literal["quotum.workspace.opened.v1"]
    data: told.WorkspaceOpened


class CreditRuleSet(_Workspace):
    """Which rule gives the credit for deals, from a day on."""

    entity_kind: ClassVar[str] = "workspace"
    type: Literal["quotum.credit_rule.set.v1"]
    data: told.CreditRuleSet


class _Target(Event):
    entity_kind: ClassVar[str] = "target"
    shared_trail: ClassVar[str | None] = ORGANISATION


class TargetAgreed(_Target):
    """A target for a rep, a team or the whole company, in a period."""

    type: Literal["quotum.target.agreed.v1"]
    data: plan.TargetAgreed


class TargetChanged(_Target):
    """A target has another value from a day on; progress on an earlier day is still held against the earlier one."""

    type: Literal["quotum.target.changed.v1"]
    data: plan.TargetChanged


class TargetReached(_Target):
    """A target is reached. Quotum says so itself, once, when it is so; no feed does."""

    type: Literal["quotum.target.reached.v1"]
    data: plan.TargetReached


class TargetLost(_Target):
    """A target that was reached no longer is: something was taken back, or it became more. Quotum says so itself."""

    type: Literal["quotum.target.lost.v1"]
    data: plan.TargetLost


AnyEvent = Annotated[
    CallLogged
    | CallAmended
    | CallReassigned
    | CallVoided
    | EmailSent
    | EmailAmended
    | EmailReassigned
    | EmailVoided
    | OfferSent
    | OfferAmended
    | OfferReassigned
    | OfferVoided
    | AppointmentHeld
    | AppointmentAmended
    | AppointmentReassigned
    | AppointmentVoided
    | DemoGiven
    | DemoAmended
    | DemoReassigned
    | DemoVoided
    | MeetingHeld
    | MeetingAmended
    | MeetingReassigned
    | MeetingVoided
    | LeadCreated
    | LeadHandled
    | LeadQualified
    | LeadDeleted
    | DealOpened
    | DealAmended
    | DealWon
    | DealLost
    | DealReopened
    | DealReassigned
    | DealDeleted
    | CorrectionWithdrawn
    | TeamFormed
    | RepJoined
    | RepMovedTeam
    | RepLeft
    | TargetAgreed
    | TargetChanged
    | TargetReached
    | TargetLost
    | WorkspaceOpened
    | CreditRuleSet,
    Field(discriminator="type"),
]

EVENTS: dict[str, type[Event]] = {
    get_args(member.model_fields["type"].annotation)[0]: member for member in get_args(get_args(AnyEvent)[0])
}


@cache
def adapter() -> TypeAdapter[Event]:
    """What reads any event, by its type; built once, as it takes a while."""
    return TypeAdapter(AnyEvent)


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
