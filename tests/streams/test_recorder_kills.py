"""A process that is killed while it records leaves a file that opens again with all that it acknowledged."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from streams.books import Books
from streams.replaying import folded_cells, stored_cells
from tests.streams.recording import is_whole, same_cells

ROOT = Path(__file__).parents[2]
BATCH = 30  # events
PROGRAM = """
# Forks a recorder for every line it reads, so that what must be loaded is loaded once.
import json, os, sys
from pathlib import Path
from schemas.events import adapter
from streams import replaying
from streams.books import Books


def tell(what):
    os.write(1, f"{json.dumps(what)}\\n".encode())  # at once: a line must not be cut off by a kill


def events(batch):
    read = adapter().validate_python
    for number in range(batch * BATCH, (batch + 1) * BATCH):
        rep = f"u{number % 17 + batch}"
        plain = {"id": f"e{number}", "source": "crm", "time": "2017-05-01T08:00:00Z", "trail": f"case-{number % 23}"}
        deal = {"id": str(number % 19), "rep": rep, "day": f"2017-05-{number % 28 + 1:02}"}
        deal["amount"] = {"value": str(number), "currency": "EUR"}
        verb = ("opened", "won", "lost")[number % 3]
        yield read({**plain, "type": f"quotum.deal.{verb}.v1", "sequence": number, "data": deal})


def record(path, batch):
    with Books.open(Path(path)) as books:
        books.history.write(lambda connection: connection.execute("SET checkpoint_threshold = '64KB'")).result()
        while True:
            outcomes = books.take(list(events(batch)))
            tell([batch, [outcome.offset for outcome in outcomes]])
            if batch % 5 == 4:
                replaying.replay(books.history, books.calendar)
            batch += 1


for line in sys.stdin:
    child = os.fork()
    if child == 0:
        try:
            record(*json.loads(line))
        finally:
            os._exit(1)
    tell(child)
    os.waitpid(child, 0)
    tell("dead")
"""
Offsets = dict[str, int | None]


class Recording:
    """A recorder in a process of its own, which is killed again and again over the same file."""

    def __init__(self, path: Path, forking: "subprocess.Popen[str]") -> None:
        self.path = path
        self.forking = forking
        self.batches = 0  # acknowledged
        self.offsets: Offsets = {}  # of every acknowledged event; None where it was there already

    def run_and_kill(self, batches: int, delay_s: float) -> None:
        """Record from the first batch on that was not acknowledged; be killed a while after some more were."""
        child, goal = 0, self.batches + batches
        assert self.forking.stdin
        self.forking.stdin.write(json.dumps([str(self.path), self.batches]) + "\n")
        self.forking.stdin.flush()
        while (told := self._told()) != "dead":
            if isinstance(told, int):
                child = told
            else:
                self._acknowledge(*told)
            if child and self.batches >= goal:
                time.sleep(delay_s)  # where in its work it is hit is left to chance
                os.kill(child, signal.SIGKILL)
                goal = sys.maxsize
        assert goal == sys.maxsize, "the recorder ended by itself"

    def _told(self) -> Any:  # noqa: ANN401 (whatever JSON holds)
        assert self.forking.stdout
        return json.loads(self.forking.stdout.readline())

    def _acknowledge(self, batch: int, offsets: list[int | None]) -> None:
        assert batch == self.batches
        numbers = range(batch * BATCH, (batch + 1) * BATCH)
        self.offsets |= {f"e{number}": offset for number, offset in zip(numbers, offsets, strict=True)}
        self.batches += 1

    def check(self) -> None:
        """Every acknowledged event is there once and in its place; of others whole batches; everyone has a name."""
        with Books.open(self.path) as books:
            rows = books.history.rows("SELECT id, log_offset, data FROM events WHERE source = 'crm'")
            labels = books.vault.labels()
            is_whole(books.history, len(rows) + 2)
            with books.history.read() as cursor:
                assert stored_cells(cursor) == folded_cells(cursor, books.calendar)
        found = {id_: offset for id_, offset, _ in rows}
        assert len(found) == len(rows) in (self.batches * BATCH, (self.batches + 1) * BATCH)
        assert found.keys() >= self.offsets.keys()
        assert all(offset in (None, found[id_]) for id_, offset in self.offsets.items())
        for id_, _, data in rows:
            assert labels[json.loads(data)["rep"]] == rep_of(int(id_.removeprefix("e")))


def rep_of(number: int) -> str:
    return f"u{number % 17 + number // BATCH}"


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system that forks")
@pytest.mark.parametrize("seed", range(5))
def test_a_file_left_by_kill_9_opens_again_with_every_acknowledged_event(tmp_path: Path, seed: int) -> None:
    """Ten kills of each of five files: while it is opened, written to, put in order and replayed."""
    chance, path = random.Random(seed), tmp_path / "quotum.duckdb"
    Books.create(path, zone="Europe/Amsterdam", currency="EUR").close()
    command = [sys.executable, "-c", PROGRAM.replace("BATCH", str(BATCH))]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as forking:
        recording = Recording(path, forking)
        for kill in range(10):
            recording.run_and_kill(chance.randrange(1, 6) if kill % 4 else 0, chance.uniform(0, 0.1))
            recording.check()
        assert forking.stdin
        forking.stdin.close()
    assert recording.batches >= 7
    with Books.open(path) as books:
        books.take([])
        same_cells(books.history, books.calendar)
