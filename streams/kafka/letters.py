"""What lies in a log and is no event: the dead letters that are passed on for people to read.

The recorder passes them on, and so do workers, each in a transaction with the rest of a step: a log may have only one
of the two. Both say the same of the same record by the same key, so that one which comes again is known.
"""

from typing import NamedTuple

import msgspec

from streams.appending import DeadLetter
from streams.following import ORGANISATION_PARTITION
from streams.kafka import clients
from streams.kafka.topics import Log, Names


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


def as_record(names: Names, letter: DeadLetter) -> tuple[bytes, bytes]:
    """Key and value of the record that passes a dead letter on."""
    is_event = letter.log_partition != ORGANISATION_PARTITION
    told = {
        "topic": names.events if is_event else names.organisation,
        "partition": letter.log_partition if is_event else 0,
        "offset": letter.log_offset,
        "reason": letter.reason,
    }
    return f"{letter.log_partition}:{letter.log_offset}".encode(), msgspec.json.encode(told)
