"""Cells that are followed are there from the beginning, go on after a broker was away, and say when they cannot."""

from collections.abc import Callable, Iterator
from queue import Queue
from threading import Event

import pytest

from projections.metrics import OWNER
from projections.organisation import Organisation, Span
from projections.postings import Cell
from streams.figures import Asked
from streams.kafka import KafkaError, following_cells
from streams.kafka.following_cells import CellFollowing
from streams.kafka.recording import AwayError
from streams.kafka.topics import Log, Names
from streams.live.forms import Counted, Tagged
from streams.live.gathering import Moved

LOG = Log("nowhere:1", Names.of("quotum"), Organisation(partitions=1))
CALLS: Cell = (1, 17287, "calls", "owner", ("", "", "", "", "", None))
ASKED = Asked("calls", [Span(OWNER, 0, 30_000)], "rep", Organisation())
PATIENCE_SECONDS = 30
Said = list[Moved] | Exception


def step(next_offset: int, amount: int) -> list[Moved]:
    return [Moved(0, Counted(next_offset, 0), {CALLS: Tagged(amount, next_offset)})]


class Reading:
    """One that gives what it is told to."""

    def __init__(self) -> None:
        self.said: Queue[Said] = Queue()
        self.begun = 0
        self.closed = False
        self.is_settled = False

    def begin(self) -> None:
        self.begun += 1

    def fetch(self) -> list[Moved]:
        found = self.said.get(timeout=PATIENCE_SECONDS)
        self.is_settled = True
        if isinstance(found, Exception):
            raise found
        return found

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def reading(monkeypatch: pytest.MonkeyPatch) -> Reading:
    made = Reading()
    monkeypatch.setattr(following_cells, "CellReading", lambda _: made)
    monkeypatch.setattr(following_cells, "PAUSE_SECONDS", 0)
    return made


@pytest.fixture
def news() -> Event:
    return Event()


@pytest.fixture
def followed(reading: Reading, news: Event) -> Iterator[CellFollowing]:
    reading.said.put(step(1, 5))
    made = CellFollowing(LOG, news.set)
    made.start()
    yield made
    reading.said.put([])  # it waits for this, or has ended
    made.close()
    assert reading.closed


def wait_for(event: Event) -> None:
    assert event.wait(PATIENCE_SECONDS)
    event.clear()


def test_what_there_was_is_there_at_once_and_what_comes_is_told(
    followed: CellFollowing, reading: Reading, news: Event
) -> None:
    assert followed.kept.amounts(ASKED) == followed.scan.amounts(ASKED) == {("", 1, None): 5}
    assert not news.is_set()
    reading.said.put(step(2, 9))
    wait_for(news)
    assert followed.kept.amounts(ASKED) == followed.scan.amounts(ASKED) == {("", 1, None): 9}
    assert followed.counted() == {0: Counted(2, 0)}


def test_a_broker_that_is_away_is_told_and_waited_for(followed: CellFollowing, reading: Reading, news: Event) -> None:
    away = Event()

    def away_seen(self: CellFollowing = followed, ask: Callable[[], None] = reading.begin) -> None:
        assert "gone fishing" in self.trouble()
        ask()
        away.set()

    reading.begin = away_seen  # type: ignore[method-assign]  # to look at what is told meanwhile
    reading.said.put(AwayError("gone fishing"))
    wait_for(away)
    reading.said.put(step(3, 1))
    wait_for(news)
    reading.said.put(step(4, 2))  # the one before is done by then
    wait_for(news)
    assert followed.trouble() == ""
    assert (reading.begun, followed.counted()) == (2, {0: Counted(4, 0)})


def test_what_will_not_pass_ends_it_and_is_told(
    followed: CellFollowing, reading: Reading, caplog: pytest.LogCaptureFixture
) -> None:
    reading.said.put(KafkaError("broken for good"))
    followed._thread.join(PATIENCE_SECONDS)  # noqa: SLF001 (which ends by itself)
    assert followed.trouble() == "reading cells has stopped: broken for good"
    assert followed.counted() == {0: Counted(1, 0)}
    assert "reading cells has stopped" in caplog.text


def test_without_a_broker_it_does_not_begin(reading: Reading) -> None:
    reading.said.put(AwayError("gone fishing"))
    with pytest.raises(KafkaError, match="the cells cannot be read: gone fishing"):
        CellFollowing(LOG, lambda: None)
    assert reading.closed
