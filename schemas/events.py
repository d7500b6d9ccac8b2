"""Every event of Quotum, in one list: facts in the past tense, frozen, told apart by their type.

The log keeps these for ever. A change that old events cannot bear is a new version with an upcaster (upcasters.py),
never an edit. docs/events.md is made from this list, in which an event stands by the union of its module.
"""

from functools import cache
from typing import Annotated, get_args

from pydantic import Field, TypeAdapter

from schemas.activities import ActivityEvent
from schemas.corrections import CorrectionWithdrawn
from schemas.envelope import Event
from schemas.organisation import OrganisationEvent
from schemas.pipeline import PipelineEvent

AnyEvent = Annotated[
    ActivityEvent | PipelineEvent | CorrectionWithdrawn | OrganisationEvent, Field(discriminator="type")
]

EVENTS: dict[str, type[Event]] = {
    get_args(member.model_fields["type"].annotation)[0]: member for member in get_args(get_args(AnyEvent)[0])
}


@cache
def adapter() -> TypeAdapter[Event]:
    """What reads any event, by its type; built once, as it takes a while."""
    return TypeAdapter(AnyEvent)
