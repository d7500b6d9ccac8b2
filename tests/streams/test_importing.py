"""Imports count right, can be stopped anywhere and run again, and refuse in a way that can be mended."""

import gzip
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.books import Books
from streams.importing import Counts, file_time
from streams.rows import FileError
from tests.files import (
    FUTURE,
    LOG,
    LOG_HEADER,
    LUNCH,
    NO_DAY,
    NOW,
    OPENED,
    SNAPSHOT,
    SNAPSHOT_HEADER,
    WON,
    add_up,
    cells,
    csv_file,
    lines,
    mapping_of,
    new_books,
    table,
    take_in,
    told,
)

# Counts


def test_every_row_and_every_event_is_counted_once(books: Books, tmp_path: Path) -> None:
    path = csv_file(tmp_path, lines(LOG_HEADER, WON, OPENED, FUTURE, LUNCH, NO_DAY, "too,short", WON))
    assert take_in(books, mapping_of(tmp_path, LOG), path) == Counts(
        rows_read=7,
        rows_ignored=1,
        rows_refused=2,
        rows_used=4,
        events_made=4,
        events_taken=2,
        events_duplicate=1,
        events_refused=1,
    )


def test_an_event_of_each_kind_is_made_of_a_row_that_tells_several(books: Books, tmp_path: Path) -> None:
    mapping = mapping_of(tmp_path, LOG.replace('{ what = "opened" }', "{}"))
    counts = take_in(books, mapping, csv_file(tmp_path, lines(LOG_HEADER, WON, OPENED)))
    assert (counts.rows_used, counts.events_made) == (2, 3)


log_rows = st.tuples(
    st.sampled_from(["1", "2", "3", ""]),  # no
    st.sampled_from(["c1", "c2", ""]),  # case
    st.sampled_from(["2026-01-02T10:00:00Z", "2027-01-01T00:00:00Z", "yesterday"]),  # said; the second lies ahead
    st.sampled_from(["opened", "won", "lunch"]),
    st.sampled_from(["ann", ""]),
    st.sampled_from(["2026-01-01", "1-1-2026"]),
    st.sampled_from(["100", "1,5", ""]),
)
sources = count()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    """Books for all examples: each has a source of its own."""
    with new_books(tmp_path_factory.mktemp("shared")) as it:
        yield it


def counted(rows: list[tuple[str, ...]]) -> Counts:
    """What the counts must be, straight from the mapping LOG and the texts above."""
    found, seen = Counts(rows_read=len(rows)), set[tuple[str, ...]]()
    for no, case, said, what, rep, day, amount in rows:
        readable = no and case and said != "yesterday" and day != "1-1-2026"
        if what == "lunch":
            found.rows_ignored += 1
        elif not readable or (what == "won" and amount == "1,5"):
            found.rows_refused += 1
        else:
            found.rows_used += 1
            found.events_made += 1
            content = (no, case, what, rep, amount if what == "won" else "")
            found.events_refused += said.startswith("2027")
            found.events_duplicate += not said.startswith("2027") and content in seen
            found.events_taken += not said.startswith("2027") and content not in seen
            seen |= set() if said.startswith("2027") else {content}
    return found


@settings(max_examples=20)
@given(st.lists(log_rows, max_size=25), st.integers(1, 6))
def test_the_counts_of_any_log_are_those_of_a_count_by_hand_and_again_all_is_duplicate(
    shared: Books, rows: list[tuple[str, ...]], rows_at_once: int
) -> None:
    folder = shared.history.path.parent
    mapping = mapping_of(folder, LOG.replace('"crm"', f'"crm{next(sources)}"'))
    quoted = [[f'"{text}"' for text in row] for row in rows]
    path = csv_file(folder, table(LOG_HEADER, quoted))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("streams.importing.ROWS_AT_ONCE", rows_at_once)
        first = take_in(shared, mapping, path)
        again = take_in(shared, mapping, path)
    assert first == counted(rows)
    assert add_up(first)
    assert again.events_taken == 0
    assert again.events_duplicate == first.events_taken + first.events_duplicate
    assert (again.rows_used, again.events_refused) == (first.rows_used, first.events_refused)


snapshot_rows = st.tuples(
    st.sampled_from(["1", "2", "3", "4", ""]),
    st.sampled_from(["Open", "Won", "Prospect"]),
    st.sampled_from(["ann", ""]),
    st.just("P"),
    st.sampled_from(["2026-01-01", "1-1-2026", ""]),
    st.just("2026-02-02"),
    st.sampled_from(["100", "90", "1,5"]),
)


