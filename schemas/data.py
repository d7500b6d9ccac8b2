"""The shapes of what events tell. Several events share a shape: a call and a demo are logged with the same fields.

Each field says which register it writes, so that a field cannot be added without saying what it means to the fold.
"""

import re
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, ClassVar, Literal, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema, model_validator

from schemas.envelope import Data, Day, Happened, Instant, Label, Person, Writes, label
from schemas.money import Money

MILLIONTHS = 1_000_000
UNITS_MAX = 10**9
PLAIN_DECIMAL = re.compile(r"(-?)(\d{1,15})(?:\.(\d{1,6})0*)?", re.ASCII)
D = TypeVar("D", bound=Data)


def money_text(value: dict[str, str]) -> str:
    """`1054.00 EUR`: an amount as a register holds it."""
    return f"{value['value']} {value['currency']}"


@lru_cache(maxsize=65_536)
def holder_text(rep: int) -> str:
    """One rep with the whole: `17:1000000`."""
    return f"{rep}:{MILLIONTHS}"


def shares_text(shares: list[dict[str, object]]) -> str:
    """Several reps with millionths, by number: `17:500000,18:500000`."""
    parts = sorted((int(str(part["rep"])), millionths(str(part["share"]))) for part in shares)
    return ",".join(f"{rep}:{share}" for rep, share in parts)


def millionths(text: str) -> int:
    """A decimal text as whole millionths; ValueError where it is finer than that, or no plain decimal."""
    found = PLAIN_DECIMAL.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is not a decimal with at most six digits after the point, such as 2.5")
    sign, whole, fraction = found.groups()
    return int(f"{sign}{whole}{(fraction or '').ljust(6, '0')}")


