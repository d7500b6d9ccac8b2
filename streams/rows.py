"""Rows of a CSV file, gzipped or not, one at a time, with the line each stands on and what is wrong with it."""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple, cast

from streams.mapping import CsvForm

LONGEST_FIELD_CHARS = 1_000_000
UNDECODED = re.compile("[\udc80-\udcff]")
CUT_OFF = (OSError, EOFError, zlib.error, UnicodeError)


class FileRow(NamedTuple):
    """A row: its last line in the file, its fields by column, and why it cannot be read (empty if it can)."""

    line: int
    fields: dict[str, str]
    fault: str

    def check(self) -> None:
        """RowFaultError if it cannot be read."""
        if self.fault:
            raise RowFaultError(self.fault, "mend the line in the file")


class RowFaultError(Exception):
    """Why a row cannot be used, and what to do about it, in a few words each: they go into the reject file."""

    def __init__(self, reason: str, remedy: str) -> None:
        """What is wrong; how to mend it."""
        super().__init__(reason, remedy)
        self.reason = reason
        self.remedy = remedy


class FileError(Exception):
    """A file cannot be read at all: what, and how to mend it."""


class RowReader:
    """An open file of rows. `position` and `size` are bytes of the file itself, for a progress bar."""

    def __init__(self, raw: IO[bytes], text: Iterator[str], form: CsvForm, path: Path) -> None:
        """Use `open_rows`."""
        self._raw = raw
        self._path = path
        self._csv = csv.reader(text, delimiter=form.delimiter, strict=True)
        self.size = path.stat().st_size
        try:
            self.header = next(self._csv, [])
        except (csv.Error, *CUT_OFF) as error:
            raise FileError(f"{path} cannot be read: {error}") from None
        if not self.header:
            raise FileError(f"{path} is empty; its first line must name the columns")
        twice = sorted({name for name in self.header if self.header.count(name) > 1})
        if twice:
            raise FileError(f"{path} names the column {', '.join(twice)} twice; give each its own name")

    @property
    def position(self) -> int:
        """How far the file was read, in bytes."""
        return self._raw.tell()

    def __iter__(self) -> Iterator[FileRow]:
        """The rows after the header."""
        while True:
            try:
                values = next(self._csv)
            except StopIteration:
                return
            except csv.Error as error:
                yield FileRow(self._csv.line_num, {}, f"the line is not CSV: {error}")
                continue
            except CUT_OFF as error:
                raise FileError(
                    f"{self._path} breaks off after line {self._csv.line_num} ({error}); what stands before is taken. "
                    "Get the whole file and import it again: nothing counts twice"
                ) from None
            if values:
                yield FileRow(self._csv.line_num, dict(zip(self.header, values, strict=False)), self._fault(values))

    def _fault(self, values: list[str]) -> str:
        if len(values) != len(self.header):
            return f"the row has {len(values)} fields, the header {len(self.header)}"
        if not all(map(str.isascii, values)) and UNDECODED.search("".join(values)):
            return "the row is not in the file's encoding"
        return ""


@contextmanager
def open_rows(path: Path, form: CsvForm) -> Iterator[RowReader]:
    """The rows of a file; FileError if there is no such file or it has no header."""
    csv.field_size_limit(LONGEST_FIELD_CHARS)
    try:
        raw = path.open("rb")
    except OSError as error:
        raise FileError(f"{path} cannot be opened: {error.strerror}") from None
    with raw:
        gzipped = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        plain: IO[bytes] = cast("IO[bytes]", gzip.GzipFile(fileobj=raw)) if gzipped else raw
        with io.TextIOWrapper(plain, form.encoding, "surrogateescape", newline="") as text:
            yield RowReader(raw, text, form, path)
