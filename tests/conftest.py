"""Tests must be repeatable and honest about what they leave out, so both are arranged here once for all of them."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.docs_runner import find_shared_data
from tests.real_input import BY_UTC, LOCAL, MAVEN, Workspace, made

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
def made_maven(shared_data: Path, folders: tuple[Path, Path]) -> dict[str, Workspace]:
    return made(MAVEN, shared_data, *folders)


@pytest.fixture(scope="session")
def made_local(shared_data: Path, folders: tuple[Path, Path]) -> dict[str, Workspace]:
    return made(LOCAL, shared_data, *folders)


@pytest.fixture(scope="session")
def made_utc(shared_data: Path, folders: tuple[Path, Path]) -> dict[str, Workspace]:
    return made(BY_UTC, shared_data, *folders)
