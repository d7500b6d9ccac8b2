"""Makes docs/settings.md: every command, argument, option and variable of the environment, from the code itself."""

from collections.abc import Iterator
from enum import Enum
from typing import Any, Literal, get_args, get_origin

import typer

from quotum.cli import EPILOG, app

VARIABLES = {
    "QUOTUM_HISTORY": "the history that commands use where `--history` is not given",
    "QUOTUM_SERVER": "the server that commands ask, like `--server`",
    "QUOTUM_KEY": "the key that a server elsewhere wants",
    "QUOTUM_ADDRESS": "how the server is reached by others, for the links that `quotum link` prints",
    "QUOTUM_CHROMIUM": "for the tests: the browser to try pages in",
    "QUOTUM_TEST_KAFKA": "for the tests: the broker to try things on, `HOST:PORT`, instead of one of their own",
    "QUOTUM_SHARED_DATA": "for the tests and measurements: the folder of real input, else `../shared/data`",
}
INTRODUCTION = f"""# Settings

Made from the code by `python -m quotum.reference`; a test fails where a setting is missing here or has no words.

There is no settings file: a command says what it needs by its options, and these variables of the environment stand in.
{EPILOG}

`--server URL`, anywhere in the line, has a command run by the server at that address; without it a command finds the
server that owns its history by itself.
"""


def settings_page() -> str:
    """The page."""
    variables = [f"| `{name}` | {text} |" for name, text in VARIABLES.items()]
    parts = [INTRODUCTION, "## Environment", "\n".join(["| variable | what it says |", "|---|---|", *variables])]
    return "\n\n".join([*(part.strip() for part in parts), *_commands()]) + "\n"


def undescribed() -> list[str]:
    """Commands, arguments and options without words."""
    return [
        f"{name} {' '.join(parameter.opts)}".strip()
        for name, command in all_commands()
        for parameter in command.params
        if not getattr(parameter, "help", None)
    ] + [name for name, command in all_commands() if not command.help]


def all_commands() -> Iterator[tuple[str, Any]]:
    """Every command, by the words that call it."""

    def within(group: Any, words: str) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 (typer's own copy of click has no types)
        for name, command in group.commands.items():
            called = f"{words} {name}".strip()
            if hasattr(command, "commands"):
                yield from within(command, called)
            else:
                yield called, command

    return within(typer.main.get_command(app), "")


def _commands() -> Iterator[str]:
    for name, command in all_commands():
        yield f"## quotum {name}"
        yield str(command.help).strip()
        rows = [f"| `{_form(parameter)}` | {parameter.help}{_default(parameter)} |" for parameter in command.params]
        if rows:
            yield "\n".join(["| setting | what it says |", "|---|---|", *rows])


def _form(parameter: Any) -> str:  # noqa: ANN401 (typer's own copy of click has no types)
    name = parameter.opts[0] if parameter.param_type_name == "option" else str(parameter.name).upper()
    values = "\\|".join(_choices(parameter.type_descriptor.annotation))
    return f"{name} {values}".strip()


def _choices(annotation: Any) -> list[str]:  # noqa: ANN401 (any type)
    """The values that a setting can have, where they are few and named."""
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return [str(member.value) for member in annotation]
    if get_origin(annotation) is Literal:
        return [str(value) for value in get_args(annotation)]
    return [choice for inner in get_args(annotation) for choice in _choices(inner)]


def _default(parameter: Any) -> str:  # noqa: ANN401 (typer's own copy of click has no types)
    if parameter.required:
        return " Needed."
    value = getattr(parameter.default, "value", parameter.default)
    return f" Default: `{value}`." if value not in (None, "", False) and not callable(value) else ""
