"""Tests must be repeatable and honest about what they leave out, so both are arranged here once for all of them."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.docs_runner import find_shared_data

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
