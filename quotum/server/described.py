"""What the API takes and answers, as a page: the application's own description of itself, with nothing from elsewhere.

It is in English alone, as are the names of the fields that it is about.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from http import HTTPStatus
from typing import Any, NamedTuple

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from quotum.server.rendering import HEADERS, TEMPLATES

Json = Mapping[str, Any]
LIMITS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "above {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "below {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {}",
    "maxItems": "at most {}",
    "minProperties": "at least {}",
    "maxProperties": "at most {}",
}
NAMES = {"string": "text", "integer": "whole number", "boolean": "true or false", "null": "null", "number": "number"}


class Part(NamedTuple):
    """A piece of what a value is; `form` names a form of the page that it leads to."""

    text: str
    form: str = ""


class Field(NamedTuple):
    """A field or a parameter."""

    name: str
    parts: list[Part]
    about: str
    where: str = ""  # of a parameter: path, query or header
    is_needed: bool = False
    default: str = ""


class Body(NamedTuple):
    """What a request carries, or an answer."""

    media: str
    parts: list[Part]
    fields: list[Field]


class Answer(NamedTuple):
    """An answer by its status."""

    status: str
    about: str
    body: Body | None


class Operation(NamedTuple):
    """A method of an address."""

    method: str
    path: str
    about: str
    parameters: list[Field]
    body: Body | None
    answers: list[Answer]

    @property
    def anchor(self) -> str:
        """Where it stands on the page."""
        return f"{self.method} {self.path}".replace(" ", "-")


class Form(NamedTuple):
    """A form that bodies and answers refer to."""

    name: str
    about: str
    parts: list[Part]
    fields: list[Field]


def install(app: FastAPI) -> None:
    """Give an application, which has /static, the page; it is made once, since the description stays as it is."""

    @cache
    def text() -> str:
        told = app.openapi()
        values = {
            "title": told["info"]["title"],
            "about": told["info"]["description"],
            "tags": operations(told),
            "forms": forms(told),
        }
        return TEMPLATES.get_template("described.html").render(values)

    @app.get("/docs", response_class=HTMLResponse, include_in_schema=False)
    async def get_description() -> HTMLResponse:
        return HTMLResponse(text(), headers={**HEADERS, "Content-Language": "en"})


def operations(told: Json) -> dict[str, list[Operation]]:
    """All methods of all addresses, by what they are for."""
    found: dict[str, list[Operation]] = {}
    for path, methods in told["paths"].items():
        for method, one in methods.items():
            operation = Operation(
                method.upper(),
                path,
                one["description"],
                [_parameter(parameter) for parameter in one.get("parameters", ())],
                _body(one.get("requestBody", {})),
                [_answer(status, answer) for status, answer in one["responses"].items()],
            )
            found.setdefault(one["tags"][0], []).append(operation)
    return found


def forms(told: Json) -> list[Form]:
    """All forms that are referred to, by name."""
    found = told.get("components", {}).get("schemas", {})
    return [
        Form(name, schema.get("description", ""), [] if "properties" in schema else parts(schema), fields(schema))
        for name, schema in sorted(found.items())
    ]


def fields(schema: Json) -> list[Field]:
    """The fields of an object."""
    needed = schema.get("required", ())
    return [
        Field(name, parts(one), one.get("description", ""), "", name in needed, _default(one))
        for name, one in schema.get("properties", {}).items()
    ]


def parts(schema: Json) -> list[Part]:
    """What a value is, in words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return [Part(name, name)]
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return _or([parts(one) for one in schema[several]])
    if "enum" in schema or "const" in schema:
        return [Part(" | ".join(str(one) for one in schema.get("enum", [schema.get("const")])))]
    limits = ", ".join(said.format(schema[name]) for name, said in LIMITS.items() if name in schema)
    return [*_of_type(schema), *([Part(f" ({limits})")] if limits else [])]


def _of_type(schema: Json) -> list[Part]:
    kind = schema.get("type")
    if kind == "array":
        return [Part("list of "), *parts(schema.get("items", {}))]
    if kind == "object" and isinstance(inner := schema.get("additionalProperties"), dict):
        return [Part("object, by name: "), *parts(inner)]
    form = f" ({schema['format']})" if "format" in schema else ""
    return [Part(NAMES.get(str(kind), str(kind or "anything")) + form)]


def _or(several: Sequence[list[Part]]) -> list[Part]:
    joined = [part for one in several for part in (Part(" or "), *one)]
    return joined[1:]


def _parameter(told: Json) -> Field:
    schema = told["schema"]
    about = told.get("description", schema.get("description", ""))
    return Field(told["name"], parts(schema), about, told["in"], bool(told.get("required")), _default(schema))


def _default(schema: Json) -> str:
    return "" if schema.get("default") is None else str(schema["default"])


def _body(told: Json) -> Body | None:
    if not told.get("content"):
        return None
    schema = next(iter(told["content"].values())).get("schema", {})
    inline = fields(schema)
    return Body(", ".join(told["content"]), [] if inline else parts(schema), inline)


def _answer(status: str, told: Json) -> Answer:
    about = HTTPStatus(int(status)).phrase if status.isdecimal() else told["description"]
    return Answer(status, about, _body(told))
