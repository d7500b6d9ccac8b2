"""The shapes of what is told of the organisation: teams and who is in them, the workspace and its credit rule."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from schemas.envelope import Data, Day, Label, Person, Team, VaultName, Writes
from schemas.moments import zone_of
from schemas.money import Money

PARTITIONS_MAX = 10_000


class TeamFormed(Data):
    """A team and the region it belongs to."""

    team: Team = Field(description="the source's id of the team")
    name: Annotated[Label | None, VaultName("team")] = Field(None, description="its name; kept in the vault alone")
    region: Annotated[Label | None, Writes("region")] = Field(None, description="the region it sells in")
    constant: ClassVar[dict[str, str]] = {"alive": "yes"}


def team_text(team: int) -> str:
    """The team's number as text."""
    return str(team)


class RepJoined(Data):
    """A rep belongs to a team from a day on."""

    rep: Person = Field(description="the source's id of the person")
    name: Annotated[Label | None, VaultName("rep")] = Field(None, description="the name; kept in the vault alone")
    team: Annotated[Team | None, Writes("team@", team_text)] = Field(None, description="the team; left out: none")
    day: Day = Field(description="the first day")
    always: ClassVar[tuple[str, ...]] = ("team",)


class RepMovedTeam(Data):
    """A rep belongs to another team from a day on; what was sold before stays with the former team."""

    rep: Person = Field(description="the source's id of the person")
    team: Annotated[Team, Writes("team@", team_text)] = Field(description="the new team")
    day: Day = Field(description="the first day in it")


class RepLeft(Data):
    """A rep no longer belongs to the organisation."""

    rep: Person = Field(description="the source's id of the person")
    day: Day = Field(description="the first day on which the rep no longer belongs")
    constant: ClassVar[dict[str, str]] = {"team@": "left"}


def _known_zone(name: str) -> str:
    zone_of(name)
    return name


def yes_text(said: bool) -> str:  # noqa: FBT001 (a value of an event, not a switch)
    """`yes` or `no`."""
    return "yes" if said else "no"


class WorkspaceOpened(Data):
    """The books are opened: which days, which money, which fiscal year."""

    zone: Annotated[Label, AfterValidator(_known_zone), Writes("zone")] = Field(
        description="the IANA time zone whose days count, such as Europe/Amsterdam"
    )
    currency: Annotated[Label, Writes("currency")] = Field(description="the ISO 4217 currency of the books")
    fiscal_start: Annotated[int, Field(ge=1, le=12), Writes("fiscal_start", str)] = Field(
        1, description="the month, 1 to 12, in which the fiscal year starts"
    )
    demo: Annotated[bool | None, Writes("demo", yes_text)] = Field(
        None, description="whether these are books of a demo: then they take in what the demo sells and nothing else"
    )
    partitions: Annotated[int | None, Field(ge=1, le=PARTITIONS_MAX), Writes("partitions", str)] = Field(
        None, description="how many partitions the log has on Kafka, for good; left out: it is not on Kafka"
    )

    @model_validator(mode="after")
    def _known_currency(self) -> Self:
        Money(value="0", currency=self.currency)
        return self


class CreditRuleSet(Data):
    """Who gets the credit for deals from a day on: their owner, their closer, or the seller of the latest offer."""

    rule: Annotated[Literal["owner", "closer", "seller"], Writes("credit@")] = Field(
        description="`owner`, `closer` or `seller`"
    )
    day: Day | None = Field(None, description="from which day; left out: from the beginning")