@settings(max_examples=20)
@given(st.lists(st.lists(snapshot_rows, max_size=8), min_size=1, max_size=3), st.integers(1, 4))
def test_the_counts_of_any_snapshots_add_up_and_the_last_file_again_changes_nothing(
    shared: Books, exports: list[list[tuple[str, ...]]], rows_at_once: int
) -> None:
    folder = shared.history.path.parent
    mapping = mapping_of(folder, SNAPSHOT.replace('"crm"', f'"crm{next(sources)}"'))
    path, counts = folder / "file.csv", Counts()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("streams.importing.ROWS_AT_ONCE", rows_at_once)
        for number, rows in enumerate(exports):
            csv_file(folder, table(SNAPSHOT_HEADER, [[f'"{text}"' for text in row] for row in rows]))
            counts = take_in(shared, mapping, path, NOW - timedelta(days=9 - number))
            assert add_up(counts)
            assert counts.rows_read == len(rows)
        last = take_in(shared, mapping, path, NOW)
    assert (last.events_taken, last.rows_refused) == (0, counts.rows_refused)
    assert last.rows_unchanged == last.rows_used


# The same file again


def test_the_same_log_again_is_all_duplicates_whenever_it_was_written(books: Books, tmp_path: Path) -> None:
    path = csv_file(tmp_path, lines(LOG_HEADER, WON, OPENED))
    mapping = mapping_of(tmp_path, LOG)
    take_in(books, mapping, path, file_time(path))
    before, said = cells(books), told(books)
    os.utime(path, (1, 1))
    again = take_in(books, mapping, path, file_time(path))
    assert (again.events_taken, again.events_duplicate) == (0, 2)
    assert (cells(books), told(books)) == (before, said)


def test_the_same_snapshot_again_is_all_unchanged_whenever_it_was_written(books: Books, tmp_path: Path) -> None:
    path = csv_file(tmp_path, lines(SNAPSHOT_HEADER, "1,Won,ann,P,2026-01-01,2026-01-02,5", "2,Open,bob,,2026-01-01,,"))
    mapping = mapping_of(tmp_path, SNAPSHOT)
    counts = Counts()
    for written in (1_700_000_000, 1_600_000_000, 1_750_000_000):
        os.utime(path, (written, written))
        counts = take_in(books, mapping, path, file_time(path))
        assert add_up(counts)
    assert (counts.rows_used, counts.rows_unchanged, counts.events_made) == (2, 2, 0)
    assert len(told(books)) == 3


def test_a_file_s_time_is_when_it_was_written(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "")
    os.utime(path, (1_700_000_000, 1_700_000_000))
    assert file_time(path) == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    with pytest.raises(FileError, match="cannot be opened: No such file"):
        file_time(tmp_path / "none.csv")


def test_a_gzipped_copy_of_a_log_is_the_same_log(books: Books, tmp_path: Path) -> None:
    content = lines(LOG_HEADER, WON, OPENED)
    mapping = mapping_of(tmp_path, LOG)
    take_in(books, mapping, csv_file(tmp_path, content))
    again = take_in(books, mapping, csv_file(tmp_path, gzip.compress(content.encode()), "file.csv.gz"))
    assert (again.events_taken, again.events_duplicate) == (0, 2)


# Stopped and run again


class StoppedError(Exception):
    pass


class StopAfter:
    """A progress bar that fails after some batches, as if somebody had pressed a key."""

    def __init__(self, batches: int) -> None:
        self.left = batches

    def __call__(self, done: int, size: int) -> None:
        assert 0 < done <= size
        self.left -= 1
        if not self.left:
            raise StoppedError


LOG_FILE = table(
    LOG_HEADER,
    [
        (str(no), f"c{no % 5}", f"2026-01-{1 + no % 9:02}T10:00:00Z", ("opened", "won")[no % 2], f"rep{no % 3}",
         f"2026-01-{1 + no % 20:02}", str(no))
        for no in range(40)
    ],
)  # fmt: skip
SNAPSHOT_FILE = table(
    SNAPSHOT_HEADER,
    [
        (str(no), ("Open", "Won", "Lost")[no % 3], f"rep{no % 4}", "P", "2026-01-01", "2026-02-02", str(no))
        for no in range(40)
    ],
)


@pytest.mark.parametrize(("text", "content"), [(LOG, LOG_FILE), (SNAPSHOT, SNAPSHOT_FILE)], ids=["log", "snapshot"])
@pytest.mark.parametrize("batches", [1, 3, 5])
def test_an_import_that_was_stopped_and_run_again_gives_the_same_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, content: str, batches: int
) -> None:
    monkeypatch.setattr("streams.importing.ROWS_AT_ONCE", 8)
    mapping, path = mapping_of(tmp_path, text), csv_file(tmp_path, content)
    with new_books(tmp_path / "whole") as whole:
        take_in(whole, mapping, path)
        expected = cells(whole)
    with new_books(tmp_path / "stopped") as stopped:
        with pytest.raises(StoppedError):
            take_in(stopped, mapping, path, progress=StopAfter(batches))
        assert told(stopped)
    with Books.open(tmp_path / "stopped" / "quotum.duckdb", clock=stopped.clock) as again:
        counts = take_in(again, mapping, path)
        assert cells(again) == expected
        assert add_up(counts)
        done = counts.events_duplicate if text == LOG else counts.rows_unchanged
        assert done == batches * 8


