"""`make live`: a whole Quotum over Kafka on this machine, with the demo's team selling through it, until Ctrl-C.

Four parts: a broker, a worker that keeps figures up, the server with its recorder and the team, and a gateway, each a
process of its own with its data in one folder. One that ends by itself is started again, and all of them end with
whoever started this, however it ends.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import IO, NoReturn, Protocol

from quotum.demo.running import ZONE
from quotum.demo.selling import CURRENCY
from quotum.local import guard, kafka
from quotum.local.jars import LocalError, last
from streams.kafka import expect_installed

PARTITIONS = 4
SERVER_PORT, GATEWAY_PORT, WORKER_PORT = 8080, 8081, 8082
TRIES = 3  # in a row, for a part that ends as it starts
ADDRESS = re.compile(r"http://\S+")
QUOTUM = (sys.executable, "-c", "from quotum.cli import main; main()")
Say = Callable[[str], object]


class Part(Protocol):
    """A process that is kept running."""

    name: str

    @property
    def address(self) -> str:
        """Where it answers, once it was started."""

    @property
    def running(self) -> bool:
        """Whether it is there."""

    def start(self) -> None:
        """Start it, again where it was; it answers on return. LocalError says why it does not."""

    def wait(self) -> int:
        """Wait until it ends; its exit code."""

    def stop(self) -> None:
        """End it in good order; again is harmless."""


class KafkaPart:
    """The broker, at one port for as long as this runs."""

    name = "the broker"

    def __init__(self, folder: Path) -> None:
        """Nothing is started yet."""
        self._folder = folder
        self._broker: kafka.Broker | None = None

    @property
    def address(self) -> str:
        """Host and port, once it was started."""
        return self._broker.address if self._broker else ""

    @property
    def running(self) -> bool:
        """Whether it is there."""
        return self._broker is not None and self._broker.running

    def start(self) -> None:
        """Start it, again at the port it had."""
        port = self._broker.port if self._broker else 0
        self.stop()
        self._broker = kafka.start(self._folder, port)

    def wait(self) -> int:
        """Wait until it ends."""
        return self._broker.wait() if self._broker else 0

    def stop(self) -> None:
        """End it in good order."""
        if self._broker:
            self._broker.stop()


class CommandPart:
    """A command of Quotum's that answers at an address, guarded as the broker is."""

    def __init__(self, name: str, words: Callable[[], Sequence[str]], port: int, folder: Path) -> None:
        """`words`: asked for at each start. `port`: where it is wanted; a free one is taken where that is not free."""
        self.name = name
        self.address = ""
        self._words = words
        self._port = port
        self._held = folder / f"{name.rpartition(' ')[2]}.held"
        self._log = self._held.with_suffix(".log")
        self._hold: IO[bytes] | None = None
        self._process: subprocess.Popen[str] | None = None

    @property
    def running(self) -> bool:
        """Whether it is there."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it, again at the port it had."""
        self.stop()
        self._hold = guard.hold(self._held)
        port = 0 if kafka.taken(self._port) else self._port
        with self._log.open("ab") as log:
            begin = log.tell()
            self._process = self._guarded([*QUOTUM, *self._words(), "--port", str(port)], log)
        found = self._announced()
        if not found:
            self._process.wait()
            said = self._log.read_bytes()[begin:].decode(errors="replace")
            raise LocalError(f"{self.name} ended as it started; {self._log} ends with:\n{last(said.splitlines())}")
        self.address = found
        self._port = int(found.rpartition(":")[2])

    def wait(self) -> int:
        """Wait until it ends."""
        return self._process.wait() if self._process else 0

    def stop(self) -> None:
        """End it in good order."""
        if self._hold:
            guard.release(self._hold)
        if self._process:
            self._process.communicate()
            self._process = None

    def _guarded(self, words: Sequence[str], log: IO[bytes]) -> "subprocess.Popen[str]":
        """In a session of its own: Ctrl-C is for whoever started all of them."""
        return subprocess.Popen(  # noqa: S603 (our own words)
            [sys.executable, "-I", guard.__file__, str(self._held), *words],
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
            text=True,
        )

    def _announced(self) -> str:
        """The address that it prints; none where it ends before."""
        lines = self._process.stdout if self._process and self._process.stdout else ()
        return next((found[0] for line in lines if (found := ADDRESS.search(line))), "")


class Live:
    """The parts, in the order in which they need each other."""

    def __init__(self, folder: Path, server_port: int = SERVER_PORT, gateway_port: int = GATEWAY_PORT) -> None:
        """`folder`: where all their data lie. Nothing is started yet."""
        folder = folder.resolve()
        folder.mkdir(parents=True, exist_ok=True)
        self._broker = KafkaPart(folder / "kafka")
        history = str(folder / "quotum-demo.duckdb")
        self.worker = CommandPart(
            "the worker",
            lambda: ["worker", "--broker", self._broker.address, "--data", str(folder / "worker")],
            WORKER_PORT,
            folder,
        )
        self.server = CommandPart(
            "the server",
            lambda: ["demo", "--history", history, "--broker", self._broker.address, "--figures", "cells"],
            server_port,
            folder,
        )
        self.gateway = CommandPart(
            "the gateway",
            lambda: ["gateway", "--broker", self._broker.address, "--owner", self.server.address],
            gateway_port,
            folder,
        )
        self._parts: Sequence[Part] = (self._broker, self.worker, self.server, self.gateway)
        self._ended: SimpleQueue[None] = SimpleQueue()

    def run(self, say: Say) -> NoReturn:
        """Until KeyboardInterrupt, which ends all of them; LocalError where one does not start."""
        with ExitStack() as closing:
            for part in self._parts:
                closing.callback(part.stop)
            self._start_all()
            say(
                f"The board is at {self.server.address}, the gateway at {self.gateway.address} "
                "(Ctrl-C ends all, again goes on)"
            )
            while True:
                self._ended.get()
                self._start_again(say)

    def _start_all(self) -> None:
        self._started(self._broker)
        expect_installed()
        from streams.kafka import topics  # noqa: PLC0415 (an extra, which other commands need not and do not load)

        topics.create(self._broker.address, zone=ZONE, currency=CURRENCY, partitions=PARTITIONS, demo=True)
        for part in self._parts[1:]:
            self._started(part)

    def _start_again(self, say: Say) -> None:
        for part in self._parts:
            if not part.running:
                say(f"{part.name} ended by itself ({part.wait()}) and is started again")
                self._started(part)
                say(f"{part.name} answers at {part.address}")

    def _started(self, part: Part) -> None:
        for left in reversed(range(TRIES)):
            try:
                part.start()
            except LocalError:
                if not left:
                    raise
            else:
                Thread(target=self._watch, args=(part,), daemon=True).start()
                return

    def _watch(self, part: Part) -> None:
        part.wait()
        self._ended.put(None)
