"""What just happened, in the words of a sales floor."""

from pathlib import Path

from quotum.server.happenings import NAMED, UNNAMED
from quotum.server.showing import shown
from schemas.events import EVENTS
from streams.books import Books
from tests.quotum.server.serving import served
from tests.quotum.server.test_showing import MARCH, board, told, won

QUIET = {"workspace.opened", "credit_rule.set"}  # nothing that a floor need know


def test_every_kind_of_event_has_its_words() -> None:
    kinds = {kind.removeprefix("quotum.").rpartition(".v")[0] for kind in EVENTS}
    assert kinds - QUIET - {"deal.won"} <= NAMED.keys() | UNNAMED.keys()
    assert NAMED.keys() | UNNAMED.keys() <= kinds


def test_a_win_that_is_taken_back_is_told_as_a_correction(tmp_path: Path) -> None:
    events = [*won(1, "a", "anna", "5"), told(9, "deal.reopened", id="a")]
    lines = board(tmp_path, *events).more["happened"]
    assert [(line["kind"], line["text"]) for line in lines] == [
        ("unwin", "corrected: the deal of 3 Mar no longer counts"),
        ("past", "anna wins a deal: €5"),
        ("news", "anna opens a deal"),
    ]
    assert not any(line["fresh"] for line in lines if line["kind"] == "win")


def test_every_kind_of_event_is_told_or_left_out_without_a_slip(tmp_path: Path) -> None:
    with served(tmp_path) as (client, books):
        client.post(
            "/v1/events", json=[told(1, "call.logged", id="c", day="2026-03-03"), told(2, "call.voided", id="c")]
        )
        assert _texts(books) == ["corrected: a call no longer counts", "a call is made"]


def _texts(books: Books) -> list[str]:
    return [line["text"] for line in shown(books, MARCH).more["happened"]]
