"""An export that takes back what no event takes back is refused there, and what else it says is taken."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.files import SNAPSHOT, cells, refused
from tests.streams.exports import OPEN, Feed, about

LEADS = """\
source = "crm"
form = "snapshot"
trail = "{id}"

[[event]]
type = "lead.created"
when = { stage = ["New", "Qualified"] }
data.id = "{id}"
data.rep = "{rep}"
data.day = "{day}"
data.campaign = "{campaign}"

[[event]]
type = "lead.qualified"
when = { stage = "Qualified" }
data.id = "{id}"
data.rep = "{rep}"
data.day = "{day}"

[[event]]
type = "lead.deleted"
when = { stage = "Spam" }
data.id = "{id}"
"""


@pytest.fixture
def leads(tmp_path: Path) -> Iterator[Feed]:
    with Feed(tmp_path, LEADS, "id,stage,rep,day,campaign") as it:
        yield it


def test_a_lead_that_falls_back_is_refused_since_no_event_says_so(leads: Feed) -> None:
    leads.export("1,Qualified,ann,2026-01-05,spring")
    before = cells(leads.books)
    assert leads.export("1,New,ann,2026-01-05,spring") == []
    (row,) = refused(leads.path)
    assert row["reason"] == "the file no longer says qualified, qualified_by of lead:1, and no event takes that back"
    assert row["remedy"] == "keep it in the export, or tell lead.deleted in the mapping"
    assert (leads.counts.rows_used, leads.counts.events_made, leads.counts.events_refused) == (1, 1, 1)
    assert cells(leads.books) == before


def test_what_changed_beside_what_cannot_be_taken_back_is_taken(leads: Feed) -> None:
    leads.export("1,Qualified,ann,2026-01-05,spring")
    assert leads.export("1,New,ann,2026-01-06,spring") == [("lead.created", "lead:1", {"day": "2026-01-06"})]
    assert leads.counts.events_refused == 1


def test_a_lead_changes_hands_and_campaign_by_being_told_anew(leads: Feed) -> None:
    leads.export("1,New,ann,2026-01-05,spring")
    assert leads.export("1,New,bob,2026-01-05,summer") == [
        ("lead.created", "lead:1", {"rep": "bob", "day": "2026-01-05", "campaign": "summer"})
    ]
    assert leads.export("1,New,cas,2026-01-05,summer") == [
        ("lead.created", "lead:1", {"rep": "cas", "day": "2026-01-05"})
    ]
    assert {cell[0] for cell in cells(leads.books)} == {"cas"}
    assert leads.export("1,New,,2026-01-05,summer") == []
    assert "no longer says shares of lead:1" in refused(leads.path)[0]["reason"]


def test_a_lead_that_is_deleted_needs_nothing_else_taken_back_and_stays_deleted(leads: Feed) -> None:
    leads.export("1,Qualified,ann,2026-01-05,spring")
    assert leads.export("1,Spam,,,") == [("lead.deleted", "lead:1", {})]
    assert not leads.counts.anything_refused
    assert cells(leads.books) == {}
    leads.export("1,Qualified,ann,2026-01-05,spring")
    assert "no longer says alive of lead:1" in refused(leads.path)[0]["reason"]
    assert cells(leads.books) == {}


def test_a_trail_that_changes_is_refused_since_figures_would_count_twice(tmp_path: Path) -> None:
    with Feed(tmp_path, SNAPSHOT.replace('trail = "{id}"', 'trail = "{product}"')) as feed:
        feed.export(OPEN)
        assert feed.export(OPEN.replace("P", "Q")) == []
        (row,) = refused(feed.path)
        assert row["reason"] == "deal:1 is on the trail 'Q' here and was on 'P'"
        assert "take a column for it that does not" in row["remedy"]
        feed.export(about("2", OPEN), about("2", OPEN).replace("P", "Q"))
        assert refused(feed.path)[0]["reason"] == "deal:2 is on the trail 'Q' here and was on 'P'"
