"""Questions over HTTP have the answers of the command line."""

from pathlib import Path

from projections.metrics import METRICS
from quotum.boards import board
from quotum.values import value_text
from tests.quotum.server.serving import WON, opened, served
from tests.quotum.server.test_showing import told, won


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
        assert answer == [{"who": "anna", "reached_on": "2026-03-03", "reached_at": None, "currency": "EUR"}]
        assert client.get("/v1/reached/revenue/2026-Q1", params={"value": "5.01"}).json() == []


WISH = {"metric": "revenue", "period": "2026", "reason": "Growth.", "by": "anna"}


def test_a_board_has_targets_is_ranked_by_them_and_cut_short_as_at_the_prompt(tmp_path: Path) -> None:
    with served(tmp_path) as (client, _):
        for number, (rep, euros) in enumerate((("anna", "100.00"), ("bas", "90.00"), ("cas", "80.00"))):
            client.post("/v1/events", json=won(2 * number, f"D{number}", rep, euros))
        for rep, value in (("anna", "400"), ("bas", "60")):
            assert client.post("/v1/targets", json={**WISH, "rep": rep, "value": value}).status_code == 200
        board = "/v1/boards/revenue/2026"
        rows = client.get(board).json()["rows"]
        assert [(row["who"], row["target"], row["attainment_percent"]) for row in rows] == [
            ("anna", "400.00", "25"),
            ("bas", "60.00", "150"),
            ("cas", None, None),
        ]
        [first] = client.get(f"{board}?rank_by=attainment&limit=1").json()["rows"]
        assert (first["rank"], first["who"], first["value"]) == (1, "bas", "90.00")
        durations = client.get("/v1/boards/cycle_days_median/2026").json()["rows"]
        assert {row["target"] for row in durations} == {None}


def test_a_figure_of_a_board_is_opened_by_its_key_and_by_a_name_that_is_one_alone(tmp_path: Path) -> None:
    with served(tmp_path) as (client, _):
        client.post("/v1/events", json=[*won(1, "a", "anna", "100.00"), *won(3, "b", "bas", "7.00")])
        client.post("/v1/events", json=won(5, "c", None, "5.00"))
        rows = client.get("/v1/boards/revenue/2026").json()["rows"]
        assert {row["who"] for row in rows} == {"anna", "bas", None}
        for row in rows:
            found = client.get(f"/v1/explain/revenue/2026/{row['key']}").json()
            assert (found["who"], found["value"], found["key"]) == (row["who"], row["value"], row["key"])
        named = client.get("/v1/explain/revenue/2026/anna").json()
        assert (named["value"], named["key"]) == ("100.00", rows[0]["key"])
        usd = {"value": "1.00", "currency": "USD"}
        client.post("/v1/events", json=[told(7, "deal.opened", id="d", rep="anna", day="2026-03-01")])
        client.post("/v1/events", json=[told(8, "deal.won", id="d", day="2026-03-03", amount=usd)])
        several = client.get("/v1/explain/revenue/2026/anna")
        assert several.status_code == 404
        assert f"USD/{rows[0]['key'].partition('/')[2]}" in several.json()["faults"][0]["remedy"]
