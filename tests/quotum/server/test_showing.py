"""What a live page shows of a board: keys, order, bars, what is missing to the next place, and what just happened."""

from pathlib import Path
from typing import Any

from quotum.server.showing import Question, shown
from tests.quotum.server.serving import WON, served

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
