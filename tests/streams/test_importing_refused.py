"""What an import refuses comes back in a file that can be mended and imported, and is never lost."""

import csv
import json
from pathlib import Path

import pytest

from streams.books import Books
from streams.importing import Importing
from streams.mapping import MappingError
from streams.rejects import ImportRefusedError
from tests.files import (
    FUTURE,
    LOG,
    LOG_HEADER,
    LUNCH,
    NO_DAY,
    NOW,
    WON,
    cells,
    csv_file,
    lines,
    mapping_of,
    refused,
    rejects_of,
    take_in,
    told,
)


def test_a_refused_row_stands_in_the_reject_file_with_line_reason_and_remedy(books: Books, tmp_path: Path) -> None:
    path = csv_file(tmp_path, lines(LOG_HEADER, WON, NO_DAY, FUTURE, "x,y"))
    take_in(books, mapping_of(tmp_path, LOG), path)
    with rejects_of(path).open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["line", "reason", "remedy", *LOG_HEADER.split(",")]
    assert sorted(row[0] for row in rows) == ["3", "4", "5"]
    by_line = {row[0]: row for row in rows}
    assert by_line["3"][1].startswith("day: '01-01-2026' is not a day")
    assert "csv.dates" in by_line["3"][2]
    assert by_line["3"][3:] == NO_DAY.split(",")
    assert by_line["4"][1].startswith("`time` 2026-06-02T10:00:00Z lies in the future")
    assert by_line["5"][1:] == [
        "the row has 2 fields, the header 7",
        "give it as many; a field that holds ',' stands in quotes",
        "x",
        "y",
    ]


def test_there_is_no_reject_file_where_nothing_is_refused(books: Books, tmp_path: Path) -> None:
    path = csv_file(tmp_path, lines(LOG_HEADER, WON))
    take_in(books, mapping_of(tmp_path, LOG), path)
    assert not rejects_of(path).exists()


@pytest.mark.parametrize(
    ("encoding", "delimiter"), [("utf-8", ","), ("cp1252", ";"), ("utf-16", "\t")], ids=["utf-8", "cp1252", "utf-16"]
)
def test_mended_rejects_are_imported_as_they_are_by_the_same_mapping(
    books: Books, tmp_path: Path, encoding: str, delimiter: str
) -> None:
    form = f"[csv]\nencoding = {encoding!r}\ndelimiter = {json.dumps(delimiter)}\n"
    mapping = mapping_of(tmp_path, LOG + form)
    content = lines(LOG_HEADER, WON, NO_DAY.replace("ann", "Zoë"), "9,c9").replace(",", delimiter)
    path = csv_file(tmp_path, content.encode(encoding))
    assert take_in(books, mapping, path).rows_refused == 2
    rejects = rejects_of(path)
    still_wrong = take_in(books, mapping, rejects)
    assert (still_wrong.rows_refused, still_wrong.rows_used) == (2, 0)
    again = rejects_of(rejects)
    header = again.read_text(encoding=encoding).splitlines()[0]
    assert header.split(delimiter) == ["line", "reason", "remedy", *LOG_HEADER.split(",")]
    mended = again.read_bytes().decode(encoding)
    mended = mended.replace(f"{delimiter}01-01-2026{delimiter}", f"{delimiter}2026-01-01{delimiter}")
    mended = mended.replace(f"9{delimiter}c9", LUNCH.replace(",", delimiter))
    counts = take_in(books, mapping, csv_file(tmp_path, mended.encode(encoding), "mended.csv"))
    assert (counts.rows_used, counts.rows_ignored, counts.rows_refused) == (1, 1, 0)
    assert {cell[0] for cell in cells(books, ("closer",))} == {"ann", "Zoë"}


def test_bytes_that_are_not_in_the_encoding_come_back_as_they_were(books: Books, tmp_path: Path) -> None:
    path = csv_file(tmp_path, lines(LOG_HEADER, WON.replace("ann", "Zoë")).encode("cp1252"))
    take_in(books, mapping_of(tmp_path, LOG), path)
    assert WON.replace("ann", "Zoë").encode("cp1252") in rejects_of(path).read_bytes()


def test_a_file_with_columns_of_the_same_names_gets_rejects_with_others(books: Books, tmp_path: Path) -> None:
    path = csv_file(tmp_path, lines(LOG_HEADER + ",reason", NO_DAY + ",price"))
    take_in(books, mapping_of(tmp_path, LOG), path)
    assert rejects_of(path).read_text(encoding="utf-8").startswith("line,rejected_reason,remedy,no,case")
    assert refused(path)[0]["reason"] == "price"


def test_rejects_never_go_over_the_file_itself(books: Books, tmp_path: Path) -> None:
    content = lines(LOG_HEADER, NO_DAY)
    path = csv_file(tmp_path, content)
    with pytest.raises(ImportRefusedError, match=r"give another file with --rejects"):
        Importing(books, mapping_of(tmp_path, LOG), NOW).run(path, tmp_path / "." / path.name)
    assert path.read_text() == content


def test_rejects_that_cannot_be_written_stop_the_import_before_anything_is_lost(books: Books, tmp_path: Path) -> None:
    path = csv_file(tmp_path, lines(LOG_HEADER, WON, NO_DAY))
    with pytest.raises(
        ImportRefusedError, match=r"cannot be written: No such file or directory; give another with --rejects"
    ):
        Importing(books, mapping_of(tmp_path, LOG), NOW).run(path, tmp_path / "none" / "rejects.csv")
    assert told(books) == []


def test_a_column_that_is_missing_stops_the_import_before_the_first_row(books: Books, tmp_path: Path) -> None:
    path = csv_file(tmp_path, lines(LOG_HEADER.replace("amount", "value"), WON))
    with pytest.raises(MappingError, match="the file has no column 'amount'"):
        take_in(books, mapping_of(tmp_path, LOG), path)
    assert told(books) == []


def test_the_line_of_a_row_after_one_with_line_ends_in_it_is_the_line_in_the_file(books: Books, tmp_path: Path) -> None:
    mapping = mapping_of(tmp_path, LOG)
    path = csv_file(tmp_path, lines(LOG_HEADER, WON.replace("ann", '"an\nn"'), NO_DAY))
    take_in(books, mapping, path)
    assert [row["line"] for row in refused(path)] == ["2", "4"]
