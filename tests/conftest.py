"""Tests must be repeatable and honest about what they leave out, so both are arranged here once for all of them."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.docs_runner import find_shared_data
from tests.real_input import BY_UTC, LOCAL, MAVEN, STAGES, Expected, Made, Row, made, truth

# A deadline would fail a right answer on a slow machine; speed is measured in bench/.
settings.register_profile("default", deadline=None, print_blob=True)
settings.register_profile("ci", deadline=None, print_blob=True, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real input with known answers, beside the repository or where QUOTUM_SHARED_DATA says."""
    folder = find_shared_data()
    if folder is None:
        pytest.skip("needs ../shared/data beside the repository, or QUOTUM_SHARED_DATA saying where it is")
    return folder


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Where all workers share what was made, and where this one keeps its own; the same where there is one worker."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if own.name.startswith("popen-") else own
    for folder in (shared / "made", own / "asked"):
        folder.mkdir(exist_ok=True)
    return shared / "made", own / "asked"


@pytest.fixture(scope="session")
def made_maven(shared_data: Path, folders: tuple[Path, Path]) -> Made:
    return made(MAVEN, shared_data, *folders)


@pytest.fixture(scope="session")
def made_local(shared_data: Path, folders: tuple[Path, Path]) -> Made:
    return made(LOCAL, shared_data, *folders)


@pytest.fixture(scope="session")
def made_utc(shared_data: Path, folders: tuple[Path, Path]) -> Made:
    return made(BY_UTC, shared_data, *folders)


@pytest.fixture(params=STAGES)
def stage(request: pytest.FixtureRequest) -> str:
    """Workspaces are asked as they were imported, and again after a replay."""
    found: str = request.param
    return found


@pytest.fixture(scope="session")
def expected(shared_data: Path) -> Expected:
    def read(name: str) -> list[Row]:
        folder, _, file = name.partition("/")
        return list(truth(shared_data / folder / "ground_truth" / f"{file}.csv"))

    return read
