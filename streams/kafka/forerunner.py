"""A second process that reads a log ahead of a recorder or a worker: what one interpreter cannot do soon, two can.

It fetches records, reads what they tell and hands that over; it goes on as fast as it is listened to. It has nothing
that is not in the log, so anybody may kill it at any time. It ends by itself once whoever started it is gone, killed or
not: the system closes the connection between the two then.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing, suppress
from threading import Thread
from time import monotonic
from typing import NamedTuple

import msgspec
import pyarrow as pa

from projections.organisation import Organisation
from streams.collecting import collection_paused
from streams.kafka import KafkaError
from streams.kafka.frames import Frames
from streams.kafka.helping import LostError
from streams.kafka.reading import RECORDS_AT_ONCE, Reading
from streams.kafka.recording import AwayError, Fetched
from streams.kafka.topics import Log, Names
from streams.told import Lying, Told, read, read_for_fold

PATIENCE_SECONDS = 10.0  # with one that says nothing: some hundred times as long as it takes for a batch
WAIT_SECONDS = 0.5
READY = b""
NOTHING = Fetched(read([], len), {}, {})


class _Task(NamedTuple):
    """What it is to read."""

    broker: str
    prefix: str
    partitions: int
    records_at_once: int
    is_whole: bool  # else only what the fold wants, of those partitions alone that it begins with


class _Handed(NamedTuple):
    """What was fetched, with its columns as Arrow writes them for others."""

    lying: list[Lying]
    columns: bytes
    reached: dict[int, int]
    ends: dict[int, int]


_encode = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(_Handed | str).decode
_unpack_task = msgspec.msgpack.Decoder(_Task).decode
_unpack_positions = msgspec.msgpack.Decoder(dict[int, int]).decode


def packed(told: Fetched | str) -> bytes:
    """What was read, or why nothing more is, for whoever listens."""
    if isinstance(told, str):
        return _encode(told)
    columns = told.read.columns
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, columns.schema) as stream:
        stream.write_table(columns)
    return _encode((told.read.lying, memoryview(sink.getvalue()), told.reached, told.ends))


def unpacked(message: bytes) -> Fetched | str:
    """What such a process packed."""
    with collection_paused():
        told: _Handed | str = _unpack(message)
    if isinstance(told, str):
        return told
    with pa.ipc.open_stream(told.columns) as stream:
        return Fetched(Told(told.lying, stream.read_all()), told.reached, told.ends)


class Forerunner:
    """Such a process, by whoever started it. One thread uses it; close it in the end."""

    def __init__(self, log: Log, records_at_once: int = RECORDS_AT_ONCE, *, is_whole: bool = True) -> None:
        """Start it; it takes a second until it is ready. LostError where it cannot be started.

        `is_whole`: whether all of the log is read, with what history wants of it; else nothing but what the fold wants,
        of the partitions that it begins with.
        """
        ours, theirs = socket.socketpair()
        self._frames = Frames(ours)
        with theirs:
            try:
                self._process = _started(theirs.fileno())
            except OSError as error:
                self._frames.close()
                raise LostError(f"no second process can be started ({error})") from error
        self._heard_seconds = monotonic()
        self._say(_encode(_Task(log.broker, log.names.prefix, log.partitions, records_at_once, is_whole)))

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def is_ready(self) -> bool:
        """Whether it can begin; once. LostError if it never will."""
        return self._hear(0) is not None

    def begin(self, positions: Mapping[int, int]) -> None:
        """Have it read on from here; once, when it is ready."""
        self._say(_encode(positions))

    def fetch(self) -> Fetched:
        """What it read, in the order of its reading; nothing after a short wait. LostError once it reads no more."""
        message = self._hear(WAIT_SECONDS)
        if message is None:
            return NOTHING
        told = unpacked(message)
        if isinstance(told, str):
            raise LostError(told)
        return told

    def close(self) -> None:
        """End it at once; again is harmless."""
        self._frames.close()
        self._process.kill()
        self._process.wait()

    def _say(self, message: bytes) -> None:
        try:
            self._frames.say(message)
        except OSError as error:
            raise self._lost() from error

    def _hear(self, wait_seconds: float) -> bytes | None:
        try:
            message = self._frames.hear(wait_seconds)
        except (EOFError, OSError) as error:
            raise self._lost() from error
        now = monotonic()
        if message is not None:
            self._heard_seconds = now
        elif now > self._heard_seconds + PATIENCE_SECONDS:
            raise LostError(f"process {self.pid} has said nothing for {PATIENCE_SECONDS:g} seconds")
        return message

    def _lost(self) -> LostError:
        self.close()
        return LostError(f"process {self.pid} has ended ({self._process.returncode})")


def _started(connection: int) -> "subprocess.Popen[bytes]":
    """In a session of its own: Ctrl-C is for whoever started it. It finds modules where this process does."""
    return subprocess.Popen(  # noqa: S603 (our own words)
        [sys.executable, "-P", "-m", __name__, str(connection)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        pass_fds=[connection],
        start_new_session=True,
    )


def run(frames: Frames) -> None:
    """Read and hand over, as long as somebody listens; why it cannot be read on is told. EOFError once nobody does."""
    task = _unpack_task(frames.hear(None) or b"")
    log = Log(task.broker, Names.of(task.prefix), Organisation(partitions=task.partitions))
    frames.say(READY)
    positions = _unpack_positions(frames.hear(None) or b"")
    Thread(target=_end_when_alone, args=(frames,), daemon=True).start()
    only, tell = (None, read) if task.is_whole else (positions.keys(), read_for_fold)
    with closing(Reading(log, task.records_at_once, only=only, tell=tell)) as reading:
        try:
            reading.begin(positions)
            while True:
                with collection_paused():  # which took as long as the client itself
                    message = packed(reading.fetch())
                frames.say(message)
        except (AwayError, KafkaError) as error:
            frames.say(packed(str(error)))


def _end_when_alone(frames: Frames) -> None:
    """Whatever this process is at: nothing more is ever said to it, so what comes is the end of the connection."""
    with suppress(EOFError, OSError):
        frames.hear(None)
    os._exit(0)


def main() -> None:
    """Run as the process that `Forerunner` starts."""
    with suppress(EOFError, ConnectionError):  # nobody listens any more
        run(Frames(socket.socket(fileno=int(sys.argv[1]))))


if __name__ == "__main__":
    main()
