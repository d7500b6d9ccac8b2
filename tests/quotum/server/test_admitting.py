"""What is taken at once is bounded, in bytes and in threads, and who comes beyond that is told so at once."""

import asyncio
from threading import Event

import pytest

from quotum.server.admitting import LEAST_BYTES, Admission
from streams.books import UnavailableError

MOST_BYTES = 10 * LEAST_BYTES
PATIENCE_SECONDS = 30


def test_bytes_are_held_as_they_come_and_let_go_of_in_the_end() -> None:
    admission = Admission(MOST_BYTES)
    with admission.hold() as first:
        first.grow(4 * LEAST_BYTES)
        first.grow(3 * LEAST_BYTES)  # less than there is already
        with admission.hold():
            assert admission.held == 5 * LEAST_BYTES  # a small one counts as well
    assert admission.held == 0


def test_what_has_no_room_is_refused_at_once_by_what_it_says_or_by_what_comes() -> None:
    admission = Admission(MOST_BYTES)
    with admission.hold(MOST_BYTES) as first:
        first.grow(8 * LEAST_BYTES)
        with pytest.raises(UnavailableError, match="128000 bytes of events wait"), admission.hold(3 * LEAST_BYTES):
            pass
        with admission.hold(2 * LEAST_BYTES) as second:  # which says less than it sends
            second.grow(2 * LEAST_BYTES)
            with pytest.raises(UnavailableError):
                second.grow(2 * LEAST_BYTES + 1)
        assert admission.held == 8 * LEAST_BYTES
    with admission.hold(2 * MOST_BYTES):  # who finds it idle is let in
        pass


def test_who_finds_no_thread_in_time_is_refused_and_nothing_of_theirs_was_begun() -> None:
    go_on, hangs, begun = Event(), Event(), list[str]()

    def hang() -> None:
        begun.append("first")
        hangs.set()
        go_on.wait(PATIENCE_SECONDS)

    async def ask() -> None:
        admission = Admission(threads=1, patience_seconds=0)
        first = asyncio.create_task(admission.run(hang))
        await asyncio.to_thread(hangs.wait, PATIENCE_SECONDS)
        with pytest.raises(UnavailableError, match="what came before waits"):
            await admission.run(lambda: begun.append("second"))
        go_on.set()
        await first
        await admission.run(lambda: begun.append("third"))

    asyncio.run(ask())
    assert begun == ["first", "third"]
