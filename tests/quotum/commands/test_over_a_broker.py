"""Commands that stay and work over a broker say alike what is wrong, each in one line, before they do anything."""

import pytest

from quotum.server.serving import listen
from streams import kafka
from tests.quotum.commands.staying import RIGHT, words
from tests.quotum.conftest import Quotum

STAYING = pytest.mark.parametrize("command", sorted(RIGHT))


@STAYING
@pytest.mark.parametrize(
    ("changes", "code", "says"),
    [
        ({}, 1, "no broker answers at 127.0.0.1:9 ("),
        ({"--broker": "nowhere"}, 1, "'nowhere' is not the address of a broker: write HOST:PORT"),
        ({"--prefix": "a b"}, 2, "'a b' cannot begin the name of a topic"),
    ],
    ids=str,
)
def test_what_is_not_right_is_one_clear_line(
    quotum: Quotum, command: str, changes: dict[str, str], code: int, says: str
) -> None:
    found = quotum(*words(command, changes))
    assert (found.exit_code, found.stdout) == (code, "")
    assert says in found.stderr
    assert found.stderr.count("\n") == 1


@STAYING
def test_a_port_that_is_taken_is_told_before_any_broker_is_asked(quotum: Quotum, command: str) -> None:
    with listen("127.0.0.1", 0) as taken:
        port = str(taken.getsockname()[1])
        found = quotum(*words(command, {"--port": port}))
    assert (found.exit_code, found.stderr.split(":")[1].strip()) == (1, f"port {port} is taken by another program")


@STAYING
def test_without_the_extra_it_is_said_how_to_install_it(
    quotum: Quotum, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setattr(kafka, "find_spec", lambda name: None if name == "aiokafka" else object())
    found = quotum(*words(command, {}))
    assert (found.exit_code, found.stdout) == (1, "")
    assert "the log on Kafka needs aiokafka, which is not installed here" in found.stderr
