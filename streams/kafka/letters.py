"""What lies in a log and is no event: the dead letters that its recorder has passed on, read by people."""

from typing import NamedTuple

import msgspec

from streams.kafka import clients
from streams.kafka.topics import Log


class Letter(NamedTuple):
    """Where something lies that is no event, and why it is none."""

    topic: str
    partition: int
    offset: int
    reason: str


def letters(log: Log) -> list[Letter]:
    """All of them, in the order in which they were passed on; each once, with what was said of it last."""
    found = {record.key: record.value for record in clients.read_whole(log.broker, log.names.dead_letters)}
    return [Letter(**msgspec.json.decode(value)) for value in found.values()]
