"""Snapshots, one after the other, must come to what the last one says; and must not say what did not change."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.events import adapter
from schemas.facts import PERSON
from streams.books import Books
from streams.importing import Counts, ImportRefusedError
from streams.rules import RowMapping
from tests.files import (
    NOW,
    SNAPSHOT,
    SNAPSHOT_HEADER,
    add_up,
    cells,
    csv_file,
    mapping_of,
    new_books,
    refused,
    rejects_of,
    table,
    take_in,
    told,
)

DAY = timedelta(days=1)
FIRST = NOW - 30 * DAY
OPEN = "1,Open,ann,P,2026-01-05,,"
WON = "1,Won,ann,P,2026-01-05,2026-02-10,100"
PROSPECT = "1,Prospect,ann,P,,,"


class Feed:
    """One source that is exported day after day."""

    def __init__(self, folder: Path, mapping: str = SNAPSHOT, header: str = SNAPSHOT_HEADER) -> None:
        self.folder = folder
        self.books = new_books(folder)
        self.mapping = mapping_of(folder, mapping)
        self.header = header
        self.path = folder / "file.csv"
        self.exported_at = FIRST

    def export(self, *rows: str, at: datetime | None = None) -> list[tuple[str, str, dict[str, Any]]]:
        """Import an export with these rows, a day after the last one; what it added to the log."""
        before = len(told(self.books))
        self.exported_at = at or self.exported_at + DAY
        rejects_of(self.path).unlink(missing_ok=True)
        csv_file(self.folder, "\n".join([self.header, *rows, ""]))
        self.counts = take_in(self.books, self.mapping, self.path, self.exported_at)
        assert add_up(self.counts)
        return told(self.books, before)

    def say(self, kind: str, data: dict[str, Any], at: datetime, layer: int = 0, source: str = "other") -> None:
        """Somebody else says something about a deal."""
        event = {"id": f"{kind}{at}", "source": source, "type": f"quotum.{kind}.v1", "time": at, "trail": "1"}
        (outcome,) = self.books.take([adapter().validate_python({**event, "data": {"id": "1", **data}})], layer, "crm")
        assert outcome.fate == "taken"

    def figures(self, metric: str, basis: str = "owner") -> dict[tuple[str, str], int]:
        return {cell[:2]: amount for cell, amount in cells(self.books).items() if cell[2:4] == (metric, basis)}


@pytest.fixture
def feed(tmp_path: Path) -> Iterator[Feed]:
    it = Feed(tmp_path)
    with it.books:
        yield it


# What an export adds


def test_what_is_new_is_told_whole_and_once(feed: Feed) -> None:
    assert feed.export(WON) == [
        ("deal.opened", "deal:1", {"rep": "ann", "day": "2026-01-05", "product": "P"}),
        ("deal.won", "deal:1", {"rep": "ann", "day": "2026-02-10", "amount": {"currency": "EUR", "value": "100.00"}}),
    ]


def test_an_unchanged_row_asserts_nothing(feed: Feed) -> None:
    feed.export(OPEN, WON.replace("1,", "2,", 1))
    assert feed.export(OPEN, WON.replace("1,", "2,", 1)) == []
    assert (feed.counts.rows_used, feed.counts.rows_unchanged) == (2, 2)


@pytest.mark.parametrize(
    ("before", "after", "added"),
    [
        (OPEN, OPEN.replace("P", "Q"), [("deal.amended", {"product": "Q"})]),
        (OPEN, OPEN.replace("P", ""), [("deal.amended", {"product": None})]),
        (OPEN, OPEN.replace("01-05", "01-06"), [("deal.amended", {"opened_day": "2026-01-06"})]),
        (OPEN, OPEN.replace("ann", "bob"), [("deal.reassigned", {"rep": "bob"})]),
        (OPEN, OPEN.replace("ann", ""), [("deal.reassigned", {"rep": None})]),
        (OPEN.replace("ann", ""), OPEN, [("deal.reassigned", {"rep": "ann"})]),
        (
            OPEN,
            OPEN.replace("ann,P", "bob,Q"),
            [("deal.amended", {"product": "Q"}), ("deal.reassigned", {"rep": "bob"})],
        ),
        (WON, WON.replace("100", "90"), [("deal.amended", {"amount": {"currency": "EUR", "value": "90.00"}})]),
        (WON, WON.replace("100", ""), [("deal.amended", {"amount": None})]),
        (WON, WON.replace("02-10", "02-11"), [("deal.amended", {"closed_day": "2026-02-11"})]),
        (WON, WON.replace("100", "100.0"), []),
        (
            OPEN,
            WON,
            [("deal.won", {"rep": "ann", "day": "2026-02-10", "amount": {"currency": "EUR", "value": "100.00"}})],
        ),
        (WON, OPEN, [("deal.reopened", {}), ("deal.amended", {"closed_day": None, "amount": None})]),
        (
            WON,
            WON.replace("Won", "Lost"),
            [("deal.lost", {"rep": "ann", "day": "2026-02-10"}), ("deal.amended", {"amount": None})],
        ),
        (OPEN, PROSPECT, [("deal.amended", {"opened_day": None, "product": None}), ("deal.reassigned", {"rep": None})]),
    ],
)
def test_a_changed_row_asserts_only_what_differs(
    feed: Feed, before: str, after: str, added: list[tuple[str, dict[str, Any]]]
) -> None:
    feed.export(before)
    assert feed.export(after) == [(kind, "deal:1", data) for kind, data in added]
    assert feed.export(after) == []
    assert feed.counts.rows_unchanged == 1


def test_another_rep_on_a_won_deal_is_another_owner_and_another_closer(feed: Feed) -> None:
    feed.export(WON)
    assert feed.export(WON.replace("ann", "bob")) == [
        ("deal.reassigned", "deal:1", {"rep": "bob"}),
        ("deal.won", "deal:1", {"rep": "bob", "day": "2026-02-10"}),
    ]
    for basis in ("owner", "closer"):
        assert feed.figures("revenue", basis) == {("bob", "2026-02-10"): 100_00}


def test_a_value_that_comes_back_counts_again(feed: Feed) -> None:
    for rep in ("ann", "bob", "ann", "", "ann"):
        assert len(feed.export(OPEN.replace("ann", rep))) == 1
    for amount in ("100", "90", "100", "", "100"):
        feed.export(WON.replace("100", amount))
    assert feed.figures("revenue") == {("ann", "2026-02-10"): 100_00}
    for row in (OPEN, WON, OPEN, WON, PROSPECT, WON):
        feed.export(row)
    assert feed.figures("revenue") == {("ann", "2026-02-10"): 100_00}
    assert feed.figures("deals_opened") == {("ann", "2026-01-05"): 1_000_000}


def test_every_event_of_a_feed_has_an_id_of_its_own(feed: Feed) -> None:
    for amount in ("100", "90", "100", "", "100"):
        feed.export(WON.replace("100", amount))
    rows = feed.books.history.rows("SELECT id, entity FROM events WHERE source = 'crm'")
    assert len({id_ for id_, _ in rows}) == len(rows) == 6
    assert all(id_.startswith(f"{entity}/deal.") for id_, entity in rows)


def test_what_the_source_said_last_goes_by_when_it_said_it_not_by_when_it_came(feed: Feed) -> None:
    feed.export(WON)
    late = {"amount": {"value": "55.00", "currency": "EUR"}, "product": "late"}
    feed.say("deal.amended", late, feed.exported_at - DAY, source="crm")
    assert feed.export(WON) == []


def test_a_row_that_is_gone_from_the_export_stays_as_it_was(feed: Feed) -> None:
    feed.export(WON, OPEN.replace("1,", "2,", 1))
    before = cells(feed.books)
    assert feed.export(OPEN.replace("1,", "2,", 1)) == []
    assert cells(feed.books) == before


def test_a_row_that_never_told_anything_is_ignored_and_one_that_did_is_used(feed: Feed) -> None:
    feed.export(PROSPECT)
    assert feed.counts == Counts(rows_read=1, rows_ignored=1)
    feed.export(OPEN)
    feed.export(PROSPECT)
    assert (feed.counts.rows_used, feed.counts.rows_unchanged, feed.counts.events_taken) == (1, 0, 2)
    feed.export(PROSPECT)
    assert (feed.counts.rows_used, feed.counts.rows_unchanged, feed.counts.events_made) == (1, 1, 0)


ACTIVITIES = """\
source = "crm"
form = "snapshot"
trail = "{id}"

