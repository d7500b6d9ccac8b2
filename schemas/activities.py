"""What reps do all day: calls, e-mails, offers, appointments, demos and meetings, told alike, since they count alike.

Each is done once, and may be put right, go to another rep, or turn out not to have happened.
"""

from typing import ClassVar, Literal

from schemas import data as told
from schemas.envelope import Event


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


ActivityEvent = (
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
)
