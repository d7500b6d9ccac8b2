"""Dead letters are read as the recorder passes them on; over a real broker in tests/kafka."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from streams.kafka import clients
from streams.kafka.letters import Letter, letters
from tests.streams.kafka.cluster import LOG


class Lying(NamedTuple):
    """A record of their topic."""

    key: bytes
    value: bytes


def test_one_that_was_passed_on_again_is_listed_once_at_its_first_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def told(offset: int, reason: str) -> Lying:
        value = f'{{"topic":"quotum.events","partition":2,"offset":{offset},"reason":"{reason}"}}'
        return Lying(f"2:{offset}".encode(), value.encode())

    def lying(broker: str, topic: str) -> Iterator[Lying]:
        assert (broker, topic) == (LOG.broker, LOG.names.dead_letters)
        return iter([told(3, "holds nothing"), told(7, "its key is not its trail"), told(3, "holds nothing")])

    monkeypatch.setattr(clients, "read_whole", lying)
    assert letters(LOG) == [
        Letter("quotum.events", 2, 3, "holds nothing"),
        Letter("quotum.events", 2, 7, "its key is not its trail"),
    ]
