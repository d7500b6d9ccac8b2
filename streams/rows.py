"""Rows of a CSV file, gzipped or not, one at a time, with the line each begins on and what is wrong with it."""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import IO, NamedTuple, cast

from streams.rules import CsvForm

LONGEST_FIELD_CHARS = 1_000_000
UNDECODED = re.compile("[\udc80-\udcff]")
NO_TEXT = re.compile("[\udc80-\udcff\0]")
CUT_OFF = (OSError, EOFError, zlib.error, UnicodeError)
GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"


class RowFaultError(Exception):
    """Why a row cannot be used, and what to do about it, in a few words each: they go into the reject file."""

    def __init__(self, reason: str, remedy: str) -> None:
        """What is wrong; how to mend it."""
        super().__init__(reason, remedy)
        self.reason = reason
        self.remedy = remedy


class FileRow(NamedTuple):
    """A row: the line on which it begins, what it holds (as it stands, and by column), and why it cannot be read.

    `text`: of one that is not CSV what stands there, since it has no values.
    """

    line: int
    values: list[str]
    fields: dict[str, str]
    fault: RowFaultError | None
    text: str = ""

    def check(self) -> None:
        """RowFaultError if it cannot be read."""
        if self.fault:
            raise self.fault


class FileError(Exception):
    """A file cannot be read at all: what, and how to mend it."""


class RowReader:
    """An open file of rows. `position` and `size` are bytes of the file itself, for a progress bar."""

    def __init__(self, raw: IO[bytes], text: Iterator[str], form: CsvForm, path: Path) -> None:
        """Use `open_rows`."""
        self._raw = raw
        self._path = path
        self._form = form
        self._lines: list[str] = []  # of the row that is being read
        self._csv = csv.reader(self._remembered(text), delimiter=form.delimiter, strict=True)
        self.size = path.stat().st_size
        try:
            self.header = next(self._csv, [])
        except (csv.Error, *CUT_OFF) as error:
            raise FileError(f"{path} cannot be read: {error}") from None
        self._check_header()

    def _check_header(self) -> None:
        if not any(self.header):
            raise FileError(f"{self._path} is empty; its first line must name the columns")
        if NO_TEXT.search("".join(self.header)):
            raise FileError(
                f"{self._path} is no text in {self._form.encoding_named}; save it as CSV in UTF-8, or give its "
                'encoding in the mapping, such as csv.encoding = "cp1252" or "utf-16"'
            )
        named = [name for name in self.header if name]  # columns without a name are no use and no harm
        twice = sorted({name for name in named if named.count(name) > 1})
        if twice:
            raise FileError(f"{self._path} names the column {', '.join(twice)} twice; give each its own name")

    @property
    def position(self) -> int:
        """How far the file was read, in bytes."""
        return self._raw.tell() if self._raw.seekable() else 0

    def __iter__(self) -> Iterator[FileRow]:
        """The rows after the header; FileError where the file breaks off, once all rows before that are given."""
        while True:
            self._lines.clear()
            first = self._csv.line_num + 1
            try:
                values = next(self._csv)
            except StopIteration:
                return
            except csv.Error as error:
                yield from self._unreadable(first, error)
                continue
            except CUT_OFF as error:
                raise FileError(
                    f"{self._path} breaks off after line {self._csv.line_num} ({error}); what stands before is taken. "
                    "Get the whole file and import it again: nothing counts twice"
                ) from None
            if values:
                yield FileRow(first, values, dict(zip(self.header, values, strict=False)), self._fault(values))

    def _remembered(self, text: Iterator[str]) -> Iterator[str]:
        for line in text:
            self._lines.append(line)
            yield line

    def _unreadable(self, first: int, error: csv.Error) -> Iterator[FileRow]:
        """The lines that are not CSV as they stand; those that an open quote swallowed are rows of their own."""
        last = self._csv.line_num
        where = f"lines {first} to {last} are" if last > first else "the line is"
        fault = RowFaultError(f"{where} not CSV: {error}", f"mend the quotes from line {first} on, and import it again")
        swallowed = RowFaultError(
            f"it stands within quotes that line {first} opens", f"mend line {first}, and import both again"
        )
        for line, text in self._parts(first):
            yield FileRow(line, [], {}, fault if line == first else swallowed, text)

    def _parts(self, first: int) -> Iterator[tuple[int, str]]:
        """Lines from where a row can begin up to where the next one can, with the number of their first."""
        begin = [index for index, line in enumerate(self._lines) if not index or self._is_row(line)]
        for index, end in pairwise([*begin, len(self._lines)]):
            yield first + index, "".join(self._lines[index:end])

    def _is_row(self, line: str) -> bool:
        try:
            [values] = csv.reader([line], delimiter=self._form.delimiter, strict=True)
        except (csv.Error, ValueError):
            return False
        return len(values) == len(self.header)

    def _fault(self, values: list[str]) -> RowFaultError | None:
        if len(values) != len(self.header):
            return RowFaultError(
                f"the row has {len(values)} fields, the header {len(self.header)}",
                f"give it as many; a field that holds {self._form.delimiter!r} stands in quotes",
            )
        if not all(map(str.isascii, values)) and UNDECODED.search("".join(values)):
            return RowFaultError(
                f"the row is not in {self._form.encoding_named}",
                'mend the row, or give the encoding of the file in the mapping, such as csv.encoding = "cp1252"',
            )
        return None


@contextmanager
def open_rows(path: Path, form: CsvForm) -> Iterator[RowReader]:
    """The rows of a file; FileError if there is no such file or it has no header."""
    csv.field_size_limit(LONGEST_FIELD_CHARS)
    try:
        raw = path.open("rb")
    except OSError as error:
        raise FileError(f"{path} cannot be opened: {error.strerror}") from None
    with raw:
        start = raw.peek(len(ZIP))
        if start.startswith(ZIP):
            raise FileError(f"{path} is a zip or an Excel file; save the table in it as CSV")
        plain: IO[bytes] = cast("IO[bytes]", gzip.GzipFile(fileobj=raw)) if start.startswith(GZIP) else raw
        with io.TextIOWrapper(plain, form.encoding, "surrogateescape", newline="") as text:
            yield RowReader(raw, text, form, path)
