"""What an export adds to the log is what it says that its source did not say before, and nothing else."""

from pathlib import Path
from typing import Any

import pytest

from schemas.facts import PERSON
from streams.importing import Counts
from tests.files import cells
from tests.streams.exports import DAY, OPEN, WON, Feed, about

PROSPECT = "1,Prospect,ann,P,,,"


# What differs


def test_what_is_new_is_told_whole_and_once(feed: Feed) -> None:
    assert feed.export(WON) == [
        ("deal.opened", "deal:1", {"rep": "ann", "day": "2026-01-05", "product": "P"}),
        ("deal.won", "deal:1", {"rep": "ann", "day": "2026-02-10", "amount": {"currency": "EUR", "value": "100.00"}}),
    ]


def test_an_unchanged_row_asserts_nothing(feed: Feed) -> None:
    feed.export(OPEN, about("2", WON))
    assert feed.export(OPEN, about("2", WON)) == []
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


def test_a_row_that_is_gone_from_the_export_stays_as_it_was(feed: Feed) -> None:
    feed.export(WON, about("2", OPEN))
    before = cells(feed.books)
    assert feed.export(about("2", OPEN)) == []
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
    with Feed(tmp_path, ACTIVITIES, "id,rep,day,at,opened,closed,put_right") as feed:
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


def test_what_the_source_said_last_goes_by_when_it_said_it_not_by_when_it_came(feed: Feed) -> None:
    feed.export(WON)
    late = {"amount": {"value": "55.00", "currency": "EUR"}, "product": "late"}
    feed.say("deal.amended", late, feed.exported_at - DAY, source="crm")
    assert feed.export(WON) == []


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
