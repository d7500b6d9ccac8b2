"""The made-up team: big enough for a board, small enough for a page."""

from datetime import date

from quotum.demo.team import PRODUCTS, REPS, TEAMS, organisation


def test_fourteen_reps_sell_in_three_teams_of_two_regions() -> None:
    assert len({rep.id for rep in REPS}) == len({rep.name for rep in REPS}) == 14
    assert {rep.team for rep in REPS} == {team.id for team in TEAMS}
    assert (len(TEAMS), len({team.region for team in TEAMS})) == (3, 2)


def test_nobody_is_as_good_as_the_next_and_everything_has_a_price() -> None:
    assert len({(rep.drive, rep.luck) for rep in REPS}) > 10
    assert all(product.price_cents > 0 and product.most > 0 for product in PRODUCTS)


def test_the_organisation_tells_all_teams_before_all_reps() -> None:
    kinds = [kind for kind, _ in organisation(date(2026, 9, 1))]
    assert kinds == ["quotum.team.formed.v1"] * 3 + ["quotum.rep.joined.v1"] * 14
