"""A page that shows a command is a promise, so the blocks of README and docs run as tests, by the rules here.

- ```console: lines `$ command`, each followed by what it prints. A command must end with exit code 0. Where output is
  shown it must be the whole output, errors included, to the letter, except that `...` stands for anything, as in
  doctest, and blanks at the end of a line do not count. No output shown: none is compared. A command that ends with
  a backslash goes on in the next line.
- ```bash: a script, run as a whole; it must end with exit code 0.
- ```python: run in one namespace per page; with `>>>` prompts, as a doctest.
- All blocks of a page run in order, in one fresh folder with the repository's `examples` in it. Folder and exported
  variables carry over from command to command, as at a prompt.
- `<!-- not run: reason -->` on the line above a block leaves it out.
- `<!-- needs: shared/data -->` there leaves it out where that folder is not; where it is, the page finds it as `data`.
"""

import doctest
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parent.parent
NEEDS_DATA = "needs: shared/data"
RUNNABLE = {"console", "bash", "python"}
# Blocks that readers take for commands, but that would slip past this runner unseen.
LOOKALIKES = {"sh", "shell", "shell-session", "zsh", "terminal", "py", "python3", "pycon", "doctest"}
COMMAND_SECONDS = 120
EXACTLY = doctest.ELLIPSIS | doctest.DONT_ACCEPT_BLANKLINE | doctest.DONT_ACCEPT_TRUE_FOR_1


class PageError(AssertionError):
    """A page does not do what it says; the message names page, line and difference."""


def find_shared_data() -> Path | None:
    """The folder of real input that is not part of the repository, or nothing where it is not."""
    folder = Path(os.environ.get("QUOTUM_SHARED_DATA") or ROOT.parent / "shared" / "data")
    return folder.resolve() if folder.is_dir() else None


def pages(root: Path = ROOT) -> list[Path]:
    """Every page a reader may follow: those at the top and those under docs/."""
    return sorted([*root.glob("*.md"), *root.glob("docs/**/*.md")])


@dataclass(frozen=True)
class Block:
    """One fenced block that can run; `line` is where its text begins in the page, counted from 1."""

    language: str
    text: str
    line: int
    needs_data: bool = False
    not_run: str = ""


def blocks(page: str) -> Iterator[Block]:
    """The runnable blocks of a page's text, in order. Raises PageError for a remark or language not known here."""
    tokens = MarkdownIt().parse(page)
    for before, token in pairwise([None, *tokens]):
        language = token.info.split()[0] if token and token.type == "fence" and token.info.strip() else ""
        if token is None or language not in RUNNABLE | LOOKALIKES:
            continue
        line = (token.map or [0])[0] + 2
        if language in LOOKALIKES:
            raise PageError(f"line {line}: write console, bash or python, not {language}: else nobody runs it")
        remark = before.content.strip() if before and before.type == "html_block" else ""
        yield _block(language, token.content, line, remark.removeprefix("<!--").removesuffix("-->").strip())


def _block(language: str, text: str, line: int, remark: str) -> Block:
    if remark.startswith("not run"):
        reason = remark.removeprefix("not run").removeprefix(":").strip()
        if not reason:
            raise PageError(f"line {line}: 'not run' gives no reason")
        return Block(language, text, line, not_run=reason)
    if remark.startswith("needs") and remark != NEEDS_DATA:
        raise PageError(f"line {line}: {remark!r} is not known; only {NEEDS_DATA!r} is")
    return Block(language, text, line, needs_data=remark == NEEDS_DATA)


def steps(text: str, line: int = 1) -> Iterator[tuple[int, str, str]]:
    """The commands of a console block: (line, command, output shown)."""
    at, command, shown = line, "", list[str]()
    for number, row in enumerate(text.splitlines(), line):
        if row.startswith("$ "):
            if command:
                yield at, command, "\n".join(shown)
            at, command, shown = number, row.removeprefix("$ "), []
        elif command.endswith("\\") and not shown:
            command += "\n" + row.removeprefix("> ")
        elif command:
            shown.append(row)
        elif row.strip():
            raise PageError(f"line {number}: a console block begins with '$ ' and a command")
    if command:
        yield at, command, "\n".join(shown)


