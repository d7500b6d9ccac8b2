"""What requests carry is read within bounds, refused in plain words, and never brings the server down."""

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from quotum.server.bodies import LARGEST_ASKED_BYTES, described
from quotum.server.correcting import Reassigned
from tests.quotum.server.serving import served

DEEP = b'{"entity": "deal:1", "fields": {"x": ' + b"[" * 20_000 + b"]" * 20_000 + b"}}"


def amend(client: TestClient, content: bytes) -> dict[str, Any]:
    answer = client.post("/v1/corrections/amend", content=content)
    assert answer.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize(
    "content", [b"", b"{nope", b"\xff\xfe", DEEP, b'{"entity": "deal:\\ud800", "fields": {"x": 1}}']
)
def test_what_is_no_json_is_refused_with_what_to_send(tmp_path: Path, content: bytes) -> None:
    with served(tmp_path) as (client, _):
        problem = amend(client, content)
        assert problem["status"] == 400
        assert [(fault["field"], fault["remedy"]) for fault in problem["faults"]] == [
            ("body", "send one JSON object in UTF-8")
        ]


@pytest.mark.parametrize("content", [b"[]", b"3", b"null", b'"text"', b"{}", b'{"entity": null, "fields": 1}'])
def test_what_is_json_and_not_what_is_asked_for_says_which_field(tmp_path: Path, content: bytes) -> None:
    with served(tmp_path) as (client, _):
        problem = amend(client, content)
        assert problem["status"] == 422
        assert all(fault["fault"] and fault["remedy"] for fault in problem["faults"])
        assert {fault["field"] for fault in problem["faults"]} <= {"", "entity", "fields"}


def test_the_largest_body_is_read_and_one_byte_more_is_not(tmp_path: Path) -> None:
    body = json.dumps({"entity": "deal:1", "fields": {"kind": "x"}}).encode()
    with served(tmp_path) as (client, _):
        assert amend(client, body.ljust(LARGEST_ASKED_BYTES))["detail"].startswith("there is no deal:1")
        assert amend(client, body.ljust(LARGEST_ASKED_BYTES + 1))["status"] == 413


def test_a_body_is_described_by_the_model_that_reads_it() -> None:
    schema = described(Reassigned)["requestBody"]["content"]["application/json"]["schema"]
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["entity"]
    assert schema["properties"].keys() == Reassigned.model_fields.keys()
    assert "$ref" not in json.dumps(schema)  # it stands within another document
