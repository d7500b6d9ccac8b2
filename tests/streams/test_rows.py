"""Rows come out as they stand in the file, with the line each begins on; what is no row says why, and none is lost."""

import csv
import gzip
import io
import os
import threading
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.rows import LONGEST_FIELD_CHARS, FileError, FileRow, RowFaultError, open_rows
from streams.rules import CsvForm
from tests.files import csv_file

PLAIN = CsvForm()


def rows_of(path: Path, form: CsvForm = PLAIN) -> list[FileRow]:
    with open_rows(path, form) as reader:
        return list(reader)


def good(rows: list[FileRow]) -> list[tuple[int, dict[str, str]]]:
    return [(row.line, row.fields) for row in rows if not row.fault]


def faults(rows: list[FileRow]) -> list[tuple[int, str]]:
    return [(row.line, row.fault.reason) for row in rows if row.fault]


def file_error(path: Path, form: CsvForm = PLAIN) -> str:
    with pytest.raises(FileError) as raised:
        rows_of(path, form)
    return str(raised.value)


TABLE = "id,name\n1,Ann\n2,Bob\n"
ROWS = [(2, {"id": "1", "name": "Ann"}), (3, {"id": "2", "name": "Bob"})]


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("zipped", [False, True])
def test_a_file_reads_alike_however_it_is_written(tmp_path: Path, ends: str, encoding: str, *, zipped: bool) -> None:
    content = TABLE.replace("Ann", "Zoë").replace("\n", ends).encode(encoding)
    path = csv_file(tmp_path, gzip.compress(content) if zipped else content)
    form = CsvForm(encoding="utf-8-sig" if encoding == "utf-8" else encoding)
    rows = rows_of(path, form)
    assert good(rows) == [(2, {"id": "1", "name": "Zoë"}), ROWS[1]]
    assert not faults(rows)


def test_a_gzipped_file_is_known_by_its_bytes_not_by_its_name(tmp_path: Path) -> None:
    assert good(rows_of(csv_file(tmp_path, gzip.compress(TABLE.encode()), "plain.csv"))) == ROWS
    assert good(rows_of(csv_file(tmp_path, TABLE, "zipped.csv.gz"))) == ROWS


def test_quotes_hold_delimiters_quotes_and_line_ends_and_the_line_is_where_the_row_begins(tmp_path: Path) -> None:
    content = 'id,note\n1,"a, ""b"""\n2,"one\ntwo\n\nthree"\n\n\n3,last\n'
    assert good(rows_of(csv_file(tmp_path, content))) == [
        (2, {"id": "1", "note": 'a, "b"'}),
        (3, {"id": "2", "note": "one\ntwo\n\nthree"}),
        (9, {"id": "3", "note": "last"}),
    ]


def test_another_delimiter_parts_the_columns(tmp_path: Path) -> None:
    assert good(rows_of(csv_file(tmp_path, "id;name\n1;Ann, of X\n"), CsvForm(delimiter=";"))) == [
        (2, {"id": "1", "name": "Ann, of X"})
    ]
    assert good(rows_of(csv_file(tmp_path, "id\tname\n1\tAnn\n"), CsvForm(delimiter="\t")))


def test_a_row_with_too_few_or_too_many_fields_is_a_fault_and_keeps_all_it_holds(tmp_path: Path) -> None:
    rows = rows_of(csv_file(tmp_path, "id,name\n1\n2,Bob\n3,Cas,more\n"))
    assert faults(rows) == [
        (2, "the row has 1 fields, the header 2"),
        (4, "the row has 3 fields, the header 2"),
    ]
    assert good(rows) == [(3, {"id": "2", "name": "Bob"})]
    assert [row.values for row in rows] == [["1"], ["2", "Bob"], ["3", "Cas", "more"]]
    with pytest.raises(RowFaultError) as raised:
        rows[0].check()
    assert "a field that holds ',' stands in quotes" in raised.value.remedy
    rows[1].check()


def test_bytes_of_another_encoding_spoil_their_own_row_only(tmp_path: Path) -> None:
    content = "id,name\n1,Zoë\n2,Bob\n".encode("cp1252")
    rows = rows_of(csv_file(tmp_path, content))
    assert faults(rows) == [(2, "the row is not in UTF-8")]
    assert rows[0].fault
    assert "csv.encoding" in rows[0].fault.remedy
    assert good(rows) == [(3, {"id": "2", "name": "Bob"})]


