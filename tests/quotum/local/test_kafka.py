"""A real broker as a process of ours: it answers, keeps what it was told, and ends with whoever started it."""

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import psutil
import pytest
from kafka import KafkaAdminClient

from quotum.local.jars import LocalError
from quotum.local.kafka import Broker, start
from tests.kafka.broker import expect_runnable

pytestmark = pytest.mark.slow
ADDRESS = re.compile(r"Kafka answers at (\S+),")
ENDED_SECONDS = 60  # far more than anything here takes; it only ends a test that hangs


@pytest.fixture(autouse=True)
def runnable() -> None:
    expect_runnable()


def topics(broker: Broker) -> list[str]:
    client = KafkaAdminClient(bootstrap_servers=broker.address)
    names = client.list_topics()
    client.close()
    return list(names)


def make_topic(broker: Broker, name: str) -> None:
    client = KafkaAdminClient(bootstrap_servers=broker.address)
    client.create_topics({name: {"num_partitions": 1, "replication_factor": 1}})
    client.close()


def process_of(folder: Path) -> psutil.Process:
    return psutil.Process(int((folder / "held").read_text()))


def test_a_broker_goes_on_with_what_it_holds_after_a_stop_and_after_a_power_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with start(tmp_path / "kafka") as first:
        make_topic(first, "kept")
        program = process_of(tmp_path / "kafka")
        with pytest.raises(LocalError, match=f"port {first.port} is taken by another program: give another --port"):
            start(tmp_path / "other", first.port)
        monkeypatch.setattr("quotum.local.kafka.CLAIM_SECONDS", 0)
        with pytest.raises(LocalError, match=r"runs on .* already: use that one"):
            start(tmp_path / "kafka")
        monkeypatch.undo()
    assert not first.running
    assert not program.is_running()
    second = start(tmp_path / "kafka")
    make_topic(second, "kept-too")
    second.kill()
    assert not second.running
    with start(tmp_path / "kafka", second.port) as third:
        assert third.address == second.address
        assert {"kept", "kept-too"} <= set(topics(third))


def test_a_name_that_begins_like_an_option_does_not_keep_a_folder_from_being_prepared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quotum.local.kafka.uuid.uuid4", lambda: UUID(bytes=b"\xfb" * 16))
    start(tmp_path / "kafka").stop()
    assert "cluster.id=-" in (tmp_path / "kafka" / "data" / "meta.properties").read_text()


def test_a_broker_ends_when_who_started_it_is_killed_and_its_folder_is_free_again(tmp_path: Path) -> None:
    folder = tmp_path / "kafka"
    with in_the_foreground(folder) as process:
        program = process_of(folder)
        process.kill()
        program.wait(ENDED_SECONDS)
    start(folder).stop()


def test_in_the_foreground_it_prints_its_address_and_ends_with_ctrl_c(tmp_path: Path) -> None:
    folder = tmp_path / "kafka"
    with in_the_foreground(folder) as process:
        program = process_of(folder)
        process.send_signal(signal.SIGINT)
        assert process.wait(ENDED_SECONDS) == 0
        assert not program.is_running()


def test_what_a_broker_said_is_shown_when_it_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "meta.properties").write_text("version=1\n")
    with pytest.raises(LocalError, match=r"the broker ended as it started; .*broker.log says why, and ends with:\n  "):
        start(tmp_path)


def test_a_taken_port_is_told_in_the_foreground_too(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        words = [sys.executable, "-m", "quotum.local", "--port", str(port), "--folder", str(tmp_path)]
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=ENDED_SECONDS)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"quotum.local: port {port} is taken by another program: give another --port")


def in_the_foreground(folder: Path) -> subprocess.Popen[str]:
    """`make kafka`, from when it answers."""
    words = [sys.executable, "-m", "quotum.local", "--port", "0", "--folder", str(folder)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert ADDRESS.match(process.stdout.readline())
    return process