[[event]]
type = "call.logged"
data.id = "{id}"
data.rep = "{rep}"
data.day = "{day}"
data.at = "{at}"

[[event]]
type = "deal.opened"
data.id = "{id}"
data.at = "{opened}"

[[event]]
type = "deal.won"
when = { closed = { not = "" } }
data.id = "{id}"
data.at = "{closed}"

[[event]]
type = "deal.amended"
when = { put_right = { not = "" } }
data.id = "{id}"
data.opened_at = "{put_right}"
"""


def test_an_instant_is_amended_by_an_instant_and_a_day_by_a_day(tmp_path: Path) -> None:
    feed = Feed(tmp_path, ACTIVITIES, "id,rep,day,at,opened,closed,put_right")
    with feed.books:
        assert len(feed.export("1,ann,2026-01-05,,2026-01-05,2026-01-07,")) == 3
        assert feed.export("1,ann,,2026-01-05 12:00,2026-01-05,2026-01-08,") == [
            ("call.amended", "call:1", {"at": "2026-01-05T11:00:00Z"}),
            ("deal.amended", "deal:1", {"closed_at": "2026-01-07T23:00:00Z"}),
        ]
        assert feed.export("1,bob,2026-01-06,,2026-01-05,2026-01-08,2026-01-04") == [
            ("call.amended", "call:1", {"day": "2026-01-06"}),
            ("call.reassigned", "call:1", {"rep": "bob"}),
            ("deal.amended", "deal:1", {"opened_at": "2026-01-03T23:00:00Z"}),
        ]
        assert feed.export("1,bob,2026-01-06,,2026-01-05,2026-01-08,2026-01-04") == []


# What others said in between


def test_what_others_said_in_between_about_other_fields_is_not_overruled(feed: Feed) -> None:
    feed.export(OPEN)
    feed.say("deal.amended", {"product": "theirs", "customer": "new"}, feed.exported_at + DAY / 2)
    feed.export(OPEN)  # says P again, which is not news
    assert {cell[5] for cell in cells(feed.books)} == {"theirs"}
    feed.export(WON)  # an event of its own kind, which may tell a product too
    assert {cell[5] for cell in cells(feed.books)} == {"theirs"}
    feed.export(WON.replace("100", "90"))
    assert {cell[5] for cell in cells(feed.books)} == {"theirs"}
    feed.export(WON.replace(",P", ",Q"))  # now it says something about the product
    assert {cell[5] for cell in cells(feed.books)} == {"Q"}


def test_what_a_person_corrected_outlives_every_export(feed: Feed) -> None:
    feed.export(WON)
    feed.say("deal.amended", {"amount": {"value": "55.00", "currency": "EUR"}}, feed.exported_at, PERSON)
    feed.export(WON.replace("100", "90"))
    feed.export(WON.replace("100", ""))
    assert feed.figures("revenue") == {("ann", "2026-02-10"): 55_00}


# Two rows about one thing


def test_two_rows_that_say_the_same_count_once(feed: Feed) -> None:
    assert len(feed.export(WON, WON)) == 2
    assert (feed.counts.rows_used, feed.counts.rows_unchanged) == (2, 1)


def test_two_rows_that_contradict_each_other_are_refused_with_both_lines(feed: Feed) -> None:
    feed.export(OPEN.replace("1,", "9,", 1), WON, WON.replace("100", "90"))
    assert feed.figures("revenue") == {("ann", "2026-02-10"): 100_00}
    (row,) = refused(feed.path)
    assert (row["line"], row["reason"]) == ("4", "line 3 of this file says otherwise about amount of deal:1")
    assert row["remedy"] == "a snapshot says each thing once: take one of the two rows out"
    assert feed.export(OPEN.replace("1,", "9,", 1), WON, WON.replace("100", "90")) == []
    assert (feed.counts.rows_refused, feed.counts.rows_unchanged) == (1, 2)


def test_a_row_that_was_refused_leaves_nothing_behind_that_later_rows_are_compared_with(feed: Feed) -> None:
    other = WON.replace("1,", "2,", 1).replace("100", "90")
    both_sources = 'type = "deal.lost"\nwhen = { stage = ["Lost", "Both"] }'
    text = SNAPSHOT.replace('type = "deal.lost"\nwhen = { stage = "Lost" }', both_sources)
    text = text.replace('when = { stage = "Won" }', 'when = { stage = ["Won", "Both"] }')
    feed.mapping = mapping_of(feed.folder, text)
    added = feed.export(other.replace("Won", "Both").replace("P", "Q"), other)
    assert [entity for _, entity, _ in added] == ["deal:2", "deal:2"]
    assert (feed.counts.rows_refused, feed.counts.rows_used) == (1, 1)
    assert refused(feed.path)[0]["reason"] == "the row says both won and lost of deal:2"


@pytest.mark.parametrize("rows_at_once", [1, 2, 100])
def test_what_several_rows_say_of_one_thing_is_taken_together(
    feed: Feed, monkeypatch: pytest.MonkeyPatch, rows_at_once: int
) -> None:
    monkeypatch.setattr("streams.importing.ROWS_AT_ONCE", rows_at_once)
    opening, closing = OPEN, "1,Closing,ann,,,2026-02-10,100"
    text = SNAPSHOT.replace('when = { stage = "Won" }', 'when = { stage = ["Won", "Closing"] }')
    feed.mapping = mapping_of(feed.folder, text)
    for rows in ((opening, closing), (closing, opening)):
        feed.export(*rows)
        assert feed.figures("revenue") == {("ann", "2026-02-10"): 100_00}
        assert feed.figures("deals_opened") == {("ann", "2026-01-05"): 1_000_000}
        assert not feed.counts.anything_refused
    assert feed.counts.rows_unchanged == 2
    assert [kind for kind, *_ in feed.export(opening)] == ["deal.reopened", "deal.amended"]


def test_of_two_rules_that_tell_one_field_the_later_one_counts_and_stays(feed: Feed) -> None:
    text = SNAPSHOT.replace('data.product = "{product}"', 'data.product = "{product}"\ndata.amount = "{expected}"')
    feed.mapping = mapping_of(feed.folder, text)
    feed.header += ",expected"
    feed.export(OPEN + ",80")
    feed.export(WON + ",80")
    for _ in range(3):
        assert feed.export(WON + ",80") == []
        assert feed.figures("revenue") == {("ann", "2026-02-10"): 100_00}
    assert feed.export(WON + ",85") == []  # what was expected is history once the deal is won


# Which export is newer


def test_an_older_export_that_says_something_else_is_refused_and_changes_nothing(feed: Feed) -> None:
    feed.export(WON)
    newest = feed.exported_at
    with pytest.raises(ImportRefusedError) as raised:
        feed.export(OPEN, at=newest - DAY)
    assert "its line 2 says something else than crm said at" in str(raised.value)
    assert "--exported-at" in str(raised.value)
    with pytest.raises(ImportRefusedError):
        feed.export(WON.replace("100", "90"), at=newest - DAY)
    assert feed.figures("revenue") == {("ann", "2026-02-10"): 100_00}
    assert feed.export(WON, at=newest - DAY) == []  # the same can be said again


def test_an_export_without_news_makes_those_before_it_old_too(feed: Feed) -> None:
    feed.export(WON)
    feed.export(WON, at=NOW - DAY)
    with pytest.raises(ImportRefusedError):
        feed.export(OPEN, at=NOW - 2 * DAY)


def test_an_import_that_was_broken_off_makes_those_before_it_old_too(feed: Feed) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    path = csv_file(feed.folder, f"{SNAPSHOT_HEADER}\n{WON}\n")
    with pytest.raises(KeyboardInterrupt):
        take_in(feed.books, feed.mapping, path, NOW - DAY, stop)
    with pytest.raises(ImportRefusedError):
        feed.export(OPEN, at=NOW - 2 * DAY)


def test_a_file_about_something_else_may_be_older(feed: Feed) -> None:
    feed.export(WON)
    teams = 'source = "crm"\nform = "snapshot"\n[[event]]\ntype = "team.formed"\ndata.team = "{id}"\n'
    feed.mapping = mapping_of(feed.folder, teams)
    assert len(feed.export(WON, at=FIRST - DAY)) == 1


def test_of_two_exports_of_one_moment_the_one_imported_later_counts(feed: Feed) -> None:
    for amount in ("100", "90", "100", "80", "90"):
        feed.export(WON.replace("100", amount), at=FIRST)
        assert feed.figures("revenue") == {("ann", "2026-02-10"): int(amount) * 100}


def test_an_export_from_the_future_is_refused_and_stands_in_nobody_s_way(feed: Feed) -> None:
    with pytest.raises(ImportRefusedError, match=r"in the future .* --exported-at"):
        feed.export(WON, at=NOW + DAY)
    assert len(feed.export(WON, at=NOW)) == 2


# What no event takes back


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
LEAD_HEADER = "id,stage,rep,day,campaign"


@pytest.fixture
def leads(tmp_path: Path) -> Iterator[Feed]:
    it = Feed(tmp_path, LEADS, LEAD_HEADER)
    with it.books:
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


def test_a_trail_that_changes_is_refused_since_figures_would_count_twice(feed: Feed) -> None:
    feed.mapping = mapping_of(feed.folder, SNAPSHOT.replace('trail = "{id}"', 'trail = "{product}"'))
    feed.export(OPEN)
    assert feed.export(OPEN.replace("P", "Q")) == []
    (row,) = refused(feed.path)
    assert row["reason"] == "deal:1 is on the trail 'Q' here and was on 'P'"
    assert "take a column for it that does not" in row["remedy"]
    feed.export(OPEN.replace("1,", "2,", 1), OPEN.replace("1,", "2,", 1).replace("P", "Q"))
    assert refused(feed.path)[0]["reason"] == "deal:2 is on the trail 'Q' here and was on 'P'"


# People and teams


TEAMS = """\
source = "hr"
form = "snapshot"

