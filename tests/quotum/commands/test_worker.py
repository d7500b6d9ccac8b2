"""`quotum worker` says what is wrong before it joins anybody; what it does over a broker is in tests/kafka."""

import subprocess
import sys

import pytest

from streams.kafka import workers
from tests.quotum.commands.staying import words
from tests.quotum.conftest import Quotum

OTHER_COMMANDS = (
    "import sys, quotum.cli; sys.exit(any(name in sys.modules for name in ('faust', 'rocksdict', 'aiokafka')))"
)


def test_another_version_than_it_was_tested_with_is_refused(quotum: Quotum, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(workers.VERSIONS, "faust-streaming", "0.15.4")
    found = quotum(*words("worker", {}))
    assert (found.exit_code, found.stdout) == (1, "")
    assert "and here is faust-streaming 0.15.3: pip install 'quotum[worker]', which takes faust-streaming==0.15.4 " in (
        found.stderr
    )


def test_other_commands_do_not_pay_for_it() -> None:
    assert subprocess.run([sys.executable, "-c", OTHER_COMMANDS], check=False).returncode == 0
