"""An answer says which events it counts, also where more of them come while it is asked for."""

from pathlib import Path

import pytest

from quotum.counting import TRIES, exactly, up_to
from streams.books import Books
from streams.figures import StandsFor
from tests.small_books import called, make_books, say


def standing(books: Books) -> StandsFor:
    return StandsFor("history", {0: books.next_offset()})


def test_an_answer_counts_what_the_log_holds(tmp_path: Path) -> None:
    with make_books(tmp_path) as books:
        say(books, called("1", "ann", "2017-06-01"))
        assert exactly(books, lambda: "answer") == ("answer", standing(books))
        assert up_to(standing(books)).model_dump() == {"source": "history", "positions": {0: books.next_offset()}}


def test_what_moves_meanwhile_is_asked_again(tmp_path: Path) -> None:
    with make_books(tmp_path) as books:
        told = [called("1", "ann", "2017-06-01"), called("2", "ann", "2017-06-01")]

        def ask() -> int:
            before = books.next_offset()
            if told:
                say(books, told.pop())
            return before

        found, stands_for = exactly(books, ask)
        assert (told, found, stands_for) == ([], books.next_offset(), standing(books))


def test_what_moves_all_the_time_is_asked_so_often_and_counts_at_least_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moving = iter(range(100))
    with make_books(tmp_path) as books:
        monkeypatch.setattr(books, "stands_for", lambda: StandsFor("cells", {0: next(moving)}))
        times: list[int] = []
        _, stands_for = exactly(books, lambda: times.append(1))
        assert (len(times), stands_for.positions) == (TRIES, {0: 2 * (TRIES - 1)})
