"""The JSON form of CloudEvents 1.0.2, read with care and refused in plain words.

What others send is hostile until it was read: the official JSON schema lets through what the specification forbids,
and pydantic reports faults in its own terms. A sender needs to know which field is wrong, why, and what to write.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple, get_args

import msgspec
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

ATTRIBUTE = re.compile(r"[a-z0-9]+")
JSON_TYPE = re.compile(r"[\w.+-]+/(?:json|[\w.+-]+\+json)(?:\s*;\s*[\w-]+=(?:[\w.-]+|\"[^\"]*\"))*", re.ASCII)
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
SHOWN = 60  # characters of a refused value that its error repeats
FAULTS_SHOWN = 20
USUAL: Mapping[str, type] = {  # in order as far as CloudEvents go wherever they are of these kinds
    **dict.fromkeys(("specversion", "id", "source", "type", "time", "trail"), str),
    "sequence": int,
    "data": dict,
}
OPTIONAL_TEXTS = ("subject", "dataschema")  # CloudEvents attributes that say nothing to us and still must be in order


OTHER_FORM = {
    "literal_error": ": write {expected}",
    "string_type": ", not a text: write it with quotes",
    "model_type": ", not a JSON object: write its fields within braces",
    "int_parsing": ", no whole number: write one such as 10",
    "list_type": ", not a JSON array: write its parts within brackets",
    "too_short": " without anything in it: put something in, or leave the field out",
}


class Fault(NamedTuple):
    """Where something is wrong (`data.amount.value`; empty: the whole), and what; the remedy in the text or apart."""

    path: str
    text: str
    remedy: str = ""

    def __str__(self) -> str:
        text = f"{self.text}: {self.remedy}" if self.remedy else self.text
        return f"{self.path}: {text}" if self.path else text


class EventError(ValueError):
    """An event cannot be read; one line per fault."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        """`faults`: at least one. One is kept per path; of very many the first are shown."""
        by_path = dict[str, Fault]()
        for fault in faults:
            by_path.setdefault(fault.path, fault)
        self.faults = tuple(by_path.values())
        more = len(self.faults) - FAULTS_SHOWN
        shown = [str(fault) for fault in self.faults[:FAULTS_SHOWN]]
        super().__init__("\n".join([*shown, f"... and {more} more"] if more > 0 else shown))


def near(word: str, known: Iterable[str], most: int) -> str:
    """`: did you mean a or b?` where there is something near; else nothing."""
    found = get_close_matches(word[:SHOWN], list(known), most)
    return f": did you mean {' or '.join(found)}?" if found else ""


def parse(raw: bytes | str) -> dict[str, Any]:
    """The JSON object of a text in UTF-8; EventError where it is none."""
    line = raw.encode("utf-8", "surrogatepass") if isinstance(raw, str) else raw
    try:
        found = msgspec.json.decode(line.removeprefix(BYTE_ORDER_MARK))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise EventError([Fault("", f"is not JSON in UTF-8 ({error}): send one JSON object")]) from None
    if isinstance(found, list):
        raise EventError([Fault("", "is a JSON array: give the events of a batch one by one")])
    if not isinstance(found, dict):
        raise EventError([Fault("", "is not a JSON object: an event is one, with specversion, id, source, type ...")])
    return found


def unpack(raw: Mapping[str, Any]) -> tuple[dict[str, Any], list[Fault]]:
    """The attributes that are set (null is unset) with `data` unpacked, and what CloudEvents forbids."""
    values = {name: value for name, value in raw.items() if value is not None}
    faults = [
        fault
        for name, value in values.items()
        if type(value) is not USUAL.get(name)
        for fault in _attribute(name, value)
    ]
    if "specversion" not in values:
        faults.append(Fault("specversion", 'is missing: write "1.0"'))
    if "data_base64" in values:
        packed = values.pop("data_base64")
        if "data" in values:
            faults.append(Fault("data_base64", "stands beside `data`: send one of the two"))
        else:
            values["data"], unpacking = _unpack(packed)
            faults += unpacking
    return values, faults


def _attribute(name: str, value: object) -> list[Fault]:
    if name in ("data", "data_base64"):
        return []
    path = name[:SHOWN]
    if not ATTRIBUTE.fullmatch(name):
        return [Fault(path, "is no name of a CloudEvents attribute: use lower-case letters a-z and digits only")]
    if not isinstance(value, (str, int)):
        return [Fault(path, f"is {_shown(value)}: an attribute is a text, a whole number, true or false")]
    if name in OPTIONAL_TEXTS and not (isinstance(value, str) and value.strip()):
        return [Fault(path, "is not a text with something in it: leave it out where there is nothing to say")]
    return []


def _unpack(packed: object) -> tuple[Any, list[Fault]]:
    """The JSON in base64 that some libraries send where they were given bytes."""
    try:
        return msgspec.json.decode(base64.b64decode(str(packed), validate=True)), []
    except (binascii.Error, ValueError, msgspec.DecodeError, RecursionError):
        return {}, [Fault("data_base64", "is not JSON in base64: send the JSON object as `data`")]


def json_type(value: object) -> object:
    """`application/json` for every media type that says the data are JSON; as it is where it is no text."""
    if not isinstance(value, str):
        return value
    kind = value.strip().lower()
    if kind.startswith("application/cloudevents"):
        raise ValueError(f"{value[:SHOWN]!r} is the type of the whole message: write application/json, that of `data`")
    if not JSON_TYPE.fullmatch(kind):
        raise ValueError(f"{value[:SHOWN]!r} does not say that `data` is JSON: write application/json, or leave it out")
    return "application/json"


def describe(model: type[BaseModel], field: str) -> str:
    """What a field means, in the words of the model or of the one that it narrows."""
    fields = (base.model_fields.get(field) for base in model.__mro__ if issubclass(base, BaseModel))
    return next((one.description for one in fields if one and one.description), "")


def faults_of(error: ValidationError, event: type[BaseModel]) -> list[Fault]:
    """What pydantic found, in our words."""
    return [_fault(details, event) for details in error.errors(include_url=False)]


def _fault(details: ErrorDetails, event: type[BaseModel]) -> Fault:
    path = ".".join(str(part)[:SHOWN] for part in details["loc"])
    within = event
    for part in details["loc"][:-1]:
        within = _model_of(within, part)
    return Fault(path, text_of(details, within))


def text_of(details: ErrorDetails, within: type[BaseModel]) -> str:
    """What is wrong with one field of a model, with a remedy."""
    last = str(details["loc"][-1] if details["loc"] else "")
    match details["type"]:
        case "missing":
            description = describe(within, last)
            return f"is missing: give it ({description})" if description else "is missing: give it"
        case "extra_forbidden":
            fields = sorted(within.model_fields, key=lambda name: not within.model_fields[name].is_required())
            remedy = near(last, fields, 1) or ": leave it out"
            return f"is no field here{remedy} (the fields are {', '.join(fields)})"
        case "value_error":
            return str(details["ctx"]["error"])
    remedy = OTHER_FORM.get(details["type"], ": " + details["msg"].replace("Input should", "it should"))
    return f"is {_shown(details['input'])}{remedy.format(**details.get('ctx', {}))}"


def _shown(value: object) -> str:
    """A value as JSON would write it, or what it is where it is long."""
    if isinstance(value, (dict, list)):
        return "a JSON object" if isinstance(value, dict) else "a JSON array"
    return f"{value!r:.{SHOWN}}" if isinstance(value, str) else str(msgspec.json.encode(value), "utf-8")[:SHOWN]


def _model_of(model: type[BaseModel], field: int | str) -> type[BaseModel]:
    """The model that a field holds; the same where the path goes through an array."""
    if field not in model.model_fields:
        return model
    return next(iter(_models(model.model_fields[str(field)].annotation)), model)


def _models(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in _models(argument)]