def test_a_quote_that_ends_too_early_spoils_its_own_row_only(tmp_path: Path) -> None:
    rows = rows_of(csv_file(tmp_path, 'id,name\n1,"An"n\n2,Bob\n'))
    assert [line for line, _ in faults(rows)] == [2]
    assert faults(rows)[0][1].startswith("the line is not CSV")
    assert good(rows) == [(3, {"id": "2", "name": "Bob"})]


def test_a_quote_that_never_ends_says_from_where_to_where_rows_are_missing(tmp_path: Path) -> None:
    rows = rows_of(csv_file(tmp_path, 'id,name\n1,Ann\n2,"Bob\n3,Cas\n4,Dirk\n'))
    assert good(rows) == [(2, {"id": "1", "name": "Ann"})]
    swallowed = "it stands within quotes that line 3 opens"
    assert faults(rows) == [
        (3, "lines 3 to 5 are not CSV: unexpected end of data"),
        (4, swallowed),
        (5, swallowed),
    ]
    assert rows[1].fault
    assert "from line 3 on" in rows[1].fault.remedy


def test_what_is_not_csv_comes_as_it_stands_each_line_by_itself_that_can_be_a_row(tmp_path: Path) -> None:
    content = 'id,name\n1,"An\nn"x\n2,Bob\n3,"Cas\n4,Dirk\nfor short\n5,"E"\n6,"F"f\n7,Gus\n'
    rows = rows_of(csv_file(tmp_path, content))
    assert [(row.line, row.text) for row in rows if row.fault] == [
        (2, '1,"An\nn"x\n'),
        (5, '3,"Cas\n'),
        (6, "4,Dirk\nfor short\n"),
        (8, '5,"E"\n'),
        (9, '6,"F"f\n'),
    ]
    assert [line for line, _ in good(rows)] == [4, 10]


def test_a_field_beyond_all_measure_spoils_its_own_row_only(tmp_path: Path) -> None:
    longest, longer = "x" * LONGEST_FIELD_CHARS, "x" * (LONGEST_FIELD_CHARS + 1)
    rows = rows_of(csv_file(tmp_path, f"id,name\n1,{longest}\n2,{longer}\n3,Cas\n"))
    assert [line for line, _ in good(rows)] == [2, 4]
    assert faults(rows) == [(3, f"the line is not CSV: field larger than field limit ({LONGEST_FIELD_CHARS})")]


def test_zero_bytes_stand_in_a_field_as_any_other(tmp_path: Path) -> None:
    assert good(rows_of(csv_file(tmp_path, "id,name\n1,A\0n\n2,Bob\n"))) == [(2, {"id": "1", "name": "A\0n"}), ROWS[1]]


@pytest.mark.parametrize("content", ["", "\n", "\n\nid,name\n", ",,\n1,2,3\n"])
def test_an_empty_file_is_told_so(tmp_path: Path, content: str) -> None:
    assert "is empty; its first line must name the columns" in file_error(csv_file(tmp_path, content))


def test_a_header_alone_is_a_file_without_rows(tmp_path: Path) -> None:
    for content in ("id,name", "id,name\n", "id,name\n\n\n"):
        assert rows_of(csv_file(tmp_path, content)) == []


def test_a_column_that_is_named_twice_is_refused(tmp_path: Path) -> None:
    said = file_error(csv_file(tmp_path, "id,name,id,rep,name\n1,2,3,4,5\n"))
    assert "names the column id, name twice; give each its own name" in said


def test_columns_without_a_name_are_let_be_as_spreadsheets_leave_them(tmp_path: Path) -> None:
    rows = rows_of(csv_file(tmp_path, "id,name,,\n1,Ann,,\n2,Bob,x,y\n"))
    assert not faults(rows)
    assert [(row.fields["id"], row.fields["name"]) for row in rows] == [("1", "Ann"), ("2", "Bob")]
    assert rows[1].values == ["2", "Bob", "x", "y"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (bytes(range(256)) * 4, "is no text in UTF-8"),
        (TABLE.encode("utf-16"), "is no text in UTF-8; save it as CSV in UTF-8, or give its encoding"),
        (TABLE.encode("utf-16-le"), "is no text in UTF-8"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "is no text in UTF-8"),
        (b"PK\x03\x04rest of a workbook", "is a zip or an Excel file; save the table in it as CSV"),
        (b"\x1f\x8b no gzip after all", "cannot be read"),
        (b"\x1f\x8b", "cannot be read"),
        (b'id,"na', "cannot be read: unexpected end of data"),
    ],
    ids=["bytes", "utf-16", "utf-16 without mark", "picture", "workbook", "no gzip", "gzip cut", "quote"],
)
def test_what_is_no_table_is_told_so(tmp_path: Path, content: bytes, says: str) -> None:
    assert says in file_error(csv_file(tmp_path, content))


