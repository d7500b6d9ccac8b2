"""All expected figures of the real input again, out of histories that followed a log on a real broker.

The tests are those of tests/test_ground_truth_crm.py and _bank.py; only where the figures come from differs.
"""

from pathlib import Path

import pytest

from tests import test_ground_truth_bank, test_ground_truth_crm
from tests.kafka.real_input import made_live
from tests.real_input import BY_UTC, LOCAL, MAVEN, Made, Workspace


@pytest.fixture(scope="session")
def crm(made_maven: Made, folders: tuple[Path, Path], broker: str) -> Workspace:
    return made_live(MAVEN, made_maven["imported"], broker, *folders)


@pytest.fixture(scope="session")
def bank(made_local: Made, folders: tuple[Path, Path], broker: str) -> Workspace:
    return made_live(LOCAL, made_local["imported"], broker, *folders)


@pytest.fixture(scope="session")
def bank_by_utc(made_utc: Made, folders: tuple[Path, Path], broker: str) -> Workspace:
    return made_live(BY_UTC, made_utc["imported"], broker, *folders)


@pytest.fixture
def maven(crm: Workspace) -> Workspace:
    return crm


@pytest.fixture
def local(bank: Workspace) -> Workspace:
    return bank


@pytest.fixture
def by_utc(bank_by_utc: Workspace) -> Workspace:
    return bank_by_utc


for truths in (test_ground_truth_crm, test_ground_truth_bank):
    theirs = {name: test for name, test in vars(truths).items() if name.startswith("test_")}
    assert not theirs.keys() & globals().keys(), "of two tests of one name only the second would be run"
    globals().update(theirs)


@pytest.mark.parametrize("name", ["crm", "bank", "bank_by_utc"])
def test_three_ways_to_the_figures_agree_and_a_replay_changes_none(request: pytest.FixtureRequest, name: str) -> None:
    workspace: Workspace = request.getfixturevalue(name)
    assert workspace.ask("verify").startswith("all well: ")
    assert workspace.ask("replay").endswith("events replayed, the figures are the same\n")
