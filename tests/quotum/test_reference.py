"""The pages for developers say what the code does: each example can be sent, each field and figure is described."""

import json
import re
from pathlib import Path

import pytest

from projections.metrics import METRICS
from quotum import reference
from quotum.reference import EXAMPLES, KINDS, events_page, example, forms, metrics_page, sources, unit
from schemas.data import ActivityDone, CorrectionWithdrawn, DealWon, Reassigned, RepJoined, WorkspaceOpened
from schemas.envelope import Event
from schemas.events import EVENTS
from schemas.facts import data_of
from schemas.received import read_event


def section(page: str, heading: str) -> str:
    found = re.search(rf"^(#+) {re.escape(heading)}$\n(.*?)(?=^#{{2,3}} |\Z)", page, re.DOTALL | re.MULTILINE)
    assert found, heading
    return found[2]


def rows(text: str) -> list[list[str]]:
    return [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| `")]


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


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("calls", ["quotum.call.logged.v1"]),
        ("leads_qualified", ["quotum.lead.qualified.v1"]),
        ("deals_opened", ["quotum.deal.opened.v1"]),
        ("deals_won", ["quotum.deal.won.v1"]),
        ("deals_lost", ["quotum.deal.lost.v1"]),
        ("cycle_days_median", ["quotum.deal.won.v1"]),
    ],
)
def test_a_metric_names_the_events_it_is_counted_from(metric: str, expected: list[str]) -> None:
    assert sources(METRICS[metric]) == expected


def test_a_metric_says_what_it_is_in_what_for_whom_and_which_end_leads() -> None:
    listed = {row[0].strip("`"): row for row in rows(section(metrics_page(), "Metrics"))}
    assert listed.keys() == METRICS.keys()
    for name, metric in METRICS.items():
        assert listed[name][1:3] == [metric.text, unit(metric)]
        assert listed[name][4] == ("credit rule" if metric.credited else "own rep")
        assert listed[name][5] == ("least first" if name == "cycle_days_median" else "most first")
    assert {name: listed[name][2] for name in ("calls", "revenue", "units", "cycle_days_median")} == {
        "calls": "count",
        "revenue": "money, exact, per currency",
        "units": "units, up to six decimals",
        "cycle_days_median": "days",
    }


def test_both_pages_are_written_by_one_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference, "DOCS", tmp_path)
    reference.main()
    assert (tmp_path / "events.md").read_text(encoding="utf-8") == events_page()
    assert (tmp_path / "metrics.md").read_text(encoding="utf-8") == metrics_page()
