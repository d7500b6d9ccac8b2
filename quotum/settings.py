"""Settings that every command takes: where the history lies, and what exit codes say."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import duckdb
import typer

from quotum.boards import QuestionError
from quotum.tables import Format
from streams.books import Books
from streams.history import HistoryError
from streams.importing import ImportRefusedError
from streams.mapping import MappingError
from streams.ownership import owner_of
from streams.rows import FileError
from streams.vault import VaultError

DEFAULT_HISTORY = Path("quotum.duckdb")
WELL, FAILED, USAGE, REFUSED = 0, 1, 2, 3

History = Annotated[
    Path,
    typer.Option("--history", envvar="QUOTUM_HISTORY", metavar="FILE", help="The history to use.", show_envvar=True),
]
Form = Annotated[Format, typer.Option("--format", help="How to print it.")]


def complain(message: str) -> None:
    """Say on standard error what is wrong."""
    sys.stderr.write(f"quotum: {message}\n")


def stop(message: str, code: int = FAILED) -> NoReturn:
    """Say what is wrong and end with a code."""
    complain(message)
    raise typer.Exit(code)


def expect_no_owner(history: Path) -> None:
    """End the command where a server owns the history already."""
    if owner := owner_of(history):
        stop(f"{history} is served already, at {owner.url}")


@contextmanager
def opened(history: Path) -> Iterator[Books]:
    """The open books; what goes wrong ends the command with one clear line."""
    with told(), Books.open(history) as books:
        yield books


@contextmanager
def told() -> Iterator[None]:
    """Turn errors that a user can mend into a line on standard error and an exit code."""
    try:
        yield
    except (QuestionError, MappingError) as error:
        stop(str(error), USAGE)
    except (HistoryError, VaultError, FileError, ImportRefusedError) as error:
        stop(str(error))
    except duckdb.Error as error:
        stop(f"the history cannot be read or written: {str(error).partition(chr(10))[0]}")
    except BrokenPipeError:
        raise
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        stop(f"{place}{error.strerror or error}")
