"""A board that is watched over a log of several partitions: whatever partition moves it, and whoever comes back."""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx2 as httpx

from streams.kafka import topics
from tests.kafka.selling import event
from tests.servers import ENDED_SECONDS, running

PARTITIONS = 3
QUESTION = {"metric": "calls", "period": "2026"}
Rows = dict[str, dict[str, Any]]


class Update(NamedTuple):
    """What a viewer is sent."""

    kind: str
    position: int
    told: dict[str, Any]


class Viewer:
    """Who watches a board, and has seen some of it."""

    def __init__(self, lines: Iterator[str], seen: int, rows: Rows) -> None:
        self._updates = read(lines)
        self.seen = seen
        self.rows = dict(rows)
        self.kinds: list[str] = []

    def until(self, calls: int) -> None:
        """Follow until there are so many calls on the board; nothing may come that was seen before."""
        until = time.monotonic() + ENDED_SECONDS
        while sum(int(row["value"]) for row in self.rows.values()) < calls:
            update = next(self._updates)
            assert time.monotonic() < until, f"{calls} calls are not there, but {self.rows}: {update}"
            if update.kind == "pulse":
                continue
            assert update.position >= self.seen
            if update.kind == "board":  # one that stands for what was seen may tell of something later too
                self.rows = {}
            for row in update.told["rows"]:
                assert self.rows.get(row["key"]) != row
                self.rows[row["key"]] = row
            self.seen = update.position
            self.kinds.append(update.kind)


def read(lines: Iterator[str]) -> Iterator[Update]:
    """Server-sent events, those that only say that the line is alive as well."""
    fields: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if line:
            fields[name] = value
        elif fields.get("event") == "pulse":
            yield Update("pulse", -1, {})
            fields = {}
        elif "event" in fields:
            yield Update(fields["event"], int(fields["id"]), json.loads(fields["data"]))
            fields = {}


@contextmanager
def watching(client: httpx.Client, seen: int = -1, rows: Rows | None = None) -> Iterator[Viewer]:
    """Watch; who comes back says what was seen last."""
    headers = {"Last-Event-ID": str(seen)} if seen >= 0 else {}
    with client.stream("GET", "/v1/stream", params=QUESTION, headers=headers) as answer:
        assert answer.status_code == 200
        yield Viewer(answer.iter_lines(), seen, rows or {})


def call(client: httpx.Client, numbers: Sequence[int]) -> None:
    """One each, by one of three reps; together they lie in all partitions."""
    told = client.post("/v1/events", json=[event(number) for number in numbers]).raise_for_status().json()["results"]
    assert {one["result"] for one in told} == {"taken"}
    assert {one["partition"] for one in told} == set(range(PARTITIONS))


def test_changes_of_all_partitions_arrive_and_who_comes_back_misses_none_and_sees_none_again(
    broker: str, prefix: str, tmp_path: Path
) -> None:
    topics.create(broker, prefix=prefix, zone="UTC", currency="EUR", partitions=PARTITIONS)
    words = ("serve", "--broker", broker, "--prefix", prefix)
    seen, rows = -1, Rows()
    for first in (0, 60):  # before and after the server was started again
        with (
            running(*words, folder=tmp_path) as server,
            httpx.Client(base_url=server.url, timeout=ENDED_SECONDS, trust_env=False) as client,
        ):
            with watching(client, seen, rows) as viewer:
                for last in (first + 20, first + 40):
                    call(client, range(last - 20, last))
                    viewer.until(last)
                assert "change" in viewer.kinds
            call(client, range(first + 40, first + 60))
            with watching(client, viewer.seen, viewer.rows) as viewer:
                viewer.until(first + 60)
            board = client.get("/v1/boards/calls/2026").json()
        seen, rows = viewer.seen, viewer.rows
        assert [(row["who"], row["value"]) for row in board["rows"]] == [
            (f"u-{rep}", str((first + 60) // 3)) for rep in range(3)
        ]
        assert {row["who"]: row["value"] for row in rows.values()} == {
            row["who"]: row["value"] for row in board["rows"]
        }
        assert seen <= board["position"] == 2 + first + 60
