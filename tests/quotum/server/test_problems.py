"""Every error over HTTP is a problem that says what, where and how to mend it; the API keeps to its own description."""

from pathlib import Path
from typing import Any

import pytest

from quotum.server.problems import SEE, Fault, told
from schemas.wire import Fault as Wrong
from streams.books import BehindError, UnavailableError
from streams.history import HistoryError
from streams.keys import Keys
from streams.vault_file import VaultError
from tests.quotum.server.serving import WON, opened, served


@pytest.mark.parametrize(
    ("address", "status", "word"),
    [
        ("/v1/boards/revenu/2026", 422, "did you mean revenue"),
        ("/v1/boards/revenue/2026-13", 422, "2026-13"),
        ("/v1/boards/revenue/2026?by=shoe", 422, "write 'rep'"),
        ("/v1/reached/revenue/2026?value=-3", 422, "above 0"),
        ("/v1/reached/revenue/2026", 422, "is missing"),
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


WISH = {"metric": "revenue", "period": "2026", "reason": "Growth.", "by": "anna", "value": "5"}
CHANGED = {"entity": "deal:D1", "fields": {"units": "2"}}


@pytest.mark.parametrize(
    ("method", "address", "body", "field", "fault", "remedy"),
    [
        ("GET", "/v1/boards/revenu/2026", None, "metric", "there is no metric 'revenu'", "did you mean revenue?"),
        ("GET", "/v1/boards/revenue/2026-13", None, "period", "there is no month 13", "2017-Q2 (calendar quarter)"),
        ("GET", "/v1/boards/revenue/2026?by=shoe", None, "by", "'shoe'", "write 'rep'"),
        ("GET", "/v1/boards/revenue/2026?rank=value", None, "rank", "no parameter", "did you mean rank_by?"),
        ("GET", "/v1/boards/revenue/2026?by=product&rank_by=value", None, "by", "a product has none", "ask by rep"),
        ("GET", "/v1/boards/revenue/2026?limit=0", None, "limit", "is '0'", "greater than or equal to 1"),
        ("GET", "/v1/boards/revenue/2026?limit=x", None, "limit", "is 'x'", "write one such as 10"),
        ("GET", "/v1/targets?perod=2026", None, "perod", "no parameter", "did you mean period?"),
        ("POST", "/v1/events?dry=1", WON, "dry", "no parameter", "leave it out"),
        ("GET", "/v1/reached/revenue/2026?value=-1", None, "value", "before anything happens", "a value above 0"),
        ("GET", "/v1/reached/revenue/2026?value=1.12345", None, "value", "more than the 2 digits", "round it first"),
        ("GET", "/v1/reached/revenue/2026", None, "value", "is missing", "give it"),
        ("GET", "/v1/progress/2026/ann", None, "who", "there is no person or team 'ann'", "did you mean anna?"),
        ("GET", "/v1/progress/2026/zzzz", None, "who", "there is no person or team", "write a name"),
        ("POST", "/v1/targets", {**WISH, "value": "-5"}, "value", "-5 lies below 0", "a value of 0"),
        ("POST", "/v1/targets", {**WISH, "rep": "ann"}, "rep", "there is no person", "did you mean anna?"),
        ("POST", "/v1/targets", {**WISH, "by": "ann"}, "by", "there is no person", "did you mean anna?"),
        ("POST", "/v1/corrections/amend", {**CHANGED, "entity": "deal:9"}, "entity", "no deal:9", "quotum events"),
        ("POST", "/v1/corrections/amend", {**CHANGED, "by": "ann"}, "by", "there is no person", "did you mean anna?"),
        ("POST", "/v1/corrections/void", {"entity": "shoe:1"}, "entity", "cannot be voided", "write kind and id"),
        ("GET", "/v1/nothing", None, "path", "/v1/nothing", "/docs"),
        ("DELETE", "/v1/events", None, "method", "DELETE", "/docs"),
        ("GET", "/v1/explain/revenue/2026/EUR%2F9", None, "key", "no row 'EUR/9'", "/v1/boards"),
        ("GET", "/v1/explain/revenue/2026/ana", None, "key", "no row 'ana'", "did you mean anna?"),
    ],
)
def test_a_problem_names_field_fault_and_remedy(  # noqa: PLR0913, PLR0917 (each is a column of the table)
    tmp_path: Path, method: str, address: str, body: dict[str, Any] | None, field: str, fault: str, remedy: str
) -> None:
    with served(tmp_path) as (client, _):
        client.post("/v1/events", json=[opened(), WON])
        problem = client.request(method, address, json=body).json()
    [told] = problem["faults"]
    assert told["field"] == field
    assert fault in told["fault"]
    assert remedy in told["remedy"]


def test_who_may_not_and_what_is_too_large_are_told_so_too(tmp_path: Path) -> None:
    with Keys(tmp_path / "keys", lambda: 0) as keys, served(tmp_path, keys) as (client, _):
        reading, writing = ({"Authorization": f"Bearer {keys.make(one, [one])}"} for one in ("read", "write"))
        answers = [
            client.get("/v1/boards/revenue/2026"),
            client.post("/v1/events", json=WON, headers=reading),
            client.post("/v1/people", content=b" " * 6_000_001, headers=writing),
        ]
    (tmp_path / "other").mkdir()
    with served(tmp_path / "other") as (client, _):
        answers += [
            client.get("/v1/boards/revenue/2026", headers={"host": "evil.example"}),
            client.post("/v1/events", json=WON, headers={"origin": "http://evil.example"}),
        ]
    assert [answer.status_code for answer in answers] == [401, 403, 413, 403, 403]
    told = [answer.json()["faults"][0] for answer in answers]
    assert [one["field"] for one in told] == ["Authorization", "Authorization", "body", "Host", "Origin"]
    assert all(one["fault"] and one["remedy"] for one in told)


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
