"""Over a real broker a target that is reached, or lost again, is told once, by any server, whatever was rebuilt."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from projections.crossings import Crossing
from quotum.reaching import reached
from quotum.server import telling
from quotum.server.app import create_app
from quotum.server.happenings import happened
from quotum.server.wording import words_of
from streams.kafka import live as under_test
from streams.kafka.live import LiveBooks
from streams.kafka.telling import KafkaTeller
from streams.kafka.topics import Log
from streams.live.telling import tell
from tests.kafka.cell_writer import CellWriter
from tests.kafka.selling import PATIENCE_SECONDS, entries, wait_until, won

TOLD = """
SELECT type, data FROM events WHERE type IN ('quotum.target.reached.v1', 'quotum.target.lost.v1') AND NOT duplicate
ORDER BY log_partition, log_offset
"""


@pytest.fixture
def books(path: Path, log: Log) -> Iterator[LiveBooks]:
    with LiveBooks.follow(path, log, figures="cells") as made:
        plan(made)
        yield made


def plan(books: LiveBooks) -> None:
    """10 euros by u-1 in March."""
    target = {"id": "T", "metric": "revenue", "period": "2026-03", "amount": {"value": "10", "currency": "EUR"}}
    base = {"specversion": "1.0", "source": "crm", "time": "2026-01-01T00:00:00Z", "trail": "organisation"}
    data = target | {"rep": "u-1", "author": "u-1", "reason": "because"}
    take(books, [{**base, "id": "p", "type": "quotum.target.agreed.v1", "data": data}])


def take(books: LiveBooks, sent: list[dict[str, object]]) -> None:
    books.catch_up(books.record(entries(books, sent)))


def sell(books: LiveBooks, writer: CellWriter, number: int) -> None:
    """5 euros by u-1."""
    take(books, won(number, "u-1"))
    wait_until(books, writer.catch_up())


def unwin(books: LiveBooks, writer: CellWriter, number: int) -> None:
    envelope = {"specversion": "1.0", "source": "crm", "time": "2026-04-01T00:00:00Z", "trail": f"D{number}"}
    take(books, [{**envelope, "id": f"u{number}", "type": "quotum.deal.deleted.v1", "data": {"id": f"D{number}"}}])
    wait_until(books, writer.catch_up())


def tells(books: LiveBooks) -> Sequence[Crossing]:
    found = asyncio.run(books.tell_crossings(partial(reached, books)))
    books.settle()
    return found


def told(books: LiveBooks) -> list[str]:
    return [kind.split(".")[2] for kind, _ in books.history.rows(TOLD)]


def test_each_crossing_is_told_once_and_a_rebuild_of_cells_or_of_history_tells_none(
    books: LiveBooks, path: Path, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = CellWriter(log)
    sell(books, writer, 1)
    assert tells(books) == []
    sell(books, writer, 4)
    assert tells(books) == [Crossing("T", 1, is_reached=True)]
    assert tells(books) == []
    unwin(books, writer, 4)
    assert [tells(books), tells(books)] == [[Crossing("T", 2, is_reached=False)], []]
    sell(books, writer, 7)
    assert [tells(books), tells(books)] == [[Crossing("T", 3, is_reached=True)], []]
    monkeypatch.setattr(under_test, "HEAD_SECONDS", 0)
    writer.begin_anew()
    for _ in writer.steps(at_once=1):  # cells from nothing, batch by batch
        assert tells(books) == []
    assert tells(books) == []
    assert told(books) == ["reached", "lost", "reached"]
    assert happened(books, books.organisation(), words_of("en"))[0]["text"] == "u-1 reaches the target: €10"
    assert "u-1 haalt het target" in happened(books, books.organisation(), words_of("nl"))[0]["text"]
    books.close()
    path.rename(path.with_name("before.duckdb"))
    with LiveBooks.follow(path, log, figures="cells") as again:
        again.settle()
        assert tells(again) == []
        assert told(again) == ["reached", "lost", "reached"]


def test_figures_that_are_behind_tell_nothing(books: LiveBooks, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(under_test, "HEAD_SECONDS", 0)
    writer = CellWriter(log)
    sell(books, writer, 1)
    sell(books, writer, 4)
    take(books, won(7, "u-1"))  # which no worker has counted
    assert tells(books) == []
    wait_until(books, writer.catch_up())
    assert tells(books) == [Crossing("T", 1, is_reached=True)]


def test_who_was_shut_out_by_another_server_commits_nothing(books: LiveBooks, log: Log) -> None:
    writer = CellWriter(log)
    sell(books, writer, 1)
    sell(books, writer, 4)

    class Slow(KafkaTeller):
        """One that is overtaken just before it commits."""

        async def commit(self, found: Sequence[Crossing]) -> bool:
            assert await overtake() == [Crossing("T", 1, is_reached=True)]
            return await super().commit(found)

    async def overtake() -> Sequence[Crossing]:
        return await tell(other)

    asked: Callable[[], Mapping[str, bool]] = partial(reached, books)
    slow, other = Slow(books, asked), KafkaTeller(books, asked)
    try:
        assert asyncio.run(tell(slow)) == []
    finally:
        slow.close()
        other.close()
    books.settle()
    assert told(books) == ["reached"]


def test_a_server_tells_by_itself(books: LiveBooks, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "WHOLE_SECONDS", 0.1)  # March is over for long
    writer = CellWriter(log)
    with TestClient(create_app(books, tells=True), base_url="http://127.0.0.1") as client:
        sell(books, writer, 1)
        sell(books, writer, 4)
        with books._news:  # noqa: SLF001 (where the recorder says that there is more)
            assert books._news.wait_for(lambda: told(books) == ["reached"], PATIENCE_SECONDS)  # noqa: SLF001 (as above)
        assert (
            "u-1 reaches the target: €10"
            in client.get("/?metric=revenue&period=2026-03", headers={"Accept-Language": "en"}).text
        )
