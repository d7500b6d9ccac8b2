"""`quotum gateway` says what is wrong before it takes anything; what it does over a broker is in tests/kafka."""

import logging
from pathlib import Path

import pytest

from quotum.commands.serve import in_own_words
from tests.quotum.commands.staying import words
from tests.quotum.conftest import Quotum


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
    ],
    ids=str,
)
def test_what_is_not_right_is_one_clear_line(quotum: Quotum, changes: dict[str, str], code: int, says: str) -> None:
    found = quotum(*words("gateway", changes))
    assert (found.exit_code, found.stdout) == (code, "")
    assert says in found.stderr
    assert found.stderr.count("\n") == 1


def test_keys_that_are_not_there_are_not_made(quotum: Quotum, tmp_path: Path) -> None:
    assert quotum(*words("gateway", {"--keys": str(tmp_path / "keys")})).exit_code == 1
    assert list(tmp_path.iterdir()) == []


def test_while_a_command_runs_clients_do_not_tell_of_a_broker_that_is_away_and_afterwards_they_may() -> None:
    loggers = [logging.getLogger(name) for name in ("aiokafka.conn", "kafka.conn", "streams.kafka.sending")]
    before = [one.isEnabledFor(logging.ERROR) for one in loggers]
    with in_own_words():
        assert [one.isEnabledFor(logging.ERROR) for one in loggers] == [False, False, False]
        assert logging.getLogger("streams.kafka.gateway").isEnabledFor(logging.WARNING)
    assert [one.isEnabledFor(logging.ERROR) for one in loggers] == before == [True, True, True]
