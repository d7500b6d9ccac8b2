"""Every error over HTTP is a problem that says what, where and how to mend it; the API keeps to its own description."""

from pathlib import Path

import pytest

from quotum.server.problems import SEE, Fault, told
from schemas.wire import Fault as Wrong
from streams.books import BehindError, UnavailableError
from streams.history import HistoryError
from streams.vault_file import VaultError
from tests.quotum.server.serving import WON, served


@pytest.mark.parametrize(
    ("address", "status", "word"),
    [
        ("/v1/boards/revenu/2026", 422, "did you mean revenue"),
        ("/v1/boards/revenue/2026-13", 422, "2026-13"),
        ("/v1/boards/revenue/2026?by=shoe", 422, "query.by"),
        ("/v1/reached/revenue/2026?value=-3", 422, "above 0"),
        ("/v1/reached/revenue/2026", 422, "query.value"),
        ("/v1/stream?metric=nope&period=2026", 422, "nope"),
        ("/v1/nothing", 404, "Not Found"),
    ],
)
def test_a_question_that_cannot_be_answered_says_why(tmp_path: Path, address: str, status: int, word: str) -> None:
    with served(tmp_path) as (client, _):
        answer = client.get(address)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        problem = answer.json()
        assert problem["status"] == status
        assert word in answer.text


def test_a_wrong_method_is_a_problem_too(tmp_path: Path) -> None:
    with served(tmp_path) as (client, _):
        answer = client.delete("/v1/events")
        assert (answer.status_code, answer.json()["title"]) == (405, "Method Not Allowed")
        assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize(
    ("error", "detail", "later"),
    [
        (UnavailableError("the log is away"), "the log is away; send the same again", "2"),
        (BehindError("the log has it"), "the log has it; it counts once a recorder has caught up", "2"),
        (HistoryError("nothing goes in past the log"), "nothing goes in past the log", None),
        (VaultError("the disk is full"), "the disk is full", None),
    ],
    ids=repr,
)
def test_what_cannot_be_done_now_says_what_becomes_of_what_was_sent(
    tmp_path: Path, error: Exception, detail: str, later: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise error

    with served(tmp_path) as (client, books):
        monkeypatch.setattr(books, "take", fail)
        answer = client.post("/v1/events", json=WON)
        assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
        assert (answer.json()["detail"], answer.headers.get("retry-after")) == (detail, later)


def test_a_fault_of_a_field_has_its_remedy_apart() -> None:
    wrong = [Wrong("data.units", "is 3, not a text: write it with quotes"), Wrong("day", "is odd")]
    assert told(wrong) == [
        Fault(field="units", fault="is 3, not a text", remedy="write it with quotes"),
        Fault(field="day", fault="is odd", remedy=SEE),
    ]
