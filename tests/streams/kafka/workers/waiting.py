"""Waiting for what other tasks of the same loop come to."""

import asyncio
from collections.abc import Callable

PATIENCE_SECONDS = 60  # far more than anything takes; it only ends a test that hangs


async def until(is_so: Callable[[], bool]) -> None:
    """Let others go on until it is so."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not is_so():  # noqa: ASYNC110 (what is waited for has no event of its own)
            await asyncio.sleep(0)
