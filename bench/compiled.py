"""The compiled form of the fold as the published wheel has it, built in a folder apart: this tree stays Python.

Tests hold it to the same properties as the source (tests/test_compiled.py), and bench/fold.py measures it.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("schemas", "projections", "streams", "quotum", "pyproject.toml", "README.md", "LICENSE")
WITHOUT = shutil.ignore_patterns("__pycache__", "*.so", "*.pyd")
REMEDY = "a C compiler and Python's headers: `make compiler` installs them where it may, elsewhere gcc and python3-dev"


def lacking() -> str:
    """What the compiled form needs that this machine has not, with a remedy; empty where it can be built."""
    compiler = str(sysconfig.get_config_var("CC") or "cc").split()[0]
    headers = Path(sysconfig.get_path("include"), "Python.h")
    return "" if shutil.which(compiler) and headers.is_file() else f"needs {REMEDY}"


def build(folder: Path) -> Path:
    """The wheel built with its hook and unpacked: a folder to run Python in. Some half a minute."""
    source, built = folder / "source", folder / "built"
    source.mkdir()
    for name in PARTS:
        copy(name, source)
    words = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
    compiling = os.environ | {"HATCH_BUILD_HOOKS_ENABLE": "1"}
    done = subprocess.run(words, cwd=source, env=compiling, capture_output=True, text=True, check=False)  # noqa: S603 (our own words)
    if done.returncode:
        raise RuntimeError(f"the compiled form could not be built: {done.stdout}{done.stderr}")
    [wheel] = (source / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(built)
    return built


def copy(name: str, to: Path) -> None:
    """A file or folder of this tree, as Python, into another one."""
    if (ROOT / name).is_dir():
        shutil.copytree(ROOT / name, to / name, ignore=WITHOUT)
    else:
        shutil.copy(ROOT / name, to / name)


def modules() -> list[str]:
    """The names of what is compiled."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    paths: list[str] = project["tool"]["hatch"]["build"]["targets"]["wheel"]["hooks"]["mypyc"]["include"]
    return [path.removeprefix("/").removesuffix(".py").replace("/", ".") for path in paths]
