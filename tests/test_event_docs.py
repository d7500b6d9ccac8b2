"""What is sent and what is counted is documented, all of it, and the pages are those of the code as it is now."""

from collections.abc import Iterator

import pytest
from pydantic import BaseModel

from projections.metrics import METRICS
from quotum.metrics_page import metrics_page, sources, unit
from quotum.reference import events_page
from schemas.data import Share
from schemas.envelope import Event
from schemas.events import EVENTS
from schemas.facts import data_of
from tests.docs_runner import ROOT

STALE = "run: .venv/bin/python -m quotum.reference"


def undescribed(model: type[BaseModel]) -> Iterator[str]:
    """The model, where it has no docstring of its own, and its fields without a description."""
    if not (vars(model).get("__doc__") or "").strip():
        yield model.__name__
    yield from (f"{model.__name__}.{name}" for name, field in model.model_fields.items() if not field.description)


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_every_event_and_every_field_is_described(name: str) -> None:
    assert vars(EVENTS[name]).get("__doc__"), f"say in a docstring what {name} tells"
    assert list(undescribed(data_of(EVENTS[name]))) == []


@pytest.mark.parametrize("model", [Event, Share])
def test_what_events_share_is_described(model: type[BaseModel]) -> None:
    assert list(undescribed(model)) == []


def test_an_event_or_field_without_a_description_is_noticed() -> None:
    class Nameless(BaseModel):
        told: str

    assert list(undescribed(Nameless)) == ["Nameless", "Nameless.told"]


@pytest.mark.parametrize("name", sorted(METRICS))
def test_every_metric_says_what_it_is_in_what_and_from_which_events(name: str) -> None:
    metric = METRICS[name]
    assert metric.name == name
    assert len(metric.text.split()) >= 2
    assert unit(metric)
    assert sources(metric)
    assert len({each.text for each in METRICS.values()}) == len(METRICS)


@pytest.mark.parametrize(("page", "text"), [("events.md", events_page()), ("metrics.md", metrics_page())])
def test_the_page_is_the_one_that_the_code_writes(page: str, text: str) -> None:
    assert (ROOT / "docs" / page).read_text(encoding="utf-8") == text, STALE


@pytest.mark.parametrize("page", ["events.md", "metrics.md"])
def test_the_page_names_every_event_or_metric(page: str) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    names = EVENTS if page == "events.md" else METRICS
    assert [name for name in names if f"`{name}`" not in text] == []
