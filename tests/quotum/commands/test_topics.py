"""`quotum topics` says what is wrong before and without a broker; what it does on one is in tests/kafka."""

import subprocess
import sys
from pathlib import Path

import pytest

from quotum.commands import topics
from streams import kafka
from tests.quotum.conftest import Quotum

EXTRA = ("aiokafka", "crc32c", "kafka")
RIGHT = {"--broker": "127.0.0.1:9", "--zone": "Europe/Amsterdam", "--currency": "EUR", "--partitions": "4"}


def words(**changes: str) -> list[str]:
    options = RIGHT | {f"--{name.replace('_', '-')}": value for name, value in changes.items()}
    return ["topics", "create", *(part for option in options.items() for part in option)]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"zone": "Europe/Amsterdm"}, "'Europe/Amsterdm' is not a time zone: take an IANA name such as"),
        ({"currency": "EURO"}, "unknown currency 'EURO'"),
        ({"partitions": "0"}, "--partitions"),
        ({"partitions": "10001"}, "less than or equal to 10000"),
        ({"prefix": "a b"}, "'a b' cannot begin the name of a topic"),
        ({"credit": "winner"}, "'winner' is not one of 'owner'"),
    ],
)
def test_what_is_not_right_is_a_usage_error_before_any_broker_is_asked(
    quotum: Quotum, change: dict[str, str], says: str
) -> None:
    found = quotum(*words(**change))
    assert (found.exit_code, found.stdout) == (2, "")
    assert says in " ".join(found.stderr.replace("│", " ").split())


def test_a_broker_that_is_not_there_is_one_clear_line(quotum: Quotum) -> None:
    for asked in (words(), ["topics", "check", "--broker", "127.0.0.1:9"]):
        found = quotum(*asked)
        assert (found.exit_code, found.stdout) == (1, "")
        assert found.stderr.startswith("quotum: no broker answers at 127.0.0.1:9 (")
        assert found.stderr.count("\n") == 1


def test_without_the_extra_it_is_said_how_to_install_it(quotum: Quotum, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka, "find_spec", lambda name: None if name == "crc32c" else object())
    found = quotum(*words())
    assert (found.exit_code, found.stdout) == (1, "")
    assert found.stderr == (
        "quotum: the log on Kafka needs crc32c, which is not installed here: pip install 'quotum[kafka]'\n"
    )


def test_other_commands_load_nothing_of_kafka(tmp_path: Path) -> None:
    script = f"import sys, quotum.cli; print([name for name in sys.modules if name.partition('.')[0] in {EXTRA}])"
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
    assert topics.app.registered_commands
