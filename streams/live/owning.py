"""What a worker does with a batch of a partition that it owns, and what whoever drives it has to provide for that.

The order of the steps is the whole point, so it is written down once, here. A crash between any two of them loses and
doubles nothing; tests stop at each in turn.
"""

from collections.abc import Sequence
from typing import Protocol

from streams.appending import Position
from streams.live.stepping import Read, Stepping, Stored, Writes

STALE_SECONDS = 302_400  # half a week: what a topic tells of cells that became nothing stays for a week


class Ownership(Protocol):
    """A partition in the hands of one worker, from when it was given to it until it is taken away.

    It begins in this order: shut out whoever owned the partition before, which undoes what that one left open; read
    the changelogs on into the stores, from the position of each and as committed, to their ends; ask for the position
    that was committed last. It goes no further once it is over. A partition that comes back to the same worker is
    another ownership. A store that is older than what the changelog still tells of cells that became nothing begins
    anew. Whatever is raised here ends the worker: what became of a commit is known again once its successor has begun.
    """

    @property
    def stored(self) -> Stored:
        """The worker's stores."""

    def is_over(self) -> bool:
        """Whether the worker was told that the partition is no longer its own, or is its own anew."""

    async def commit(self, writes: Writes) -> bool:
        """States and cells to their changelogs, dead letters, the position with its known_at: one transaction.

        Returns once it is durable. False where somebody else owns the partition by now: then nothing of it happened.
        """

    def keep(self, writes: Writes) -> None:
        """Trail states and cells to the stores, each with the position that its changelog had after the commit.

        Nothing else of the worker goes on meanwhile: the partition could come back to it and be read anew.
        """


async def take(
    stepping: Stepping, own: Ownership, position: Position, records: Sequence[Read], reached: int = 0
) -> Position | None:
    """Take what was fetched from `position` on; the position to go on from, None where the partition is lost.

    Of one ownership only one batch is taken at a time, since each begins at what the one before left in the stores.
    """
    if own.is_over():  # its stores may not be read to their ends, and nobody may have shut it out yet
        return None
    writes = stepping.step(position, records, own.stored, reached)
    if writes.position == position:
        return position
    if not await own.commit(writes) or own.is_over():
        return None
    own.keep(writes)
    return writes.position
