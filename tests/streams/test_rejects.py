"""A reject file tells what the last import refused, can be mended and imported, and is never somebody else's file."""

from pathlib import Path

import pytest

from streams.books import Books
from streams.importing import Counts
from streams.rejects import ImportRefusedError
from streams.rules import RowMapping
from tests.files import (
    LOG,
    LOG_HEADER,
    LUNCH,
    NO_DAY,
    OPENED,
    WON,
    add_up,
    csv_file,
    lines,
    mapping_of,
    refused,
    rejects_of,
    take_in,
    told,
)

MENDED = NO_DAY.replace("01-01-2026", "2026-01-01")
OPEN_QUOTE = '6,c6,2026-01-02T10:00:00Z,won,"Acme,2026-01-01,100'
BAD_QUOTE = '7,c7,2026-01-02T10:00:00Z,won,"Acme" Ltd,2026-01-01,100'


@pytest.fixture
def mapping(tmp_path: Path) -> RowMapping:
    return mapping_of(tmp_path, LOG)


# Its life


def test_it_goes_once_an_import_of_the_file_refuses_nothing(books: Books, mapping: RowMapping, tmp_path: Path) -> None:
    path = csv_file(tmp_path, lines(LOG_HEADER, WON, NO_DAY))
    assert take_in(books, mapping, path).rows_refused == 1
    csv_file(tmp_path, lines(LOG_HEADER, WON, MENDED))
    assert take_in(books, mapping, path).rows_refused == 0
    assert not rejects_of(path).exists()


def test_it_is_known_however_it_was_written_and_saved(books: Books, tmp_path: Path) -> None:
    path, clean = tmp_path / "file.csv", lines(LOG_HEADER + ",reason", WON + ",price")
    csv_file(tmp_path, clean.replace(WON, NO_DAY).encode("utf-16"))
    take_in(books, mapping_of(tmp_path, LOG + '[csv]\nencoding = "utf-16"\n'), path)
    csv_file(tmp_path, clean)
    assert take_in(books, mapping_of(tmp_path, LOG), path).rows_refused == 0
    assert not rejects_of(path).exists()
    rejects_of(path).write_bytes(b'\xef\xbb\xbf"line";"reason";"remedy";"no"\r\n')
    assert take_in(books, mapping_of(tmp_path, LOG), path).rows_refused == 0
    assert not rejects_of(path).exists()


def test_it_stays_where_an_import_is_stopped_before_its_end(books: Books, mapping: RowMapping, tmp_path: Path) -> None:
    path = csv_file(tmp_path, lines(LOG_HEADER, WON, NO_DAY))
    take_in(books, mapping, path)
    before = rejects_of(path).read_bytes()
    csv_file(tmp_path, lines(LOG_HEADER, WON, MENDED))

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take_in(books, mapping, path, progress=interrupt)
    assert rejects_of(path).read_bytes() == before


@pytest.mark.parametrize("row", [WON, NO_DAY])
@pytest.mark.parametrize("content", ["line by line, my notes", "reason,line\n", "a" * 5_000])
def test_a_file_of_somebody_else_is_neither_removed_nor_written_over(
    books: Books, mapping: RowMapping, tmp_path: Path, content: str, row: str
) -> None:
    path = csv_file(tmp_path, lines(LOG_HEADER, row))
    rejects_of(path).write_text(content, encoding="utf-8")
    with pytest.raises(ImportRefusedError, match=r"holds something else; give another with --rejects, or move it away"):
        take_in(books, mapping, path)
    assert rejects_of(path).read_text(encoding="utf-8") == content
    assert told(books) == []


def test_an_empty_file_is_written_into_and_else_left(books: Books, mapping: RowMapping, tmp_path: Path) -> None:
    path = csv_file(tmp_path, lines(LOG_HEADER, WON))
    rejects_of(path).touch()
    take_in(books, mapping, path)
    assert rejects_of(path).read_bytes() == b""
    csv_file(tmp_path, lines(LOG_HEADER, NO_DAY))
    take_in(books, mapping, path)
    assert len(refused(path)) == 1


# Lines that are no CSV


def test_a_line_that_is_not_csv_stands_in_it_as_it_was_and_is_imported_once_it_is_mended(
    books: Books, mapping: RowMapping, tmp_path: Path
) -> None:
    path = csv_file(tmp_path, lines(LOG_HEADER, WON, BAD_QUOTE, OPENED))
    assert _counted(take_in(books, mapping, path)) == (3, 1, 2)
    assert f",{BAD_QUOTE}\n" in rejects_of(path).read_text(encoding="utf-8")
    again = _mended(rejects_of(path), {'"Acme" Ltd': "Acme Ltd"})
    assert _counted(take_in(books, mapping, again)) == (1, 0, 1)
    assert [entity for _, entity, _ in told(books)] == ["deal:c1", "deal:c2", "deal:c7"]


def test_lines_that_an_open_quote_swallowed_are_imported_with_the_one_that_is_mended(
    books: Books, mapping: RowMapping, tmp_path: Path
) -> None:
    path = csv_file(tmp_path, lines(LOG_HEADER, OPEN_QUOTE, LUNCH, OPENED, WON))
    assert _counted(take_in(books, mapping, path)) == (4, 4, 0)
    again = _mended(rejects_of(path), {'"Acme': "Acme"})
    assert _counted(take_in(books, mapping, again)) == (4, 0, 3)
    assert [entity for _, entity, _ in told(books)] == ["deal:c6", "deal:c2", "deal:c1"]


def test_what_is_not_csv_yet_is_refused_again_and_can_be_mended_still(
    books: Books, mapping: RowMapping, tmp_path: Path
) -> None:
    path = csv_file(tmp_path, lines(LOG_HEADER, BAD_QUOTE, OPEN_QUOTE, LUNCH, WON))
    for expected in [(4, 4, 0), (4, 3, 1), (3, 3, 0)]:  # what stands after another quote is no longer swallowed
        assert _counted(take_in(books, mapping, path)) == expected
        path = rejects_of(path)
    again = _mended(path, {'"Acme" Ltd': "Acme Ltd", '"Acme': "Acme"})
    assert _counted(take_in(books, mapping, again)) == (3, 0, 2)
    assert [entity for _, entity, _ in told(books)] == ["deal:c1", "deal:c7", "deal:c6"]


def test_columns_of_the_same_names_come_back_once_however_often_rows_are_refused(
    books: Books, mapping: RowMapping, tmp_path: Path
) -> None:
    path = csv_file(tmp_path, lines(LOG_HEADER + ",reason", NO_DAY + ",price"))
    take_in(books, mapping, path)
    take_in(books, mapping, rejects_of(path))
    first, second = rejects_of(path), rejects_of(rejects_of(path))
    assert second.read_bytes().splitlines()[0] == first.read_bytes().splitlines()[0]


def _counted(counts: Counts) -> tuple[int, int, int]:
    assert add_up(counts)
    return counts.rows_read, counts.rows_refused, counts.rows_used


def _mended(path: Path, changes: dict[str, str]) -> Path:
    """A reject file after somebody saw to it in an editor."""
    text = path.read_bytes().decode()
    for wrong, right in changes.items():
        text = text.replace(wrong, right)
    path.write_bytes(text.encode())
    return path
