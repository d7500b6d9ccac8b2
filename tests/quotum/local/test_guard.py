"""A guarded program runs as long as somebody wants it, and not a moment longer, whatever becomes of who started it."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from quotum.local import guard
from quotum.local.guard import hold, release

LONG = [sys.executable, "-c", "import time; print('runs', flush=True); time.sleep(600)"]
HOLDER = """
import pathlib, sys
from quotum.local.guard import hold
held = hold(pathlib.Path(sys.argv[1]))
print("held", flush=True)
input()
"""
ENDED_SECONDS = 60  # far more than anything here takes; it only ends a test that hangs
Guarded = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def guarded(tmp_path: Path) -> Guarded:
    def run(command: list[str]) -> subprocess.Popen[str]:
        words = [sys.executable, "-I", guard.__file__, str(tmp_path / "held"), *command]
        return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)

    return run


def seen(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def test_it_ends_when_nobody_wants_it_any_more(tmp_path: Path, guarded: Guarded) -> None:
    first, second = hold(tmp_path / "held"), hold(tmp_path / "held")
    with guarded(LONG) as process:
        assert seen(process) == "runs"
        release(first)
        assert process.poll() is None
        program = psutil.Process(int((tmp_path / "held").read_text()))
        assert program.is_running()
        release(second)
        process.wait(ENDED_SECONDS)
        assert not program.is_running()


def test_it_ends_when_who_wanted_it_is_killed(tmp_path: Path, guarded: Guarded) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "held")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert seen(holder) == "held"
        with guarded(LONG) as process:
            assert seen(process) == "runs"
            holder.kill()
            process.wait(ENDED_SECONDS)


def test_what_a_program_ends_with_is_what_its_guard_ends_with(tmp_path: Path, guarded: Guarded) -> None:
    held = hold(tmp_path / "held")
    with guarded([sys.executable, "-c", "raise SystemExit(7)"]) as process:
        assert process.wait(ENDED_SECONDS) == 7
    release(held)


def test_a_guard_that_is_told_to_end_ends_the_program_first(tmp_path: Path, guarded: Guarded) -> None:
    held = hold(tmp_path / "held")
    with guarded(LONG) as process:
        assert seen(process) == "runs"
        program = psutil.Process(int((tmp_path / "held").read_text()))
        process.terminate()
        process.wait(ENDED_SECONDS)
        assert not program.is_running()
    release(held)


def test_a_program_that_will_not_end_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "GRACE_SECONDS", 0)
    stubborn = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('runs', flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", stubborn], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
        assert program.stdout
        program.stdout.readline()
        (tmp_path / "held").touch()
        guard._end_when_unwanted(tmp_path / "held", program)  # noqa: SLF001 (in this process, to shorten its patience)
        assert program.returncode == -9


def test_who_released_it_may_release_it_again(tmp_path: Path) -> None:
    held = hold(tmp_path / "held")
    release(held)
    release(held)
    assert held.closed
