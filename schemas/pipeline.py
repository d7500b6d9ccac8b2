"""From a lead to a deal that is won or lost: what goes on from step to step, while an activity is done at once."""

from typing import ClassVar, Literal

from schemas import data as told
from schemas.envelope import Event


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


PipelineEvent = (
    LeadCreated
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
)
