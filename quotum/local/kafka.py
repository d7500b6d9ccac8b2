"""A Kafka broker on this machine: the real one, as a process of ours, that ends when nobody wants it any more.

It listens on the loopback alone. All it has lies in one folder, and it goes on from there when it is started again.
"""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import IO, Self

from quotum.local import guard
from quotum.local.jars import LocalError, jars, java, last

LOOPBACK = "127.0.0.1"
STARTED = "Kafka Server started"  # the words that Kafka itself promises to those who wait for it
PORT_TAKEN = "Address already in use"
TRIES = 3  # another program may take a free port before the broker does
START_SECONDS, CLAIM_SECONDS, LOOK_SECONDS = 120, 10, 0.02
SESSION_MS = 3_000
# Java's second compiler takes a processor for minutes, and on one machine that is everybody's: without it the broker is
# there in half the time, and beside all others it took .45 of a processor where it had taken .75.
MACHINE = ("-Xms512m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
LOGGING = ("defaultLogLevel=warn", "log.kafka.server.KafkaRaftServer=info", "showDateTime=true")

PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller}
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller}
advertised.listeners=PLAINTEXT://{host}:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
broker.session.timeout.ms={session}
broker.heartbeat.interval.ms={heartbeat}
"""  # the session: a broker that was killed is let in again only once its former one has run out


class Broker:
    """A broker that answers at `address`. Use it as a context manager, so that it is stopped."""

    def __init__(self, folder: Path, port: int, guarding: "subprocess.Popen[bytes]", held: IO[bytes]) -> None:
        """Use `start`."""
        self.folder = folder
        self.port = port
        self._guarding = guarding
        self._held = held

    @property
    def address(self) -> str:
        """Host and port, as clients take it."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def running(self) -> bool:
        """Whether it is there still."""
        return self._guarding.poll() is None

    def stop(self) -> None:
        """Want it no longer, and wait until it is gone: stopped in good order, once nobody else holds it either."""
        guard.release(self._held)
        self._guarding.wait()

    def kill(self) -> None:
        """End it as a power cut would; `start` on the same folder and port goes on from there."""
        os.kill(int(_held(self.folder).read_text(encoding="ascii")), signal.SIGKILL)
        self._guarding.wait()
        guard.release(self._held)

    def wait(self) -> int:
        """Wait until it ends; its exit code."""
        return self._guarding.wait()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        self.stop()


def start(folder: Path, port: int = 0, *, session_ms: int = SESSION_MS) -> Broker:
    """Start a broker on a folder, new or used before; it answers on return. Port 0 takes a free one.

    It runs until `stop`, and no longer than this process; with `hold`, until the last holder is gone. `session_ms`:
    for how long a broker that was killed keeps the next one out; where it is short, one that has to wait for its
    processor is taken for dead. LocalError says what is missing here, or why it does not start.
    """
    words = [java(), *MACHINE, *_logging(), "-cp", f"{jars()}/*"]
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with _claimed(folder) as claim:
        for left in reversed(range(TRIES)):
            if port and taken(port):
                raise LocalError(f"port {port} is taken by another program: give another --port, or 0 for a free one")
            try:
                return _started(words, folder, port or _free_port(), claim, session_ms)
            except _PortTakenError:
                if not left:
                    raise
    raise AssertionError("unreachable")


def hold(folder: Path) -> IO[bytes]:
    """Want the broker of a folder, whoever starts it, until `release` or the end of this process."""
    folder.mkdir(parents=True, exist_ok=True)
    return guard.hold(_held(folder))


release = guard.release


class _PortTakenError(LocalError):
    """Another program was quicker."""


def _started(java_words: list[str], folder: Path, port: int, claim: IO[bytes], session_ms: int) -> Broker:
    properties, log = folder / "server.properties", folder / "broker.log"
    if not (folder / "data").exists():
        _format(java_words, folder)
    properties.write_text(_properties(port, folder / "data", session_ms), encoding="utf-8")
    held = guard.hold(_held(folder))
    with log.open("ab") as writing:
        begin = writing.tell()
        guarding = _guarded([*java_words, "kafka.Kafka", str(properties)], folder, writing, claim)
    broker = Broker(folder, port, guarding, held)
    try:
        _wait(guarding, log, begin)
    except BaseException:
        broker.stop()
        raise
    return broker


def _guarded(words: list[str], folder: Path, log: IO[bytes], claim: IO[bytes]) -> "subprocess.Popen[bytes]":
    """In a session of its own: Ctrl-C is for whoever started it. The claim on the folder goes over to the guard."""
    return subprocess.Popen(  # noqa: S603 (our own words)
        [sys.executable, "-I", guard.__file__, str(_held(folder)), *words],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
        pass_fds=[claim.fileno()],
    )


def _wait(guarding: "subprocess.Popen[bytes]", log: Path, begin: int) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        ended = guarding.poll() is not None  # looked at first: what it said last counts
        said = log.read_bytes()[begin:].decode(errors="replace")
        if STARTED in said:
            return
        if ended and PORT_TAKEN in said:
            raise _PortTakenError(f"a port for the broker was taken by another program just now: try again\n{log}")
        if ended or time.monotonic() > until:
            what = "ended as it started" if ended else f"did not answer within {START_SECONDS} seconds"
            raise LocalError(f"the broker {what}; {log} says why, and ends with:\n{last(said.splitlines())}")
        time.sleep(LOOK_SECONDS)


def _format(java_words: list[str], folder: Path) -> None:
    """Prepare the folder, once: beside it first, so that a folder that is half prepared is never used."""
    unfinished, properties = folder / f"formatting-{os.getpid()}", folder / "server.properties"
    properties.write_text(_properties(1, unfinished), encoding="utf-8")
    cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    done = subprocess.run(  # noqa: S603 (our own words)
        [*java_words, "kafka.tools.StorageTool", "format", f"--cluster-id={cluster}", "-c", str(properties)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise LocalError(f"Kafka could not prepare the folder {folder}:\n{last(done.stdout.splitlines())}")
    unfinished.rename(folder / "data")


def _properties(port: int, data: Path, session_ms: int = SESSION_MS) -> str:
    beats = {"session": session_ms, "heartbeat": session_ms // 6}
    return PROPERTIES.format(host=LOOPBACK, port=port, controller=_free_port(port), data=data, **beats)


def _logging() -> list[str]:
    return [f"-Dorg.slf4j.simpleLogger.{setting}" for setting in LOGGING]


def _held(folder: Path) -> Path:
    return folder / "held"


def _claimed(folder: Path) -> IO[bytes]:
    """The folder for one broker alone; one that is just ending is waited for."""
    file = (folder / "claimed").open("ab")
    until = time.monotonic() + CLAIM_SECONDS
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                file.close()
                raise LocalError(f"a broker runs on {folder} already: use that one, or give another --folder") from None
        else:
            return file
        time.sleep(LOOK_SECONDS)


def _free_port(other_than: int = 0) -> int:
    with socket.socket() as one:
        one.bind((LOOPBACK, 0))
        port: int = one.getsockname()[1]
    return _free_port(other_than) if port == other_than else port


def taken(port: int) -> bool:
    """Whether another program listens at a port of the loopback; never at 0."""
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((LOOPBACK, port))
        except OSError:
            return True
        return False
