"""The bpi2012 log as the bytes that lie in the log, read once by the product's own mapping and door."""

import json
import tempfile
from pathlib import Path

from bench.report import BPI2012
from schemas.moments import from_microseconds, instant_text
from streams.books import Books
from streams.importing import Importing, file_time
from streams.mapping import read_mapping

MAPPING = Path(__file__).resolve().parents[1] / "examples" / "mappings" / "bpi2012.toml"
QUERY = """
SELECT id, source, type, asserted_at, trail, sequence, data
FROM events WHERE source = 'bpi2012' ORDER BY log_offset
"""


def open_books(folder: Path) -> Books:
    """New books in a folder, with the workspace of the bank."""
    return Books.create(folder / "bench.duckdb", zone="Europe/Amsterdam", currency="EUR")


def import_bpi2012(books: Books, folder: Path) -> None:
    """Import the log as `quotum import` does."""
    Importing(books, read_mapping(MAPPING), file_time(BPI2012)).run(BPI2012, folder / "rejected.csv")


def bpi2012_lines() -> list[bytes]:
    """43,092 CloudEvents as JSON, in log order."""
    with tempfile.TemporaryDirectory() as name, open_books(Path(name)) as books:
        import_bpi2012(books, Path(name))
        rows = books.history.rows(QUERY)
    return [
        json.dumps(
            {
                "specversion": "1.0",
                "id": id_,
                "source": source,
                "type": kind,
                "time": instant_text(from_microseconds(asserted_at)),
                "trail": trail,
                "sequence": sequence,
                "data": json.loads(data),
            },
            separators=(",", ":"),
        ).encode()
        for id_, source, kind, asserted_at, trail, sequence, data in rows
    ]
