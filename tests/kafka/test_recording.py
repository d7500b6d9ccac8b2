"""A history follows a log on a real broker: transactions, markers, dead letters, and a broker that dies meanwhile."""

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest
from kafka import KafkaProducer

from quotum.local import kafka as local
from schemas.envelope import Event as Said
from schemas.facts import FEED, PERSON, log_line
from schemas.moments import Calendar
from schemas.organisation import ORGANISATION
from schemas.received import read_event
from streams.appending import Entry
from streams.following import ORGANISATION_PARTITION, Follower
from streams.history import History
from streams.kafka import KafkaError, clients, topics
from streams.kafka.reading import places
from streams.kafka.recording import AwayError, Fetched, Recording
from streams.kafka.topics import Log
from streams.recorder import Recorder
from streams.replaying import folded_cells, replay, sql_cells, stored_cells
from tests.kafka.broker import expect_runnable
from tests.kafka.recorded import NoText, ToTheEnd, follow
from tests.kafka.selling import WORKSPACE
from tests.streams.recording import AMSTERDAM, NOW, call, in_memory


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    with History.create(tmp_path / "quotum.duckdb") as made:
        yield made


def send(producer: KafkaProducer, log: Log, entries: Sequence[Entry]) -> None:
    for entry in entries:
        trail = entry.event.trail
        topic = log.names.organisation if trail == ORGANISATION else log.names.events
        headers = [("layer", str(entry.layer).encode())]
        producer.send(topic, key=trail.encode(), value=log_line(entry.event), headers=headers)


def calls(numbers: range, layer: int = FEED) -> list[Entry]:
    return [Entry(call(f"{number}", f"case-{number % 7}"), layer) for number in numbers]


def team() -> Said:
    plain = {"specversion": "1.0", "id": "t", "source": "crm", "time": "2017-05-01T08:00:00Z", "trail": ORGANISATION}
    return read_event({**plain, "type": "quotum.team.formed.v1", "data": {"team": 1, "region": "Asia"}})


def same_everywhere(history: History, entries: Sequence[Entry]) -> None:
    """Stored postings, replay, plain SQL and an embedded history of the same events agree."""
    with in_memory() as embedded:
        Recorder(embedded, AMSTERDAM, lambda: NOW).record(entries).result()
        with embedded.read() as cursor:
            expected = stored_cells(cursor)
    with history.read() as cursor:
        assert stored_cells(cursor) == folded_cells(cursor, AMSTERDAM) == expected
        assert sql_cells(cursor, AMSTERDAM.zone) == expected
    assert replay(history, Calendar(AMSTERDAM.zone)) == []


def test_what_is_committed_is_recorded_once_and_positions_pass_markers_and_what_was_aborted(
    log: Log, history: History
) -> None:
    everything = [*calls(range(40)), *calls(range(5), PERSON), Entry(team(), FEED)]
    with clients.transactional_producer(log.broker, log.names.events) as producer:
        for batch in (everything[:30], everything[20:]):  # ten of them twice
            producer.begin_transaction()
            send(producer, log, batch)
            producer.commit_transaction()
            producer.begin_transaction()
            send(producer, log, calls(range(100, 120)))
            producer.abort_transaction()
    standings = follow(log, history)
    assert [one.partition for one in standings] == [ORGANISATION_PARTITION, 0, 1, 2]
    assert {one.lag for one in standings} == {0}
    assert history.rows("SELECT duplicate, count(*) FROM events WHERE source = 'crm' GROUP BY ALL ORDER BY ALL") == [
        (False, 46),
        (True, 10),
    ]
    assert len(history.rows("SELECT DISTINCT log_partition FROM events")) == 4
    assert history.rows("SELECT min(known_at) > 0, count(DISTINCT (log_partition, log_offset)) FROM events") == [
        (True, 46 + 10 + 2)
    ]
    same_everywhere(history, everything)


def test_a_history_goes_on_where_it_stands_and_not_where_a_group_of_consumers_does(log: Log, history: History) -> None:
    for numbers in (range(10), range(10, 15), range(15, 15)):
        tell(log.broker, log, numbers)
        follow(log, history)
    assert history.rows("SELECT count(*), bool_or(duplicate) FROM events WHERE source = 'crm'") == [(15, False)]
    same_everywhere(history, calls(range(15)))


