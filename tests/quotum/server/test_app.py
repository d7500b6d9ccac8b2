"""The application as a whole: its API keeps to its own description, whatever is sent to it."""

from http import HTTPStatus
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance

from quotum.server import app as under_test
from quotum.server.app import create_app
from quotum.server.feeding import Feed
from quotum.server.limits import Limits
from streams.books import Books
from tests.quotum.server.serving import served

EXAMPLES_A_CALL = 20
VERBS = ("record", "amend", "void", "reassign", "withdraw")
ASKED_OR_CORRECTED = {"/v1/progress/{period}", "/v1/progress/{period}/{who}", "/v1/targets"} | {
    f"/v1/corrections/{verb}" for verb in VERBS
}


def _calls(schema: schemathesis.BaseSchema) -> list[Any]:
    """All that can be called but the stream, which never ends; what that refuses is tested in test_problems.py."""
    return [found.ok() for found in schema.exclude(path="/v1/stream").get_all_operations() if isinstance(found, Ok)]


@pytest.mark.slow
def test_the_api_keeps_to_its_description_whatever_is_sent(tmp_path: Path) -> None:
    with Books.create(tmp_path / "h.duckdb", zone="Europe/Amsterdam", currency="EUR") as books:
        schema = schemathesis.openapi.from_asgi("/openapi.json", create_app(books, limits=Limits(burst=1e9)))
        calls = _calls(schema)
        assert {call.path for call in calls} >= ASKED_OR_CORRECTED | {"/v1/events", "/v1/boards/{metric}/{period}"}

        # A period such as 2017-02-30 has the right form and is refused all the same: no schema says which days exist.
        @settings(max_examples=EXAMPLES_A_CALL * len(calls), deadline=None, suppress_health_check=list(HealthCheck))
        @given(st.data())
        def kept(data: st.DataObject) -> None:
            call = data.draw(st.sampled_from(calls), label="call")
            data.draw(call.as_strategy()).call_and_validate(
                headers={"host": "127.0.0.1"}, excluded_checks=[positive_data_acceptance]
            )

        kept()


def test_every_address_of_the_api_says_what_it_is_for(tmp_path: Path) -> None:
    with served(tmp_path) as (client, _):
        paths = client.get("/openapi.json").json()["paths"]
        assert {
            "/v1/events",
            "/v1/boards/{metric}/{period}",
            "/v1/reached/{metric}/{period}",
            "/v1/stream",
            *ASKED_OR_CORRECTED,
        } <= paths.keys()
        wordless = [name for name, methods in paths.items() for one in methods.values() if not one.get("description")]
        assert wordless == []


def test_what_follows_the_books_and_fails_is_logged_while_the_server_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: Queue[Any] = Queue()

    async def fail(_: Feed) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(Feed, "follow", fail)
    monkeypatch.setattr(under_test.logger, "error", lambda _, *, exc_info: told.put(exc_info))
    with (
        Books.create(tmp_path / "h.duckdb", zone="Europe/Amsterdam", currency="EUR") as books,
        TestClient(create_app(books), base_url="http://127.0.0.1") as client,
    ):
        assert repr(told.get(timeout=30)) == "ZeroDivisionError('oh')"
        assert client.get("/health").status_code == HTTPStatus.OK
    assert told.empty()  # those that were cancelled at the end did not fail