def test_a_file_that_is_not_there_or_is_a_folder_is_told_so(tmp_path: Path) -> None:
    assert "cannot be opened: No such file" in file_error(tmp_path / "none.csv")
    assert "cannot be opened: Is a directory" in file_error(tmp_path)


@pytest.mark.parametrize("damage", ["cut", "changed"])
def test_a_gzip_that_breaks_in_the_middle_gives_the_rows_before_and_then_says_so(tmp_path: Path, damage: str) -> None:
    chance = Random(7)
    lines = [f"{index},{chance.randbytes(8).hex()}" for index in range(20_000)]  # which cannot be pressed much
    whole = gzip.compress(("id,name\n" + "\n".join(lines) + "\n").encode())
    middle = len(whole) // 2
    broken = whole[:middle] if damage == "cut" else whole[:middle] + bytes(1_000) + whole[middle + 1_000 :]
    found: list[str] = []
    with open_rows(csv_file(tmp_path, broken), PLAIN) as reader, pytest.raises(FileError) as raised:
        found.extend(",".join(row.values) for row in reader)
    assert 1_000 < len(found) < 20_000 or damage == "changed"
    sound = found[:1_000] if damage == "changed" else found  # a changed byte shows at the end only, by the checksum
    assert sound == lines[: len(sound)]
    assert "breaks off after line" in str(raised.value)
    assert "what stands before is taken" in str(raised.value)


def test_half_a_character_at_the_end_of_a_utf_16_file_breaks_off_there(tmp_path: Path) -> None:
    path = csv_file(tmp_path, TABLE.encode("utf-16")[:-1])
    with open_rows(path, CsvForm(encoding="utf-16")) as reader, pytest.raises(FileError, match="breaks off"):
        list(reader)


def test_the_position_grows_with_the_bytes_of_the_file_itself(tmp_path: Path) -> None:
    content = gzip.compress(("id\n" + Random(7).randbytes(16 * 20_000).hex("\n", 16)).encode())
    with open_rows(csv_file(tmp_path, content), PLAIN) as reader:
        positions = [reader.position for _ in reader]
        assert reader.size == len(content) == positions[-1]
    assert positions == sorted(positions)
    assert positions[0] < len(content) / 2


def test_a_pipe_can_be_read_as_a_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    sender = threading.Thread(target=lambda: pipe.write_text(TABLE))
    sender.start()
    with open_rows(pipe, PLAIN) as reader:
        assert good(list(reader)) == ROWS
        assert reader.position == 0
    sender.join()


texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)


@given(st.lists(st.tuples(texts, texts), max_size=8), st.sampled_from(",;\t|"), st.sampled_from(["\n", "\r\n"]))
def test_what_a_csv_writer_writes_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], delimiter: str, ends: str
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=ends, quoting=csv.QUOTE_ALL)
    writer.writerows([("a", "b"), *rows])
    path = csv_file(tmp_path_factory.mktemp("rows"), text.getvalue().encode())
    found = rows_of(path, CsvForm(delimiter=delimiter))
    assert [tuple(row.values) for row in found] == rows
    assert not faults(found)


@given(st.binary(max_size=200), st.booleans())
def test_no_bytes_whatever_end_in_anything_but_rows_faults_or_one_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, zipped: bool
) -> None:
    content = b"id,name\n" + content
    path = csv_file(tmp_path_factory.mktemp("bytes"), gzip.compress(content) if zipped else content)
    for encoding in ("utf-8-sig", "cp1252", "utf-16"):
        try:
            rows = rows_of(path, CsvForm(encoding=encoding))
        except FileError:
            continue
        lines = [row.line for row in rows]
        assert lines == sorted(set(lines))
        assert all(row.fault or len(row.values) == 2 for row in rows)
