"""What every event carries whatever it tells: a CloudEvents 1.0 envelope with a trail and a sequence.

The types of fields that events share stand here too. A field says by `Writes` which register of its entity it writes,
so an event is a typed set of writes and nothing else; facts.py turns it into one.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
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
    SerializerFunctionWrapHandler,
    WithJsonSchema,
    model_serializer,
    model_validator,
)

from schemas.moments import instant_text, parse_day, parse_instant, utc
from schemas.wire import json_type

LABEL_LENGTH = 200  # a label is shown on a board; what is longer is text, and text belongs in the vault
TEXT_LENGTH = 2_000
SEQUENCE_MAX = 2**63 - 1
INTEGER_MAX = 2**31 - 1  # of CloudEvents; what is beyond travels as a text, which no JSON reader makes a float of
WHOLE_NUMBER = re.compile(r"-?0*\d{1,19}", re.ASCII)
HIDDEN = {"Cc", "Cs", "Zl", "Zp"}  # Unicode's control characters, halves of characters, ends of lines
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")  # make text look like another text
PLAIN = (str, int, bool)
M = TypeVar("M")
# What a model holds beside its fields' values; set through these, as object.__setattr__ looks each up by its name.
_set_told = BaseModel.__dict__["__pydantic_fields_set__"].__set__
_set_extra = BaseModel.__dict__["__pydantic_extra__"].__set__
_set_private = BaseModel.__dict__["__pydantic_private__"].__set__


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


@dataclass(frozen=True)
class VaultText:
    """Marks a field that holds free text: it goes into the vault, and its reference stands in its place in the log."""


def plain(value: Any) -> Any:  # noqa: ANN401 (whatever a field holds)
    """A field's value as JSON has it, as its model writes it too; by hand, since this is done for every event."""
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, BaseModel):
        return {name: plain(own) for name, own in value.__dict__.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value


def altered(model: M, changes: Mapping[str, object]) -> M:
    """What `model_copy` gives for a model without private parts, at a tenth of its price."""
    cls = type(model)
    made = cls.__new__(cls)
    made.__dict__.update(model.__dict__, **changes)
    _set_told(made, {*model.__pydantic_fields_set__, *changes})  # type: ignore[attr-defined]  # a model
    _set_extra(made, None)
    _set_private(made, None)
    return made


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
        return utc(value)
    if not isinstance(value, str):
        raise ValueError("an instant is a text such as 2017-03-01T09:30:00+01:00")  # noqa: TRY004 (pydantic reports it)
    return parse_instant(value)


def _day(value: object) -> date:
    if type(value) is date:
        return value
    if not isinstance(value, str):
        raise ValueError("a day is a text such as 2017-03-01")  # noqa: TRY004 (pydantic reports it)
    return parse_day(value)


def label(value: str) -> str:
    """A short text without blanks around it, fit to be shown; ValueError says what is amiss."""
    text = value.strip()
    if not text:
        raise ValueError("is empty: write a text, or leave out what is not known")
    if len(text) > LABEL_LENGTH:
        raise ValueError(f"has {len(text)} characters, more than {LABEL_LENGTH}: shorten it")
    if not text.isprintable():  # which refuses hard spaces and joined emoji too, and more of them in an older Python
        hidden = [char for char in text if char in TURNING or unicodedata.category(char) in HIDDEN]
        if hidden:
            raise ValueError(f"holds the character U+{ord(hidden[0]):04X}, which cannot be shown: take it out")
    return text


def free_text(value: str) -> str:
    """A text of some lines without blanks around it; ValueError says what is amiss."""
    text = value.strip()
    if not text:
        raise ValueError("is empty: write a sentence on it")
    if len(text) > TEXT_LENGTH:
        raise ValueError(f"has {len(text)} characters, more than {TEXT_LENGTH}: shorten it")
    hidden = [char for char in text if char in TURNING or (char not in "\n\t" and unicodedata.category(char) in HIDDEN)]
    if hidden:
        raise ValueError(f"holds the character U+{ord(hidden[0]):04X}, which cannot be shown: take it out")
    return text


def _party(value: object) -> object:
    if isinstance(value, str):
        return label(value)
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        raise ValueError("a person or a team is its source's id, such as 'u-17': write it as a text")
    return value


def _sequence(value: object) -> object:
    if isinstance(value, str) and WHOLE_NUMBER.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("is no whole number: write 7 or '7'")  # noqa: TRY004 (pydantic reports it)
    if not -SEQUENCE_MAX - 1 <= value <= SEQUENCE_MAX:
        raise ValueError("does not fit into 64 bits: write a smaller whole number")
    return value


def _sequence_on_the_wire(value: int) -> int | str:
    return value if abs(value) <= INTEGER_MAX else str(value)


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
    str, AfterValidator(label), WithJsonSchema({"type": "string", "minLength": 1, "maxLength": LABEL_LENGTH})
]
Text = Annotated[
    str,
    AfterValidator(free_text),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": TEXT_LENGTH}),
    VaultText(),
]
Party = Annotated[int | str, BeforeValidator(_party)]
Person = Annotated[Party, PartyId("person")]
Team = Annotated[Party, PartyId("team")]


class Data(BaseModel):
    """What an event tells: the id of its entity and the fields it writes. A field that is left out is not touched."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    constant: ClassVar[dict[str, str]] = {}  # registers that this event always writes, with their text
    clears: ClassVar[bool] = False  # whether null takes back what a field said
    nobody: ClassVar[tuple[str, ...]] = ()  # fields in which null says "nobody"; elsewhere it says nothing
    always: ClassVar[tuple[str, ...]] = ()  # fields that say "nobody" when they are left out
    one_of: ClassVar[tuple[str, ...]] = ()  # fields of which exactly one is given

    @model_serializer(mode="wrap")
    def _told(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Only what was told: a null that nobody said would take back what others said."""
        return {name: value for name, value in handler(self).items() if name in self.model_fields_set}


class Happened(Data):
    """Something that happened on a day, or at an instant: exactly one of the two."""

    one_of: ClassVar[tuple[str, ...]] = ("day", "at")
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
    sequence: Annotated[int, BeforeValidator(_sequence), PlainSerializer(_sequence_on_the_wire, when_used="json")] = (
        Field(
            0, description="orders statements with the same time: a whole number of 64 bits, beyond 32 bits as a text"
        )
    )
    datacontenttype: Annotated[Literal["application/json"], BeforeValidator(json_type)] = Field(
        "application/json", description="the form of data, which is JSON"
    )
    data: Data = Field(description="the entity's id and the fields")

    def logged(self) -> dict[str, Any]:
        """The data as the log keeps them: only what was told, names left out, in one form of writing."""
        data = self.data
        names, kept = names_of(type(data)), data.nobody + data.always
        told = data.model_fields_set
        found = {
            name: value if value is None or type(value) in PLAIN else plain(value)
            for name, value in data.__dict__.items()
            if name in told and name not in names and (value is not None or data.clears or name in kept)
        }
        for name in data.always:
            found.setdefault(name, None)
        return found

    @property
    def entity(self) -> str:
        """Kind and id: `deal:1C1I7A6R`."""
        return f"{self.entity_kind}:{getattr(self.data, self.entity_id)}"
