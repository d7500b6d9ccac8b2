"""What just happened, in the words of a sales floor."""

from pathlib import Path

from quotum.server.happenings import NAMED, UNNAMED
from quotum.server.showing import shown
from schemas.events import EVENTS
from streams.books import Books
from tests.quotum.server.serving import served
from tests.quotum.server.test_correcting import correct
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
        assert _texts(books) == ["corrected: the call of 3 Mar no longer counts", "a call is made"]


def test_a_deal_that_is_shared_is_not_one_reps(tmp_path: Path) -> None:
    shares = [{"rep": rep, "share": share} for rep, share in (("anna", "0.4"), ("bas", "0.3"), ("cas", "0.3"))]
    found = board(tmp_path, *won(1, "a", "anna", "5"), told(9, "deal.reassigned", id="a", shares=shares))
    assert found.more["happened"][0]["text"] == "the deal of 3 Mar is shared by anna, bas, and cas"


def test_whoever_takes_over_is_named_also_of_a_call(tmp_path: Path) -> None:
    with served(tmp_path) as (client, books):
        events = [told(1, "call.logged", id="c", day="2026-03-03", rep="anna"), *won(2, "a", "anna", "5")]
        events += [told(8, "call.reassigned", id="c", rep="bas"), told(9, "deal.reassigned", id="a", rep="bas")]
        client.post("/v1/events", json=events)
        assert _texts(books)[:2] == ["bas takes over a deal", "the call of 3 Mar goes to bas"]


def test_a_target_says_whose_it_is_and_how_much(tmp_path: Path) -> None:
    with served(tmp_path) as (client, books):
        client.post("/v1/events", json=won(1, "a", "anna", "5"))
        aim = {"metric": "revenue", "period": "2026-03", "value": "30000", "reason": "so", "by": "anna"}
        client.post("/v1/targets", json={**aim, "rep": "anna"})
        client.post("/v1/targets", json={**aim, "metric": "calls", "value": "40"})
        client.post("/v1/targets", json={**aim, "rep": "anna", "value": "20000", "day": "2026-03-09"})
        assert _texts(books)[:3] == [
            "anna: target now €20,000, March 2026",
            "Everyone: target 40 calls, March 2026",
            "anna: target €30,000, March 2026",
        ]


def test_a_correction_says_what_it_is_about_and_whose(tmp_path: Path) -> None:
    with served(tmp_path) as (client, books):
        client.post("/v1/events", json=won(1, "a", "anna", "5"))
        correct(client, "amend", entity="deal:a", fields={"amount": {"value": "6.00", "currency": "EUR"}})
        assert _texts(books)[0] == "corrected: the deal of 3 Mar (anna)"
        correct(client, "withdraw", entity="deal:a")
        assert _texts(books)[0] == "a correction is taken back: the deal of 3 Mar (anna)"
        dutch = shown(books, MARCH.model_copy(update={"language": "nl"})).more["happened"]
        assert dutch[0]["text"] == "correctie teruggenomen: deal van 3 mrt (anna)"


def test_what_is_void_already_is_not_told_again_and_counts_again_once_that_is_withdrawn(tmp_path: Path) -> None:
    with served(tmp_path) as (client, books):
        client.post("/v1/events", json=[told(1, "call.logged", id="c", day="2026-03-03", rep="anna")])
        for _ in range(2):
            correct(client, "void", entity="call:c")
        gone = "corrected: the call of 3 Mar (anna) no longer counts"
        assert _texts(books) == [gone, "anna makes a call"]
        correct(client, "withdraw", entity="call:c")
        lines = [(line["kind"], line["text"]) for line in shown(books, MARCH).more["happened"]]
        assert lines[:2] == [("news", "a correction is taken back: the call of 3 Mar (anna)"), ("past", gone)]


def test_a_deal_that_is_won_again_has_its_loss_struck_out(tmp_path: Path) -> None:
    amount = {"value": "5", "currency": "EUR"}
    events = [*won(1, "a", "anna", "5"), told(8, "deal.reopened", id="a")]
    events += [told(9, "deal.won", id="a", day="2026-03-04", rep="anna", amount=amount)]
    lines = board(tmp_path, *events).more["happened"]
    assert [line["kind"] for line in lines] == ["win", "past", "win", "news"]


def _texts(books: Books) -> list[str]:
    return [line["text"] for line in shown(books, MARCH).more["happened"]]
