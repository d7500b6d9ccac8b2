"""Quotum as its users start it: in processes of its own, waited for by what they print."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Self

QUOTUM = str(Path(sys.executable).with_name("quotum"))
ADDRESS = re.compile(r"http://\S+")
ENDED_SECONDS = 60  # far more than anything here takes; it only ends a test that hangs
DRIVER = """
import os, sys
from importlib import import_module
from quotum.cli import main
for name in sys.argv[1:]:
    import_module(name)
for line in sys.stdin:
    if not (child := os.fork()):
        sys.argv = ["quotum", *line.split()]
        try:
            main()
        except SystemExit as end:
            os._exit(end.code or 0)  # threads of libraries, which the driver has, cannot be ended here
    print("process", child, flush=True)
    print("ended", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Running(NamedTuple):
    """A server that answers."""

    process: subprocess.Popen[str]
    url: str


@contextmanager
def running(*words: str, folder: Path, port: int = 0) -> Iterator[Running]:
    """`quotum serve` or `quotum demo`, from when it answers; killed at the end if it still runs."""
    with subprocess.Popen(
        [QUOTUM, *words, "--port", str(port)],
        cwd=folder,
        env=_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        try:
            for line in process.stdout:
                if found := ADDRESS.search(line):
                    yield Running(process, found[0])
                    break
            else:
                raise AssertionError(f"no server: {process.communicate()}")
        finally:
            process.kill()


class Forked:
    """Servers one after the other, each a process of its own; what they import, which takes longest, is so once."""

    def __init__(self, *modules: str, folder: Path, complaints: Path) -> None:
        """`modules`: imported beside the command line's own; `complaints`: a file for their standard error."""
        with complaints.open("ab") as file:
            self._driver = subprocess.Popen(
                [sys.executable, "-c", DRIVER, *modules],
                cwd=folder,
                env=_environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
                text=True,
            )
        self._complaints = complaints
        self.process: int | None = None
        self.url = ""

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Kill what runs."""
        self.kill()
        self._driver.communicate()

    def start(self, *words: str) -> str:
        """The next one, once it answers: its address. Words without blanks."""
        assert self._driver.stdin
        self._driver.stdin.write(" ".join(words) + "\n")
        self._driver.stdin.flush()
        self.process, self.url = None, ""
        while not (self.process and self.url):
            line = self._line()
            if found := re.fullmatch(r"process (\d+)\n", line):
                self.process = int(found[1])
            elif found := ADDRESS.search(line):
                self.url = found[0]
            assert not line.startswith("ended"), (words, line, self._complaints.read_text(encoding="utf-8"))
        return self.url

    def kill(self) -> None:
        """SIGKILL; harmless where none runs."""
        self._stop(signal.SIGKILL)

    def end(self) -> int:
        """Have it end in good order; its exit code."""
        late = threading.Timer(ENDED_SECONDS, self._driver.kill)
        late.start()
        try:
            return self._stop(signal.SIGTERM)
        finally:
            late.cancel()

    def ended(self) -> int:
        """Wait until it has ended by itself; its exit code."""
        self.process = None
        while not (found := re.fullmatch(r"ended (-?\d+)\n", self._line())):
            continue
        return int(found[1])

    def _stop(self, how: signal.Signals) -> int:
        if self.process is None:
            return 0
        os.kill(self.process, how)
        return self.ended()

    def _line(self) -> str:
        assert self._driver.stdout
        line = self._driver.stdout.readline()
        assert line, "the driver ended"
        return line


def ask(*words: str, folder: Path, **environment: str) -> tuple[int, str, str]:
    """A command from a prompt of 80 columns: its exit code, output and complaints."""
    done = subprocess.run(
        [QUOTUM, *words],
        cwd=folder,
        env=_environment() | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=ENDED_SECONDS,
    )
    return done.returncode, done.stdout, done.stderr


def _environment() -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("QUOTUM_")}
    return plain | {"COLUMNS": "80", "TERM": "dumb", "PYTHONUNBUFFERED": "1"}
