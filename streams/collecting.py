"""Folding without the garbage collector in the way.

A fold makes many small objects that stay, and none that refer to each other in a circle. The collector looks at all of
them again and again and finds nothing; the fold was seen a third faster without. It waits until a batch is done, and
while several threads are at one, until none is.
"""

import gc
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import Lock

YOUNG_OBJECTS = 50_000  # Python looks after 700, which is a fraction of one batch
LOOKED_AFTER_RECORDS = 1_000_000  # of a pause that lasts: most of a minute's work, and a look takes a second


def put_aside_what_stays() -> None:
    """What was made by now lives as long as the process: looking through it for garbage again and again is in vain.

    It is some 120,000 objects (models, libraries), and a look through all of them holds everybody up for 60 ms. What is
    made later is looked through once it is more than what requests or rows under way hold, most of which ends by
    itself. To be called early, while next to nothing of it is garbage: that would stay too.
    """
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, *gc.get_threshold()[1:])


class _Pauses:
    """How many there are now, and what was the rule before the first of them."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._count = 0
        self._was_enabled = False

    def begin(self) -> None:
        with self._lock:
            if not self._count:
                self._was_enabled = gc.isenabled()
                gc.disable()
            self._count += 1

    def end(self) -> None:
        with self._lock:
            self._count -= 1
            if not self._count and self._was_enabled:
                gc.enable()


_pauses = _Pauses()


@contextmanager
def collection_paused() -> Iterator[None]:
    """No collection of circular garbage within; whatever was the rule before is so again once nobody is within."""
    _pauses.begin()
    try:
        yield
    finally:
        _pauses.end()


class LongPause:
    """A pause over many batches; what others made meanwhile and is garbage is looked for now and then. One thread."""

    def __init__(self, looked_after_records: int = LOOKED_AFTER_RECORDS) -> None:
        """Not begun yet."""
        self._looked_after = looked_after_records
        self._records = 0
        self._pause = ExitStack()
        self._is_on = False

    def begin(self) -> None:
        """Pause; again is harmless."""
        if not self._is_on:
            self._pause.enter_context(collection_paused())
            self._is_on = True

    def end(self) -> None:
        """Pause no longer; again is harmless."""
        self._pause.close()
        self._is_on, self._records = False, 0

    def worked(self, records: int) -> None:
        """So many records were read meanwhile."""
        self._records += records if self._is_on else 0
        if self._records >= self._looked_after:
            self._records = 0
            gc.collect()
