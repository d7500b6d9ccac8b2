"""The events behind a figure: each once, newest first, adding up to what the figure is."""

from datetime import date
from pathlib import Path

from projections.organisation import Organisation, Span
from schemas.moments import day_number
from schemas.received import read_event
from streams.books import Books
from streams.explaining import steps
from streams.figures import Asked, sums

MARCH = Span("owner", day_number(date(2026, 3, 1)), day_number(date(2026, 3, 31)))


def _told(number: int, kind: str, **data: object) -> dict[str, object]:
    shared = {"specversion": "1.0", "source": "crm", "time": f"2026-04-0{number}T10:00:00Z", "trail": "D1"}
    return {**shared, "id": f"e{number}", "type": f"quotum.deal.{kind}.v1", "data": {"id": "D1", **data}}


def test_steps_add_up_whatever_was_put_right(tmp_path: Path) -> None:
    money = [{"value": value, "currency": "EUR"} for value in ("5.00", "7.50")]
    events = [
        _told(1, "opened", day="2026-03-01", rep="anna"),
        _told(2, "won", day="2026-03-03", rep="anna", amount=money[0]),
        _told(3, "amended", amount=money[1]),
        _told(4, "amended", closed_day="2026-03-05"),
        _told(5, "amended", closed_day="2026-04-01"),
        _told(6, "amended", closed_day="2026-03-31"),
    ]
    asked = Asked("revenue", [MARCH], "rep", Organisation())
    with Books.create(tmp_path / "h.duckdb", zone="Europe/Amsterdam", currency="EUR") as books:
        books.take([read_event(one) for one in events])
        found, count = steps(books.history, asked, "EUR", 1, limit=10)
        figure = sums(books.history, "revenue", [MARCH], "rep", Organisation())[("EUR", 1)]
        second, _ = steps(books.history, asked, "EUR", 1, limit=1, skip=1)
        nobody = steps(books.history, asked, "EUR", 0, limit=10)
    assert [(step.moved, step.after) for step in found] == [(750, 750), (-750, 0), (0, 750), (250, 750), (500, 500)]
    assert (found[0].after, count) == (figure, 5)
    assert [(step.first, step.last) for step in found if not step.moved] == [(date(2026, 3, 3), date(2026, 3, 5))]
    assert second == found[1:2]
    assert nobody == ([], 0)
