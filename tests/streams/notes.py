"""Histories that hold a note or two, and what is said of those that do not open."""

from pathlib import Path

import pytest

from streams.history import History, HistoryError

COUNT = "SELECT count(*) FROM imports"
NOTE = "INSERT INTO imports (source, known_at) VALUES ('crm', ?)"


def refusal(path: Path) -> str:
    """What opening says, and that it leaves the file as it is."""
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(HistoryError) as refused:
        History.open(path)
    assert (path.read_bytes() if path.is_file() else None) == before
    return str(refused.value)


def note(history: History, number: int) -> None:
    """Write one."""
    history.write(lambda connection: connection.execute(NOTE, [number])).result()
