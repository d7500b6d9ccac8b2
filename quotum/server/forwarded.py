"""Commands that others were asked and that belong here, since this process owns the history: run as they are.

What a command prints goes back to who asked, and to nobody else. Who knows the owner's secret can read the history's
files anyway and names files by their path; anybody else needs the right to do what the command does, and sends files
along.
"""

import base64
import json
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from hmac import compare_digest
from http import HTTPStatus
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, TextIO, cast

from fastapi import FastAPI, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool

from quotum.forwarding import COMMANDS, LARGEST_FILE_BYTES, NOT_ELSEWHERE, OWNER, SECRET_HEADER
from quotum.server.access import key_of
from quotum.server.bodies import body
from quotum.server.problems import ProblemError
from quotum.settings import FAILED, Held, holding
from quotum.tables import Screen, on_screen
from streams.keys import Scope
from streams.ownership import Owner, proof

Commands = Callable[[Sequence[str]], object]  # runs words as the command line does, and ends with SystemExit
READING = ("board", "reached", "progress", "events", "verify", "target list")
WRITING = ("import",)
OF_THE_OWNER = ("link",)  # for this machine alone, and it may need the books that the owner has
LARGEST_BODY_BYTES = 4 * LARGEST_FILE_BYTES
_captured: ContextVar[tuple[TextIO, TextIO] | None] = ContextVar("captured", default=None)


class Command(BaseModel):
    """A command, and how whoever asks would see its answer."""

    model_config = ConfigDict(extra="forbid")
    words: list[str] = Field(min_length=1)
    folder: str
    width: int = Field(ge=1, le=10_000)
    height: int = Field(ge=1, le=10_000)
    terminal: bool
    colours: Literal["standard", "256", "truecolor", "windows"] | None
    files: dict[str, str | None] = {}


def install(app: FastAPI, history: Path, owner: Owner, commands: Commands) -> None:
    """Have an application run commands on its books."""

    @app.get(OWNER, include_in_schema=False)
    async def get_owner(nonce: str) -> dict[str, str]:
        return {"proof": proof(owner.secret, nonce)}

    @app.post(COMMANDS, include_in_schema=False)
    async def post_command(request: Request) -> dict[str, Any]:
        trusted = compare_digest(request.headers.get(SECRET_HEADER, "").encode(), owner.secret.encode())
        command = _command(await body(request, LARGEST_BODY_BYTES, "import the files in parts"))
        if command.words[0] in NOT_ELSEWHERE and not (trusted and command.words[0] in OF_THE_OWNER):
            raise ProblemError(
                HTTPStatus.UNPROCESSABLE_ENTITY, f"`quotum {command.words[0]}` runs on its own machine alone"
            )
        if not trusted:
            await request.app.state.access.check(request, scope_of(command.words))
        held = Held(request.app.state.books, Path(command.folder) if trusted else None, {}, key_of(request))
        return await run_in_threadpool(run, commands, command, held, history)


def scope_of(words: Sequence[str]) -> Scope:
    """What somebody must be allowed to do for a command; for one that is not known the most."""
    if words[0] in READING or " ".join(words[:2]) in READING:
        return "read"
    return "write" if words[0] in WRITING else "correct"


def run(commands: Commands, command: Command, held: Held, history: Path) -> dict[str, Any]:
    """Run a command on open books. What it prints, its exit code, and which files of somebody elsewhere are others now.

    `held`: without a folder it is for somebody elsewhere, who sent files along.
    """
    out, err = StringIO(), StringIO()
    with TemporaryDirectory(prefix="quotum-") as folder:
        sent = {} if held.folder else _unpacked(command.files, Path(folder))
        screen = Screen(command.width, command.height, command.colours, terminal=command.terminal)
        with holding(held._replace(files=sent)), on_screen(screen), _capturing(out, err):
            code = _code(commands, _on(history.absolute(), command.words))
        now = {name: _packed(place) for name, place in sent.items() if place.is_file()}
    files = {name: content for name, content in now.items() if content != command.files[name]}
    gone = [name for name in sent if command.files[name] is not None and name not in now]
    return {"out": out.getvalue(), "err": err.getvalue(), "code": code, "files": files, "gone": gone}


def _on(history: Path, words: Sequence[str]) -> list[str]:
    """The words with this history, whatever history they name."""
    end = words.index("--") if "--" in words else len(words)
    return [*words[:end], "--history", str(history), *words[end:]]


def _code(commands: Commands, words: Sequence[str]) -> int:
    try:
        commands(words)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else FAILED * bool(end.code)
    except Exception:  # noqa: BLE001 (a command that fails must not take the server with it)
        traceback.print_exc(file=sys.stderr)
        return FAILED
    return 0


def _unpacked(files: dict[str, str | None], folder: Path) -> dict[str, Path]:
    """Each file under its own name in a folder of its own, so that nothing a name says leads elsewhere."""
    found = {}
    for index, (name, content) in enumerate(files.items()):
        last = name.replace("\\", "/").rpartition("/")[2]
        place = folder / str(index) / (last if last.strip(".") else "file")
        place.parent.mkdir()
        if content is not None:
            place.write_bytes(base64.b64decode(content))
        found[name] = place
    return found


def _packed(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode()


def _command(sent: bytes) -> Command:
    try:
        return Command.model_validate(json.loads(sent))
    except (ValidationError, ValueError, RecursionError) as error:
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY, f"this is no command as `quotum --server` sends it: {error}"
        ) from None


class _Routed:
    """A standard stream that is somebody else's while a command of theirs runs."""

    encoding = "utf-8"
    errors = "strict"

    def __init__(self, own: TextIO, which: int) -> None:
        self._own = own
        self._which = which

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 (whatever a stream has)
        captured = _captured.get()
        return getattr(captured[self._which] if captured else self._own, name)


@contextmanager
def routing() -> Iterator[None]:
    """Within this block standard output and error can be somebody else's."""
    own = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (cast("TextIO", _Routed(stream, which)) for which, stream in enumerate(own))
    try:
        yield
    finally:
        sys.stdout, sys.stderr = own


@contextmanager
def _capturing(out: TextIO, err: TextIO) -> Iterator[None]:
    token = _captured.set((out, err))
    try:
        yield
    finally:
        _captured.reset(token)
