"""Quotum as its users start it: in processes of its own, waited for by what they print."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
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
    """Servers one after the other, each a process of its own; what they import, which takes longest, is so once.

    Whatever becomes of them, no wait here lasts for ever, and nothing is left running at the end.
    """

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
                process_group=0,  # it is ended with all that it started
            )
        self._complaints = complaints
        self._news = threading.Condition()
        self._code: int | None = None  # of the last one, once it has ended
        self.process: int | None = None
        self.url = ""
        self._listening = threading.Thread(target=self._listen)
        self._listening.start()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Kill what runs."""
        assert self._driver.stdin
        os.killpg(self._driver.pid, signal.SIGKILL)
        self._driver.wait()
        self._listening.join()
        self._driver.stdin.close()

    def start(self, *words: str) -> str:
        """The next one, once it answers: its address. Words without blanks."""
        assert self._driver.stdin
        with self._news:
            assert self.process is None, "the one before it still runs"
            self._code, self.url = None, ""
            self._driver.stdin.write(" ".join(words) + "\n")
            self._driver.stdin.flush()
            self._wait_for(lambda: bool(self.process and self.url) or self._code is not None)
            assert self._code is None, (words, self._code, self._complaints.read_text(encoding="utf-8"))
            return self.url

    def kill(self) -> None:
        """SIGKILL; harmless where none runs."""
        self._stop(signal.SIGKILL)

    def end(self) -> int:
        """Have it end in good order; its exit code."""
        return self._stop(signal.SIGTERM)

    def ended(self) -> int:
        """Wait until it has ended by itself; its exit code."""
        with self._news:
            self._wait_for(lambda: self._code is not None)
            assert self._code is not None
            return self._code

    def _stop(self, how: signal.Signals) -> int:
        with self._news:
            if self.process is None:
                return 0
            with suppress(ProcessLookupError):  # it has just ended by itself
                os.kill(self.process, how)
        return self.ended()

    def _wait_for(self, is_so: Callable[[], bool]) -> None:
        assert self._news.wait_for(is_so, ENDED_SECONDS), self._complaints.read_text(encoding="utf-8")

    def _listen(self) -> None:
        assert self._driver.stdout
        with self._driver.stdout as lines:
            for line in lines:
                self._hear(line)
        self._hear(f"ended {self._driver.wait()}\n")  # nothing comes any more

    def _hear(self, line: str) -> None:
        with self._news:
            if found := re.fullmatch(r"process (\d+)\n", line):
                self.process = int(found[1])
            elif found := re.fullmatch(r"ended (-?\d+)\n", line):
                self.process, self._code = None, int(found[1])
            elif found := ADDRESS.search(line):
                self.url = found[0]
            self._news.notify_all()


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
