"""`quotum verify --live` as users call it: it finds the server that follows the log, or follows the log itself."""

from pathlib import Path

from streams.kafka.cells import Snapshot
from streams.kafka.topics import Log
from streams.live.forms import cell_key, cell_value, counted_key, counted_value
from tests.kafka.cell_writer import CellWriter, tamper
from tests.kafka.selling import DEALS
from tests.kafka.working import wait_for_all, working
from tests.servers import ask, running

METRICS = ("revenue", "deals_won", "cycle_days_median")
NOBODY_CALLED = (0, 17287, "calls", "owner", ("", "", "", "", "", None))


def test_cells_are_compared_with_and_without_a_server_and_what_differs_is_named(log: Log, tmp_path: Path) -> None:
    place = ("--broker", log.broker, "--prefix", log.names.prefix)
    with running("serve", *place, "--figures", "cells", folder=tmp_path):
        assert ask(*DEALS, folder=tmp_path)[0] == 0
        CellWriter(log).catch_up()
        code, said, _ = ask("verify", "--live", folder=tmp_path)
        assert (code, said.partition(" live cells of ")[0].startswith("all well: ")) == (0, True)
        assert "agree with history; partition 0 up to " in said
        assert ask("verify", "--live", *place, folder=tmp_path)[:2] == (0, said)  # also by the server
    assert ask("verify", "--live", *place, folder=tmp_path)[:2] == (0, said)

    position = Snapshot.of(log).counted[1]
    cells = {cell_key(1, NOBODY_CALLED): cell_value(2_000_000, position.next_offset)}
    tamper(log, 1, {**cells, counted_key(1): counted_value(position)})
    code, said, _ = ask("verify", "--live", *place, folder=tmp_path)
    assert code == 1
    assert [line.split() for line in said.splitlines()[:2]] == [
        ["partition", "cell", "live", "history"],
        ["1", *["calls", "by", "owner", "of", "unassigned", "on", "2017-05-01"], "2", "0"],
    ]
    assert said.splitlines()[2].startswith("1 cell differs; compared: partition 0 up to ")
    assert "have the workers count anew (docs/kafka.md, Compare)" in said


def test_without_a_broker_there_are_no_cells_to_compare(tmp_path: Path) -> None:
    assert ask("init", "--zone", "UTC", "--currency", "EUR", folder=tmp_path)[0] == 0
    code, _, complaint = ask("verify", "--live", folder=tmp_path)
    assert code == 1
    assert "follows no log in Kafka here" in complaint
    assert ask("verify", "--broker", "127.0.0.1:1", folder=tmp_path)[0] == 2


def test_a_server_answers_from_what_a_worker_counts_as_from_history(log: Log, tmp_path: Path) -> None:
    place = ("--broker", log.broker, "--prefix", log.names.prefix)
    boards = [("board", metric, "2026", "--by", by, "--format", "csv") for metric in METRICS for by in ("rep", "day")]
    serving = running("serve", *place, "--figures", "cells", folder=tmp_path)
    with working(log, tmp_path / "worker") as worker, serving:
        assert ask(*DEALS, folder=tmp_path)[0] == 0
        wait_for_all(log, [worker])
        code, said, _ = ask("verify", "--live", folder=tmp_path)
        assert (code, said.startswith("all well: "), said.startswith("all well: 0")) == (0, True, False)
        from_cells = [ask(*words, folder=tmp_path) for words in boards]
    assert [ask(*words, folder=tmp_path) for words in boards] == from_cells  # of history alone
