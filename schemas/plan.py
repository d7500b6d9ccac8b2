"""The shapes of what is planned: which target was agreed for whom, and how it changed since.

What a target is measured by is a metric by its name. Names of metrics belong to the meaning, a floor up, so the door
refuses an unknown one and this floor does not.
"""

from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, Field, model_validator

from schemas.data import DECIMAL, ID, money_text, units_text
from schemas.envelope import Data, Day, Label, Person, Team, Text, Writes
from schemas.money import Money
from schemas.organisation_data import team_text
from schemas.periods import parse_period


def _not_below(text: str) -> str:
    if text.startswith("-"):
        raise ValueError(f"{text} lies below 0: a target is something to reach; 0 says that there is none any more")
    return text


def _amount(money: Money) -> Money:
    _not_below(money.value)
    return money


def _period(text: str) -> str:
    parse_period(text)
    return text


Value = Annotated[str, AfterValidator(units_text), AfterValidator(_not_below), DECIMAL, Writes("value@")]
Amount = Annotated[Money, AfterValidator(_amount), Writes("value@", money_text)]
Author = Annotated[Person, Writes("author@", team_text)]
Reason = Annotated[Text, Writes("reason@")]
VALUE = Field(None, description="how many, a decimal text, for a metric that counts; give this or `amount`")
AMOUNT = Field(None, description="how much, a decimal text with its currency, for a metric that is money")
AUTHOR = Field(description="who decided it: the source's id of the person")
REASON = Field(description="why, in up to 2,000 characters; kept in the vault alone")


class _Aim(Data):
    id: Label = ID
    value: Value | None = VALUE
    amount: Amount | None = AMOUNT
    author: Author = AUTHOR
    reason: Reason = REASON
    one_of: ClassVar[tuple[str, ...]] = ("value", "amount")

    @model_validator(mode="after")
    def _one_value(self) -> Self:
        if (self.value is None) == (self.amount is None):
            raise ValueError("give `value` for a metric that counts or `amount` for one that is money, one of the two")
        return self


class TargetAgreed(_Aim):
    """What is to be reached, by whom, in which period. Neither `rep` nor `team`: by the whole company."""

    metric: Annotated[Label, Writes("metric")] = Field(description="what is counted: a name of docs/metrics.md")
    period: Annotated[Label, AfterValidator(_period), Writes("period")] = Field(
        description="the days: such as `2017-03`, `2017-W12`, `2017-Q2`, `FY2017` or `2017-03-01..2017-04-30`"
    )
    rep: Annotated[Person | None, Writes("rep", team_text)] = Field(
        None, description="whose target it is, the source's id of the person; or give `team`, or neither"
    )
    team: Annotated[Team | None, Writes("team", team_text)] = Field(
        None, description="the source's id of the team whose target it is; left out as `rep` is: the whole company's"
    )
    always: ClassVar[tuple[str, ...]] = ("rep", "team")

    @model_validator(mode="after")
    def _one_scope(self) -> Self:
        if self.rep is not None and self.team is not None:
            raise ValueError("give `rep` or `team`, one of the two, or neither for the whole company")
        return self


class TargetChanged(_Aim):
    """Another value from a day on; what was valid before that day stays so."""

    day: Day = Field(description="from which day the value holds")


class _Crossing(Data):
    id: Label = ID
    turn: Annotated[int, Field(ge=1, le=2**31 - 1), Writes("turn", str)] = Field(
        description="1 when it is reached first, 2 when it is lost again, 3 when it is reached again: each is said once"
    )


class TargetReached(_Crossing):
    """All of it is done."""

    constant: ClassVar[dict[str, str]] = {"standing": "reached"}


class TargetLost(_Crossing):
    """Less than all of it is done again."""

    constant: ClassVar[dict[str, str]] = {"standing": "lost"}
