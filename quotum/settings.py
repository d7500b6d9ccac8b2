"""Settings that every command takes: where the history lies, and what exit codes say.

A command opens the books of its history here. In a server that runs it for somebody else these are the server's own;
where a server owns the history, the command is none of this process's.
"""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Annotated, NamedTuple, NoReturn

import duckdb
import typer

from quotum import forwarding
from quotum.people import Author
from quotum.questions import QuestionError
from quotum.tables import Format
from streams.books import Books, UnavailableError
from streams.history import HistoryError, HistoryInUseError
from streams.kafka import KafkaError
from streams.mapping import MappingError
from streams.ownership import owner_of
from streams.rejects import ImportRefusedError
from streams.rows import FileError
from streams.vault_file import VaultError

DEFAULT_HISTORY = Path("quotum.duckdb")
PATIENCE_SECONDS = 15  # another command is often done by then, and a server that starts says so
RETRY_SECONDS = 0.05
SENT_NOWHERE = Path("/nowhere/not-sent-along")
WELL, FAILED, USAGE, REFUSED = 0, 1, 2, 3
INTERRUPTED = 130  # as shells have it

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


class Held(NamedTuple):
    """Books that are open already, while a server runs a command for somebody else."""

    books: Books
    folder: Path | None  # from which file names lead on this machine; None: files were sent along
    files: Mapping[str, Path]  # what was sent along, by the name it has there
    key: str | None = None  # the name of the key that somebody else was let by with


_held: ContextVar[Held | None] = ContextVar("held", default=None)


@contextmanager
def holding(held: Held) -> Iterator[None]:
    """Within this block commands use books that are open already."""
    token = _held.set(held)
    try:
        yield
    finally:
        _held.reset(token)


def file_named(name: str) -> Path:
    """The file that a word of a command names: on this machine, or sent along from another one."""
    held = _held.get()
    if held is None:
        forwarding.named(name)
        return Path(name)
    return held.folder / name if held.folder else held.files.get(name, SENT_NOWHERE)


def name_of(file: Path) -> str:
    """What a file is called where its name was given: not as it lies here for somebody elsewhere."""
    held = _held.get()
    sent = held.files.items() if held else ()
    return next((name for name, place in sent if place == file), str(file))


def author(by: str | None) -> Author:
    """Who puts something right: who is named, else whose key a server was shown."""
    held = _held.get()
    return Author(by, held.key if held else None)


def expect_no_owner(history: Path) -> None:
    """End the command where a server owns the history already."""
    owner = owner_of(history)
    if owner and forwarding.lives(owner):
        stop(f"{history} is served already, at {owner.url}: look there, or stop that server")


@contextmanager
def opened(history: Path, *, real: bool = False) -> Iterator[Books]:
    """The open books; what goes wrong ends the command with one clear line. `real`: not those of a demo."""
    held = _held.get()
    with told():
        if held:
            _expect(held.books, real=real)
            yield held.books
            return
        with _free(history) as books:
            _expect(books, real=real)
            yield books


def is_held() -> bool:
    """Whether a server runs this command for somebody else, on its own books."""
    return _held.get() is not None


def expect_unowned(history: Path) -> None:
    """ServedElsewhereError where a server was named, or one owns the history: the command belongs there."""
    forwarding.expect_here()
    owner = owner_of(history)
    if owner and forwarding.lives(owner):
        raise forwarding.ServedElsewhereError(owner.url, owner.secret)


def _expect(books: Books, *, real: bool) -> None:
    if real and books.demo:
        stop(f"{books.history.path} holds what a demo made up, and nothing real goes in. Give another --history.")


def _free(history: Path) -> Books:
    """The books, as soon as nobody else has them; ServedElsewhereError where a server owns them."""
    waiting_until = time.monotonic() + PATIENCE_SECONDS
    while True:
        expect_unowned(history)
        try:
            return Books.open(history)
        except HistoryInUseError:
            if time.monotonic() > waiting_until:
                raise
        time.sleep(RETRY_SECONDS)


def expect_workspace(zone: str, currency: str) -> None:
    """End the command where one of them is empty, as a script's variable can be."""
    for option, value, example in (("--zone", zone, "Europe/Amsterdam"), ("--currency", currency, "EUR")):
        if not value.strip():
            stop(f"{option} is empty: give one such as {example}", USAGE)


def reason_of(error: ValueError) -> str:
    """The reason alone, without the words of the library that found it."""
    faults = getattr(error, "errors", None)
    return "; ".join(fault["msg"].removeprefix("Value error, ") for fault in faults()) if faults else str(error)


def _with_remedies(error: QuestionError) -> str:
    """What is wrong with a question and what to do about it, which its message alone may not say."""
    said = str(error)
    return "; ".join([said, *(fault.remedy for fault in error.faults if fault.remedy and fault.remedy not in said)])


@contextmanager
def told() -> Iterator[None]:
    """Turn errors that a user can mend into a line on standard error and an exit code."""
    try:
        yield
    except QuestionError as error:
        stop(_with_remedies(error), USAGE)
    except MappingError as error:
        stop(str(error), USAGE)
    except UnavailableError as error:
        stop(f"{error}; {error.remedy}")
    except (HistoryError, VaultError, FileError, ImportRefusedError, KafkaError) as error:
        stop(str(error))
    except duckdb.Error as error:
        stop(f"the history cannot be read or written: {str(error).partition(chr(10))[0]}")
    except BrokenPipeError:
        raise
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        stop(f"{place}{error.strerror or error}")