def units_text(text: str) -> str:
    """A count in its one way of writing, without zeros at the end; ValueError where it cannot be one."""
    whole = millionths(text)
    if abs(whole) > UNITS_MAX * MILLIONTHS:
        raise ValueError(f"{text!r} is more than {UNITS_MAX} units, which is surely a slip")
    return f"{Decimal(whole).scaleb(-6):f}".rstrip("0").rstrip(".") if whole % MILLIONTHS else str(whole // MILLIONTHS)


def _share(text: str) -> str:
    if millionths(text) <= 0:
        raise ValueError("a share is more than 0; leave out who gets nothing")
    return text


Customer = Annotated[Literal["new", "existing"], Writes("customer")]
DECIMAL = WithJsonSchema({"type": "string", "format": "decimal"})
Units = Annotated[str, AfterValidator(units_text), DECIMAL, Writes("units")]
Amount = Annotated[Money, Writes("amount", money_text)]
Product = Annotated[Label, Writes("product")]
Campaign = Annotated[Label, Writes("campaign")]
Kind = Annotated[Label, Writes("kind")]
Holder = Annotated[Person, Writes("shares", holder_text)]
ID = Field(description="the id of the entity, as its source gives it; prefix it where two systems number alike")
REP = Field(None, description="who it counts for: the source's id of the person; left out: unassigned")
CAMPAIGN = Field(None, description="the campaign it came from")
PRODUCT = Field(None, description="the product, in the source's own spelling")
CUSTOMER = Field(None, description="whether the customer is `new` or `existing`")
KIND = Field(None, description="a free label of your own, such as `call.offer`")
AMOUNT = Field(None, description="the amount, a decimal text with its currency")
UNITS = Field(None, description="how many units, a decimal text")


class Thing(Data):
    """An entity and nothing more."""

    id: Label = ID


class Voided(Thing):
    """It no longer counts for anything."""

    constant: ClassVar[dict[str, str]] = {"alive": "no"}


class ActivityDone(Happened):
    """An activity that a rep did."""

    id: Label = ID
    rep: Holder | None = REP
    day: Annotated[Day | None, Writes("when")] = Field(None, description="the day it happened, the same in every zone")
    at: Annotated[Instant | None, Writes("when")] = Field(None, description="the instant it happened; this or `day`")
    kind: Kind | None = KIND
    campaign: Campaign | None = CAMPAIGN
    product: Product | None = PRODUCT
    customer: Customer | None = CUSTOMER


class ActivityAmended(Data):
    """What changed of an activity; null takes a field back."""

    clears: ClassVar[bool] = True
    id: Label = ID
    day: Annotated[Day | None, Writes("when")] = Field(None, description="the day it happened after all")
    at: Annotated[Instant | None, Writes("when")] = Field(None, description="the instant it happened; this or `day`")
    kind: Kind | None = KIND
    campaign: Campaign | None = CAMPAIGN
    product: Product | None = PRODUCT
    customer: Customer | None = CUSTOMER

    @model_validator(mode="after")
    def _some_change(self) -> Self:
        return _changed_once(self, ("day", "at"))


def _changed_once(data: D, *pairs: tuple[str, str]) -> D:
    if len(data.model_fields_set) < 2:  # noqa: PLR2004 (the id and one field)
        raise ValueError("an amendment says what changed: give at least one field beside the id")
    for pair in pairs:
        if data.model_fields_set >= set(pair):
            raise ValueError(f"give `{pair[0]}` or `{pair[1]}`, one of the two")
    return data


class Share(BaseModel):
    """A part of the credit for one rep."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    rep: Person = Field(description="the source's id of the person")
    share: Annotated[str, AfterValidator(_share), DECIMAL] = Field(description="the part, a decimal text such as 0.5")


class Reassigned(Data):
    """Who it counts for from a day on; without a day, what was said for the present step is put right."""

    id: Label = ID
    rep: Annotated[Person | None, Writes("shares@", holder_text)] = Field(
        None, description="the one rep it counts for; null: nobody. Give this or `shares`"
    )
    shares: Annotated[list[Share] | None, Writes("shares@", shares_text)] = Field(
        None, description="several reps with shares that sum to 1"
    )
    day: Day | None = Field(None, description="from which day; left out: corrects the step in force")
    nobody: ClassVar[tuple[str, ...]] = ("rep",)
    one_of: ClassVar[tuple[str, ...]] = ("rep", "shares")

    @model_validator(mode="after")
    def _one_holder(self) -> Self:
        if ("rep" in self.model_fields_set) == (self.shares is not None):
            raise ValueError("give `rep` or `shares`, one of the two; `rep` as null says that nobody gets the credit")
        if self.shares is not None:
            _whole(self.shares)
        return self


def _whole(shares: list[Share]) -> None:
    if sum(millionths(part.share) for part in shares) != MILLIONTHS:
        raise ValueError("the shares must sum to 1 exactly; give one of them the rest, such as 0.333334")
    if len({str(part.rep) for part in shares}) != len(shares):
        raise ValueError("a rep stands twice among the shares; add them up")


class LeadCreated(Happened):
    """A lead came in."""

    id: Label = ID
    rep: Holder | None = REP
    day: Annotated[Day | None, Writes("created")] = Field(None, description="the day it came in")
    at: Annotated[Instant | None, Writes("created")] = Field(None, description="the instant; this or `day`")
    campaign: Campaign | None = CAMPAIGN
    product: Product | None = PRODUCT
    customer: Customer | None = CUSTOMER


class LeadHandled(Happened):
    """A lead was worked on to its end."""

    id: Label = ID
    rep: Annotated[Person | None, Writes("handled_by", holder_text)] = Field(None, description="who handled it")
    day: Annotated[Day | None, Writes("handled")] = Field(None, description="the day it was handled")
    at: Annotated[Instant | None, Writes("handled")] = Field(None, description="the instant; this or `day`")
    campaign: Campaign | None = CAMPAIGN
    product: Product | None = PRODUCT
    customer: Customer | None = CUSTOMER
    always: ClassVar[tuple[str, ...]] = ("rep",)


class LeadQualified(Happened):
    """A lead was found worth a deal."""

    id: Label = ID
    rep: Annotated[Person | None, Writes("qualified_by", holder_text)] = Field(None, description="who qualified it")
    day: Annotated[Day | None, Writes("qualified")] = Field(None, description="the day it was qualified")
    at: Annotated[Instant | None, Writes("qualified")] = Field(None, description="the instant; this or `day`")
    campaign: Campaign | None = CAMPAIGN
    product: Product | None = PRODUCT
    customer: Customer | None = CUSTOMER
    always: ClassVar[tuple[str, ...]] = ("rep",)


class DealOpened(Happened):
    """A deal was opened."""

    id: Label = ID
    rep: Holder | None = Field(None, description="its owner; left out: unassigned")
    day: Annotated[Day | None, Writes("opened")] = Field(None, description="the day it was opened")
    at: Annotated[Instant | None, Writes("opened")] = Field(None, description="the instant; this or `day`")
    amount: Amount | None = AMOUNT
    units: Units | None = UNITS
    product: Product | None = PRODUCT
    campaign: Campaign | None = CAMPAIGN
    customer: Customer | None = CUSTOMER


class DealAmended(Data):
    """What changed of a deal; null takes a field back."""

    clears: ClassVar[bool] = True
    id: Label = ID
    opened_day: Annotated[Day | None, Writes("opened")] = Field(None, description="the day it was opened after all")
    opened_at: Annotated[Instant | None, Writes("opened")] = Field(None, description="the instant it was opened")
    closed_day: Annotated[Day | None, Writes("closed")] = Field(None, description="the day it was closed after all")
    closed_at: Annotated[Instant | None, Writes("closed")] = Field(None, description="the instant it was closed")
    amount: Amount | None = AMOUNT
    units: Units | None = UNITS
    product: Product | None = PRODUCT
    campaign: Campaign | None = CAMPAIGN
    customer: Customer | None = CUSTOMER

    @model_validator(mode="after")
    def _some_change(self) -> Self:
        return _changed_once(self, ("opened_day", "opened_at"), ("closed_day", "closed_at"))


class _DealClosed(Happened):
    id: Label = ID
    rep: Annotated[Person | None, Writes("closed_by", holder_text)] = Field(
        None, description="who closed it (the owner is who opened it, or whom it was reassigned to)"
    )
    day: Annotated[Day | None, Writes("closed")] = Field(None, description="the day it was closed")
    at: Annotated[Instant | None, Writes("closed")] = Field(None, description="the instant; this or `day`")
    amount: Amount | None = AMOUNT
    units: Units | None = UNITS
    product: Product | None = PRODUCT
    campaign: Campaign | None = CAMPAIGN
    customer: Customer | None = CUSTOMER
    always: ClassVar[tuple[str, ...]] = ("rep",)


class DealWon(_DealClosed):
    """The customer said yes. Without an amount it counts and brings no revenue."""

    constant: ClassVar[dict[str, str]] = {"outcome": "won"}


class DealLost(_DealClosed):
    """The customer said no."""

    constant: ClassVar[dict[str, str]] = {"outcome": "lost"}


class DealReopened(Thing):
    """A won or lost deal is open again: whatever it counted for as won or lost is taken back."""

    constant: ClassVar[dict[str, str]] = {"outcome": "open"}


def _entity(text: str) -> str:
    kind, colon, id_ = text.partition(":")
    if not (colon and kind.isalpha() and id_.strip()):
        raise ValueError("is not the kind and the id of an entity: write them with a colon between, such as deal:42")
    return f"{kind}:{label(id_)}"


class CorrectionWithdrawn(Data):
    """What a person said about an entity no longer counts; what the feeds say does again."""

    entity: Annotated[str, AfterValidator(_entity), WithJsonSchema({"type": "string", "pattern": "^[a-z]+:."})] = Field(
        description="kind and id of the entity, such as `deal:1C1I7A6R`"
    )
    fields: Annotated[list[Label], Field(min_length=1)] | None = Field(
        None, description="what of it, by the names below; left out: everything"
    )