[[event]]
type = "team.formed"
data.team = "{team}"
data.name = "{name}"
data.region = "{region}"

[[event]]
type = "rep.joined"
data.rep = "{rep}"
data.team = "{team}"
data.day = "{since}"
"""


@pytest.fixture
def teams(tmp_path: Path) -> Iterator[Feed]:
    it = Feed(tmp_path, TEAMS, "rep,team,name,region,since")
    with it.books:
        yield it


def test_a_rep_with_another_team_from_the_same_day_on_belongs_to_it(teams: Feed) -> None:
    teams.export("ann,t1,One,West,2026-01-01", "bob,t1,One,West,2026-01-01")
    assert teams.export("ann,t2,Two,West,2026-01-01", "bob,t1,One,West,2026-01-01") == [
        ("team.formed", "team:4", {"team": "Two", "region": "West"}),
        ("rep.joined", "rep:2", {"rep": "ann", "team": "Two", "day": "2026-01-01"}),
    ]
    names = teams.books.vault.labels()
    stays = teams.books.organisation().stays
    assert {names[stay.rep]: names[stay.team] for stay in stays} == {"ann": "Two", "bob": "One"}


def test_a_rep_without_a_team_any_more_is_in_none(teams: Feed) -> None:
    teams.export("ann,t1,One,West,2026-01-01")
    teams.mapping = mapping_of(teams.folder, TEAMS[: TEAMS.index("[[event]]")] + TEAMS[TEAMS.rindex("[[event]]") :])
    assert teams.export("ann,,,,2026-01-01") == [
        ("rep.joined", "rep:2", {"rep": "ann", "day": "2026-01-01", "team": None})
    ]
    assert [stay.team for stay in teams.books.organisation().stays] == [0]


def test_another_name_goes_into_the_vault_and_not_into_the_log(teams: Feed) -> None:
    teams.export("ann,t1,One,West,2026-01-01")
    assert teams.export("ann,t1,Uno,West,2026-01-01") == []
    assert teams.books.vault.labels("team") == {1: "Uno"}


def test_a_region_that_is_emptied_and_a_first_day_that_moves_are_refused(teams: Feed) -> None:
    teams.export("ann,t1,One,West,2026-01-01")
    assert teams.export("ann,t1,One,,2026-01-01") == []
    assert refused(teams.path)[0]["reason"].startswith("the file no longer says region of team:")
    teams.export("ann,t1,One,West,2026-02-01")
    (row,) = refused(teams.path)
    assert row["reason"].startswith("the file no longer says team@2026-01-01 of rep:")
    assert row["remedy"] == "keep it in the export, or tell rep.left in the mapping"


def test_two_rows_with_two_regions_of_one_team_are_refused_with_both_lines(teams: Feed) -> None:
    teams.export("ann,t1,One,West,2026-01-01", "bob,t1,One,East,2026-01-01")
    assert refused(teams.path)[0]["reason"] == "line 2 of this file says otherwise about region of team:1"


# Any tables, one after the other


TABLES = """\
source = "{source}"
people = "everybody"
form = "snapshot"
trail = "{source}-{{id}}"
currency = "{{currency}}"

