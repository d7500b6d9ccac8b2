"""The workspaces of real input once more, sent through a real broker: in any order, each event up to three times."""

import random
import shutil
from pathlib import Path
from uuid import uuid4

from streams.books import Books
from streams.kafka import topics
from streams.kafka.live import LiveBooks
from streams.kafka.sending import Sending
from streams.pairing import vault_path
from streams.records import Written, written
from tests.real_input import HISTORY, Source, Workspace, once

PARTITIONS = 4
TIMES = (1, 1, 2, 3)  # how often an event is sent
AT_ONCE = 2_000
EVENTS = """
SELECT id, source, type, trail, entity, asserted_at, sequence, layer, data, digest FROM events
WHERE log_offset >= 2 ORDER BY log_offset
"""  # but the first two, which say what the log's own first two say


def made_live(source: Source, imported: Workspace, broker: str, shared: Path, own: Path) -> Workspace:
    """The workspace of a source as a history that followed a log: made if nobody did, and a copy of one's own."""
    place = shared / f"{source.name}-live"
    once(place, lambda: _make(source, imported.history, broker, place))
    copy = own / f"{source.name}-live"
    shutil.copytree(place, copy)
    return Workspace(copy, imported.printed)


def _make(source: Source, imported: Path, broker: str, place: Path) -> None:
    prefix = f"truth-{place.name}-{uuid4().hex[:12]}"
    log = topics.create(broker, zone=source.zone, currency=source.currency, partitions=PARTITIONS, prefix=prefix)
    shutil.copy(vault_path(imported), vault_path(place / HISTORY))  # people keep their numbers
    sent = shuffled(records(imported))
    sending = Sending(log)
    with LiveBooks.follow(place / HISTORY, log) as books:
        for first in range(0, len(sent), AT_ONCE):
            sending.send(sent[first : first + AT_ONCE]).result()
        sending.close()
        books.settle()
        assert books.next_offset() >= len(sent)


def records(imported: Path) -> list[Written]:
    """The events of a history as they would be sent."""
    with Books.open(imported) as books:
        return [written(found) for found in books.history.rows(EVENTS)]


def shuffled(records: list[Written]) -> list[Written]:
    """Each event up to three times, in no order at all."""
    chance = random.Random(20261123)
    sent = [record for record in records for _ in range(chance.choice(TIMES))]
    chance.shuffle(sent)
    return sent
