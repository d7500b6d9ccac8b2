"""What everybody must know to read a figure: teams, reps, targets, and the workspace with its rules; all on one trail.

Whoever counts anything reads that trail whole, so nothing belongs here that comes with every call or deal.
"""

from typing import ClassVar, Literal

from pydantic import model_validator

from schemas import organisation_data as told
from schemas import plan
from schemas.envelope import Event

ORGANISATION = "organisation"  # the one trail of what everybody must know: it is read whole
WORKSPACE = "workspace:quotum"


class _Shared(Event):
    shared_trail: ClassVar[str | None] = ORGANISATION

    @model_validator(mode="before")
    @classmethod
    def _on_its_trail(cls, values: object) -> object:
        return {**values, "trail": cls.shared_trail} if isinstance(values, dict) else values


class TeamFormed(_Shared):
    """A team exists, with a name and a region."""

    entity_kind: ClassVar[str] = "team"
    entity_id: ClassVar[str] = "team"
    type: Literal["quotum.team.formed.v1"]
    data: told.TeamFormed


class _Rep(_Shared):
    entity_kind: ClassVar[str] = "rep"
    entity_id: ClassVar[str] = "rep"


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


class _Workspace(_Shared):
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


class _Target(_Shared):
    entity_kind: ClassVar[str] = "target"


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


OrganisationEvent = (
    TeamFormed
    | RepJoined
    | RepMovedTeam
    | RepLeft
    | TargetAgreed
    | TargetChanged
    | TargetReached
    | TargetLost
    | WorkspaceOpened
    | CreditRuleSet
)
