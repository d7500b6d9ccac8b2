"""A source that exports the same table day after day, for tests of what snapshots add to the log."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

from schemas.events import adapter
from tests.files import (
    NOW,
    SNAPSHOT,
    SNAPSHOT_HEADER,
    add_up,
    cells,
    csv_file,
    mapping_of,
    new_books,
    rejects_of,
    take_in,
    told,
)

DAY = timedelta(days=1)
FIRST = NOW - 30 * DAY
OPEN = "1,Open,ann,P,2026-01-05,,"
WON = "1,Won,ann,P,2026-01-05,2026-02-10,100"


class Feed:
    """One source that is exported day after day."""

    def __init__(self, folder: Path, mapping: str = SNAPSHOT, header: str = SNAPSHOT_HEADER) -> None:
        self.folder = folder
        self.books = new_books(folder)
        self.mapping = mapping_of(folder, mapping)
        self.header = header
        self.path = folder / "file.csv"
        self.exported_at = FIRST

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.books.close()

    def export(self, *rows: str, at: datetime | None = None) -> list[tuple[str, str, dict[str, Any]]]:
        """Import an export with these rows, a day after the last one; what it added to the log."""
        before = len(told(self.books))
        self.exported_at = at or self.exported_at + DAY
        rejects_of(self.path).unlink(missing_ok=True)
        csv_file(self.folder, "\n".join([self.header, *rows, ""]))
        self.counts = take_in(self.books, self.mapping, self.path, self.exported_at)
        assert add_up(self.counts)
        return told(self.books, before)

    def say(self, kind: str, data: dict[str, Any], at: datetime, layer: int = 0, source: str = "other") -> None:
        """Somebody else says something about a deal."""
        event = {"id": f"{kind}{at}", "source": source, "type": f"quotum.{kind}.v1", "time": at, "trail": "1"}
        (outcome,) = self.books.take([adapter().validate_python({**event, "data": {"id": "1", **data}})], layer, "crm")
        assert outcome.fate == "taken"

    def figures(self, metric: str, basis: str = "owner") -> dict[tuple[str, str], int]:
        return {cell[:2]: amount for cell, amount in cells(self.books).items() if cell[2:4] == (metric, basis)}


def about(id_: str, row: str) -> str:
    """The same row about another deal."""
    return id_ + row[row.index(",") :]