[[event]]
type = "call.logged"
when = {{ stage = ["Open", "Won"] }}
data.id = "{source}-{{id}}"
data.rep = "{{rep}}"
data.day = "{{opened}}"
data.kind = "{{product}}"

[[event]]
type = "deal.opened"
when = {{ stage = {{ not = "Prospect" }} }}
data.id = "{source}-{{id}}"
data.rep = "{{rep}}"
data.day = "{{opened}}"
data.product = "{{product}}"
data.amount = "{{expected}}"

[[event]]
type = "deal.won"
when = {{ stage = "Won" }}
data.id = "{source}-{{id}}"
data.rep = "{{closer}}"
data.at = "{{closed}}"
data.amount = "{{amount}}"
data.units = "{{units}}"

[[event]]
type = "deal.lost"
when = {{ stage = "Lost" }}
data.id = "{source}-{{id}}"
data.rep = "{{closer}}"
data.day = "{{closed}}"
"""
COLUMNS = {
    "stage": ("Open", "Won", "Won", "Lost", "Prospect"),
    "rep": ("ann", "bob", ""),
    "closer": ("ann", "bob", ""),
    "product": ("P", "Q", ""),
    "opened": ("2026-01-05", "2026-01-06"),
    "closed": ("2026-02-10", "2026-02-11"),
    "expected": ("80", ""),
    "amount": ("100", "90.50", ""),
    "currency": ("EUR", "USD", ""),
    "units": ("1", "2.5", ""),
}
row_texts = st.tuples(*(st.sampled_from(texts) for texts in COLUMNS.values()))
tables = st.lists(row_texts, min_size=8, max_size=8)  # many rows, since an import takes longer than a row
names = (f"s{number}" for number in count())


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    """Books for all examples: each has a source and trails of its own."""
    with new_books(tmp_path_factory.mktemp("shared")) as books:
        yield books


def import_tables(books: Books, exports: list[list[tuple[str, ...]]]) -> dict[tuple[Any, ...], int]:
    """Import tables one after the other as a source of their own; the figures they come to."""
    folder, source = books.history.path.parent, next(names)
    mapping: RowMapping = mapping_of(folder, TABLES.format(source=source))
    for number, rows in enumerate(exports):
        content = table(",".join(["id", *COLUMNS]), [(str(id_), *row) for id_, row in enumerate(rows)])
        counts = take_in(books, mapping, csv_file(folder, content), FIRST + number * DAY)
        assert add_up(counts)
        assert not counts.anything_refused
    again = take_in(books, mapping, folder / "file.csv", NOW)
    assert (again.events_made, again.rows_unchanged) == (0, again.rows_used)
    return cells(books, ("owner", "closer"), f"{source}-")


@settings(max_examples=20)
@given(st.lists(tables, min_size=1, max_size=4))
def test_any_exports_in_order_come_to_what_the_last_one_alone_comes_to(
    shared: Books, exports: list[list[tuple[str, ...]]]
) -> None:
    assert import_tables(shared, exports) == import_tables(shared, exports[-1:])
