"""The broker that tests share: the same for all workers, gone with the last of them; a reason where none can run."""

import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from quotum.local.jars import LocalError
from tests.kafka.broker import SharedBroker, expect_runnable


def test_workers_share_one_broker_which_ends_with_the_last_of_them(tmp_path: Path) -> None:
    expect_runnable()
    first, second = SharedBroker(tmp_path / "run"), SharedBroker(tmp_path / "run")
    address = first.address()
    assert second.address() == address
    host, _, port = address.rpartition(":")
    with ThreadPoolExecutor(1) as pool:
        left = pool.submit(first.leave)
        socket.create_connection((host, int(port))).close()
        second.leave()
        left.result()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)))
    assert not (tmp_path / "run").exists()


def test_a_run_that_never_asks_for_a_broker_leaves_nothing_behind(tmp_path: Path) -> None:
    first, second = SharedBroker(tmp_path / "run"), SharedBroker(tmp_path / "run")
    first.leave()
    assert (tmp_path / "run").exists()
    second.leave()
    assert not (tmp_path / "run").exists()


def test_a_broker_that_cannot_run_is_tried_once_and_every_worker_is_told_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    def fail(folder: Path) -> None:
        tried.append(folder)
        raise LocalError("no Java here: install it")

    monkeypatch.setattr("tests.kafka.broker.start", fail)
    first, second = SharedBroker(tmp_path / "run"), SharedBroker(tmp_path / "run")
    for worker in (first, second):
        with pytest.raises(LocalError, match="no Java here: install it"):
            worker.address()
    assert len(tried) == 1
    second.leave()
    first.leave()
    assert not (tmp_path / "run").exists()
