"""What a live page shows of a board: keys, order, bars, what is missing to the next place, and what just happened."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from quotum.boards import Board
from quotum.server import showing
from quotum.server.feeding import Feed
from quotum.server.live import Shown
from quotum.server.showing import Question, shown
from quotum.targets import Wish, set_target
from streams.books import Books
from tests.quotum.server.serving import WON, served
from tests.small_books import called, make_books, say
from tests.small_books import won as won_in_books

MARCH = Question(metric="revenue", period="2026-03")


def told(number: int, kind: str, **data: Any) -> dict[str, Any]:  # noqa: ANN401 (any JSON)
    """An event about deal `id`."""
    return {**WON, "id": f"t{number}", "type": f"quotum.{kind}.v1", "trail": data["id"], "data": data}


def won(number: int, deal: str, rep: str | None, euros: str, day: str = "2026-03-03") -> list[dict[str, Any]]:
    """A deal, opened and won."""
    holder = {"rep": rep} if rep else {}
    amount = {"value": euros, "currency": "EUR"}
    return [
        told(number, "deal.opened", id=deal, day=day, **holder),
        told(number + 1, "deal.won", id=deal, day=day, amount=amount, **holder),
    ]


def board(folder: Path, *events: dict[str, Any], question: Question = MARCH) -> Any:  # noqa: ANN401 (a board)
    with served(folder) as (client, books):
        answer = client.post("/v1/events", json=list(events))
        assert {one["result"] for one in answer.json()["results"]} == {"taken"}
        return shown(books, question)


def test_ties_look_like_ties_and_the_unassigned_come_last(tmp_path: Path) -> None:
    events = [*won(1, "a", "anna", "5"), *won(3, "b", "bas", "5"), *won(5, "c", "cas", "2"), *won(7, "d", None, "90")]
    found = board(tmp_path, *events)
    rows = list(found.rows.values())
    assert [(row["rank"], row["name"], row["place"]) for row in rows] == [
        (1, "anna", 0),
        (1, "bas", 1),
        (3, "cas", 2),
        (None, "Unassigned", 3),
    ]
    assert [row["next"] for row in rows] == ["", "", "€3 to place 1", ""]
    assert found.more["total"] == "€102"


def test_figures_align_and_bars_follow_the_largest_either_way(tmp_path: Path) -> None:
    events = [*won(1, "a", "anna", "50.50"), *won(3, "b", "bas", "-101")]
    rows = list(board(tmp_path, *events, question=MARCH.model_copy(update={"language": "nl"})).rows.values())
    assert [(row["text"], row["part"]) for row in rows] == [("50,50", 0.5), ("-101,00", 1.0)]


def test_what_is_reached_and_what_was_to_be_have_the_same_digits_all_the_way_down(tmp_path: Path) -> None:
    with make_books(tmp_path) as books:
        say(books, *won_in_books("1", "ann", "2017-12-01", "1637.50"), *won_in_books("2", "bas", "2017-12-01", "1640"))
        for rep in ("ann", "bas"):
            set_target(books, Wish("revenue", "2017-12", "1000", "agreed", "ann", rep=rep))
        found = shown(books, Question(metric="revenue", period="2017-12", language="nl"))
        rows = [(row["done"], row["target"]) for row in found.rows.values()]
    assert rows == [("164,0\N{NO-BREAK SPACE}%", "1.000"), ("163,8\N{NO-BREAK SPACE}%", "1.000")]


def test_a_target_of_half_a_call_is_not_rounded_where_all_that_is_done_is_whole(tmp_path: Path) -> None:
    with make_books(tmp_path) as books:
        say(books, called("1", "ann", "2017-12-01"))
        set_target(books, Wish("calls", "2017-12", "7.5", "agreed", "ann", rep="ann"))
        (row,) = shown(books, Question(metric="calls", period="2017-12")).rows.values()
    assert (row["text"], row["target"]) == ("1", "7.5")


def test_a_part_of_a_deal_is_shown_to_the_hundredth(tmp_path: Path) -> None:
    thirds = [{"rep": rep, "share": share} for rep, share in (("anna", "0.333333"), ("bas", "0.666667"))]
    events = [*won(1, "a", None, "5"), told(3, "deal.reassigned", id="a", day="2026-03-01", shares=thirds)]
    found = board(tmp_path, *events, question=MARCH.model_copy(update={"metric": "deals_won"}))
    rows = list(found.rows.values())
    assert [(row["text"], row["value"], row["full"]) for row in rows] == [
        ("0.67", "0.666667", "0.67 deals"),
        ("0.33", "0.333333", "0.33 deals"),
    ]
    assert rows[1]["next"] == "0.33 deals to place 1"


def test_a_board_of_a_team_counts_what_was_done_in_it(tmp_path: Path) -> None:
    shared = {"trail": "organisation"}
    events = [
        told(20, "team.formed", id="t", team="t1") | shared | {"data": {"team": "t1", "name": "Noord"}},
        told(21, "rep.joined", id="r") | shared | {"data": {"rep": "anna", "team": "t1", "day": "2026-03-02"}},
        told(22, "rep.joined", id="r") | shared | {"data": {"rep": "bas", "day": "2026-03-02"}},
        *won(1, "a", "anna", "5", "2026-03-01"),
        *won(3, "b", "anna", "7"),
        *won(5, "c", "bas", "9"),
    ]
    with served(tmp_path) as (client, books):
        client.post("/v1/events", json=events)
        (team,) = books.vault.labels("team")
        found = shown(books, MARCH.model_copy(update={"team": team}))
    assert [(row["name"], row["value"]) for row in found.rows.values()] == [("anna", "7.00")]


def test_a_board_says_whether_it_tells_of_what_came_after_its_position(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has seen a position may have seen it before a later event was in the rows that go with it."""
    with make_books(tmp_path) as books:
        calls = Question(metric="calls", period="2017")
        assert shown(books, calls).is_exact
        say(books, called("1", "ann", "2017-06-01"))
        asked = showing.asked

        def late(books: Books, question: Question) -> Board:
            if books.next_offset() == before.position:  # recorded between the position and the rows
                say(books, called("2", "ann", "2017-06-01"))
            return asked(books, question)

        before = shown(books, calls)
        monkeypatch.setattr(showing, "asked", late)
        found = shown(books, calls)
        assert (found.position, found.is_exact) == (before.position, False)
        assert [row["value"] for row in found.rows.values()] == ["2"]
        assert shown(books, calls).is_exact


def test_a_watched_board_stands_for_no_more_than_its_feed_tells(tmp_path: Path) -> None:
    async def watched() -> tuple[Shown, Shown]:
        feed = Feed(books, lambda: None)
        following = asyncio.create_task(feed.follow())
        await asyncio.sleep(0)
        calls = Question(metric="calls", period="2017")
        before = shown(books, calls, feed)
        say(books, called("1", "ann", "2017-06-01"))
        behind = shown(books, calls, feed)
        following.cancel()
        return before, behind

    with make_books(tmp_path) as books:
        before, behind = asyncio.run(watched())
        assert before.is_exact
        assert list(behind.rows)
        assert behind.more["happened"] == []
        assert (behind.position, behind.is_exact) == (before.position, False)
