"""A history is made and opened whole or not at all, and says what is in the way."""

import base64
import os
import random
import subprocess
import sys
import zlib
from pathlib import Path

import duckdb
import pytest

from streams.history import History, HistoryError
from tests.streams.notes import COUNT, note, refusal

ROOT = Path(__file__).parents[2]
# An empty database as DuckDB 2.0.0 writes it.
NEWER_DUCKDB = (
    "c-rmPy$XQ=6b9fg3`SzJDvKmPSAa>$qRjp_BcoMTcVIG`l+C29F2NwzU|^7xB8xIS&+>LUr?bDu^Ku=_%(m55rG5$rUl|v2`CR_}zE>`FJDq;9H~"
    "9SLFl}zy$<%Hb+OG!j-68-0004d>-I!-Dqe<d1Utc^gBln2jqZa7@0001>|Lgw%008hWZsfR6cm"
)
Connection = duckdb.DuckDBPyConnection


def files_in(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


# Opening


def test_what_was_written_is_there_again(path: Path) -> None:
    with History.create(path) as history:
        note(history, 7)
    with History.open(path) as history:
        assert history.rows("SELECT source, known_at FROM imports") == [("crm", 7)]
        assert history.rows("SELECT $one + 1", {"one": 1}) == [(2,)]


def test_a_missing_file_says_how_to_make_one(path: Path) -> None:
    command = f"quotum init --history {path} --zone Europe/Amsterdam --currency EUR"
    assert refusal(path) == f"there is no history at {path}. Make one: {command}"
    assert not path.exists()


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"id,name\n" * 2000, bytes(20_000), random.Random(1).randbytes(20_000)]
)
def test_a_file_that_is_no_duckdb_file_is_refused_and_left_as_it_is(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert refusal(path) == f"{path} is not a history: it is no DuckDB file. Give another file with --history."


def test_a_file_of_sqlite_is_refused_without_fetching_what_could_read_it(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\0" + bytes(8192))
    assert "it is no DuckDB file" in refusal(path)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path) == f"{tmp_path} cannot be read (Is a directory). Give another file with --history."


@pytest.mark.parametrize(
    "made", ["CREATE TABLE sales (amount INTEGER)", "CREATE TABLE about (name VARCHAR, value VARCHAR)", "SELECT 1"]
)
def test_a_duckdb_file_of_something_else_is_refused_and_left_as_it_is(path: Path, made: str) -> None:
    with duckdb.connect(path) as other:
        other.execute(made)
    assert refusal(path) == f"{path} is a DuckDB file of something else. Give another file with --history."


def test_a_file_of_a_newer_duckdb_is_refused(path: Path) -> None:
    path.write_bytes(zlib.decompress(base64.b85decode(NEWER_DUCKDB)))
    if duckdb.__version__ >= "2":
        assert "is a DuckDB file of something else" in refusal(path)
    else:
        told = refusal(path)
        assert told.startswith(f"{path} was written by another version of DuckDB, which {duckdb.__version__} cannot")
        assert "\n" not in told


@pytest.mark.parametrize("kept", [20, 5_000, 13_000])
def test_a_file_that_was_cut_off_is_refused(path: Path, kept: int) -> None:
    History.create(path).close()
    path.write_bytes(path.read_bytes()[:kept])
    told = refusal(path)
    assert told.startswith(f"{path} cannot be opened (")
    assert '""' not in told  # where the library has the path once more


def test_a_file_that_may_not_be_read_says_so_in_the_systems_words_alone(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(file: str, **_: object) -> None:
        raise duckdb.IOException(f'IO Error: Cannot open file "{file}": Permission denied')

    History.create(path).close()
    monkeypatch.setattr(duckdb, "connect", refused)  # whoever runs this may read every file
    assert refusal(path).startswith(f"{path} cannot be opened (Permission denied). See to its rights")


def test_a_file_with_a_flipped_bit_is_refused(path: Path) -> None:
    History.create(path).close()
    content = bytearray(path.read_bytes())
    content[13_000] ^= 1
    path.write_bytes(content)
    told = refusal(path)
    assert told.startswith(f"{path} cannot be opened (Corrupt database file")
    assert told.endswith("See to its rights and its disk, or put a backup in its place.")


def test_a_folder_named_after_locks_does_not_make_a_bad_file_one_in_use(tmp_path: Path) -> None:
    path = tmp_path / "Could not set lock" / "version number.duckdb"
    path.parent.mkdir()
    History.create(path).close()
    path.write_bytes(path.read_bytes()[:5_000])
    assert "cannot be opened (" in refusal(path)


def test_a_file_in_use_by_another_process_says_by_which(path: Path) -> None:
    History.create(path).close()
    program = "import sys, duckdb; open = duckdb.connect(sys.argv[1]); print('open', flush=True); input()"
    command = [sys.executable, "-c", program, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout
        assert other.stdout.readline() == "open\n"
        assert refusal(path) == (
            f"{path} is in use by process {other.pid}. Wait until it ends, or stop it: one process owns a history."
        )
        other.communicate("\n")
    History.open(path).close()


def test_a_history_in_use_cannot_be_opened_by_another_process(path: Path) -> None:
    program = """
import sys
from pathlib import Path
from streams.history import History, HistoryError
try:
    History.open(Path(sys.argv[1]))
except HistoryError as refused:
    print(refused)
"""
    with History.create(path):
        command = [sys.executable, "-c", program, str(path)]
        ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.startswith(f"{path} is in use by process {os.getpid()}.")


def test_readers_have_the_days_of_utc_whatever_the_machine_has(history: History) -> None:
    assert history.rows("SELECT current_setting('TimeZone')") == [("UTC",)]


# Making


def test_a_history_that_is_there_is_not_made_again(path: Path) -> None:
    with History.create(path) as history:
        note(history, 7)
    with pytest.raises(HistoryError, match=r"is already there\. Use it as it is, or give another file"):
        History.create(path)
    with History.open(path) as history:
        assert history.rows(COUNT) == [(1,)]


def test_a_history_in_a_missing_folder_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match=r"the folder .*nowhere does not exist. Make it first"):
        History.create(tmp_path / "nowhere" / "quotum.duckdb")
    assert files_in(tmp_path) == []


def test_a_history_that_cannot_be_written_where_it_shall_lie_says_so_by_its_own_name(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "touch", forbidden)
    with pytest.raises(HistoryError) as refused:
        History.create(path)
    assert str(refused.value).startswith(f"{path} cannot be made (Permission denied). See to the rights of its folder")


@pytest.mark.parametrize("name", [":memory:", ":memory:x", "md:x", "a b'; DROP TABLE about; --.db", "é\U0001f600"])
def test_a_history_of_any_name_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    with History.create(Path(name)) as history:
        note(history, 7)
    assert files_in(tmp_path) == [name]
    with History.open(Path(name)) as history:
        assert history.rows(COUNT) == [(1,)]


def test_nothing_half_made_is_left_where_filling_fails(path: Path) -> None:
    def fill(history: History) -> None:
        note(history, 7)
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        History.create(path, fill)
    assert files_in(path.parent) == []


def test_nothing_half_made_is_left_where_the_file_cannot_get_its_name(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "hardlink_to", full)
    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(OSError, match="No space left"):
        History.create(path)
    assert files_in(path.parent) == []


def test_a_history_is_made_where_the_file_system_has_no_links(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(Path, "hardlink_to", unsupported)
    History.create(path).close()
    assert files_in(path.parent) == [path.name]


def test_a_history_that_another_process_made_meanwhile_is_kept(path: Path) -> None:
    def fill(_: History) -> None:
        path.write_text("theirs")

    with pytest.raises(HistoryError, match="was made by another process just now"):
        History.create(path, fill)
    assert path.read_text() == "theirs"
    assert files_in(path.parent) == [path.name]


def test_the_last_writes_of_a_history_that_is_gone_do_not_come_into_a_new_one(path: Path) -> None:
    program = """
import os, signal, sys
from pathlib import Path
from streams.history import History
history = History.open(Path(sys.argv[1]))
history.write(lambda connection: connection.execute("INSERT INTO imports (source) VALUES ('gone')")).result()
os.kill(os.getpid(), signal.SIGKILL)
"""
    History.create(path).close()
    subprocess.run([sys.executable, "-c", program, str(path)], cwd=ROOT, check=False)
    path.unlink()
    with pytest.raises(HistoryError, match=r"\.wal holds the last writes of a history that is not there"):
        History.create(path)
    assert files_in(path.parent) == [path.name + ".wal"]
