"""Live cells and history, compared again and again while a server runs, so that an operator hears of it who never asks.

A difference makes a server no less ready: there is one for a log, so nobody would step in for it, and with it would go
history and what is behind each figure, by which alone the cause is found. /ready tells it, and /metrics tells alarms.
"""

import asyncio
import logging
from typing import NamedTuple

from prometheus_client import CollectorRegistry, Gauge
from pydantic import BaseModel, Field

from schemas.moments import from_microseconds, instant_text
from streams.books import Books, UnavailableError
from streams.comparing import Compared
from streams.history import HistoryError
from streams.kafka import KafkaError

logger = logging.getLogger(__name__)


class Live(BaseModel):
    """How live cells and history compared last."""

    differing: int | None = Field(description="how many cells differ; `quotum verify --live` names them")
    cells: int | None = Field(description="how many live cells there were")
    positions: dict[int, int] = Field(description="per partition the offset before which events counted")
    at: str | None = Field(description="when they were compared; null, as the figures are, where they never could be")
    trouble: str = Field(description="why they could not be compared since; empty where they could")


class _Told(NamedTuple):
    at_us: int
    compared: Compared


class Comparing:
    """What came of comparing last. `follow` runs on an event loop; the rest may be asked from any thread."""

    def __init__(self, books: Books, every_seconds: float) -> None:
        """`every_seconds`: 0 for never."""
        self._books = books
        self._every_seconds = every_seconds
        self._last: _Told | None = None
        self._trouble = ""

    async def follow(self) -> None:
        """Compare now, and again and again, until cancelled."""
        while self._every_seconds:
            await asyncio.to_thread(self.compare)
            await asyncio.sleep(self._every_seconds)

    def compare(self) -> None:
        """Compare once. What keeps it from being done is told, and may pass."""
        try:
            compared = self._books.compare()
        except (KafkaError, UnavailableError, HistoryError) as error:
            self._trouble = str(error)
            return
        except Exception as error:  # a check that ends unheard would look as if all were well
            logger.exception("live cells cannot be compared with history")
            self._trouble = repr(error)
            return
        self._last, self._trouble = _Told(self._books.clock(), compared), ""
        if compared.differing:
            logger.error(
                "live cells differ from history (%s of them), such as partition %s: %s",
                len(compared.differing),
                *compared.differing[0],
            )

    def told(self) -> Live | None:
        """What came of it; None where it was never tried."""
        if self._last is None:
            failed = Live(differing=None, cells=None, positions={}, at=None, trouble=self._trouble)
            return failed if self._trouble else None
        at, found = from_microseconds(self._last.at_us), self._last.compared
        return Live(
            differing=len(found.differing),
            cells=found.cells,
            positions=dict(found.positions),
            at=instant_text(at),
            trouble=self._trouble,
        )

    def measure(self, registry: CollectorRegistry) -> None:
        """The same for Prometheus."""
        if not self._every_seconds:
            return
        failing = Gauge(
            "quotum_live_compare_failing", "1 while cells and history cannot be compared", registry=registry
        )
        failing.set(bool(self._trouble))
        if self._last is None:
            return
        at_us, found = self._last
        differing = Gauge("quotum_live_cells_differing", "Cells that differ from history", registry=registry)
        differing.set(len(found.differing))
        at = Gauge("quotum_live_compared_timestamp_seconds", "When they were compared last", registry=registry)
        at.set(at_us / 1_000_000)
        offset = Gauge("quotum_live_compared_offset", "Up to where they were", ["partition"], registry=registry)
        for partition, next_offset in found.positions.items():
            offset.labels(partition).set(next_offset)
