"""The page of the API says all that its description says, and asks nobody else for anything."""

import json
import re
from contextlib import ExitStack
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from quotum.server.described import Part, forms, operations, parts
from quotum.server.gateway import create_gateway
from tests.quotum.server.serving import served
from tests.quotum.server.test_gateway import Taking

ELSEWHERE = re.compile(r"(?:https?:)?//[^\s\"'<]+")


def test_the_page_tells_every_address_parameter_field_and_error(tmp_path: Path) -> None:
    with served(tmp_path) as (client, _):
        told = client.get("/openapi.json").json()
        page = client.get("/docs").text
    for path, methods in told["paths"].items():
        assert all(f'id="{method.upper()}-{path}"' in page for method in methods)
    names = {field.name for tag in operations(told).values() for one in tag for field in one.parameters}
    names |= {field.name for form in forms(told) for field in form.fields}
    names |= {field.name for tag in operations(told).values() for one in tag if one.body for field in one.body.fields}
    assert {"metric", "period", "attainment_percent", "namespace", "remedy"} <= names
    assert [name for name in names if f"<code>{name}</code>" not in page] == []
    anchors = set(re.findall(r'id="([^"]+)"', page))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= anchors
    assert 'href="/openapi.json"' in page
    assert "429" in page


@pytest.mark.parametrize("make", ["server", "gateway"])
def test_the_description_is_valid_and_each_reference_in_it_leads_somewhere(tmp_path: Path, make: str) -> None:
    with ExitStack() as closing:
        if make == "server":
            client, _ = closing.enter_context(served(tmp_path))
        else:
            client = TestClient(create_gateway(Taking()), base_url="http://127.0.0.1")
        told = client.get("/openapi.json").json()
    OPENAPI_31_VALIDATOR.validate(told)
    references = set(re.findall(r'"\$ref": "([^"]*)"', json.dumps(told)))
    assert references == {f"#/components/schemas/{form}" for form in told["components"]["schemas"]} & references
    assert "$defs" not in json.dumps(told)


def test_nothing_on_the_page_is_of_another_host(tmp_path: Path) -> None:
    with served(tmp_path) as (client, _):
        answer = client.get("/docs")
        assert ELSEWHERE.findall(answer.text) == []
        assert "<script" not in answer.text
        assert answer.headers["content-security-policy"].startswith("default-src 'self'")
        assert client.get("/redoc").status_code == 404
        assert client.get("/docs/oauth2-redirect").status_code == 404


def test_a_gateway_has_its_own() -> None:
    with TestClient(create_gateway(Taking()), base_url="http://127.0.0.1") as client:
        page = client.get("/docs").text
        assert "POST-/v1/events" in page
        assert ELSEWHERE.findall(page) == []
        for sheet in re.findall(r'href="(/static/[^"]+)"', page):
            assert client.get(sheet).status_code == 200


def test_what_a_value_is_is_said_in_words() -> None:
    assert parts({"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]}) == [
        Part("whole number"),
        Part(" (at least 1)"),
        Part(" or "),
        Part("null"),
    ]
    assert parts({"type": "array", "items": {"$ref": "#/components/schemas/Row"}}) == [
        Part("list of "),
        Part("Row", "Row"),
    ]
    assert parts({"type": "object", "additionalProperties": {"enum": ["a", "b"]}}) == [
        Part("object, by name: "),
        Part("a | b"),
    ]
