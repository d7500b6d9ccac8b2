"""A house keeps its order only where something notices disorder, so the rules of CONTRIBUTING.md are tests here."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
FLOORS = ("quotum", "streams", "projections", "schemas")
PURE = ("projections", "schemas")
LOCKS = sorted(ROOT.glob("requirements/*.lock"))
PROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
SETTINGS: dict[str, Any] = tomllib.loads(PROJECT)

# Names that a pure floor may not use, as seen through its imports; a dot at the end stands for all below.
FORBIDDEN = (
    "datetime.datetime.now",
    "datetime.datetime.today",
    "datetime.datetime.utcnow",
    "datetime.date.today",
    "time.",
    "random.",
    "secrets.",
    "uuid.uuid1",
    "uuid.uuid4",
    "os.",
    "open",
    "print",
    "input",
    "breakpoint",
)
# The same on a thing whose class is not to be seen: `day.today()`, `type(at).now()`.
CLOCK_METHODS = {"now", "today", "utcnow"}


def modules(*floors: str) -> list[Path]:
    return [path.relative_to(ROOT) for floor in floors for path in sorted((ROOT / floor).rglob("*.py"))]


def imported(tree: ast.Module) -> dict[str, str]:
    """What each imported name stands for: {"dt": "datetime", "now_s": "time.time"}."""
    names = dict[str, str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {each.asname or each.name.split(".")[0]: each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {each.asname or each.name: f"{node.module}.{each.name}" for each in node.names}
    return names


def dotted(node: ast.AST, names: dict[str, str]) -> str:
    match node:
        case ast.Name(id=name, ctx=ast.Load()):
            return names.get(name, name)
        case ast.Attribute(value=value, attr=attr):
            return f"{dotted(value, names)}.{attr}"
    return ""


def impurities(source: str) -> Iterator[tuple[int, str]]:
    """Each use of a clock, chance, file or console: (line, name). Calls and mere mentions both count."""
    tree = ast.parse(source)
    names = imported(tree)
    for node in (each for each in ast.walk(tree) if isinstance(each, ast.expr)):
        name = dotted(node, names)
        if name and any(name == bad or (bad.endswith(".") and name.startswith(bad)) for bad in FORBIDDEN):
            yield node.lineno, name
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCK_METHODS:
            yield node.lineno, f"{node.func.attr}()"


@pytest.mark.parametrize("module", modules(*FLOORS, "tests", "bench"), ids=str)
def test_every_module_opens_with_why_it_exists(module: Path) -> None:
    assert ast.get_docstring(ast.parse((ROOT / module).read_text(encoding="utf-8")))


@pytest.mark.parametrize("module", modules(*PURE), ids=str)
def test_words_and_meaning_use_no_clock_no_chance_and_no_file(module: Path) -> None:
    assert list(impurities((ROOT / module).read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "source",
    [
        "import datetime\ndatetime.datetime.now()",
        "import datetime as dt\nx = dt.date.today()",
        "from datetime import datetime as D\nD.utcnow()",
        "from datetime import datetime\nfield(default_factory=datetime.now)",
        "day.today()",
        "type(at).now(zone)",
        "import time\ntime.monotonic()",
        "from time import time as seconds\nseconds()",
        "import random\nrandom.Random(7).random()",
        "from random import shuffle\nshuffle(rows)",
        "from uuid import uuid4\nuuid4()",
        "import os.path\nos.path.exists(name)",
        "with open(name) as file:\n    pass",
        "def show(row):\n    print(row)",
        "each(print)",
    ],
)
def test_a_clock_chance_or_file_is_noticed_in_any_disguise(source: str) -> None:
    assert list(impurities(source))


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import date, datetime, time\ntime(9, 30)\ndatetime(2017, 1, 1)\ndate.fromisoformat(day)",
        "entry.open\nentry.opened()\nreading.time.isoformat()\npace.today\npace.now",
        "def f(time, random):\n    return time + random",
    ],
)
def test_a_moment_given_from_outside_is_no_clock(source: str) -> None:
    assert list(impurities(source)) == []


def test_every_module_has_a_test_file_at_the_same_place() -> None:
    tested = [module for module in modules(*FLOORS) if module.name not in {"__init__.py", "__main__.py"}]
    wanted = {Path("tests") / module.with_name(f"test_{module.name}") for module in tested}
    assert sorted(str(path) for path in wanted if not (ROOT / path).is_file()) == []


def test_every_floor_is_a_typed_package_that_gets_installed() -> None:
    for floor in FLOORS:
        assert (ROOT / floor / "__init__.py").is_file()
        assert (ROOT / floor / "py.typed").is_file()
    assert set(SETTINGS["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) == set(FLOORS)


def test_make_alone_lists_every_target() -> None:
    listed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z]+):", makefile, re.MULTILINE)
    assert {"run", "kafka", "install", "test", "unit", "lint", "format", "bench", "lock", "clean"} <= set(targets)
    assert re.findall(r"^  make (\S+) +\S.*$", listed, re.MULTILINE) == targets


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_has_a_hash_for_each_package_and_names_no_index(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    assert not re.search(r"://|--(extra-)?index|--find-links|--trusted-host| @ |(^|\s)/\w", text)
    for entry in re.split(r"^(?=\w)", text, flags=re.MULTILINE)[1:]:
        assert re.match(r"[\w.-]+==\S+.*\\\n +--hash=sha256:[0-9a-f]{64}", entry), entry


def test_everything_pyproject_asks_for_is_locked_at_a_version_it_allows() -> None:
    optional = SETTINGS["project"]["optional-dependencies"]
    workers = [one for one in (*optional["kafka"], *optional["worker"]) if Requirement(one).name != "quotum"]
    wanted = {"runtime.lock": [*SETTINGS["project"]["dependencies"], *SETTINGS["build-system"]["requires"]]}
    wanted["live.lock"] = [*wanted["runtime.lock"], *workers]
    compiling = [one for one in optional["compile"] if Requirement(one).name != "quotum"]
    wanted["compile.lock"] = [*wanted["runtime.lock"], *compiling]
    hook = SETTINGS["tool"]["hatch"]["build"]["targets"]["wheel"]["hooks"]["mypyc"]
    assert set(hook["dependencies"]) <= {*wanted["compile.lock"]}
    mine = [one for one in optional["dev"] if Requirement(one).name != "quotum"]
    wanted["dev.lock"] = [*wanted["live.lock"], *compiling, *mine]
    assert [lock.name for lock in LOCKS] == sorted(wanted)
    for lock in LOCKS:
        locked = dict(re.findall(r"^([\w.-]+)==([^\s;]+)", lock.read_text(encoding="utf-8"), re.MULTILINE))
        for requirement in map(Requirement, wanted[lock.name]):
            version = locked.get(canonicalize_name(requirement.name), "not locked")
            assert version != "not locked", f"{requirement.name}: run make lock"
            assert requirement.specifier.contains(version), f"{requirement} against {version}: run make lock"


def test_all_locks_agree() -> None:
    runtime, live, compiling, dev = (
        set(re.findall(r"^\S+==\S+", (ROOT / "requirements" / name).read_text(encoding="utf-8"), re.MULTILINE))
        for name in ("runtime.lock", "live.lock", "compile.lock", "dev.lock")
    )
    assert runtime < live < dev
    assert runtime < compiling < dev


def test_the_licence_is_apache_2() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert SETTINGS["project"]["license"] == "Apache-2.0"


def without_reason(project: str) -> list[str]:
    """The ignored lint rules, everywhere or for some files, whose line gives no reason of three words or more."""
    lint = tomllib.loads(project)["tool"]["ruff"]["lint"]
    missing = [rule for rules in (lint["ignore"], *lint["per-file-ignores"].values()) for rule in rules]
    for rule in re.findall(r'^ +"([A-Z]+\d*)", *# *\S+ +\S+ +\S+', project, re.MULTILINE):
        missing.remove(rule)
    return missing


def test_every_ignored_lint_rule_has_its_reason_beside_it() -> None:
    assert without_reason(PROJECT) == []


def test_an_ignored_lint_rule_without_its_reason_is_noticed() -> None:
    head = '[tool.ruff.lint]\nignore = [\n    "D105", # has a good reason\n    "D107",\n    "D203", # because\n]\n'
    assert without_reason(head + '[tool.ruff.lint.per-file-ignores]\n"a/**" = ["S101"]\n') == ["D107", "D203", "S101"]


def test_the_floors_are_held_by_contract() -> None:
    contracts = {contract["id"]: contract for contract in SETTINGS["tool"]["importlinter"]["contracts"]}
    assert contracts["floors"]["type"] == "layers"
    assert contracts["floors"]["layers"] == list(FLOORS)
    assert set(contracts["kafka"]["forbidden_modules"]) == {"aiokafka", "kafka"}
    assert set(contracts["kafka"]["source_modules"]) == set(FLOORS)
    assert set(contracts["faust"]["forbidden_modules"]) == {"faust", "mode", "rocksdict"}
    assert set(contracts["faust"]["source_modules"]) == set(FLOORS)
    assert set(contracts["pure"]["source_modules"]) == set(PURE)
    assert {"duckdb", "sqlite3", "time", "random", "logging", "asyncio"} <= set(contracts["pure"]["forbidden_modules"])
