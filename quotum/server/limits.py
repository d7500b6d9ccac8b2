"""How many requests a caller may make: a bucket of tokens each, filled at a steady rate."""

import math
import time
from collections.abc import Callable
from http import HTTPStatus

from quotum.server.problems import Fault, ProblemError

REQUESTS_PER_SECOND = 500.0
BURST_REQUESTS = 1_000.0
CALLERS_KEPT = 10_000


class Limits:
    """Counts requests per caller."""

    def __init__(
        self,
        per_second: float = REQUESTS_PER_SECOND,
        burst: float = BURST_REQUESTS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`burst`: how many at once; `per_second`: how fast they come back; `clock` in seconds."""
        self._per_second = per_second
        self._burst = burst
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}  # tokens left, as of when

    def count(self, caller: str) -> None:
        """Count a request; ProblemError 429 with Retry-After if it is one too many."""
        now = self._clock()
        left, as_of = self._buckets.pop(caller, (self._burst, now))
        left = min(self._burst, left + (now - as_of) * self._per_second)
        if len(self._buckets) >= CALLERS_KEPT:
            self._buckets.pop(next(iter(self._buckets)))  # whoever was quiet longest has a full bucket again
        if left < 1:
            self._buckets[caller] = (left, now)
            wait = str(math.ceil((1 - left) / self._per_second))
            detail = f"more than {self._per_second:g} requests a second"
            remedy = "send more events in one request, or ask less often"
            fault = Fault(field="Retry-After", fault=detail, remedy=f"{remedy}; again in {wait} s")
            later = {"Retry-After": wait}
            raise ProblemError(HTTPStatus.TOO_MANY_REQUESTS, f"{detail}: {remedy}", [fault], later)
        self._buckets[caller] = (left - 1, now)
