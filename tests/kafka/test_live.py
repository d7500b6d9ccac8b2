"""Books over a real broker: what is sent comes back, positions only grow, and who waits is told why it takes longer."""

import logging
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from kafka import KafkaProducer

from quotum.boards import board
from quotum.server.app import create_app
from schemas.facts import PERSON
from schemas.moments import Calendar
from streams.books import BehindError, Books
from streams.following import ORGANISATION_PARTITION
from streams.history import HistoryError
from streams.kafka import live as under_test
from streams.kafka import topics
from streams.kafka.clients import UNREADABLE
from streams.kafka.letters import Letter, letters
from streams.kafka.live import LiveBooks
from streams.kafka.topics import Log
from streams.pairing import vault_path
from streams.replaying import replay
from tests.kafka.recorded import NoText
from tests.kafka.selling import WORKSPACE, entries, read, won
from tests.kafka.working import wait_until
from tests.quotum.server.serving import WON

Json = dict[str, Any]


def follow(path: Path, log: Log) -> LiveBooks:
    return LiveBooks.follow(path, log)


@pytest.fixture
def books(path: Path, log: Log) -> Iterator[LiveBooks]:
    with follow(path, log) as made:
        yield made


def test_what_is_taken_has_its_place_and_what_it_moved_is_known_once_it_is_recorded(books: LiveBooks) -> None:
    outcomes, moved = books.record_and_tell(entries(books, [one for number in range(9) for one in won(number)]))
    assert {one.fate for one in outcomes} == {"taken"}
    assert {one.partition for one in outcomes} == {0, 1, 2}
    assert len({(one.partition, one.offset) for one in outcomes}) == 18
    revenue = [amount for _, (metric, basis, *_), amount in moved if (metric, basis) == ("revenue", "owner")]
    assert sum(revenue) == 9 * 500
    assert board(books, "revenue", "2026").rows[0].value == 9 * 500
    assert books.next_offset() == books.stored_offset() == 20
    assert set(books.lags()) == {-1, 0, 1, 2}
    assert books.trouble() == ""


def test_each_query_of_a_followed_history_is_run_by_whoever_asks_it(books: LiveBooks) -> None:
    assert books.history.rows("SELECT current_setting('threads')") == [(1,)]


def test_the_same_again_is_taken_again_and_moves_nothing(books: LiveBooks) -> None:
    told = entries(books, won(1))
    assert books.record_and_tell(told)[1]
    assert books.record_and_tell(told)[1] == []
    assert board(books, "revenue", "2026").rows[0].value == 500
    assert replay(books.history, Calendar("Europe/Amsterdam")) == []


def test_what_somebody_else_sends_is_there_once_it_is_settled(books: LiveBooks, log: Log, tmp_path: Path) -> None:
    with follow(tmp_path / "other.duckdb", log) as other:
        assert books.take(read(won(1)))[0].fate == "taken"
        other.settle()
        assert other.next_offset() == 4
        assert board(other, "revenue", "2026").rows[0].value == 500


def test_opened_again_it_goes_on_where_it_was(path: Path, log: Log) -> None:
    for number in range(3):
        with follow(path, log) as books:
            assert books.next_offset() == 2 + 2 * number
            books.record_and_tell(entries(books, won(number)))
            assert board(books, "revenue", "2026").rows[0].value == 500 * (number + 1)
            assert replay(books.history, Calendar("Europe/Amsterdam")) == []


def test_what_is_acknowledged_while_nobody_follows_is_recorded_later(path: Path, log: Log) -> None:
    with follow(path, log) as books:
        books.take(read([one for number in range(20) for one in won(number)]))
    with follow(path, log) as books:
        books.settle()
        assert (books.next_offset(), board(books, "revenue", "2026").rows[0].value) == (42, 20 * 500)


def test_what_cannot_be_read_of_the_organisation_is_a_dead_letter_from_the_first_start_on(path: Path, log: Log) -> None:
    producer = KafkaProducer(bootstrap_servers=log.broker)
    at = producer.send(log.names.organisation, key=b"organisation", value=b"{}", headers=[(NoText("n"), b"")]).get(10)
    producer.close()
    with LiveBooks.follow(path, log) as books:
        found = books.history.rows("SELECT log_offset, reason FROM dead_letters WHERE log_partition < 0")
        assert found == [(at.offset, UNREADABLE)]
        expected = [Letter(log.names.organisation, 0, at.offset, UNREADABLE)]
        wait_until(lambda: letters(log) == expected)


def test_a_history_follows_no_other_log_and_takes_nothing_of_it(path: Path, log: Log, broker: str, prefix: str) -> None:
    other = topics.create(broker, prefix=f"{prefix}-other", **WORKSPACE)
    with follow(path.with_name("other.duckdb"), other) as books:
        told = {"team": "1", "name": "Team", "region": "Asia"}
        books.record_and_tell(
            entries(books, [{**WON, "id": "t", "type": "quotum.team.formed.v1", "trail": "organisation", "data": told}])
        )
    with follow(path, log) as books:
        books.record_and_tell(entries(books, won(1)))
    with pytest.raises(HistoryError, match=rf"follows another log than {other.names.events} on .* Give the --history"):
        follow(path, other)
    with follow(path, log) as books:
        assert (books.next_offset(), books.organisation().regions) == (4, {})


def test_a_new_history_of_a_log_with_events_needs_the_vault_that_numbered_its_people(path: Path, log: Log) -> None:
    with follow(path, log) as books:
        books.record_and_tell(entries(books, won(1)))
    again = path.with_name("again.duckdb")
    with pytest.raises(HistoryError, match=f"does not lie at {vault_path(again)}. Put it there"):
        follow(again, log)
    assert not again.exists()
    vault_path(path).rename(vault_path(again))
    with follow(again, log) as books:
        books.settle()
        [row] = board(books, "revenue", "2026").rows
        assert (row.who, row.value) == ("anna", 500)


