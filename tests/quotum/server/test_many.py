"""Several processes behind one address count together; what they do over a broker is in tests/kafka."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

import pytest

from quotum.server import many
from quotum.server.many import Tally

SPAWN = get_context("spawn")


def count(tally: Tally, number: int, line: Connection) -> None:
    """In a process of its own, until its line is cut."""
    tally.say(number + 1)
    tally.say(number)
    line.send("counted")
    line.poll(60)


@contextmanager
def counting(tally: Tally, number: int) -> Iterator[BaseProcess]:
    """A process that has counted, and lives until the end."""
    ours, theirs = SPAWN.Pipe()
    process = SPAWN.Process(target=count, args=(tally, number, theirs))
    process.start()
    theirs.close()
    with ours:
        assert ours.poll(60)
        assert ours.recv() == "counted"
        yield process
    process.join(60)


def test_each_process_tells_what_all_that_run_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many, "MOST_PROCESSES", 2)
    tally = Tally()
    assert tally.total() == 0
    tally.say(3)
    with counting(tally, 4):
        assert tally.total() == 7
    assert tally.total() == 3
    with counting(tally, 5) as next_one:  # in the place of the one that ended: there are only two
        assert tally.total() == 8
        next_one.kill()
        next_one.join(60)
        assert next_one.exitcode == -signal.SIGKILL
        assert tally.total() == 3
    tally.say(1)
    assert tally.total() == 1