@dataclass
class Session:
    """What carries over from block to block of one page: the folder, the shell's variables, Python's names."""

    folder: Path
    names: dict[str, object] = field(default_factory=lambda: {"__name__": "__main__"})

    def __post_init__(self) -> None:
        self._memory = self.folder.with_name(self.folder.name + ".memory")
        self._memory.mkdir()
        self._env = {name: value for name, value in os.environ.items() if not name.startswith(("QUOTUM_", "PYTEST_"))}
        self._env |= {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{self._env['PATH']}", "COLUMNS": "100"}
        self._env |= {"LC_ALL": "C.UTF-8", "TZ": "UTC", "TERM": "dumb", "NO_COLOR": "1", "MEMORY": str(self._memory)}

    def shell(self, script: str) -> tuple[int, str]:
        """Run a script where the last one ended: exit code and everything it printed."""
        remember = 'trap \'export -p > "$MEMORY/variables"; pwd > "$MEMORY/folder"\' EXIT\n'
        recall = '[ -e "$MEMORY/folder" ] && { . "$MEMORY/variables"; cd "$(cat "$MEMORY/folder")"; }\n'
        ran = subprocess.run(
            ["bash", "-c", f"{recall}{remember}{script}"],
            cwd=self.folder,
            env=self._env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        return ran.returncode, ran.stdout

    def run(self, block: Block) -> None:
        """Run one block; PageError says what differs from the page."""
        {"console": self._console, "bash": self._bash, "python": self._python}[block.language](block)

    def _console(self, block: Block) -> None:
        for line, command, shown in steps(block.text, block.line):
            code, printed = self.shell(command)
            if code:
                raise PageError(f"line {line}: $ {command}\nended with exit code {code}:\n{printed}")
            if shown.strip() and not alike(shown, printed):
                raise PageError(f"line {line}: $ {command}\nthe page shows:\n{shown}\nit printed:\n{printed}")

    def _bash(self, block: Block) -> None:
        code, printed = self.shell(f"set -euo pipefail\n{block.text}")
        if code:
            raise PageError(f"line {block.line}: the script ended with exit code {code}:\n{printed}")

    def _python(self, block: Block) -> None:
        name = f"line {block.line}"
        if ">>> " not in block.text:
            exec(compile(block.text, name, "exec"), self.names)
            return
        report = list[str]()
        test = doctest.DocTestParser().get_doctest(block.text, self.names, name, name, block.line - 1)
        result = doctest.DocTestRunner(optionflags=EXACTLY).run(test, out=report.append, clear_globs=False)
        self.names |= test.globs
        if result.failed:
            raise PageError("".join(report))


def alike(shown: str, printed: str) -> bool:
    """Is this what the page shows? `...` stands for anything; blanks at the end of lines and text do not count."""
    want, got = ("\n".join(row.rstrip() for row in text.strip("\n").splitlines()) + "\n" for text in (shown, printed))
    return doctest.OutputChecker().check_output(want, got, EXACTLY)


def run_page(page: str, folder: Path, data: Path | None) -> list[Block]:
    """Run a page's text in a new folder; returns the blocks that were left out because `data` is not there."""
    folder.mkdir()
    examples = ROOT / "examples"
    if examples.is_dir():
        shutil.copytree(examples, folder / "examples")
    if data is not None:
        (folder / "data").symlink_to(data, target_is_directory=True)
    session, left_out = Session(folder), list[Block]()
    with chdir(folder):
        for block in blocks(page):
            if block.needs_data and data is None:
                left_out.append(block)
            elif not block.not_run:
                session.run(block)
    return left_out
