"""`quotum gateway` says what is wrong before it takes anything; what it does over a broker is in tests/kafka."""

import logging
from pathlib import Path

import pytest

from quotum.commands.serve import in_own_words
from quotum.server.serving import listen
from streams import kafka
from tests.quotum.conftest import Quotum

RIGHT = {"--broker": "127.0.0.1:9", "--owner": "http://127.0.0.1:1", "--port": "0"}


def words(changes: dict[str, str]) -> list[str]:
    return ["gateway", *(part for option in (RIGHT | changes).items() for part in option)]


@pytest.mark.parametrize(
    ("changes", "code", "says"),
    [
        (
            {"--host": "192.0.2.1"},
            2,
            "beyond this machine a gateway asks for keys: give the file that `quotum key` made",
        ),
        ({"--owner": "127.0.0.1:8080"}, 2, "is no address of a server: write it as http://127.0.0.1:8080"),
        ({"--keys": "none.keys"}, 1, "none.keys is not there: `quotum key new` makes one beside a history"),
        ({}, 1, "no broker answers at 127.0.0.1:9 ("),
        ({"--prefix": "a b"}, 2, "'a b' cannot begin the name of a topic"),
    ],
    ids=str,
)
def test_what_is_not_right_is_one_clear_line(quotum: Quotum, changes: dict[str, str], code: int, says: str) -> None:
    found = quotum(*words(changes))
    assert (found.exit_code, found.stdout) == (code, "")
    assert says in found.stderr
    assert found.stderr.count("\n") == 1


def test_keys_that_are_not_there_are_not_made(quotum: Quotum, tmp_path: Path) -> None:
    assert quotum(*words({"--keys": str(tmp_path / "keys")})).exit_code == 1
    assert list(tmp_path.iterdir()) == []


def test_a_port_that_is_taken_is_told_before_any_broker_is_asked(quotum: Quotum) -> None:
    with listen("127.0.0.1", 0) as taken:
        port = str(taken.getsockname()[1])
        found = quotum(*words({"--port": port}))
    assert (found.exit_code, found.stderr.split(":")[1].strip()) == (1, f"port {port} is taken by another program")


def test_without_the_extra_it_is_said_how_to_install_it(quotum: Quotum, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka, "find_spec", lambda name: None if name == "aiokafka" else object())
    found = quotum(*words({}))
    assert (found.exit_code, found.stdout) == (1, "")
    assert "the log on Kafka needs aiokafka, which is not installed here" in found.stderr


def test_while_a_command_runs_clients_do_not_tell_of_a_broker_that_is_away_and_afterwards_they_may() -> None:
    loggers = [logging.getLogger(name) for name in ("aiokafka.conn", "kafka.conn", "streams.kafka.sending")]
    before = [one.isEnabledFor(logging.ERROR) for one in loggers]
    with in_own_words():
        assert [one.isEnabledFor(logging.ERROR) for one in loggers] == [False, False, False]
        assert logging.getLogger("streams.kafka.gateway").isEnabledFor(logging.WARNING)
    assert [one.isEnabledFor(logging.ERROR) for one in loggers] == before == [True, True, True]
