"""Facts are read back from history as they were recorded, each once."""

from collections.abc import Iterator

import pytest

from schemas.facts import FEED, PERSON, fact
from streams.history import History
from streams.recorder import Recorder
from streams.stored import source_facts, stored_facts
from tests.histories import History as Events
from tests.streams.recording import AMSTERDAM, NOW, call, entries, in_memory

TWICE = "INSERT INTO events SELECT * REPLACE (log_offset + 9 AS log_offset, true AS duplicate) FROM events"


@pytest.fixture
def history() -> Iterator[History]:
    with in_memory() as made:
        yield made


def test_facts_are_read_back_as_they_were_recorded(history: History) -> None:
    events: Events = [
        (call("1", trail="case-1"), FEED),
        (call("2", trail="case-2", source="phone"), FEED),
        (call("3", trail="case-1"), PERSON),
        (call("4", trail="case-3"), FEED),
    ]
    Recorder(history, AMSTERDAM, lambda: NOW).record(entries(events)).result()
    facts = [fact(event, layer) for event, layer in events]
    with history.read() as cursor:
        assert list(stored_facts(cursor)) == facts
        assert list(stored_facts(cursor, ["case-1", "case-3", "nowhere"])) == [facts[0], facts[2], facts[3]]
        assert list(stored_facts(cursor, [])) == []
        assert list(source_facts(cursor, "crm")) == [facts[0], facts[3]]
        assert list(source_facts(cursor, "'; DROP TABLE events; --")) == []


def test_what_lies_in_the_log_twice_is_read_once(history: History) -> None:
    Recorder(history, AMSTERDAM, lambda: NOW).record(entries([(call("1"), FEED), (call("2"), FEED)])).result()
    history.write(lambda connection: connection.execute(TWICE)).result()
    facts = [fact(call("1"), FEED), fact(call("2"), FEED)]
    with history.read() as cursor:
        assert list(stored_facts(cursor)) == list(stored_facts(cursor, ["case-1"])) == facts
        assert list(source_facts(cursor, "crm")) == facts
