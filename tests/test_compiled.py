"""Compiled or not, the fold means the same: its own properties are held against the form that wheel and image carry."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench import compiled

PROPERTIES = [
    "tests/projections/test_entities.py",
    "tests/projections/test_fold.py",
    "tests/projections/test_metrics.py",
    "tests/projections/test_placing.py",
    "tests/projections/test_postings.py",
    "tests/projections/test_shares.py",
    "tests/projections/test_trail.py",
    "tests/schemas/test_facts.py",
    "tests/schemas/test_moments.py",
]
OF_BEHAVIOUR = "not costs_as_much and not read_once"  # those two count calls, which compiled code makes by itself
WHERE = "import importlib, sys; print(*(importlib.import_module(name).__file__ for name in sys.argv[1:]), sep='\\n')"


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """The compiled form with the tests beside it; one test alone asks for it, so that it is built once."""
    if lacking := compiled.lacking():
        if os.environ.get("CI"):
            pytest.fail(lacking)
        pytest.skip(lacking)
    folder = compiled.build(tmp_path)
    for name in ("tests", "bench", "pyproject.toml"):
        compiled.copy(name, folder)
    return folder


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A Python that knows nothing but what lies in the folder and what is installed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=environment | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_the_compiled_fold_is_compiled_and_has_the_properties_of_the_source(built: Path) -> None:
    found = run(built, "-c", WHERE, *compiled.modules())
    assert found.returncode == 0, found.stderr
    files = [Path(line) for line in found.stdout.splitlines()]
    assert all(file.is_relative_to(built) and file.suffix in {".so", ".pyd"} for file in files), files
    done = run(built, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", OF_BEHAVIOUR, *PROPERTIES)
    assert done.returncode == 0, done.stdout[-4_000:] + done.stderr


@pytest.mark.parametrize("module", compiled.modules())
def test_what_is_to_be_compiled_lies_on_the_pure_floors(module: str) -> None:
    assert module.partition(".")[0] in {"schemas", "projections"}
    assert (compiled.ROOT / f"{module.replace('.', '/')}.py").is_file()


def test_without_a_compiler_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "make compiler" in compiled.lacking()
