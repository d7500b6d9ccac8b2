"""Rows of one export about one thing are taken together, and are refused where they contradict each other."""

import pytest

from tests.files import SNAPSHOT, mapping_of, refused
from tests.streams.exports import OPEN, WON, Feed, about


def test_two_rows_that_say_the_same_count_once(feed: Feed) -> None:
    assert len(feed.export(WON, WON)) == 2
    assert (feed.counts.rows_used, feed.counts.rows_unchanged) == (2, 1)


def test_two_rows_that_contradict_each_other_are_refused_with_both_lines(feed: Feed) -> None:
    feed.export(about("9", OPEN), WON, WON.replace("100", "90"))
    assert feed.figures("revenue") == {("ann", "2026-02-10"): 100_00}
    (row,) = refused(feed.path)
    assert (row["line"], row["reason"]) == ("4", "line 3 of this file says otherwise about amount of deal:1")
    assert row["remedy"] == "a snapshot says each thing once: take one of the two rows out"
    assert feed.export(about("9", OPEN), WON, WON.replace("100", "90")) == []
    assert (feed.counts.rows_refused, feed.counts.rows_unchanged) == (1, 2)


def test_a_row_that_was_refused_leaves_nothing_behind_that_later_rows_are_compared_with(feed: Feed) -> None:
    other = about("2", WON).replace("100", "90")
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
