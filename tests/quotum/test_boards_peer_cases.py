"""Boards come to what the tests of other trackers assert of the same sales."""

import json
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from quotum.boards import board
from streams.books import Books
from tests.quotum.standing import cells
from tests.small_books import Told, make_books, say


@pytest.fixture
def case(shared_data: Path, request: pytest.FixtureRequest) -> Any:  # noqa: ANN401 (any JSON)
    cases = json.loads((shared_data / "peer_cases" / "cases.json").read_text(encoding="utf-8"))
    return next(one["expect"] for one in cases if one["id"] == request.param)


def sold(id_: str, who: str, day: str, **won: Any) -> list[Told]:  # noqa: ANN401 (the fields of a win)
    """A deal that its owner won on the day on which it was opened."""
    return [("deal.opened", {"id": id_, "rep": who, "day": day}), ("deal.won", {"id": id_, "day": day, **won})]


def karma() -> list[Told]:
    """A gains 20 on 1 April and 30 days later; B gains 10 every second day from 1 April, 20 times."""
    april = date(2017, 4, 1)
    gains = [("A", april, 20), ("A", april + timedelta(days=30), 20)]
    gains += [("B", april + timedelta(days=2 * count), 10) for count in range(20)]
    return [
        told
        for number, (who, day, gain) in enumerate(gains)
        for told in sold(str(number), who, day.isoformat(), units=str(gain))
    ]


@pytest.mark.parametrize(
    ("case", "period"),
    [
        ("odoo-karma-all", "2017"),
        ("odoo-karma-to-apr2", "2017-01-01..2017-04-02"),
        ("odoo-karma-from-may1", "2017-05-01..2017-12-31"),
    ],
    indirect=["case"],
)
def test_a_window_counts_both_its_ends_and_may_flip_the_order(books: Books, case: Any, period: str) -> None:  # noqa: ANN401 (any JSON)
    say(books, *karma())
    found = board(books, "units", period)
    assert [[row.who, int(row.value or 0) // 1_000_000, row.rank] for row in found.rows] == case


@pytest.mark.parametrize("case", ["odoo-karma-nobody"], indirect=True)
def test_nobody_gives_no_rows(books: Books, case: Any) -> None:  # noqa: ANN401 (any JSON)
    assert list(board(books, "units", "2017").rows) == case == []


@pytest.mark.parametrize("case", ["erpnext-sales-person"], indirect=True)
def test_a_split_gives_each_the_agreed_part(books: Books, case: Any) -> None:  # noqa: ANN401 (any JSON)
    shares = [{"rep": "P1", "share": "0.5"}, {"rep": "P2", "share": "0.5"}]
    say(books, ("deal.opened", {"id": "d", "rep": "P1", "day": "2017-06-01"}))
    say(books, ("deal.reassigned", {"id": "d", "shares": shares, "day": "2017-06-01"}))
    say(books, ("deal.won", {"id": "d", "day": "2017-06-02", "units": "20"}))
    achieved = str(case["P1"]["achieved"])
    assert cells(books, "units", "2017") == [(1, "P1", achieved), (1, "P2", achieved)]


@pytest.mark.parametrize(
    ("case", "metric"), [("erpnext-analytics-value", "revenue"), ("erpnext-analytics-qty", "units")], indirect=["case"]
)
def test_a_fiscal_year_is_cut_where_its_months_say(tmp_path: Path, case: Any, metric: str) -> None:  # noqa: ANN401 (any JSON)
    orders = [("C1", "2018-02-10", 10), ("C1", "2018-02-15", 10), ("C2", "2017-10-10", 10)]
    orders += [("C2", "2017-09-23", 15), ("C3", "2017-06-15", 20), ("C3", "2017-07-10", 10)]
    with make_books(tmp_path, fiscal_start=4) as books:
        for number, (who, day, units) in enumerate(orders):
            money = {"value": f"{units * 100}.00", "currency": "EUR"}
            say(books, *sold(str(number), who, day, units=str(units), amount=money))
        whole = {who: Fraction(value) for _, who, value in cells(books, metric, "FY2017")}
        assert whole == {
            who: told["total"] if metric == "revenue" else told for who, told in case.items() if who != "all"
        }
        if metric == "revenue":
            months = {month for told in case.values() if isinstance(told, dict) for month in told if month != "total"}
            for month in months:
                found = {who: Fraction(value) for _, who, value in cells(books, metric, month)}
                assert found == {who: case[who].get(month, 0) for who in ("C1", "C2", "C3")}
            assert cells(books, metric, "FY2017", by="total") == [(1, "total", f"{case['all']}.00")]
