"""People and teams are exported like anything else, but for names, which go into the vault, and first days."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.files import mapping_of, refused
from tests.streams.exports import Feed

TEAMS = """\
source = "hr"
form = "snapshot"

[[event]]
type = "team.formed"
data.team = "{team}"
data.name = "{name}"
data.region = "{region}"

[[event]]
type = "rep.joined"
data.rep = "{rep}"
data.team = "{team}"
data.day = "{since}"
"""


@pytest.fixture
def teams(tmp_path: Path) -> Iterator[Feed]:
    with Feed(tmp_path, TEAMS, "rep,team,name,region,since") as it:
        yield it


def test_a_rep_with_another_team_from_the_same_day_on_belongs_to_it(teams: Feed) -> None:
    teams.export("ann,t1,One,West,2026-01-01", "bob,t1,One,West,2026-01-01")
    assert teams.export("ann,t2,Two,West,2026-01-01", "bob,t1,One,West,2026-01-01") == [
        ("team.formed", "team:4", {"team": "Two", "region": "West"}),
        ("rep.joined", "rep:2", {"rep": "ann", "team": "Two", "day": "2026-01-01"}),
    ]
    names = teams.books.vault.labels()
    stays = teams.books.organisation().stays
    assert {names[stay.rep]: names[stay.team] for stay in stays} == {"ann": "Two", "bob": "One"}


def test_a_rep_without_a_team_any_more_is_in_none(teams: Feed) -> None:
    teams.export("ann,t1,One,West,2026-01-01")
    teams.mapping = mapping_of(teams.folder, TEAMS[: TEAMS.index("[[event]]")] + TEAMS[TEAMS.rindex("[[event]]") :])
    assert teams.export("ann,,,,2026-01-01") == [
        ("rep.joined", "rep:2", {"rep": "ann", "day": "2026-01-01", "team": None})
    ]
    assert [stay.team for stay in teams.books.organisation().stays] == [0]


def test_another_name_goes_into_the_vault_and_not_into_the_log(teams: Feed) -> None:
    teams.export("ann,t1,One,West,2026-01-01")
    assert teams.export("ann,t1,Uno,West,2026-01-01") == []
    assert teams.books.vault.labels("team") == {1: "Uno"}


def test_a_region_that_is_emptied_and_a_first_day_that_moves_are_refused(teams: Feed) -> None:
    teams.export("ann,t1,One,West,2026-01-01")
    assert teams.export("ann,t1,One,,2026-01-01") == []
    assert refused(teams.path)[0]["reason"].startswith("the file no longer says region of team:")
    teams.export("ann,t1,One,West,2026-02-01")
    (row,) = refused(teams.path)
    assert row["reason"].startswith("the file no longer says team@2026-01-01 of rep:")
    assert row["remedy"] == "keep it in the export, or tell rep.left in the mapping"


def test_two_rows_with_two_regions_of_one_team_are_refused_with_both_lines(teams: Feed) -> None:
    teams.export("ann,t1,One,West,2026-01-01", "bob,t1,One,East,2026-01-01")
    assert refused(teams.path)[0]["reason"] == "line 2 of this file says otherwise about region of team:1"
