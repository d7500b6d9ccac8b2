"""`quotum import` as a script sees it: what it prints, where rejects go, and how it ends."""

import gzip
import os
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest
from typer.testing import CliRunner, Result

from quotum.cli import app
from streams.appending import Entry
from streams.books import Books, Outcome
from tests.files import LOG, LOG_HEADER, SNAPSHOT, SNAPSHOT_HEADER, csv_file, told

WON = "1,c1,2020-01-02T10:00:00Z,won,ann,2020-01-01,100"
LUNCH = "4,c4,2020-01-02T10:00:00Z,lunch,ann,2020-01-01,"
NO_DAY = "5,c5,2020-01-02T10:00:00Z,won,ann,01-01-2020,100"
FUTURE = "3,c3,2999-06-02T10:00:00Z,opened,ann,2020-01-01,"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with books and two mappings, where everything happens."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("QUOTUM_HISTORY", raising=False)
    Books.create(Path("quotum.duckdb"), zone="Europe/Amsterdam", currency="EUR").close()
    Path("log.toml").write_text(LOG)
    Path("snapshot.toml").write_text(SNAPSHOT)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["import", *arguments])


def log_file(*rows: str, name: str = "file.csv") -> str:
    return str(csv_file(Path(), "\n".join([LOG_HEADER, *rows, ""]), name))


def test_a_clean_import_prints_both_sums_and_ends_well() -> None:
    done = run(log_file(WON, LUNCH), "--mapping", "log.toml")
    assert done.exit_code == 0
    assert done.stdout == (
        "rows read 2 = ignored 1 + refused 0 + used 1\n"
        "events made 1 = taken 1 + duplicate 0 + refused 0\n"
    )  # fmt: skip
    again = run(log_file(WON, LUNCH), "--mapping", "log.toml")
    assert "events made 1 = taken 0 + duplicate 1 + refused 0" in again.stdout


def test_an_id_that_came_with_other_content_is_told_once() -> None:
    run(log_file(WON), "--mapping", "log.toml")
    done = run(log_file(WON, WON.replace("100", "150")), "--mapping", "log.toml")
    assert done.stdout.splitlines()[1:] == [
        "events made 2 = taken 1 + duplicate 1 + refused 0",
        "1 id came with other content than before; of each field what was said last counts: crm/1",
    ]
    assert "other content" not in run(log_file(WON), "--mapping", "log.toml").stdout


def test_unchanged_rows_of_a_snapshot_are_told() -> None:
    path = str(csv_file(Path(), f"{SNAPSHOT_HEADER}\n1,Open,ann,P,2020-01-01,,\n"))
    assert "unchanged" not in run(path, "--mapping", "snapshot.toml").stdout
    assert "used 1 (1 of them unchanged)\n" in run(path, "--mapping", "snapshot.toml").stdout


def test_refused_rows_end_with_3_and_say_where_they_are(here: Path) -> None:
    done = run(log_file(WON, NO_DAY, FUTURE), "--mapping", "log.toml")
    assert done.exit_code == 3
    assert "rows read 3 = ignored 0 + refused 1 + used 2\n" in done.stdout
    assert "events made 2 = taken 1 + duplicate 0 + refused 1\n" in done.stdout
    assert done.stdout.endswith("refused rows, each with reason and remedy: file.csv.rejected.csv\n")
    assert (here / "file.csv.rejected.csv").read_text().count("\n") == 3


def test_an_import_that_is_stopped_says_how_far_it_came_and_that_it_can_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [WON.replace("1,c1", f"{number},c{number}", 1) for number in range(10)]
    words = (log_file(*rows), "--mapping", "log.toml")
    taken: list[int] = []
    record = Books.record

    def interrupted(books: Books, entries: Sequence[Entry]) -> list[Outcome]:
        if len(taken) == 2:
            raise KeyboardInterrupt
        taken.append(len(entries))
        return record(books, entries)

    with monkeypatch.context() as patched:
        patched.setattr("streams.importing.ROWS_AT_ONCE", 3)
        patched.setattr(Books, "record", interrupted)
        stopped = run(*words)
        assert (stopped.exit_code, stopped.stdout) == (130, "")
        assert stopped.stderr == (
            "quotum: stopped after 6 rows (100 % of the file), which are in. Run the same command again to go on: "
            "nothing counts twice\n"
        )
        assert "quotum: stopped at its start. Run the same" in run(*words).stderr
    assert "events made 10 = taken 4 + duplicate 6 + refused 0" in run(*words).stdout


