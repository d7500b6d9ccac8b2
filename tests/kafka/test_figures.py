"""A server whose boards come from cells: the answers are those of history, and are there while history is behind."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any, get_args

import pytest
from fastapi.testclient import TestClient

from projections.metrics import METRICS
from quotum import progress
from quotum.boards import SCOPES, board
from quotum.server.app import create_app
from quotum.server.showing import Question, shown
from schemas.moments import from_microseconds
from streams.figures import By, Scanning
from streams.following import ORGANISATION_PARTITION
from streams.kafka import KafkaError
from streams.kafka import live as under_test
from streams.kafka.live import LiveBooks
from streams.kafka.standing_still import StandingStill
from streams.kafka.topics import Log
from streams.live.forms import Counted, cell_key, cell_value, counted_key, counted_value
from tests.kafka.cell_writer import CellWriter, tamper
from tests.kafka.selling import CALLS, PATIENCE_SECONDS, entries, read, sell, wait_until, won
from tests.small_books import in_teams

Json = dict[str, Any]


@pytest.fixture
def books(path: Path, log: Log) -> Iterator[LiveBooks]:
    with LiveBooks.follow(path, log, figures="cells") as made:
        yield made


def organise(books: LiveBooks) -> None:
    told = [*in_teams(("u-0", "1", "2026-01-01"), ("u-1", "2", "2026-01-01"), ("u-2", "1", "2026-03-02"))]
    target = {"id": "T", "metric": "revenue", "period": "2026-Q1", "amount": {"value": "40", "currency": "EUR"}}
    told.append(("target.agreed", target | {"rep": "u-1", "author": "u-1", "reason": "because"}))
    base = {"source": "crm", "time": "2026-01-01T00:00:00Z", "trail": "organisation", "specversion": "1.0"}
    sent = [
        {**base, "id": f"o{number}", "type": f"quotum.{what}.v1", "data": data}
        for number, (what, data) in enumerate(told)
    ]
    books.catch_up(books.record(entries(books, sent)))


@contextmanager
def recorder_held(books: LiveBooks) -> Iterator[None]:
    """The recorder is behind for as long as this lasts."""
    held, let_go = Event(), Event()

    def hold(_: object) -> None:
        held.set()
        let_go.wait(PATIENCE_SECONDS)

    done = books.history.write(hold)
    assert held.wait(PATIENCE_SECONDS)
    try:
        yield
    finally:
        let_go.set()
        done.result()


def test_the_answers_are_those_of_history(books: LiveBooks, log: Log) -> None:
    organise(books)
    sell(books, *range(12))
    wait_until(books, CellWriter(log).catch_up(at_once=5))
    scan, team = Scanning(books.history), min(books.organisation().regions)
    for metric in METRICS:
        for by in get_args(By):
            aimed = by in SCOPES and METRICS[metric].unit != "days"
            for more in ({"team": team}, {"credit": "seller", "rank_by": "attainment" if aimed else None}):
                asked: Json = {"by": by, **more}
                assert board(books, metric, "2026-Q1", **asked, source=books.figures) == board(
                    books, metric, "2026-Q1", **asked, source=scan
                )
    live = progress.progress(books, "2026-Q1")
    assert [row.done for row in live] == [2_000]
    books.figures = scan
    assert progress.progress(books, "2026-Q1") == live


def test_boards_are_answered_while_the_recorder_is_behind_and_say_up_to_where(books: LiveBooks, log: Log) -> None:
    sell(books, 1)
    writer = CellWriter(log)
    wait_until(books, writer.catch_up())
    with TestClient(create_app(books), base_url="http://127.0.0.1") as client:
        with recorder_held(books):
            assert books.take(read(won(4, "u-1")))[0].fate == "taken"
            positions = writer.catch_up()
            wait_until(books, positions)
            said = client.get("/v1/boards/revenue/2026").json()
            assert [row["value"] for row in said["rows"]] == ["10.00"]
            assert said["stands_for"]["source"] == "cells"
            counted = {int(number): end for number, end in said["stands_for"]["positions"].items()}
            assert counted.pop(ORGANISATION_PARTITION) >= 2
            assert counted == positions
            progressed = client.get("/v1/progress/2026").json()
            assert progressed["stands_for"] == said["stands_for"]
            assert books.next_offset() == 4  # all that history has
        books.settle()
        again = client.get("/v1/boards/revenue/2026").json()
        assert again["rows"] == said["rows"]
        assert again["position"] > said["position"]


def test_a_watched_board_moves_with_the_cells_and_the_page_shows_them(books: LiveBooks, log: Log) -> None:
    writer, question = CellWriter(log), Question(metric="revenue", period="2026")
    assert shown(books, question).rows == {}
    before = shown(books, question).position
    sell(books, 1)
    wait_until(books, writer.catch_up())
    found = shown(books, question)
    assert [row["value"] for row in found.rows.values()] == ["5.00"]
    assert found.position > before
    assert found.more["stands_for"] == json.loads(json.dumps({"source": "cells", "positions": {}})) | {
        "positions": dict(books.stands_for().positions)
    }
    with TestClient(create_app(books), base_url="http://127.0.0.1") as client:
        assert "u-1" in client.get("/?metric=revenue&period=2026").text


def test_what_changed_since_a_moment_is_told_once_both_know_what_was_before(
    books: LiveBooks, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(under_test, "ASKED_LAST_US", 0)
    writer = CellWriter(log)
    sell(books, 1)
    wait_until(books, writer.catch_up())
    since = from_microseconds(books.clock())
    question = Question(metric="revenue", period="2026", since=since)
    sell(books, 4)
    wait_until(books, writer.catch_up())
    books.recording._ends = {}  # noqa: SLF001 (as before the broker has said where the log ends)
    before = [row["change"] for row in shown(books, question).rows.values()]
    assert before in ([""], ["+5"])  # the second where the broker has said it again meanwhile
    while not any(row["change"] for row in shown(books, question).rows.values()):
        sell(books, 2)  # until the recorder has been at the end of the log
        wait_until(books, writer.catch_up())
    with recorder_held(books):
        assert books.take(read(won(7, "u-1")))[0].fate == "taken"
        wait_until(books, writer.catch_up())
        changes = {row["name"]: row["change"] for row in shown(books, question).rows.values()}
        assert changes["u-1"] == "+10"  # and of what was before, nothing


def test_a_server_that_starts_has_all_cells_before_it_answers(path: Path, log: Log) -> None:
    with LiveBooks.follow(path, log) as first:
        sell(first, *range(6))
        positions = CellWriter(log).catch_up()
    with LiveBooks.follow(path, log, figures="cells") as again:
        assert positions.items() <= again.stands_for().positions.items()
        rows = board(again, "revenue", "2026", source=again.figures).rows
        assert {row.who: row.value for row in rows} == dict.fromkeys(("u-0", "u-1", "u-2"), 1000)


def test_cells_that_cannot_be_read_keep_a_server_from_starting_and_are_told_by_ready(
    books: LiveBooks, path: Path, log: Log, caplog: pytest.LogCaptureFixture
) -> None:
    with TestClient(create_app(books), base_url="http://127.0.0.1") as client:
        assert client.get("/ready").status_code == 200
        position = Counted(1, 1)
        tamper(log, 1, {cell_key(0, CALLS): cell_value(7, 1), counted_key(1): counted_value(position)})
        books._cells._thread.join(PATIENCE_SECONDS)  # type: ignore[union-attr]  # noqa: SLF001 (ends by itself)
        ready = client.get("/ready")
        assert ready.status_code == 503
        assert "reading cells has stopped" in ready.json()["detail"]
        assert "a cell of partition 0 lies in partition 1" in ready.json()["detail"]
    books.close()
    with pytest.raises(KafkaError, match="holds what no worker of this log writes"):
        LiveBooks.follow(path, log, figures="cells")
    with LiveBooks.follow(path, log) as without:
        assert without.stands_for().source == "history"
    assert "reading cells has stopped" in caplog.text


def test_cells_that_nobody_keeps_up_are_told_by_ready_until_somebody_does(books: LiveBooks, log: Log) -> None:
    now = 0.0
    books._still = StandingStill(60, lambda: now)  # noqa: SLF001 (with a clock that need not be waited for)
    books._cells_moved()  # noqa: SLF001 (so that it knows of them)
    with TestClient(create_app(books), base_url="http://127.0.0.1") as client:
        sell(books, 1)
        books.settle()
        ready = client.get("/ready")
        assert ready.status_code == 200
        lags = ready.json()["cells_lag"]
        assert len(lags) == log.partitions
        assert sum(lags.values()) == sum(one.position for one in books.recording.standings() if one.partition >= 0) > 0
        now = 60.0
        ready = client.get("/ready")
        assert ready.status_code == 503
        assert "have not moved for 60 s though history has: is a worker running?" in ready.json()["detail"]
        assert _cells_lag(client.get("/metrics").text) == sum(lags.values())
        wait_until(books, CellWriter(log).catch_up())
        books.settle()
        assert client.get("/ready").status_code == 200
        assert _cells_lag(client.get("/metrics").text) == 0


def _cells_lag(text: str) -> int:
    return sum(int(float(line.split()[-1])) for line in text.splitlines() if line.startswith("quotum_cells_lag{"))
