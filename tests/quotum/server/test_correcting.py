"""Corrections over HTTP mean what the commands mean, say what they moved and who made them, and need the right."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quotum.corrections import author_of
from quotum.server.app import create_app
from quotum.server.bodies import LARGEST_ASKED_BYTES
from quotum.server.limits import Limits
from streams import replaying
from streams.books import Books
from streams.keys import SCOPES, Keys
from tests.quotum.server.serving import served
from tests.quotum.server.test_showing import told, won

EVENTS = [*won(1, "a", "anna", "100.10"), *won(3, "b", "bas", "50.20")]
AMOUNT = {"amount": {"value": "120.50", "currency": "EUR"}}
LATER = {"value": "70.00", "currency": "EUR"}
EVERY = [
    ("record", {"kind": "call.logged", "fields": {"id": "C1", "rep": "anna", "day": "2026-03-04"}}),
    ("amend", {"entity": "deal:a", "fields": AMOUNT}),
    ("void", {"entity": "deal:a"}),
    ("reassign", {"entity": "deal:a", "rep": "bas"}),
    ("withdraw", {"entity": "deal:a"}),
]


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with served(tmp_path) as (client, _):
        client.post("/v1/events", json=EVENTS)
        yield client


def correct(client: TestClient, verb: str, **body: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401 (any JSON)
    answer = client.post(f"/v1/corrections/{verb}", json=body)
    assert answer.status_code == 200, answer.text
    return [tuple(one.values()) for one in answer.json()["moved"]]


def revenue(client: TestClient) -> dict[str, str]:
    rows = client.get("/v1/boards/revenue/2026").json()["rows"]
    return {row["who"]: row["value"] for row in rows}


def test_an_amended_amount_counts_at_once_and_its_difference_is_told(client: TestClient) -> None:
    assert correct(client, "amend", entity="deal:a", fields=AMOUNT) == [
        ("revenue", "anna", "2026-03-03", "+20.40", "EUR")
    ]
    assert revenue(client) == {"anna": "120.50", "bas": "50.20"}
    assert correct(client, "amend", entity="deal:a", fields=AMOUNT) == []


def test_a_feed_says_what_it_likes_and_the_correction_stands_until_it_is_withdrawn(client: TestClient) -> None:
    correct(client, "amend", entity="deal:a", fields=AMOUNT)
    client.post("/v1/events", json=told(10, "deal.amended", id="a", amount=LATER) | {"time": "2026-03-04T10:00:00Z"})
    assert revenue(client)["anna"] == "120.50"
    assert correct(client, "withdraw", entity="deal:a", fields=["amount"]) == [
        ("revenue", "anna", "2026-03-03", "-50.50", "EUR")
    ]
    assert revenue(client)["anna"] == "70.00"


def test_a_null_takes_back_what_a_person_said_of_a_field(client: TestClient) -> None:
    correct(client, "amend", entity="deal:a", fields=AMOUNT)
    assert correct(client, "amend", entity="deal:a", fields={"amount": None}) == [
        ("revenue", "anna", "2026-03-03", "-20.40", "EUR")
    ]


def test_what_is_void_counts_for_nothing(client: TestClient) -> None:
    assert sorted(correct(client, "void", entity="deal:b")) == [
        ("deals_opened", "bas", "2026-03-03", "-1", ""),
        ("deals_won", "bas", "2026-03-03", "-1", ""),
        ("revenue", "bas", "2026-03-03", "-50.20", "EUR"),
    ]
    assert revenue(client) == {"anna": "100.10", "bas": "0.00"}


def test_credit_goes_to_another_or_is_shared_to_the_cent(client: TestClient) -> None:
    correct(client, "reassign", entity="deal:a", rep="bas")
    assert revenue(client) == {"anna": "0.00", "bas": "150.30"}
    correct(client, "reassign", entity="deal:a", shares={"anna": "0.25", "bas": "0.75"})
    assert revenue(client) in ({"anna": "25.02", "bas": "125.28"}, {"anna": "25.03", "bas": "125.27"})
    assert correct(client, "reassign", entity="deal:b", rep="anna", day="2026-03-04") == []


def test_what_no_feed_told_can_be_recorded(client: TestClient) -> None:
    fields = {"id": "C1", "rep": "anna", "day": "2026-03-04"}
    assert correct(client, "record", kind="call.logged", fields=fields) == [("calls", "anna", "2026-03-04", "+1", "")]
    assert correct(client, "record", kind="call.logged", fields=fields | {"id": "C2", "rep": None}) == [
        ("calls", None, "2026-03-04", "+1", "")
    ]


def test_a_correction_is_a_persons_word_and_says_whose(client: TestClient) -> None:
    correct(client, "amend", entity="deal:a", fields=AMOUNT, by="bas")
    step = client.get("/v1/explain/revenue/2026-03/EUR/1").json()["steps"][0]
    assert (step["by"], step["author"], step["moved"]) == ("person", "bas", "20.40")
    assert [one["author"] for one in client.get("/v1/explain/revenue/2026-03/EUR/1").json()["steps"][1:]] == [None]


def test_a_key_corrects_in_its_own_name_which_never_enters_the_log(tmp_path: Path) -> None:
    with Keys(tmp_path / "keys", lambda: 0) as keys, served(tmp_path, keys) as (client, books):
        feeding = {"Authorization": f"Bearer {keys.make('feed', ['write', 'read'])}"}
        correcting = {"Authorization": f"Bearer {keys.make('anna', ['correct', 'read'])}"}
        client.post("/v1/events", json=EVENTS, headers=feeding)
        url, body = "/v1/corrections/amend", {"entity": "deal:a", "fields": AMOUNT}
        refused = client.post(url, json={**body, "fields": {"shoe": 1}}, headers=correcting)
        assert (refused.status_code, set(books.vault.labels().values())) == (422, {"anna", "bas"})
        assert client.post(url, json=body, headers=correcting).status_code == 200
        step = client.get("/v1/explain/revenue/2026-03/EUR/1", headers=correcting).json()["steps"][0]
        assert step["author"] == "key:anna"
        assert client.post(url, json={**body, "by": "anna"}, headers=correcting).status_code == 200
        assert books.history.rows("SELECT DISTINCT source FROM events WHERE layer = 1 ORDER BY ALL") == [
            ("quotum:person/1",),
            ("quotum:person/3",),
        ]
        rows = client.get("/v1/boards/revenue/2026", headers=correcting).json()["rows"]
        assert {row["who"] for row in rows} == {"anna", "bas"}


@pytest.mark.parametrize(("verb", "body"), EVERY)
def test_only_the_scope_correct_corrects(tmp_path: Path, verb: str, body: dict[str, Any]) -> None:
    with Keys(tmp_path / "keys", lambda: 0) as keys, served(tmp_path, keys) as (client, books):
        feeding = {"Authorization": f"Bearer {keys.make('feed', ['write', 'read'])}"}
        correcting = {"Authorization": f"Bearer {keys.make('ops', ['correct'])}"}
        client.post("/v1/events", json=EVENTS, headers=feeding)
        position, url = books.next_offset(), f"/v1/corrections/{verb}"
        assert client.post(url, json=body).status_code == 401
        cookie = {"Cookie": f"quotum_key={keys.make('wall', SCOPES)}"}
        assert client.post(url, json=body, headers=cookie).status_code == 401
        refused = client.post(url, json=body, headers=feeding)
        assert (refused.status_code, "--scope correct" in refused.json()["detail"]) == (403, True)
        assert books.next_offset() == position
        assert client.post(url, json=body, headers=correcting).status_code == 200
        assert books.next_offset() == position + 1


@pytest.mark.parametrize(("verb", "body"), EVERY)
def test_a_page_of_another_site_and_another_name_of_this_machine_correct_nothing(
    client: TestClient, verb: str, body: dict[str, Any]
) -> None:
    for headers in ({"Origin": "https://evil.example"}, {"Host": "evil.example"}):
        assert client.post(f"/v1/corrections/{verb}", json=body, headers=headers).status_code == 403
    assert revenue(client) == {"anna": "100.10", "bas": "50.20"}


def test_nothing_that_is_sent_as_an_event_is_a_correction(client: TestClient) -> None:
    correct(client, "amend", entity="deal:a", fields=AMOUNT)
    later = {**told(20, "deal.amended", id="a", amount=LATER), "time": "2026-03-04T10:00:00Z"}
    feeds = [
        {**later, "id": source, "source": source, "layer": 1, "by": "person"}
        for source in ("crm", "quotum:person", "quotum:person/1")
    ]
    withdrawal = {**feeds[0], "id": "w", "type": "quotum.correction.withdrawn.v1", "data": {"entity": "deal:a"}}
    results = client.post("/v1/events", json=[*feeds, withdrawal]).json()["results"]
    assert [one["result"] for one in results] == ["taken"] * 3 + ["refused"]
    assert revenue(client)["anna"] == "120.50"
    steps = client.get("/v1/explain/revenue/2026-03/EUR/1").json()["steps"]
    assert {(one["by"], one["author"]) for one in steps} == {("feed", None), ("person", None)}


def test_the_log_knows_a_feed_from_a_person_whatever_the_feed_calls_itself(tmp_path: Path) -> None:
    with served(tmp_path) as (client, books):
        client.post("/v1/events", json=[{**one, "source": "quotum:person/1", "layer": 1} for one in EVENTS])
        assert books.history.rows("SELECT DISTINCT layer FROM events") == [(0,)]
    assert [author_of("quotum:person/1", layer) for layer in (0, 1)] == [None, 1]
    assert [author_of(source, 1) for source in ("quotum:person", "quotum:person/", "crm", "12")] == [None] * 4


@pytest.mark.parametrize(
    ("verb", "body", "field", "words"),
    [
        ("amend", {"fields": AMOUNT}, "entity", "give it (kind and id"),
        ("amend", {"entity": "deal:a", "fields": {"amont": "3"}}, "amont", "did you mean amount"),
        ("amend", {"entity": "deal:a", "fields": {"amount": 5}}, "amount", "its fields within braces"),
        ("amend", {"entity": "deal:a", "fields": {"amount": {"value": 5, "currency": "EUR"}}}, "amount.value", "1054"),
        ("amend", {"entity": "deal:a", "fields": {}}, "fields", "put something in"),
        ("amend", {"entity": "deal:a", "fields": AMOUNT, "as": "x"}, "as", "leave it out"),
        ("reassign", {"entity": "deal:a", "shares": {"anna": "0.5", "bas": "0.4"}}, "", "sum to 1"),
        ("reassign", {"entity": "deal:a", "rep": "anna", "day": "3 March"}, "day", "such as 2017-03-01"),
        ("reassign", {"entity": "deal:a", "shares": {"anna": "1"}}, "shares", "give `rep`"),
        ("reassign", {"entity": "deal:a"}, "", "one of the two"),
        ("record", {"kind": "call.logged", "fields": {"id": "C1", "rep": "anna"}}, "", "one of the two"),
        ("withdraw", {"entity": "deal:a", "fields": []}, "fields", "leave the field out"),
    ],
)
def test_a_fault_says_where_what_and_how_to_mend_it(
    client: TestClient, verb: str, body: dict[str, Any], field: str, words: str
) -> None:
    answer = client.post(f"/v1/corrections/{verb}", json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    faults = {fault["field"]: fault for fault in answer.json()["faults"]}
    assert faults.keys() == {field} if field else len(faults) == 1
    fault = next(iter(faults.values()))
    assert words in fault["fault"] + ": " + fault["remedy"]
    assert fault["remedy"]


@pytest.mark.parametrize(
    ("verb", "body", "words"),
    [
        ("amend", {"entity": "deal:z", "fields": AMOUNT}, "there is no deal:z"),
        ("amend", {"entity": "deal:a", "fields": {**AMOUNT, "id": "b"}}, "leave it out"),
        ("amend", {"entity": "deal:a", "fields": AMOUNT, "by": "ann"}, "did you mean anna"),
        ("void", {"entity": "shoe:1"}, "write kind and id"),
        ("void", {"entity": "deal:\u0000a"}, "there is no deal"),
        ("reassign", {"entity": "deal:a", "rep": "an"}, "did you mean anna"),
        ("withdraw", {"entity": "deal:a", "fields": ["shoe"]}, "which a deal does not have"),
        ("record", {"kind": "call.loged", "fields": {"id": "1"}}, "did you mean call.logged"),
        ("record", {"kind": "workspace.opened", "fields": {"zone": "UTC"}}, "there is nothing like"),
        ("record", {"kind": "target.agreed", "fields": {"id": "1"}}, "there is nothing like"),
        ("record", {"kind": "correction.withdrawn", "fields": {"entity": "deal:a"}, "trail": "x"}, "nothing like"),
        ("record", {"kind": "call.logged", "fields": {"id": "C1", "rep": 1, "day": "2026-03-04"}}, "with quotes"),
        ("record", {"kind": "deal.reassigned", "fields": {"id": "a", "shares": [{"rep": 99, "share": "1"}]}}, "quotes"),
        ("record", {"kind": "deal.reassigned", "fields": {"id": "a", "shares": [5]}}, "shares"),
        ("record", {"kind": "deal.reassigned", "fields": {"id": "a", "shares": "anna"}}, "shares"),
        ("record", {"kind": "call.logged", "fields": {"id": {"a": 1}, "day": "2026-03-04"}}, "id"),
    ],
)
def test_what_cannot_be_put_right_is_told_and_changes_nothing(
    client: TestClient, verb: str, body: dict[str, Any], words: str
) -> None:
    position = client.get("/ready").json()["position"]
    answer = client.post(f"/v1/corrections/{verb}", json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert words in answer.json()["detail"]
    assert client.get("/ready").json()["position"] == position


def test_too_large_is_refused_before_it_is_read_and_too_often_is_told_when_to_come_back(tmp_path: Path) -> None:
    with served(tmp_path, limits=Limits(per_second=0.001, burst=2)) as (client, _):
        large = client.post("/v1/corrections/void", content=b" " * (LARGEST_ASKED_BYTES + 1))
        assert (large.status_code, "one thing at a time" in large.json()["detail"]) == (413, True)
        assert client.post("/v1/corrections/void", json={"entity": "deal:a"}).status_code == 422
        late = client.post("/v1/corrections/void", json={"entity": "deal:a"})
        assert (late.status_code, int(late.headers["retry-after"]) > 0) == (429, True)


def test_books_of_a_demo_take_in_nothing_that_happened(tmp_path: Path) -> None:
    with (
        Books.create(tmp_path / "demo.duckdb", zone="UTC", currency="EUR", demo=True) as books,
        TestClient(create_app(books), base_url="http://127.0.0.1") as client,
    ):
        verb, body = EVERY[0]
        answer = client.post(f"/v1/corrections/{verb}", content=json.dumps(body))
        assert (answer.status_code, "nothing real" in answer.json()["detail"]) == (422, True)


NAMES = [
    "id",
    "rep",
    "shares",
    "share",
    "day",
    "at",
    "amount",
    "value",
    "currency",
    "units",
    "kind",
    "product",
    "customer",
]
WORDS = ["a", "anna", "#1", "", "0.5", "2026-03-03", "2026-03-03T10:00:00Z", "EUR", "new", "deal:a", "call.logged"]
KINDS = ["call.logged", "call.amended", "deal.won", "deal.amended", "deal.reassigned", "lead.handled", "offer.sent"]
leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(WORDS)
    | st.text()
)
anything = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)
)
fields = st.dictionaries(st.sampled_from(NAMES), anything, max_size=4)
bodies = (
    st.tuples(st.just("record"), st.fixed_dictionaries({"kind": st.sampled_from(KINDS), "fields": fields}))
    | st.tuples(st.just("amend"), st.fixed_dictionaries({"entity": st.just("deal:a"), "fields": fields}))
    | st.tuples(st.just("reassign"), st.fixed_dictionaries({"entity": st.just("deal:a"), "shares": anything}))
    | st.tuples(st.just("withdraw"), st.fixed_dictionaries({"entity": st.just("deal:a"), "fields": anything}))
)


@pytest.mark.slow
def test_whatever_is_said_of_a_deal_is_recorded_or_refused_and_the_figures_agree_three_ways(tmp_path: Path) -> None:
    with served(tmp_path, limits=Limits(burst=1e9)) as (client, books):
        client.post("/v1/events", json=EVENTS)

        @settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
        @given(bodies)
        def taken_or_refused(body: tuple[str, dict[str, Any]]) -> None:
            verb, asked = body
            position = books.next_offset()
            answer = client.post(f"/v1/corrections/{verb}", json=asked)
            assert answer.status_code in (200, 422), answer.text
            assert books.next_offset() == position + (answer.status_code == 200)

        taken_or_refused()
        with books.history.read() as cursor:
            ways = {
                "stored": replaying.stored_cells(cursor),
                "folded": replaying.folded_cells(cursor, books.calendar),
                "sql": replaying.sql_cells(cursor, books.calendar.zone),
            }
        assert replaying.differences(ways) == []


def test_what_is_recorded_without_an_id_is_known_by_one_that_the_answer_tells(client: TestClient) -> None:
    call = {"kind": "call.logged", "fields": {"rep": "anna", "day": "2026-03-03"}}
    first, second = (client.post("/v1/corrections/record", json=call).json() for _ in range(2))
    assert first["entity"] != second["entity"]
    assert (first["note"], first["moved"][0]["moved"]) == (None, "+1")
    voided = client.post("/v1/corrections/void", json={"entity": first["entity"]}).json()
    assert (voided["entity"], voided["moved"][0]["moved"]) == (first["entity"], "-1")


def test_what_is_nobodys_is_said_to_be_with_the_way_out(client: TestClient) -> None:
    fields = {"id": "D9", "rep": "anna", "day": "2026-03-03", "amount": {"value": "5.00", "currency": "EUR"}}
    found = client.post("/v1/corrections/record", json={"kind": "deal.won", "fields": fields}).json()
    assert {one["who"] for one in found["moved"]} == {None}
    assert "deal.opened id=D9 rep=WHO" in found["note"]
