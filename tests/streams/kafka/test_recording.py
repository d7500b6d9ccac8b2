"""The loop keeps a history up whatever the broker does, and ends loudly where the history itself fails."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from threading import Event

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.facts import FEED
from streams.appending import DeadLetter, Entry
from streams.following import Follower
from streams.history import History
from streams.kafka import KafkaError
from streams.kafka.recording import BUSY_RECORDS, AwayError, Fetched, Recording, Standing, is_busy
from streams.told import Record, read
from tests.histories import History as Events
from tests.streams.logs import PLACES, TOLD, Log, PartitionOf, Slot, by_hash, logs, poison, record
from tests.streams.recording import AMSTERDAM, CrashError, Memory, call, in_memory, unreliable

ONE = by_hash(1)


class Broker:
    """A broker that fails when it is told to; like Kafka's client it has then lost what it was about to give."""

    def __init__(
        self, log: Log, stopped: Event, faults: Sequence[bool] = (), size: int = 2, partition_of: PartitionOf = ONE
    ) -> None:
        self.log, self.stopped, self.size, self.partition_of = log, stopped, size, partition_of
        self.faults = iter(faults)
        self.asked: list[str] = []
        self.passed_on: Counter[DeadLetter] = Counter()
        self.at: dict[int, int] | None = None

    def answer(self, asked: str) -> None:
        self.asked.append(asked)
        if next(self.faults, False):
            self.at = None
            raise AwayError("broken")

    def begin(self, positions: Mapping[int, int]) -> None:
        self.answer("begin")
        self.at = dict(positions)

    def fetch(self) -> Fetched:
        assert self.at is not None, "reading goes on from nowhere"
        records, reached = self.log.fetch(self.at, self.size)
        self.answer("fetch")
        self.at = reached
        if reached == self.log.ends() and not records:
            self.stopped.set()
        return Fetched(read(records, self.partition_of), reached, self.log.ends())

    def pass_on(self, letters: Sequence[DeadLetter]) -> None:
        self.passed_on.update(letters)
        self.answer("pass on")


def log_of(*records: Record) -> Log:
    """One of partition 0, with places in the order given."""
    placed = [one._replace(offset=offset) for offset, one in enumerate(records)]
    return Log({0: [Slot(one, None) for one in placed]})


def good(id_: str) -> Record:
    return record(Entry(call(id_), FEED), 0)


BAD = poison("empty", ONE)


@pytest.fixture
def history() -> Iterator[History]:
    with in_memory() as made:
        yield made


@pytest.fixture
def stopped() -> Event:
    return Event()


def recording(history: History, broker: Broker, partition_of: PartitionOf = ONE) -> Recording:
    return Recording(
        Follower(history, AMSTERDAM, partition_of), broker, broker.stopped, pause_seconds=0, ahead_records=2
    )


@pytest.mark.slow
@settings(max_examples=40)
@given(made=logs(), faults=st.lists(st.booleans(), max_size=20), size=st.integers(1, 4))
def test_whatever_the_broker_does_every_event_is_recorded_once_and_every_dead_letter_passed_on(
    made: tuple[Events, Log, PartitionOf], faults: list[bool], size: int
) -> None:
    _, log, partition_of = made
    with in_memory() as history:
        broker = Broker(log, Event(), faults, size, partition_of)
        keeping = recording(history, broker, partition_of)
        keeping.run()
        places, told, letters = log.told()
        assert history.rows(PLACES) == places
        assert history.rows(TOLD) == told
        assert {one._replace(reason="") for one in broker.passed_on} == set(letters)
        ends = sorted(log.ends().items())
        assert keeping.standings() == [Standing(partition, end, end) for partition, end in ends]


def test_reading_begins_anew_where_history_stands_whenever_the_broker_failed(history: History, stopped: Event) -> None:
    faults = [True, False, False, True, False, True]
    broker = Broker(log_of(*map(good, "1234")), stopped, faults)
    recording(history, broker).run()
    assert broker.asked == ["begin", "begin", "fetch", "fetch", "begin", "fetch", "begin", "fetch", "fetch"]
    assert history.rows(PLACES) == [(0, offset, good("1").timestamp, False) for offset in range(4)]


def test_nothing_more_is_taken_before_dead_letters_are_passed_on(history: History, stopped: Event) -> None:
    taken = []

    class Counting(Broker):
        def pass_on(self, letters: Sequence[DeadLetter]) -> None:
            taken.append(Follower(history, AMSTERDAM, ONE).positions())
            super().pass_on(letters)

    faults = [False, False, False, True, False, True]
    broker = Counting(log_of(BAD, good("1"), good("2")), stopped, faults)
    recording(history, broker).run()
    failed = ["pass on", "begin"]
    assert broker.asked == ["begin", "fetch", "fetch", *failed, *failed, "pass on", "fetch", "fetch"]
    assert set(broker.passed_on.values()) == {3}
    assert taken == [{0: 2}] * 3


