"""Who stands where: ranks over figures, with ties as the reader wants them and never decided by chance.

Pure: figures come in, rows come out. Ties are standard (1,2,2,4), dense (1,2,2,3) or first (1,2,3,4: who reached the
value first stands higher). Within a tie rows go by id.
"""

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from fractions import Fraction
from typing import Literal, NamedTuple, TypeVar

Who = TypeVar("Who", bound=Hashable)
Ties = Literal["standard", "dense", "first"]
Figure = int | float | Fraction
LAST_DAY = 2**31


class Ranked(NamedTuple):
    """A place on the board. `rank` is None where there is nothing to rank: unassigned, or no figure at all."""

    rank: int | None
    who: object
    value: Figure | None


def rank(
    values: Mapping[Who, Figure | None],
    ties: Ties = "standard",
    *,
    least_first: bool = False,
    reached: Callable[[Collection[Who]], Mapping[Who, int]] | None = None,
    unassigned: Who | None = None,
) -> list[Ranked]:
    """The board, from the best value down; who has no value (None) follows unranked, then unassigned.

    `reached` says for those who share a value on which day each got there, and is only asked for ties "first"; whom it
    does not name comes after those it does.
    """
    placed = {who: value for who, value in values.items() if value is not None and who != unassigned}
    order = sorted(placed, key=lambda who: (placed[who] if least_first else -placed[who], _id(who)))
    if ties == "first":
        order = _by_arrival(order, placed, reached)
        rows = [Ranked(place, who, placed[who]) for place, who in enumerate(order, 1)]
    else:
        rows = list(_with_ties(order, placed, dense=ties == "dense"))
    rest = sorted((who for who, value in values.items() if value is None and who != unassigned), key=_id)
    rows += [Ranked(None, who, None) for who in rest]
    last = [value for who, value in values.items() if who == unassigned and value is not None]
    return rows + [Ranked(None, None, value) for value in last]


def _id(who: object) -> tuple[int, str]:
    return (who, "") if isinstance(who, int) else (0, str(who))


def _with_ties(order: list[Who], placed: Mapping[Who, Figure], *, dense: bool) -> Iterable[Ranked]:
    place, last = 0, None
    for count, who in enumerate(order, 1):
        if last is None or placed[who] != last:
            place, last = (place + 1 if dense else count), placed[who]
        yield Ranked(place, who, placed[who])


def _by_arrival(
    order: list[Who],
    placed: Mapping[Who, Figure],
    reached: Callable[[Collection[Who]], Mapping[Who, int]] | None,
) -> list[Who]:
    counts: dict[Figure, list[Who]] = {}
    for who in order:
        counts.setdefault(placed[who], []).append(who)
    tied = [who for group in counts.values() if len(group) > 1 for who in group]
    arrival = reached(tied) if reached and tied else {}
    return [
        who
        for group in counts.values()
        for who in sorted(group, key=lambda who: (arrival.get(who, LAST_DAY), _id(who)))
    ]
