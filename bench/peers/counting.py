"""Our own driver, counting by trail and nothing else: what is left for a fold to cost."""

import json
import sys
import time
from collections import Counter
from collections.abc import Sequence

from schemas.log_events import decode
from schemas.moments import Calendar
from streams.appending import Position
from streams.kafka.reading import places
from streams.kafka.topics import check
from streams.kafka.workers.owned import Site
from streams.kafka.workers.running import Worker
from streams.live.stepping import Read, Stepping, Stored, Writes
from streams.told import Record

SESSION_SECONDS = 10.0
begun: list[float] = []


class Counting(Stepping):
    """A step that decodes each event, and keeps how many each trail has."""

    def step(self, position: Position, records: Sequence[Read], stored: Stored, reached: int = 0) -> Writes:
        """The same as a whole step, without any meaning. Nobody reads ahead of it: records come as the log has them."""
        begun.append(time.perf_counter())
        values = (one.value for one in records if isinstance(one, Record) and one.value)
        counts = Counter(decode(value).trail.encode() for value in values)
        known = stored.trails(counts.keys())
        trails = {trail: b"%d" % (count + int(known.get(trail, 0))) for trail, count in counts.items()}
        return Writes(position._replace(next_offset=reached), trails, {}, [])


def main(broker: str, prefix: str, wanted: int) -> None:
    """Count what is in the log, and tell how long it took."""
    log = check(broker, prefix)
    worker = Worker(Site(log, SESSION_SECONDS), None, stepping=Counting(Calendar(log.workspace.zone), places(log)))
    worker.start()
    while worker.events < wanted and not worker.failed:
        time.sleep(0.005)
    print(json.dumps({"events": worker.events, "seconds": time.perf_counter() - begun[0]}), flush=True)
    worker.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
