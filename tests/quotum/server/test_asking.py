"""Questions over HTTP have the answers of the command line."""

from pathlib import Path

from projections.metrics import METRICS
from quotum.boards import board
from quotum.values import value_text
from tests.quotum.server.serving import WON, opened, served


def test_a_board_over_http_is_the_board_of_the_command_line(tmp_path: Path) -> None:
    with served(tmp_path) as (client, books):
        client.post("/v1/events", json=[opened(), WON])
        answer = client.get("/v1/boards/revenue/2026-Q1?ties=dense").json()
        rows = board(books, "revenue", "2026-Q1", ties="dense").rows
        assert [(row["rank"], row["who"], row["value"], row["currency"]) for row in answer["rows"]] == [
            (row.rank, row.who, value_text(METRICS["revenue"], row.value, "EUR"), "EUR") for row in rows
        ]
        assert [(row["who"], row["value"]) for row in answer["rows"]] == [("anna", "5.00")]
        assert (answer["first"], answer["last"], answer["position"]) == ("2026-01-01", "2026-03-31", 4)


def test_when_a_value_was_reached_can_be_asked(tmp_path: Path) -> None:
    with served(tmp_path) as (client, _):
        client.post("/v1/events", json=[opened(), WON])
        answer = client.get("/v1/reached/revenue/2026-Q1", params={"value": "5"}).json()
        assert answer == [{"who": "anna", "reached_on": "2026-03-03", "reached_at": "", "currency": "EUR"}]
        assert client.get("/v1/reached/revenue/2026-Q1", params={"value": "5.01"}).json() == []