def test_rejects_go_where_they_are_told_and_else_beside_the_history(here: Path) -> None:
    (here / "books").mkdir()
    for file in ("quotum.duckdb", "quotum.duckdb.vault"):
        (here / file).rename(here / "books" / file)
    run(log_file(NO_DAY), "--mapping", "log.toml", "--history", "books/quotum.duckdb")
    assert (here / "books" / "file.csv.rejected.csv").exists()
    run(log_file(NO_DAY), "--mapping", "log.toml", "--history", "books/quotum.duckdb", "--rejects", "mine.csv")
    assert (here / "mine.csv").exists()


def test_mended_rejects_are_imported_as_they_are(here: Path) -> None:
    run(log_file(WON, NO_DAY), "--mapping", "log.toml")
    rejects = here / "file.csv.rejected.csv"
    rejects.write_text(rejects.read_text().replace(",01-01-2020,", ",2020-01-01,"))
    done = run(rejects.name, "--mapping", "log.toml")
    assert (done.exit_code, done.stdout.splitlines()[0]) == (0, "rows read 1 = ignored 0 + refused 0 + used 1")


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["none.csv", "--mapping", "log.toml"], 1, "none.csv cannot be opened: No such file"),
        (["empty.csv", "--mapping", "log.toml"], 1, "empty.csv is empty"),
        (["file.csv", "--mapping", "none.toml"], 2, "none.toml cannot be read"),
        (["file.csv", "--mapping", "snapshot.toml"], 2, "snapshot.toml, line 3: the file has no column 'id'"),
        (["file.csv", "--mapping", "log.toml", "--rejects", "file.csv"], 1, "give another file with --rejects"),
        (["file.csv", "--mapping", "log.toml", "--history", "none.duckdb"], 1, "there is no history at none.duckdb"),
        (["deals.csv", "--mapping", "snapshot.toml", "--exported-at", "yesterday"], 2, "--exported-at: 'yesterday'"),
        (["deals.csv", "--mapping", "snapshot.toml", "--exported-at", "2999-01-01T00:00:00Z"], 1, "in the future"),
        (["file.csv"], 2, "--mapping"),
    ],
)
def test_what_cannot_be_done_is_one_clear_line_and_a_code(arguments: list[str], code: int, says: str) -> None:
    log_file(WON)
    csv_file(Path(), "", "empty.csv")
    csv_file(Path(), f"{SNAPSHOT_HEADER}\n1,Open,ann,P,2020-01-01,,\n", "deals.csv")
    done = run(*arguments)
    assert done.exit_code == code
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_snapshot_is_of_the_time_that_is_given_or_else_of_the_file_s_own() -> None:
    path = csv_file(Path(), f"{SNAPSHOT_HEADER}\n1,Open,ann,P,2020-01-01,,\n")
    os.utime(path, (1_600_000_000, 1_600_000_000))
    run(str(path), "--mapping", "snapshot.toml")
    csv_file(Path(), f"{SNAPSHOT_HEADER}\n1,Open,bob,P,2020-01-01,,\n")
    older = run(str(path), "--mapping", "snapshot.toml", "--exported-at", "2020-01-01T00:00:00Z")
    assert older.exit_code == 1
    assert "Import exports in the order in which they were made" in older.stderr
    assert run(str(path), "--mapping", "snapshot.toml", "--exported-at", "2021-01-01T00:00:00+01:00").exit_code == 0
    with Books.open(Path("quotum.duckdb")) as books:
        rows = books.history.rows("SELECT asserted_at FROM events WHERE source = 'crm' ORDER BY log_offset")
        assert rows == [(1_600_000_000_000_000,), (1_609_455_600_000_000,)]


def test_a_file_that_breaks_off_says_what_was_taken_and_why_it_stopped() -> None:
    chance = Random(7)
    rows = [f"{no},c{no},2020-01-02T10:00:00Z,won,ann,2020-01-01,{chance.getrandbits(32)}" for no in range(400)]
    content = gzip.compress("\n".join([LOG_HEADER, *rows, ""]).encode())
    path = csv_file(Path(), content[: len(content) // 2], "file.csv.gz")
    done = run(str(path), "--mapping", "log.toml")
    assert done.exit_code == 1
    assert "breaks off after line" in done.stderr
    with Books.open(Path("quotum.duckdb")) as books:
        taken = len(told(books))
    assert 50 < taken < 350
    assert f"rows read {taken} = ignored 0 + refused 0 + used {taken}\n" in done.stdout
