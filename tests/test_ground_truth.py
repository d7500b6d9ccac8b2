"""Real input has one set of figures, in which import, replay and plain SQL agree.

That they are right, since somebody computed the same otherwise, is what test_ground_truth_crm.py and _bank.py show.
"""

import pytest

from tests.real_input import Made

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", ["made_maven", "made_local", "made_utc"])
def test_replaying_gives_the_same_figures(request: pytest.FixtureRequest, name: str) -> None:
    workspaces: Made = request.getfixturevalue(name)
    assert workspaces["imported"].printed["replay"].endswith("events replayed, the figures are the same\n")


@pytest.mark.parametrize(
    ("name", "stage"), [("made_maven", "imported"), ("made_local", "imported"), ("made_utc", "replayed")]
)
def test_three_ways_to_the_figures_agree(request: pytest.FixtureRequest, name: str, stage: str) -> None:
    workspaces: Made = request.getfixturevalue(name)
    assert workspaces[stage].ask("verify").startswith("all well: ")
