"""A server for tests: the real application around small books, asked in the same process."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from quotum.server.app import create_app
from quotum.server.limits import Limits
from streams.books import Books
from streams.keys import Keys

WON = {
    "specversion": "1.0",
    "id": "e1",
    "source": "crm",
    "type": "quotum.deal.won.v1",
    "time": "2026-03-03T10:00:00Z",
    "trail": "D1",
    "data": {"id": "D1", "day": "2026-03-03", "rep": "anna", "amount": {"value": "5.00", "currency": "EUR"}},
}


def opened(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 (any JSON)
    """A deal opened by Anna."""
    data = {"id": "D1", "day": "2026-03-01", "rep": "anna"}
    return {**WON, "id": "e0", "type": "quotum.deal.opened.v1", "time": "2026-03-01T10:00:00Z", "data": data, **changes}


@contextmanager
def served(
    folder: Path, keys: Keys | None = None, limits: Limits | None = None, host: str = "http://127.0.0.1"
) -> Iterator[tuple[TestClient, Books]]:
    """A client of a server around new books."""
    with (
        Books.create(folder / "h.duckdb", zone="Europe/Amsterdam", currency="EUR") as books,
        TestClient(create_app(books, keys, limits), base_url=host, raise_server_exceptions=False) as client,
    ):
        yield client, books
