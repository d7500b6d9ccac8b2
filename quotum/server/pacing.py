"""How fast it is going, in words: ahead, on track or behind, and what is needed on each day that is left."""

import math
from datetime import date

from projections.metrics import Metric
from projections.progress import Pace, Standing, pace
from quotum.boards import BoardRow
from quotum.progress import percent
from quotum.server import naming
from quotum.server.naming import message
from quotum.server.wording import Words
from quotum.values import value_text
from schemas.data import MILLIONTHS
from schemas.money import digits
from schemas.periods import Period

STANDINGS = {
    Standing.AHEAD: message("ahead"),
    Standing.ON_TRACK: message("on track"),
    Standing.BEHIND: message("behind"),
}
NONE = "none"  # the state of whoever has no target where others have one
TENTH = MILLIONTHS // 10


def paced(
    words: Words, metric: Metric, period: Period, row: BoardRow, today: date, decimals: int | None = None
) -> dict[str, str]:
    """What the page says of a row's target: how much of it is reached, and whether that is fast enough.

    `decimals`: how many digits after the point its column has; default: as many as it needs alone.
    """
    if row.attainment is None or row.target is None:
        return {"done": "", "state": "", "status": "", "pace": ""}
    found = pace(row.towards or 0, row.target, period, today)
    share = words.percentage(percent(row.attainment), decimals)
    elsewhere = row.towards != row.value  # on a team's board, of somebody who was in another team as well
    return {
        "done": words.say("{share} in all teams", share=share) if elsewhere else share,
        "state": found.standing.replace(" ", "-") if found.standing else "",
        "status": words.plain(STANDINGS[found.standing]) if found.standing else "",
        "pace": needed(words, metric, row.currency, found),
    }


def without_target(words: Words) -> dict[str, str]:
    """The same for whoever has none where others have one."""
    return {"done": "", "state": NONE, "status": words.say("no target"), "pace": ""}


def needed(words: Words, metric: Metric, currency: str, found: Pace) -> str:
    """5 working days left, 2 a day needed; empty once nothing is, or no day is left."""
    if not found.needed_a_day:
        return ""
    # Up to the next whole euro or tenth: who does what is shown gets there.
    step = 10 ** digits(currency) if metric.unit == "money" else TENTH
    value = value_text(metric, math.ceil(found.needed_a_day / step) * step, currency)
    amount = naming.amount(words, metric.name, value, currency) if currency else words.figure(value)
    return words.count(
        "{n} working day left, {amount} a day needed",
        "{n} working days left, {amount} a day needed",
        found.left,
        amount=amount,
    )