def test_a_history_made_anew_beside_its_vault_says_what_the_one_before_it_said(path: Path, log: Log) -> None:
    placed = "SELECT log_partition, log_offset, known_at, id FROM events ORDER BY ALL"
    with follow(path, log) as books:
        books.record_and_tell(entries(books, [one for number in range(5) for one in won(number, f"u-{number}")]))
        said, board_before = books.history.rows(placed), board(books, "revenue", "2026")
    path.rename(path.with_name("before.duckdb"))
    with follow(path, log) as books:
        books.settle()
        assert (books.history.rows(placed), board(books, "revenue", "2026")) == (said, board_before)
    assert {row.who for row in board_before.rows} == {f"u-{number}" for number in range(5)}


def test_without_its_broker_a_history_that_follows_answers_and_takes_nothing(path: Path, log: Log) -> None:
    with follow(path, log) as books:
        books.record_and_tell(entries(books, won(1)))
    with (
        Books.open(path) as alone,
        TestClient(create_app(alone), base_url="http://127.0.0.1", raise_server_exceptions=False) as client,
    ):
        [row] = client.get("/v1/boards/revenue/2026").json()["rows"]
        assert row["value"] == "5.00"
        answer = client.post("/v1/events", json=won(2))
        assert answer.status_code == 503
        assert "Serve it with --broker" in answer.json()["detail"]
        assert alone.next_offset() == 4


def test_a_recorder_that_stops_is_told_by_ready_and_to_whoever_waits(
    books: LiveBooks, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise OSError("no space left on device")

    books.record_and_tell(entries(books, won(1)))
    with TestClient(create_app(books), base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
        assert client.get("/ready").status_code == 200
        monkeypatch.setattr(books._keeping, "recorded", fail)  # noqa: SLF001 (what fails inside the writer)
        asked = {"entity": "deal:D1", "fields": {"amount": {"value": "6", "currency": "EUR"}}, "by": "anna"}
        answer = client.post("/v1/corrections/amend", json=asked)
        assert answer.status_code == 503, answer.text
        assert answer.json()["detail"] == (
            "the log has it, but the recorder has stopped: no space left on device; "
            "it counts once a recorder has caught up"
        )
        ready = client.get("/ready")
        assert (ready.status_code, client.get("/health").status_code) == (503, 200)
        assert "history is not kept up: the recorder has stopped: no space left" in ready.json()["detail"]
        assert client.post("/v1/events", json=won(2)).json()["results"][0]["result"] == "taken"
        with pytest.raises(BehindError):
            books.settle()
    assert [one.message for one in caplog.records if one.levelno >= logging.ERROR] == ["the recorder has stopped"]


def test_a_recorder_that_is_behind_for_long_is_told(books: LiveBooks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(under_test, "PATIENCE_SECONDS", 0)
    monkeypatch.setattr(books, "_positions", {})
    with pytest.raises(BehindError, match="the log has it, but the recorder is behind"):
        books.record_and_tell(entries(books, won(1)))


def test_only_who_decides_something_has_decisions_looked_up_again(books: LiveBooks) -> None:
    def decided() -> int:
        return books._decided  # noqa: SLF001 (what it spares is not to be seen elsewhere)

    before = decided()
    books.record_and_tell(entries(books, won(1)))
    assert decided() == before
    amended = {**WON, "id": "a", "trail": "D1", "type": "quotum.deal.amended.v1", "data": {"id": "D1", "product": "X"}}
    books.record_and_tell(entries(books, [amended], PERSON))
    assert decided() == before + 1


def test_who_waited_for_a_position_finds_what_was_said_of_all_up_to_there(books: LiveBooks) -> None:
    found: list[tuple[int, int]] = []
    notify_all = books._news.notify_all  # noqa: SLF001 (the moment that matters)

    def noted() -> None:
        found.append((books.stands_for().positions[ORGANISATION_PARTITION], len(books.organisation().regions)))
        notify_all()

    books._news.notify_all = noted  # type: ignore[method-assign]  # noqa: SLF001 (as above)
    assert books.organisation().regions == {}
    told = {"team": "1", "name": "Team", "region": "Asia"}
    sent = {**WON, "id": "t", "type": "quotum.team.formed.v1", "trail": "organisation", "data": told}
    [outcome], _ = books.record_and_tell(entries(books, [sent]))
    assert outcome.offset is not None
    assert {teams for position, teams in found if position > outcome.offset} == {1}


def test_positions_and_updates_of_a_watched_board_only_grow_over_several_partitions(books: LiveBooks) -> None:
    seen: list[int] = []
    books.on_recorded(lambda: seen.append(books.next_offset()))
    with TestClient(create_app(books), base_url="http://127.0.0.1") as client:
        for number in range(30):
            sent = client.post("/v1/events", json=won(number, f"u-{number % 3}")).json()["results"]
            assert {one["result"] for one in sent} == {"taken"}
        books.settle()
        page = client.get("/?metric=revenue&period=2026").text
        shown = client.get("/v1/boards/revenue/2026").json()
        assert (shown["position"], [row["value"] for row in shown["rows"]]) == (62, ["50.00"] * 3)
        steps = client.get("/v1/explain/revenue/2026/EUR/1").json()["steps"]
        assert [one["after"] for one in steps] == [f"{value}.00" for value in range(50, 0, -5)]
        assert "u-0" in page
    assert all(before <= after for before, after in pairwise(seen))
    assert seen[-1] == 62
