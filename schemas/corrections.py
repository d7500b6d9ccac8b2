"""How what a person put right is left to the feeds again. A correction itself is an event as feeds send them."""

from typing import ClassVar, Literal

from schemas import data as told
from schemas.envelope import Event


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
