"""Telling once that a target was reached or lost again, whoever tells, and however often it is killed meanwhile.

What was told lies in the log itself. Who wants to tell shuts out everybody else first, then learns all that the log
holds by then, and only then decides and commits. So nothing is decided on what somebody else may just have told, and
nothing while figures are being made anew and stand where they stood long ago.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from projections.crossings import Crossing, Said, crossings


class Teller(Protocol):
    """Somebody who may tell. Whatever is raised here ends the telling; the next one begins from the start."""

    async def said(self) -> Mapping[str, Said]:
        """What the log says, as far as it is known."""

    async def reached(self) -> Mapping[str, bool]:
        """Which targets are reached, as far as is known, of those that have an attainment."""

    async def shut_out(self) -> None:
        """See that nobody else can commit any more, and that what others left open is undone or done."""

    async def catch_up(self) -> bool:
        """Know all that the log held when this was asked, in both; False where that takes too long."""

    async def commit(self, found: Sequence[Crossing]) -> bool:
        """Put it into the log, in this order, all or nothing; False where somebody else shut this one out."""


async def tell(teller: Teller) -> Sequence[Crossing]:
    """Tell what is to be told, and give it back."""
    if not crossings(await teller.said(), await teller.reached()):  # nearly always, and it costs nobody anything
        return []
    await teller.shut_out()
    if not await teller.catch_up():
        return []
    found = crossings(await teller.said(), await teller.reached())
    return found if found and await teller.commit(found) else []
