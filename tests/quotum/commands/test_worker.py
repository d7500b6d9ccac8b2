"""`quotum worker` says what is wrong before it joins anybody; what it does over a broker is in tests/kafka."""

import subprocess
import sys

import pytest

from quotum.server.serving import listen
from streams import kafka
from streams.kafka import workers
from tests.quotum.conftest import Quotum

RIGHT = {"--broker": "127.0.0.1:9", "--port": "0"}
OTHER_COMMANDS = (
    "import sys, quotum.cli; sys.exit(any(name in sys.modules for name in ('faust', 'rocksdict', 'aiokafka')))"
)


def words(changes: dict[str, str]) -> list[str]:
    return ["worker", *(part for option in (RIGHT | changes).items() for part in option)]


@pytest.mark.parametrize(
    ("changes", "code", "says"),
    [
        ({}, 1, "no broker answers at 127.0.0.1:9 ("),
        ({"--broker": "nowhere"}, 1, "'nowhere' is not the address of a broker: write HOST:PORT"),
        ({"--prefix": "a b"}, 2, "'a b' cannot begin the name of a topic"),
    ],
    ids=str,
)
def test_what_is_not_right_is_one_clear_line(quotum: Quotum, changes: dict[str, str], code: int, says: str) -> None:
    found = quotum(*words(changes))
    assert (found.exit_code, found.stdout) == (code, "")
    assert says in found.stderr
    assert found.stderr.count("\n") == 1


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


def test_another_version_than_it_was_tested_with_is_refused(quotum: Quotum, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(workers.VERSIONS, "faust-streaming", "0.15.4")
    found = quotum(*words({}))
    assert (found.exit_code, found.stdout) == (1, "")
    assert "and here is faust-streaming 0.15.3: pip install 'quotum[worker]', which takes faust-streaming==0.15.4 " in (
        found.stderr
    )


def test_other_commands_do_not_pay_for_it() -> None:
    assert subprocess.run([sys.executable, "-c", OTHER_COMMANDS], check=False).returncode == 0