def test_where_more_lies_in_the_log_it_is_fetched_while_the_writer_is_at_a_step(
    history: History, stopped: Event
) -> None:
    fetched_more, held = Event(), list[Future[bool]]()

    class Ahead(Broker):
        def fetch(self) -> Fetched:
            if held:
                fetched_more.set()
            else:
                held.append(history.write(lambda _: fetched_more.wait(60)))
            return super().fetch()

    recording(history, Ahead(log_of(*map(good, "123")), stopped)).run()
    assert held[0].result()
    assert len(history.rows(PLACES)) == 3


def test_what_comes_at_the_logs_end_while_the_writer_is_at_a_step_is_all_for_the_next(
    history: History, stopped: Event
) -> None:
    known = []

    class Behind(Broker):
        def fetch(self) -> Fetched:
            known.append(len(history.rows(PLACES)))
            return super().fetch()

    recording(history, Behind(log_of(*map(good, "12")), stopped)).run()
    assert known == [0, 2]


def test_dead_letters_that_a_kill_held_back_are_passed_on_at_the_next_start(history: History, stopped: Event) -> None:
    log = log_of(good("1"), BAD)
    letters = Follower(history, AMSTERDAM, ONE).take(*log.fetch({}, 2)).letters
    broker = Broker(log, stopped)
    recording(history, broker).run()
    assert broker.passed_on == Counter(letters)
    assert broker.asked == ["begin", "pass on", "fetch"]


def test_what_history_cannot_take_ends_the_loop(stopped: Event) -> None:
    with Memory() as memory:
        history, faults = unreliable(memory.connect())
        broker = Broker(log_of(good("1")), stopped)
        keeping = recording(history, broker)
        faults.crash(2, is_run=False, is_for_good=True)
        with pytest.raises(CrashError):
            keeping.run()
        history.close()
        assert broker.asked == ["begin", "fetch"]
        assert [one.position for one in keeping.standings()] == [0]


def test_what_the_broker_says_for_good_ends_the_loop(history: History, stopped: Event) -> None:
    class Foreign(Broker):
        def fetch(self) -> Fetched:
            raise KafkaError("another log")

    with pytest.raises(KafkaError, match="another log"):
        recording(history, Foreign(log_of(), stopped)).run()


def test_a_loop_that_is_stopped_asks_the_broker_nothing(history: History, stopped: Event) -> None:
    broker = Broker(log_of(good("1")), stopped)
    stopped.set()
    recording(history, broker).run()
    assert broker.asked == []


def test_it_is_told_how_far_history_is_and_whether_the_broker_is_waited_for(history: History, stopped: Event) -> None:
    told: list[tuple[str, list[Standing]]] = []

    class Looked(Broker):
        def fetch(self) -> Fetched:
            history.write(lambda _: None).result()  # the step before has ended
            told.append((keeping.away, keeping.standings()))
            return super().fetch()

    keeping = recording(history, Looked(log_of(*map(good, "123")), stopped, [False, False, True]))
    keeping.run()
    first = [Standing(0, 2, 3)]
    assert told == [("", []), ("", first), ("broken", first), ("", [Standing(0, 3, 3)])]
    assert [one.lag for _, standings in told for one in standings] == [1, 1, 0]
    assert keeping.away == ""
    assert Standing(0, 7, None).lag is None


def test_a_history_that_is_ahead_of_what_was_known_of_the_end_lags_by_nothing() -> None:
    assert Standing(0, 7, 5).lag == 0


@pytest.mark.parametrize(
    ("count", "reached", "ends", "busy"),
    [
        (BUSY_RECORDS, {0: 7, -1: 2}, {0: 7, -1: 2}, True),
        (BUSY_RECORDS, {0: 7, -1: 2}, {}, True),
        (BUSY_RECORDS - 1, {0: 7}, {0: 7}, False),
        (BUSY_RECORDS, {0: 7}, {0: 8}, False),
        (BUSY_RECORDS, {0: 7}, {0: 7, 1: 1}, False),
    ],
)
def test_much_at_once_with_nothing_left_is_a_busy_log_whose_next_step_may_gather_more(
    count: int, reached: dict[int, int], ends: dict[int, int], busy: bool
) -> None:
    assert is_busy(Fetched(read([good("1")] * count, ONE), reached, ends)) == busy
