"""`quotum demo` shows a floor that sells, ends when told to, goes on where it was, and stays among itself."""

import http.client
import signal
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from quotum.commands.demo import month_before
from quotum.demo.running import SOLD, ZONE
from schemas.organisation import ORGANISATION
from streams.books import Books
from streams.door import DEMO_SOURCE
from streams.history import History
from tests.servers import Running, ask, running

HISTORY = "quotum-demo.duckdb"
QUESTION = "metric=revenue&period=2000-01-01..2100-12-31"


@contextmanager
def watching(demo: Running, events: int) -> Iterator[None]:
    """A page watches a board, and has seen so many events of it; it goes on watching within the block."""
    connection = http.client.HTTPConnection(urlsplit(demo.url).netloc, timeout=60)
    connection.request("GET", f"/v1/stream?{QUESTION}")
    with closing(connection), connection.getresponse() as answer:
        assert answer.status == 200
        while events:
            events -= answer.readline().startswith(b"event:")
        yield


def ended(demo: Running, how: signal.Signals) -> tuple[int, str, str]:
    """How a demo ends that is told to: code, what it printed since on most days, and its complaints."""
    demo.process.send_signal(how)
    out, err = demo.process.communicate(timeout=60)
    said = [line for line in out.splitlines() if not line.startswith("This month has only just begun")]
    return demo.process.returncode, "\n".join(said), err


def sold(folder: Path) -> list[tuple[Any, ...]]:
    with History.open(folder / HISTORY) as history:
        ids = history.rows("SELECT count(DISTINCT id) FROM events WHERE source = $source", {"source": DEMO_SOURCE})
        counts = history.rows(SOLD, {"source": DEMO_SOURCE, "organisation": ORGANISATION})
        total = history.rows("SELECT count(*) FROM events WHERE source = $source", {"source": DEMO_SOURCE})
    assert ids == total
    return counts


@pytest.mark.slow
def test_it_sells_until_it_is_told_to_end_and_again_goes_on_where_it_was(tmp_path: Path) -> None:
    with running("demo", "--pace", "200", folder=tmp_path) as first, watching(first, 5):
        assert ended(first, signal.SIGINT) == (0, "", "")
    [(before, _)] = sold(tmp_path)
    assert before > 3_000
    with running("demo", "--pace", "200", folder=tmp_path) as second, watching(second, 3):
        assert ended(second, signal.SIGTERM) == (0, "", "")
    [(after, _)] = sold(tmp_path)
    assert before < after < before + 10_000
    assert not (tmp_path / f"{HISTORY}.owner").exists()
    assert ask("verify", "--history", HISTORY, folder=tmp_path)[0] == 0


@pytest.mark.slow
def test_a_port_that_is_taken_is_said_and_a_free_one_is_used(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with running("demo", folder=tmp_path, port=port) as demo:
            assert urlsplit(demo.url).port != port
            code, _, err = ended(demo, signal.SIGINT)
    assert (code, err) == (0, f"quotum: port {port} is taken by another program, so a free one is used\n")


def test_the_demo_does_not_sell_into_real_books(tmp_path: Path) -> None:
    Books.create(tmp_path / "quotum.duckdb", zone=ZONE, currency="EUR").close()
    code, out, err = ask("demo", "--history", "quotum.duckdb", "--port", "0", folder=tmp_path)
    assert (code, out) == (1, "")
    assert err == "quotum: quotum.duckdb holds real books. Give the demo a file of its own with --history.\n"


@pytest.mark.parametrize(
    "words",
    [("import", "deals.csv", "--mapping", "deals.toml"), ("record", "call.logged", "id=1", "day=2026-01-01")],
    ids=lambda words: words[0],
)
def test_nothing_real_goes_into_the_books_of_a_demo(words: tuple[str, ...], tmp_path: Path) -> None:
    Books.create(tmp_path / HISTORY, zone=ZONE, currency="EUR", demo=True).close()
    code, out, err = ask(*words, "--history", HISTORY, folder=tmp_path)
    assert (code, out) == (1, "")
    assert err == f"quotum: {HISTORY} holds what a demo made up, and nothing real goes in. Give another --history.\n"


def test_in_the_first_days_of_a_month_the_one_before_is_offered() -> None:
    days = [date(2026, 1, 1), date(2026, 12, 3), date(2026, 12, 4), date(2026, 12, 31)]
    assert [month_before(day) for day in days] == ["2025-12", "2026-11", "", ""]
