"""All of Quotum over Kafka on one machine: a part that crashes comes back, again goes on, nothing is left behind."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2 as httpx
import psutil
import pytest

from quotum.demo.running import SOLD
from quotum.local.jars import LocalError
from quotum.local.live import CommandPart
from schemas.organisation import ORGANISATION
from streams.door import DEMO_SOURCE
from streams.history import History
from tests.kafka.broker import expect_runnable
from tests.servers import ENDED_SECONDS, ask

ADDRESSES = re.compile(r"http://[\d.]+:\d+")
HISTORY = "quotum-demo.duckdb"
HELD = ("kafka/held", "worker.held", "server.held", "gateway.held")


@contextmanager
def live(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """`make live`, from when all of it answers: the process, and the addresses of board and gateway."""
    words = [
        sys.executable,
        "-m",
        "quotum.local",
        "live",
        "--folder",
        str(folder),
        "--port",
        "0",
        "--gateway-port",
        "0",
    ]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            board, gateway = ADDRESSES.findall(said(process)) or (process.communicate(), "")
            yield process, str(board), str(gateway)
        finally:
            process.kill()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline()


def programs(folder: Path) -> list[psutil.Process]:
    return [psutil.Process(int((folder / held).read_text())) for held in HELD]


def position(board: str) -> int:
    """How much history holds; told too while the broker is waited for, when the server is not ready."""
    told = httpx.get(f"{board}/metrics", timeout=ENDED_SECONDS, trust_env=False).text
    [found] = re.findall(r"^quotum_log_position (\S+)$", told, re.MULTILINE)
    return int(float(found))


def crash(process: subprocess.Popen[str], folder: Path, held: str, name: str) -> str:
    """Kill a part; where it answers then."""
    psutil.Process(int((folder / held).read_text())).kill()
    assert re.fullmatch(rf"{name} ended by itself \(\d+\) and is started again\n", said(process))
    found = re.fullmatch(rf"{name} answers at (\S+)\n", said(process))
    assert found
    return found[1]


@pytest.mark.slow
def test_a_part_that_crashes_comes_back_and_all_of_it_goes_on_where_it_was_and_leaves_nothing(tmp_path: Path) -> None:
    expect_runnable()
    with live(tmp_path) as (process, board, gateway):
        assert crash(process, tmp_path, "gateway.held", "the gateway") == gateway
        assert crash(process, tmp_path, "worker.held", "the worker")
        assert crash(process, tmp_path, "server.held", "the server") == board
        assert crash(process, tmp_path, "kafka/held", "the broker").startswith("127.0.0.1:")
        before, running = position(board), programs(tmp_path)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=ENDED_SECONDS)
        assert (process.returncode, err) == (0, ""), out
        assert not any(program.is_running() for program in running)
    with live(tmp_path) as (process, board, _):
        assert position(board) >= before > 3_000
        running = programs(tmp_path)
        process.kill()
        assert not psutil.wait_procs(running, ENDED_SECONDS)[1]
    assert ask("verify", "--history", HISTORY, folder=tmp_path)[0] == 0
    with History.open(tmp_path / HISTORY) as history:
        [(sold, _)] = history.rows(SOLD, {"source": DEMO_SOURCE, "organisation": ORGANISATION})
        told = "SELECT count(*) FROM events WHERE source = $source AND trail <> $organisation AND NOT duplicate"
        assert history.rows(told, {"source": DEMO_SOURCE, "organisation": ORGANISATION}) == [(sold,)]


def test_a_part_that_does_not_start_is_told_with_what_it_said_last(tmp_path: Path) -> None:
    part = CommandPart("the server", lambda: ["serve", "--history", str(tmp_path / "none")], 0, tmp_path)
    with pytest.raises(LocalError, match=r"the server ended as it started; \S+server.log ends with:\n  .*no history"):
        part.start()
    assert not part.running
    part.stop()
    part.stop()
