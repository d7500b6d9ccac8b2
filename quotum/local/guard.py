"""Runs a program for as long as anybody wants it: who started it may be killed, and nobody else would end it then.

`python guard.py HELD PROGRAM ...`: whoever wants the program holds a shared lock on the file HELD. The system lets go
of a lock whatever becomes of its holder, so once the guard gets the file for itself, nobody is left. The guard writes
the program's process id into the file. It is run as a file, by itself, so that nothing else of Quotum is loaded.
"""

import fcntl
import signal
import subprocess
import sys
from pathlib import Path
from threading import Thread
from typing import IO

GRACE_SECONDS = 30


def hold(held: Path) -> IO[bytes]:
    """Want the program, until `release`. Waits while one that nobody wanted is being ended."""
    file = held.open("ab")
    fcntl.flock(file, fcntl.LOCK_SH)
    return file


def release(file: IO[bytes]) -> None:
    """Want it no longer, even if a fork of this process has the file open still."""
    if not file.closed:
        fcntl.flock(file, fcntl.LOCK_UN)
        file.close()


def run(held: Path, command: list[str]) -> int:
    """Run a command until it ends or nobody holds the file; its exit code."""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as child:  # noqa: S603 (who calls the guard says what)
        held.write_text(f"{child.pid}\n", encoding="ascii")
        signal.signal(signal.SIGTERM, lambda *_: child.terminate())
        Thread(target=_end_when_unwanted, args=(held, child), daemon=True).start()
        return child.wait()


def _end_when_unwanted(held: Path, child: "subprocess.Popen[bytes]") -> None:
    with held.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        child.terminate()
        try:
            child.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1]), sys.argv[2:]))
