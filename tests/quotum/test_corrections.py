"""What a person puts right counts above the feeds, says what it moved, and can be taken back."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from quotum import corrections
from quotum.boards import board
from quotum.corrections import Moved, author_of
from quotum.people import Author
from quotum.questions import QuestionError
from streams.books import Books
from tests.small_books import in_teams, make_books, say, won


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    with make_books(tmp_path) as books:
        say(books, *in_teams(("anna", "1", "2017-01-01"), ("bas", "1", "2017-01-01")))
        say(books, *won("D1", "anna", "2017-06-01", "100.00"), *won("D2", "bas", "2017-06-02", "50.00"))
        yield books


def _revenue(books: Books) -> dict[str | None, object]:
    return {row.who: row.value for row in board(books, "revenue", "2017").rows}


def test_an_amended_amount_counts_and_its_difference_is_told(books: Books) -> None:
    moved = corrections.amend(books, "deal:D1", {"amount": {"value": "120.50", "currency": "EUR"}})
    assert moved == [Moved("revenue", "anna", "2017-06-01", "+20.50", "EUR")]
    assert _revenue(books) == {"anna": 12050, "bas": 5000}


def test_a_correction_outlives_what_the_feed_says_later_until_it_is_withdrawn(books: Books) -> None:
    corrections.amend(books, "deal:D1", {"amount": {"value": "120.00", "currency": "EUR"}})
    say(books, ("deal.amended", {"id": "D1", "amount": {"value": "70.00", "currency": "EUR"}}))
    assert _revenue(books)["anna"] == 12000
    moved = corrections.withdraw(books, "deal:D1")
    assert moved == [Moved("revenue", "anna", "2017-06-01", "-50.00", "EUR")]
    assert _revenue(books)["anna"] == 7000


def test_a_voided_deal_leaves_nothing(books: Books) -> None:
    moved = corrections.void(books, "deal:D2")
    assert {(one.metric, one.by) for one in moved} == {
        ("deals_opened", "-1"),
        ("deals_won", "-1"),
        ("revenue", "-50.00"),
    }
    assert _revenue(books) == {"anna": 10000, "bas": 0}


def test_a_reassigned_deal_counts_for_the_other_and_shares_sum_to_it(books: Books) -> None:
    corrections.reassign(books, "deal:D1", {"bas": ""})
    assert _revenue(books) == {"bas": 15000, "anna": 0}
    corrections.reassign(books, "deal:D1", {"anna": "0.25", "bas": "0.75"})
    assert _revenue(books) == {"bas": 12500, "anna": 2500}


def test_a_handover_from_a_later_day_moves_no_past_win(books: Books) -> None:
    assert corrections.reassign(books, "deal:D1", {"bas": ""}, date(2017, 6, 2)) == []
    assert _revenue(books) == {"anna": 10000, "bas": 5000}


def test_something_that_no_feed_told_can_be_recorded(books: Books) -> None:
    moved = corrections.record(books, "call.logged", {"id": "C9", "rep": "anna", "day": "2017-06-03"})
    assert moved == [Moved("calls", "anna", "2017-06-03", "+1", "")]


def test_a_correction_of_a_deal_joins_the_trail_that_the_feed_gave_it(books: Books) -> None:
    corrections.record(books, "deal.lost", {"id": "D1", "day": "2017-06-05", "rep": "anna"})
    assert books.history.rows("SELECT DISTINCT trail FROM events WHERE entity = 'deal:D1'") == [("case",)]
    assert _revenue(books)["anna"] == 0


def test_no_name_of_a_person_enters_the_log_with_a_correction(books: Books) -> None:
    corrections.reassign(books, "deal:D1", {"bas": ""})
    assert books.history.rows("SELECT count(*) FROM events WHERE data LIKE '%bas%' OR data LIKE '%anna%'") == [(0,)]


def test_a_fault_in_a_field_is_told_by_the_field(books: Books) -> None:
    with pytest.raises(QuestionError) as error:
        corrections.amend(books, "deal:D1", {"amont": "3", "units": 3})
    assert [fault.path for fault in error.value.faults] == ["data.units", "data.amont"]


def test_who_puts_something_right_stands_in_its_source_by_number_alone(books: Books) -> None:
    (bas,) = books.vault.find("bas")
    for author in (Author("bas"), Author(key="anna"), Author()):
        corrections.amend(books, "deal:D1", {"units": "3"}, author)
    sources = [
        source for (source,) in books.history.rows("SELECT source FROM events WHERE layer = 1 ORDER BY log_offset")
    ]
    key = max(books.vault.labels())
    assert sources == [f"quotum:person/{bas}", f"quotum:person/{key}", "quotum:person"]
    assert [author_of(source, 1) for source in sources] == [bas, key, None]
    assert {author_of(source, 0) for source in sources} == {None}  # a feed may call itself what it likes
    assert books.vault.labels()[key] == "key:anna"


def test_a_key_gets_no_number_for_what_was_refused(books: Books) -> None:
    known = books.vault.labels()
    for fields in ({"shoe": 1}, {"id": "D2"}):
        with pytest.raises(QuestionError):
            corrections.amend(books, "deal:D1", fields, Author(key="ops"))
    with pytest.raises(QuestionError):
        corrections.withdraw(books, "deal:D1", ["shoe"], Author(key="ops"))
    assert books.vault.labels() == known


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda books: corrections.amend(books, "deal:D9", {"units": "3"}), "there is no deal:D9 in the log"),
        (lambda books: corrections.amend(books, "lead:L1", {"units": "3"}), "cannot be amended"),
        (lambda books: corrections.amend(books, "deal:D1", {"amont": "3"}), "did you mean amount"),
        (lambda books: corrections.amend(books, "deal:D1", {}), "at least one field"),
        (lambda books: corrections.amend(books, "deal:D1", {"id": "D2", "units": "3"}), "is not amended"),
        (lambda books: corrections.amend(books, "deal:D1", {"units": "3"}, Author("An")), "did you mean anna"),
        (lambda books: corrections.void(books, "shoe:1"), "write kind and id"),
        (lambda books: corrections.reassign(books, "deal:D1", {"An": ""}), "did you mean anna"),
        (lambda books: corrections.reassign(books, "deal:D1", {"anna": "0.5", "bas": "0.4"}), "sum to 1"),
        (lambda books: corrections.record(books, "call.loged", {"id": "1"}), "did you mean call.logged"),
        (lambda books: corrections.record(books, "workspace.opened", {}), "there is nothing like"),
        (lambda books: corrections.record(books, "correction.withdrawn", {}, "case"), "there is nothing like"),
        (lambda books: corrections.record(books, "call.logged", {"id": "C", "rep": 1}), "with quotes"),
        (lambda books: corrections.withdraw(books, "deal:D1", ["shoe"]), "which a deal does not have"),
    ],
)
def test_what_cannot_be_put_right_is_told_with_a_remedy(books: Books, wrong: object, words: str) -> None:
    before = books.next_offset()
    with pytest.raises(QuestionError, match=words):
        wrong(books)  # type: ignore[operator]  # a correction
    assert books.next_offset() == before


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("12.50 EUR", {"value": "12.50", "currency": "EUR"}),
        ("12.50", "12.50"),
        ("Plus Pro", "Plus Pro"),
        ("2017-06-01", "2017-06-01"),
    ],
)
def test_a_field_is_read_as_people_write_it(text: str, value: object) -> None:
    assert corrections.field_value(text) == value