def test_what_is_no_event_is_a_dead_letter_in_its_topic_and_in_history(log: Log, history: History) -> None:
    entry = calls(range(1))[0]
    right, wrong = places(log)(entry.event.trail), (places(log)(entry.event.trail) + 1) % 3
    producer = KafkaProducer(bootstrap_servers=log.broker)
    producer.send(log.names.events, key=b"case-0", value=log_line(entry.event), partition=wrong)
    producer.send(log.names.events, key=b"case-0", value=b"{", partition=right)
    send(producer, log, [entry])
    producer.close()
    follow(log, history)
    assert history.rows("SELECT log_partition, log_offset, reason FROM dead_letters ORDER BY log_partition") == sorted(
        [
            (wrong, 0, f"its trail belongs in partition {right}"),
            (right, 0, "is no event as docs/events.md tells them: see the whole"),
        ]
    )
    passed_on = {
        record.key: json.loads(record.value) for record in clients.read_whole(log.broker, log.names.dead_letters)
    }
    told = {"topic": log.names.events, "offset": 0}
    assert passed_on == {
        f"{wrong}:0".encode(): told | {"partition": wrong, "reason": f"its trail belongs in partition {right}"},
        f"{right}:0".encode(): told
        | {"partition": right, "reason": "is no event as docs/events.md tells them: see the whole"},
    }
    same_everywhere(history, [entry])


def test_a_history_that_is_ahead_of_the_log_is_told_so_and_left_as_it_is(log: Log, history: History) -> None:
    Follower(history, AMSTERDAM, places(log)).take([], {0: 50})
    with pytest.raises(KafkaError, match="cannot be read on"):
        follow(log, history)
    assert history.rows("SELECT count(*) FROM events WHERE source = 'crm'") == [(0,)]


def test_an_open_transaction_is_neither_read_nor_waited_for(log: Log, history: History) -> None:
    with clients.transactional_producer(log.broker, log.names.events) as producer:
        producer.begin_transaction()
        send(producer, log, calls(range(7)))
        producer.flush()
        assert {one.lag for one in follow(log, history)} == {0}
        assert history.rows("SELECT count(*) FROM events WHERE source = 'crm'") == [(0,)]
        producer.commit_transaction()
    follow(log, history)
    assert history.rows("SELECT count(*) FROM events WHERE source = 'crm'") == [(7,)]


class Watched(ToTheEnd):
    """One that tells when it has read, and when it met a broker that does not answer; it ends when it may."""

    def __init__(self, log: Log, stopped: Event) -> None:
        super().__init__(log, stopped)
        self.has_read, self.met_nobody, self.may_end = Event(), Event(), Event()

    def fetch(self) -> Fetched:
        try:
            found = super().fetch()
        except AwayError:
            self.met_nobody.set()
            raise
        self.has_read.set()
        if not self.may_end.is_set():
            self.stopped.clear()
        return found


def tell(address: str, log: Log, numbers: range) -> None:
    producer = KafkaProducer(bootstrap_servers=address)
    send(producer, log, calls(numbers))
    producer.close()


@contextmanager
def running(recording: Recording, reading: Watched) -> Iterator[None]:
    """Record in a thread meanwhile; in the end up to the end, if all went well."""
    following = Thread(target=recording.run, daemon=True)
    following.start()
    try:
        yield
        reading.may_end.set()
        following.join()
    finally:
        reading.stopped.set()
        following.join()
        reading.close()


def test_records_that_no_client_can_read_are_dead_letters_and_all_around_them_is_recorded(
    log: Log, history: History
) -> None:
    entries = calls(range(30))
    producer = KafkaProducer(bootstrap_servers=log.broker)
    for number, entry in enumerate(entries):
        if number in (0, 11, 12):
            producer.send(log.names.events, key=b"x", value=b"{}", headers=[(NoText("n"), b"")])
            producer.flush()  # what follows in its batch cannot be read either
        send(producer, log, [entry])
        producer.flush()
    producer.close()
    standings = follow(log, history)
    assert {one.lag for one in standings} == {0}
    letters = history.rows("SELECT reason, count(*) FROM dead_letters GROUP BY ALL")
    assert [(reason.partition(":")[0], count) for reason, count in letters] == [("cannot be read", 3)]
    same_everywhere(history, entries)


def test_a_broker_that_dies_and_comes_back_is_waited_for(tmp_path: Path, history: History) -> None:
    expect_runnable()
    with ExitStack() as brokers:
        first = brokers.enter_context(local.start(tmp_path / "kafka"))
        log = topics.create(first.address, **WORKSPACE)
        tell(first.address, log, range(20))
        reading = Watched(log, Event())
        recording = Recording(Follower(history, AMSTERDAM, places(log)), reading, reading.stopped, pause_seconds=0.1)
        with running(recording, reading):
            assert reading.has_read.wait(60)
            first.kill()
            assert reading.met_nobody.wait(60)
            brokers.enter_context(local.start(tmp_path / "kafka", port=first.port))
            tell(first.address, log, range(10, 30))
    assert recording.away == ""
    assert history.rows("SELECT count(*) - sum(duplicate::INTEGER) FROM events WHERE source = 'crm'") == [(30,)]
    same_everywhere(history, calls(range(30)))
