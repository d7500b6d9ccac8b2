"""One real broker for a whole run of the tests, however many workers pytest has: whoever needs it first starts it.

All workers hold it from before the first test until their end, and it is stopped once the last is gone, killed or not.
"""

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

import pytest

from quotum.local.jars import LocalError, jars, java
from quotum.local.kafka import Broker, hold, release, start


def run_folder() -> Path:
    """Where the broker of this run lies, the same for all its workers."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or str(os.getpid())
    return Path(tempfile.gettempdir()) / f"quotum-test-kafka-{run}"


class SharedBroker:
    """The broker of a run, held by this worker until `leave`."""

    def __init__(self, folder: Path) -> None:
        """Hold it; nothing is started yet."""
        self._folder = folder
        self._told = folder / "told.json"
        self._hold = hold(folder)
        self._own: Broker | None = None
        self._first = False

    def address(self) -> str:
        """Host and port of the broker, which answers; LocalError where none can run here."""
        with _alone(self._folder / "starting"):
            if not self._told.exists():
                self._first = True
                self._told.write_text(json.dumps(self._started()), encoding="utf-8")
        said = json.loads(self._told.read_text(encoding="utf-8"))
        if reason := said.get("reason"):
            raise LocalError(reason)
        return str(said["address"])

    def leave(self) -> None:
        """Need it no longer; who asked for it first waits until everybody has left, and leaves nothing behind."""
        release(self._hold)
        if self._own:
            self._own.stop()
        if self._first:
            with _alone(self._folder / "held"):
                shutil.rmtree(self._folder)
        elif not self._told.exists():
            self._leave_unasked()

    def _leave_unasked(self) -> None:
        """Nobody has asked for it so far; one who still holds it may."""
        with suppress(BlockingIOError, FileNotFoundError), (self._folder / "held").open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(self._folder, ignore_errors=True)

    def _started(self) -> dict[str, str]:
        try:
            self._own = start(self._folder)
        except LocalError as error:
            return {"reason": str(error)}
        return {"address": self._own.address}


def expect_runnable() -> None:
    """Skip a test that starts a broker of its own where none can run; in CI it fails."""
    try:
        java()
        jars()
    except LocalError as error:
        leave_out(str(error))


def leave_out(reason: str) -> NoReturn:
    """Skip, with the reason; in CI fail."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
