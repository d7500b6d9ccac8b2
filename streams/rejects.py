"""The reject file: what an import refused, in a form that can be mended and imported again by the same mapping.

It has the columns of the imported file after three of its own, and tells what the last import of that file refused:
once nothing is, it is gone. No other file is written over or removed; ours is known by how it begins.
"""

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Self

from streams.rows import FileRow
from streams.rules import CsvForm

COLUMNS = ("line", "reason", "remedy")
OTHERS_OF_THE_NAME = "rejected_"  # before our names where the imported file has such columns itself
HEAD_BYTES = 1_000  # enough to know a reject file by
OURS = re.compile(
    r'\ufeff?"?(?:rejected_)*line"?(\W)"?(?:rejected_)*reason"?\1"?(?:rejected_)*remedy\b', re.ASCII
)  # also saved by a spreadsheet, with another delimiter or more quotes


class ImportRefusedError(Exception):
    """An import cannot be done: what, and how to mend it."""


class Rejects:
    """Line, reason, remedy and the row as it was, of each refused row. The file is made when the first is refused.

    It is written as the imported file is, so that mended rejects can be imported by the same mapping as they are.
    """

    def __init__(self, path: Path, header: Sequence[str], form: CsvForm) -> None:
        """`header` and `form`: of the file that is imported; what an earlier refusal said of its rows is left out.

        ImportRefusedError where something else lies at `path`.
        """
        self.path = path
        self._delimiter = form.delimiter
        self._encoding = "utf-8" if form.encoding == CsvForm.encoding else form.encoding  # no mark: scripts read it too
        self._said = len(COLUMNS) if _are_ours(header[: len(COLUMNS)]) else 0
        self._header = header[self._said :]
        self._file: IO[str] | None = None
        self._is_stale = self._expect_ours()

    def _expect_ours(self) -> bool:
        """Whether a file of an earlier import lies there."""
        if not self.path.is_file() or not (head := _head(self.path)):
            return False
        if any(OURS.match(head.decode(one, "replace")) for one in (self._encoding, "utf-8", "utf-16")):
            return True
        raise ImportRefusedError(
            f"{self.path}, where refused rows go, holds something else; give another with --rejects, or move it away"
        )

    def add(self, row: FileRow, reason: str, remedy: str) -> None:
        """Refuse a row."""
        if self._file is None:
            self._file = self._opened()
            self._file.write(self._line([*map(self._free, COLUMNS), *self._header]))
        said = [str(row.line), reason, remedy]
        plain = [text.encode(self._encoding, "backslashreplace").decode(self._encoding) for text in said]
        if row.text:
            prefix = self._line(plain).removesuffix("\r\n") + self._delimiter
            self._file.write(prefix + self._as_it_was(row.text).rstrip("\r\n") + "\r\n")
        else:
            self._file.write(self._line([*plain, *row.values[self._said :]]))

    def _as_it_was(self, text: str) -> str:
        """What stands in a line that is not CSV, without what an earlier refusal said of it."""
        field = rf'(?:"(?:[^"]|"")*"|[^"\r\n{re.escape(self._delimiter)}]*){re.escape(self._delimiter)}'
        earlier = re.match(f"(?:{field}){{{self._said}}}", text)
        return text[earlier.end() :] if earlier else text

    def _opened(self) -> IO[str]:
        try:
            return self.path.open("w", encoding=self._encoding, errors="surrogateescape", newline="")
        except OSError as error:
            raise ImportRefusedError(
                f"{self.path}, where refused rows go, cannot be written: {error.strerror}; give another with --rejects"
            ) from None

    def _line(self, values: Sequence[str]) -> str:
        line = io.StringIO(newline="")
        csv.writer(line, delimiter=self._delimiter).writerow(values)
        return line.getvalue()

    def _free(self, name: str) -> str:
        while name in self._header:
            name = f"{OTHERS_OF_THE_NAME}{name}"
        return name

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, failed: type[BaseException] | None, *_: object) -> None:
        """Close the file, if there is one; where the import got to its end without, that of an earlier one goes."""
        if self._file:
            self._file.close()
        elif self._is_stale and not failed:
            self.path.unlink()


def _are_ours(names: Sequence[str]) -> bool:
    return tuple(re.sub(f"^(?:{OTHERS_OF_THE_NAME})+", "", name) for name in names) == COLUMNS


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(HEAD_BYTES)
    except OSError as error:
        raise ImportRefusedError(
            f"{path}, where refused rows go, cannot be read: {error.strerror}; give another with --rejects"
        ) from None
