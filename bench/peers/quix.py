"""Quix Streams as it comes: each event is counted by its key, in a state with a changelog.

It runs in an environment of its own.
"""

import json
import sys
import tempfile
import time

from quixstreams import Application, State

broker, prefix, wanted = sys.argv[1], sys.argv[2], int(sys.argv[3])
begun: list[float] = []  # when the first event came


def count(_: object, state: State) -> int:
    """One more of this key."""
    if not begun:
        begun.append(time.perf_counter())
    seen = state.get("count", 0) + 1
    state.set("count", seen)
    return int(seen)


with tempfile.TemporaryDirectory() as folder:
    app = Application(
        broker_address=broker,
        consumer_group=f"{prefix}-quix",
        auto_offset_reset="earliest",
        state_dir=folder,
        loglevel="ERROR",
    )
    topic = app.topic(f"{prefix}.events", key_deserializer="str", value_deserializer="json")
    app.dataframe(topic).apply(count, stateful=True)
    app.run(count=wanted)
    print(json.dumps({"events": wanted, "seconds": time.perf_counter() - begun[0]}), flush=True)
