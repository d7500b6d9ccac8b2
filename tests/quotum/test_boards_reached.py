"""When something was reached: the first moment at which the sum was there, of what still counts today."""

from quotum.boards import ReachedRow, when_reached
from streams.books import Books
from tests.small_books import called, say, won


def test_reached_goes_by_day_then_instant_then_id(books: Books) -> None:
    for number, (rep, at) in enumerate(
        [
            ("ann", "2017-06-01T10:00:00.275Z"),
            ("bob", "2017-06-01T10:00:00.27Z"),
            ("cor", "2017-06-01T10:00:00Z"),
            ("dan", "2017-06-01"),
            ("eva", "2017-05-31"),
            ("fay", "2017-06-01"),
        ]
    ):
        say(books, called(str(number), rep, at))
    assert when_reached(books, "calls", "2017", "1") == [
        ReachedRow("eva", "2017-05-31", None, ""),
        ReachedRow("dan", "2017-06-01", None, ""),
        ReachedRow("fay", "2017-06-01", None, ""),
        ReachedRow("cor", "2017-06-01", "2017-06-01T10:00:00Z", ""),
        ReachedRow("bob", "2017-06-01", "2017-06-01T10:00:00.27Z", ""),
        ReachedRow("ann", "2017-06-01", "2017-06-01T10:00:00.275Z", ""),
    ]


def test_the_day_is_the_workspaces_and_the_instant_is_of_utc(books: Books) -> None:
    say(books, called("1", "ann", "2017-05-31T22:30:00Z"))
    assert when_reached(books, "calls", "2017-06", "1") == [ReachedRow("ann", "2017-06-01", "2017-05-31T22:30:00Z", "")]


def test_what_nobody_did_is_reached_by_nobody(books: Books) -> None:
    say(books, called("1", None, "2017-06-01"))
    assert when_reached(books, "calls", "2017", "1") == []
    assert [row.who for row in when_reached(books, "calls", "2017", "1", by="total")] == ["total"]


def test_an_unwon_deal_never_counted_on_the_way(books: Books) -> None:
    say(books, *won("1", "ann", "2017-06-01", "60.00"), *won("2", "ann", "2017-06-02", "60.00"))
    say(books, *won("3", "ann", "2017-06-03", "60.00"), ("deal.reopened", {"id": "1"}))
    assert [row.reached_on for row in when_reached(books, "revenue", "2017", "100")] == ["2017-06-03"]


def test_a_value_finer_than_a_foreign_currency_is_reached_by_the_next_whole_one(books: Books) -> None:
    say(books, *won("1", "ann", "2017-06-01", "99", "JPY"), *won("2", "ann", "2017-06-02", "1", "JPY"))
    say(books, *won("3", "bob", "2017-06-03", "99.50"))
    found = when_reached(books, "revenue", "2017", "99.50")
    assert [(row.who, row.reached_on, row.currency) for row in found] == [
        ("ann", "2017-06-02", "JPY"),
        ("bob", "2017-06-03", "EUR"),
    ]
