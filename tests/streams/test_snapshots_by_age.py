"""An export says what was so when it was made: the newer one counts, and an older one may not contradict it."""

import pytest

from streams.rejects import ImportRefusedError
from tests.files import NOW, SNAPSHOT_HEADER, csv_file, mapping_of, take_in
from tests.streams.exports import DAY, FIRST, OPEN, WON, Feed


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
