"""Folding without the garbage collector in the way.

A fold makes many small objects that stay, and none that refer to each other in a circle. The collector looks at all of
them again and again and finds nothing; the fold was seen a third faster without. It waits until a batch is done.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collection_paused() -> Iterator[None]:
    """No collection of circular garbage within; whatever was the rule before is so again afterwards."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
