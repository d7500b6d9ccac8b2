"""Faust as it comes: an agent that decodes each event and counts it by its trail, in a table with a changelog."""

import json
import os
import sys
import time

import faust
import msgspec

broker, prefix, wanted = sys.argv[1], sys.argv[2], int(sys.argv[3])
decode = msgspec.json.Decoder().decode
app = faust.App(
    f"{prefix}-stock",
    broker=f"kafka://{broker}",
    store="memory://",
    topic_replication_factor=1,
    topic_partitions=4,
    web_enabled=False,
    stream_wait_empty=False,
    consumer_auto_offset_reset="earliest",
)
events = app.topic(f"{prefix}.events", key_type=bytes, key_serializer="raw", value_type=bytes, value_serializer="raw")
counts = app.Table("counts", default=int, partitions=4, key_type=str, value_type=int)
seen = {"events": 0, "begun": 0.0}


@app.agent(events)  # type: ignore[untyped-decorator]  # Faust is not followed by mypy
async def count(stream: faust.StreamT[bytes]) -> None:
    """Each event, one by one."""
    async for value in stream:
        seen["begun"] = seen["begun"] or time.perf_counter()
        counts[decode(value)["trail"]] += 1
        seen["events"] += 1
        if seen["events"] == wanted:
            print(json.dumps({"events": wanted, "seconds": time.perf_counter() - seen["begun"]}), flush=True)
            os._exit(0)  # it has told all there is to tell, and Faust takes its time to end


if __name__ == "__main__":
    faust.Worker(app, loglevel="ERROR", redirect_stdouts=False).execute_from_commandline()
