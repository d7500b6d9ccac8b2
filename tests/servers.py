"""Quotum as its users start it: in processes of its own, waited for by what they print."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

QUOTUM = str(Path(sys.executable).with_name("quotum"))
ADDRESS = re.compile(r"http://\S+")
ENDED_SECONDS = 60  # far more than anything here takes; it only ends a test that hangs


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