def test_a_batch_that_cannot_be_recorded_leaves_nothing_and_can_be_taken_again(
    books: Books, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.importing.ROWS_AT_ONCE", 8)
    mapping, path = mapping_of(tmp_path, SNAPSHOT), csv_file(tmp_path, SNAPSHOT_FILE)
    record, calls = books.record, count(1)

    def full_disk(entries: object) -> object:
        if next(calls) == 3:
            raise OSError(28, "No space left on device")
        return record(entries)  # type: ignore[arg-type]  # as it was called

    with monkeypatch.context() as patch:
        patch.setattr(books, "record", full_disk)
        with pytest.raises(OSError, match="No space"):
            take_in(books, mapping, path)
    counts = take_in(books, mapping, path)
    assert counts.rows_unchanged == 16
    with new_books(tmp_path / "whole") as whole:
        take_in(whole, mapping, path)
        assert cells(books) == cells(whole)


@pytest.mark.parametrize("text", [LOG, SNAPSHOT], ids=["log", "snapshot"])
def test_a_file_that_breaks_off_is_taken_up_to_there_and_the_whole_one_goes_on(tmp_path: Path, text: str) -> None:
    header = LOG_HEADER if text == LOG else SNAPSHOT_HEADER
    row = "{no},c{no},2026-01-02T10:00:00Z,won,ann,2026-01-01,{random}" if text == LOG else (
        "{no},Won,ann,{random},2026-01-01,2026-01-02,5"
    )  # fmt: skip
    chance = Random(7)  # so that the file cannot be pressed much
    rows = [row.format(no=no, random=chance.getrandbits(32)) for no in range(800)]
    whole = gzip.compress(lines(header, *rows).encode())
    mapping = mapping_of(tmp_path, text)
    path = csv_file(tmp_path, whole[: len(whole) // 2], "file.csv.gz")
    with new_books(tmp_path) as books:
        with pytest.raises(FileError, match="what stands before is taken"):
            take_in(books, mapping, path)
        taken = len({entity for _, entity, _ in told(books)})
        assert 150 < taken < 800
        path.write_bytes(whole)
        counts = take_in(books, mapping, path)
        assert (counts.events_duplicate if text == LOG else counts.rows_unchanged) == taken
        assert len({entity for _, entity, _ in told(books)}) == 800


def test_a_file_that_breaks_off_takes_nothing_back(tmp_path: Path) -> None:
    mapping = mapping_of(tmp_path, SNAPSHOT)
    chance = Random(7)
    padding = "\n".join(chance.randbytes(30).hex() + ",,,,,," for _ in range(2_000))
    with new_books(tmp_path) as books:
        take_in(books, mapping, csv_file(tmp_path, f"{SNAPSHOT_HEADER}\n1,Won,ann,P,2026-01-01,2026-01-02,5\n"), NOW)
        before = cells(books)
        content = gzip.compress(f"{SNAPSHOT_HEADER}\n1,Open,ann,P,2026-01-01,,\n{padding}\n".encode())
        with pytest.raises(FileError):
            take_in(books, mapping, csv_file(tmp_path, content[: len(content) // 2], "cut.csv.gz"), NOW)
        assert cells(books) == before  # another row, beyond the break, may still say it


# The ledger of imports


def test_every_import_that_came_to_its_end_is_in_the_ledger(books: Books, tmp_path: Path) -> None:
    path = csv_file(tmp_path, lines(LOG_HEADER, WON, NO_DAY))
    take_in(books, mapping_of(tmp_path, LOG), path)
    path = csv_file(tmp_path, lines(SNAPSHOT_HEADER, "7,Open,ann,P,2026-01-01,,"), "deals.csv")
    take_in(books, mapping_of(tmp_path, SNAPSHOT), path, NOW - timedelta(days=1))
    rows = books.history.rows("SELECT source, about, file, exported_at, known_at, counts FROM imports")
    day_us = 86_400_000_000
    assert [row[:5] for row in rows] == [
        ("crm", "deal", "file.csv", None, books.clock()),
        ("crm", "deal", "deals.csv", books.clock() - day_us, books.clock()),
    ]
    assert [json.loads(row[5])["rows_read"] for row in rows] == [2, 1]
