"""A second process hands over what it read as it was, says why it ends, and never outlives who started it."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress

import msgspec
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.organisation import Organisation
from streams.kafka import forerunner as under_test
from streams.kafka.forerunner import NOTHING, READY, Forerunner, packed, unpacked
from streams.kafka.frames import Frames
from streams.kafka.helping import LostError
from streams.kafka.recording import Fetched
from streams.kafka.topics import Log, Names
from streams.told import Record, read, read_for_fold
from tests.servers import ENDED_SECONDS
from tests.streams.logs import POISONS, PartitionOf, by_hash, logs, poison
from tests.streams.logs import Log as Lying
from tests.streams.odd_records import odd_records

ONE = by_hash(1)
PARENT = """
import sys
from projections.organisation import Organisation
from streams.kafka.forerunner import Forerunner
from streams.kafka.topics import Log, Names
ahead = Forerunner(Log(sys.argv[1], Names.of("quotum"), Organisation(partitions=2)))
print(ahead.pid, flush=True)
for line in sys.stdin:
    while not ahead.is_ready():
        pass
    ahead.begin({})
    print("begun", flush=True)
"""
STUCK = """
import threading
from streams.kafka import forerunner
class Stuck:
    def __init__(self, *_, **__): pass
    def begin(self, _): threading.Event().wait()
forerunner.Reading = Stuck
forerunner.main()
"""
Started = Callable[[], Forerunner]


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of somebody who listens and says nothing: reading waits there."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def started(silent: str) -> Iterator[Started]:
    made = []

    def start() -> Forerunner:
        made.append(Forerunner(Log(silent, Names.of("quotum"), Organisation(partitions=2))))
        return made[-1]

    yield start
    for one in made:
        one.close()
        assert not psutil.pid_exists(one.pid)


def ready(ahead: Forerunner) -> Forerunner:
    while not ahead.is_ready():
        pass
    return ahead


def fetched_to_the_end(ahead: Forerunner) -> None:
    while True:
        assert ahead.fetch() == NOTHING


# What it hands over


def expect_the_same(records: list[Record], partition_of: PartitionOf) -> None:
    for tell in (read, read_for_fold):
        fetched = Fetched(tell(records, partition_of), {-1: 2, 0: 2**62}, {0: 7})
        assert unpacked(packed(fetched)) == fetched


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.lists(odd_records(ONE), max_size=4))
def test_whatever_lies_in_a_log_is_handed_over_as_it_was_read(records: list[Record]) -> None:
    expect_the_same(records, ONE)


@given(logs())
def test_events_dead_letters_and_places_are_handed_over_as_they_were_read(
    made: tuple[object, Lying, PartitionOf],
) -> None:
    _, log, partition_of = made
    expect_the_same(log.fetch({}, 1_000)[0], partition_of)


@pytest.mark.parametrize("kind", POISONS)
def test_why_a_record_is_no_event_is_handed_over(kind: str) -> None:
    expect_the_same([poison(kind, ONE)], ONE)


# How it ends


@pytest.mark.slow
def test_where_the_broker_does_not_answer_it_says_so_and_ends(started: Started) -> None:
    ahead = ready(started())
    ahead.begin({})
    with pytest.raises(LostError, match="cannot be reached"):
        fetched_to_the_end(ahead)


@pytest.mark.slow
@pytest.mark.parametrize("has_begun", [False, True])
def test_one_that_is_killed_is_told(started: Started, has_begun: bool) -> None:
    ahead = started()
    if has_begun:
        ready(ahead).begin({})
    os.kill(ahead.pid, signal.SIGKILL)
    with pytest.raises(LostError, match=rf"process {ahead.pid} has ended \(-9\)"):
        fetched_to_the_end(ahead)
    with pytest.raises(LostError, match="has ended"):
        ahead.begin({})


@pytest.mark.slow
def test_one_that_was_stopped_is_waited_for_no_longer_than_patience(
    started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(under_test, "PATIENCE_SECONDS", 0.2)
    ahead = started()
    os.kill(ahead.pid, signal.SIGSTOP)
    with pytest.raises(LostError, match=r"has said nothing for 0\.2 seconds"):
        ready(ahead)


def test_where_no_process_can_be_started_that_is_said(started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(LostError, match=r"no second process can be started .*nowhere"):
        started()


@pytest.mark.slow
def test_whoever_closes_it_leaves_no_process_behind(started: Started) -> None:
    ahead = ready(started())
    ahead.close()
    ahead.close()
    assert not psutil.pid_exists(ahead.pid)


@pytest.mark.slow
@pytest.mark.parametrize("has_begun", [False, True])
def test_it_ends_by_itself_once_whoever_started_it_is_killed(silent: str, has_begun: bool) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, silent],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    ) as parent:
        assert parent.stdin
        assert parent.stdout
        pid = int(parent.stdout.readline())
        if has_begun:
            parent.stdin.write("begin\n")
            parent.stdin.flush()
            assert parent.stdout.readline() == "begun\n"
        parent.kill()
    with suppress(psutil.NoSuchProcess):
        psutil.Process(pid).wait(ENDED_SECONDS)
    assert not psutil.pid_exists(pid)


@pytest.mark.slow
def test_whatever_it_is_at_it_ends_once_nobody_listens() -> None:
    ours, theirs = socket.socketpair()
    frames = Frames(ours)
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-c", STUCK, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )
    frames.say(msgspec.msgpack.encode(("nowhere:1", "quotum", 2, 10, True)))
    assert frames.hear(ENDED_SECONDS) == READY
    frames.say(msgspec.msgpack.encode({}))
    frames.close()
    assert process.wait(ENDED_SECONDS) == 0
