"""What every event carries whatever it tells: a CloudEvents 1.0 envelope with a trail and a sequence.

The types of fields that events share stand here too. A field says by `Writes` which register of its entity it writes,
so an event is a typed set of writes and nothing else; facts.py turns it into one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from schemas.moments import instant_text, parse_day, parse_instant

LABEL_LENGTH = 200  # a label is shown on a board; what is longer is text, and text belongs in the vault
SEQUENCE_MAX = 2**63 - 1
M = TypeVar("M")


@dataclass(frozen=True)
class Writes:
    """The register that a field writes, and how its value is written as text there (None: as it is)."""

    register: str
    text: Callable[[Any], str] | None = None


@dataclass(frozen=True)
class PartyId:
    """Marks a field that names a person or a team: the source's id outside, the vault's number in the log."""

    kind: Literal["person", "team"]


@dataclass(frozen=True)
class VaultName:
    """Marks a field that holds a name: it goes into the vault, under the party that `of` names, never into the log."""

    of: str


def marks(annotation: object, kind: type[M]) -> list[M]:
    """The marks of a kind within a field's type, however deep they lie in unions and lists."""
    inner = [mark for argument in get_args(annotation) for mark in marks(argument, kind)]
    return [mark for mark in getattr(annotation, "__metadata__", ()) if isinstance(mark, kind)] + inner


@cache
def marked(data: type[BaseModel], kind: type[M]) -> dict[str, M]:
    """The fields of a model that carry a mark of a kind, with the mark."""
    found = {
        name: [mark for mark in field.metadata if isinstance(mark, kind)] + marks(field.annotation, kind)
        for name, field in data.model_fields.items()
    }
    return {name: own[0] for name, own in found.items() if own}


@cache
def names_of(data: type[BaseModel]) -> dict[str, str]:
    """The fields that hold names, with the field of the party they name."""
    return {name: mark.of for name, mark in marked(data, VaultName).items()}


def _instant(value: object) -> datetime:
    if isinstance(value, datetime):
        value = value.isoformat()
    if not isinstance(value, str):
        raise ValueError("an instant is a text such as 2017-03-01T09:30:00+01:00")  # noqa: TRY004 (pydantic reports it)
    return parse_instant(value)


def _day(value: object) -> date:
    if type(value) is date:
        return value
    if not isinstance(value, str):
        raise ValueError("a day is a text such as 2017-03-01")  # noqa: TRY004 (pydantic reports it)
    return parse_day(value)


def _printable(value: str) -> str:
    if not value.isprintable():
        raise ValueError("holds a character that cannot be printed; take it out")
    return value


def _party(value: object) -> object:
    if isinstance(value, bool) or (isinstance(value, int) and value <= 0):
        raise ValueError("a person or team is a source's id, a text that is not empty")
    return value


Instant = Annotated[
    datetime,
    BeforeValidator(_instant),
    PlainSerializer(instant_text),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Day = Annotated[
    date, BeforeValidator(_day), PlainSerializer(date.isoformat), WithJsonSchema({"type": "string", "format": "date"})
]
Label = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LABEL_LENGTH),
    AfterValidator(_printable),
]
Party = Annotated[int | Label, BeforeValidator(_party)]
Person = Annotated[Party, PartyId("person")]
Team = Annotated[Party, PartyId("team")]


class Data(BaseModel):
    """What an event tells: the id of its entity and the fields it writes. A field that is left out is not touched."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    constant: ClassVar[dict[str, str]] = {}  # registers that this event always writes, with their text
    clears: ClassVar[bool] = False  # whether null takes back what a field said
    nobody: ClassVar[tuple[str, ...]] = ()  # fields in which null says "nobody"; elsewhere it says nothing
    always: ClassVar[tuple[str, ...]] = ()  # fields that say "nobody" when they are left out


class Happened(Data):
    """Something that happened on a day, or at an instant: exactly one of the two."""

    day: Day | None = Field(None, description="the day it happened; a date stays that date in every zone")
    at: Instant | None = Field(None, description="the instant it happened, with its offset; give this or `day`")

    @model_validator(mode="after")
    def _one_moment(self) -> Self:
        if (self.day is None) == (self.at is None):
            raise ValueError("give the day it happened (`day`) or the instant (`at`), one of the two")
        return self


class Event(BaseModel):
    """A fact in the words of CloudEvents 1.0; `type` decides what `data` holds."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    entity_kind: ClassVar[str]  # deal, lead, call ...: the entity is this and the data's id
    entity_id: ClassVar[str] = "id"  # the data's field that holds the entity's id
    shared_trail: ClassVar[str | None] = None  # the trail that all events of this type share, if they do

    specversion: Literal["1.0"] = Field("1.0", description="the version of CloudEvents")
    id: Label = Field(description="unique within the source: the same id with the same content is the same event")
    source: Label = Field(description="who says so: a URI reference that stays the same for one feed")
    type: str = Field(description="what happened, with its version")
    time: Instant = Field(description="when the source said so (asserted_at): the later of two statements wins")
    trail: Label = Field(
        description="the coarsest id that every event of this feed about this thing carries (a case); never a person"
    )
    sequence: int = Field(
        0, ge=-SEQUENCE_MAX - 1, le=SEQUENCE_MAX, description="orders statements with the same time; a 64-bit integer"
    )
    datacontenttype: Literal["application/json"] = Field("application/json", description="the form of data")
    data: Data = Field(description="the entity's id and the fields")

    @model_validator(mode="before")
    @classmethod
    def _own_trail(cls, values: object) -> object:
        shared = getattr(cls, "shared_trail", None)
        return {**values, "trail": shared} if shared and isinstance(values, dict) else values

    def logged(self) -> dict[str, Any]:
        """The data as the log keeps them: only what was told, names left out, in one form of writing."""
        told = self.data.model_dump(mode="json", exclude_unset=True)
        names = names_of(type(self.data))
        kept = self.data.nobody + self.data.always
        data = {name: value for name, value in told.items() if value is not None or self.data.clears or name in kept}
        data |= {name: None for name in self.data.always if name not in data}
        return {name: value for name, value in data.items() if name not in names}

    @property
    def entity(self) -> str:
        """Kind and id: `deal:1C1I7A6R`."""
        return f"{self.entity_kind}:{getattr(self.data, self.entity_id)}"
