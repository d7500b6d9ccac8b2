"""The pages for developers say what the code does: each example can be sent, each field and figure is described."""

import json
import re
from pathlib import Path

import pytest

from quotum import reference
from quotum.metrics_page import metrics_page
from quotum.reference import EXAMPLES, KINDS, events_page, example, forms
from quotum.settings_page import settings_page
from schemas.data import ActivityDone, CorrectionWithdrawn, DealWon, Reassigned
from schemas.envelope import Event
from schemas.events import EVENTS
from schemas.facts import data_of
from schemas.organisation_data import RepJoined, WorkspaceOpened
from schemas.received import read_event
from tests.quotum.markdown import rows, section


@pytest.mark.parametrize("kind", sorted({event.entity_kind for event in EVENTS.values()}))
def test_each_kind_has_an_example_that_can_be_sent_as_it_stands(kind: str) -> None:
    assert kind in KINDS
    assert EVENTS[EXAMPLES[kind][0]].entity_kind == kind
    blocks = re.findall(r"^```json\n(.*?)^```$", events_page(), re.DOTALL | re.MULTILINE)
    assert example(kind) in [json.loads(block) for block in blocks]
    assert read_event(example(kind)).data.model_fields_set == example(kind)["data"].keys()


def test_every_example_on_the_page_can_be_sent() -> None:
    blocks = re.findall(r"^```json\n(.*?)^```$", events_page(), re.DOTALL | re.MULTILINE)
    assert len(blocks) == 1 + len(KINDS)
    assert all(read_event(block) for block in blocks)


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_each_event_lists_all_its_fields_or_says_where_they_stand(name: str) -> None:
    page = events_page()
    text = section(page, f"`{name}`")
    elsewhere = re.search(r"^Its fields are those of \[`(.*)`\]\(#(.*)\)\.$", text, re.MULTILINE)
    if elsewhere:
        assert data_of(EVENTS[elsewhere[1]]) is data_of(EVENTS[name])
        assert elsewhere[2] == elsewhere[1].replace(".", "")
        text = section(page, f"`{elsewhere[1]}`")
    listed = {row[0].strip("`"): row for row in rows(text) if len(row) == 4}
    fields = data_of(EVENTS[name]).model_fields
    assert listed.keys() == fields.keys()
    assert all(listed[field][3] == fields[field].description for field in fields)
    assert {field for field in fields if fields[field].is_required()} == {
        field for field, row in listed.items() if row[1] == "yes"
    }


def test_the_envelope_lists_every_attribute() -> None:
    listed = [row[0].strip("`") for row in rows(section(events_page(), "The envelope"))]
    assert listed == list(Event.model_fields)


def test_every_link_within_the_page_has_its_heading() -> None:
    page = events_page()
    headings = re.findall(r"^#+ (.*)$", page, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert set(re.findall(r"\]\(#(.*?)\)", page)) <= anchors
    assert len(re.findall(r"\]\(#", page)) > len(KINDS)


def test_a_field_says_how_it_is_written() -> None:
    assert forms(ActivityDone)["id"] == "text"
    assert forms(ActivityDone)["day"] == "day, `2017-03-01`"
    assert forms(ActivityDone)["at"] == "instant, `2017-03-01T09:30:00+01:00`"
    assert forms(ActivityDone)["customer"] == "`new` or `existing`"
    assert forms(DealWon)["amount"] == '`{"value": "1054.00", "currency": "EUR"}`'
    assert forms(DealWon)["units"] == "decimal text, `2.5`"
    assert forms(Reassigned)["shares"] == "list of shares"
    assert forms(RepJoined)["rep"] == "id of a person"
    assert forms(RepJoined)["team"] == "id of a team"
    assert forms(WorkspaceOpened)["fiscal_start"] == "whole number, 1 to 12"
    assert forms(WorkspaceOpened)["demo"] == "true or false"
    assert forms(CorrectionWithdrawn)["fields"] == "list of texts"


def test_what_can_be_withdrawn_is_listed_with_what_says_it() -> None:
    page = section(events_page(), "`quotum.correction.withdrawn.v1`")
    assert "| deal | `closed_by` | `won.rep`, `lost.rep` |" in page
    assert "| deal | `outcome` | `won`, `lost`, `reopened` |" in page
    assert "| call, email, offer, appointment, demo, meeting | `when` | `day`, `at` |" in page
    assert "rep |" not in page.replace(".rep", "")


def test_all_pages_are_written_by_one_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference, "DOCS", tmp_path)
    reference.main()
    assert (tmp_path / "events.md").read_text(encoding="utf-8") == events_page()
    assert (tmp_path / "metrics.md").read_text(encoding="utf-8") == metrics_page()
    assert (tmp_path / "settings.md").read_text(encoding="utf-8") == settings_page()
