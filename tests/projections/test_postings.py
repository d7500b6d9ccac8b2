"""Figures are sums of postings, so what is added to what was there must come to what is there now."""

from hypothesis import given
from hypothesis import strategies as st

from projections.postings import Cell, Line, Lines, Posting, add_lines, differences

DIMS = ("spring", "phone", "", "new", "", None)
LINES: list[Line] = [
    ("calls", "owner", rep, day, at, DIMS) for rep in (1, 2) for day in (17226, 17227) for at in (None, 60_000_000)
]


def counted(amounts: dict[Line, int]) -> Lines:
    return [("call:c1", line, amount) for line, amount in amounts.items()]


amounts = st.dictionaries(st.sampled_from(LINES), st.integers(-3, 3).filter(bool)).map(counted)


@given(amounts, amounts)
def test_differences_added_to_what_counted_come_to_what_counts(before: Lines, after: Lines) -> None:
    moved = differences(before, after)
    sums: dict[tuple[str, Line], int] = {}
    for entity, line, amount in [*before, *moved]:
        sums[entity, line] = sums.get((entity, line), 0) + amount
    assert {key: amount for key, amount in sums.items() if amount} == {(one[0], one[1]): one[2] for one in after}
    assert all(amount for *_, amount in moved)
    assert len({line for _, line, _ in moved}) == len(moved)


@given(amounts)
def test_what_counts_as_it_did_moves_nothing(own: Lines) -> None:
    assert list(differences(own, own)) == []


def test_a_figure_is_by_day_whatever_the_entity_and_the_instant() -> None:
    morning, evening = (("calls", "owner", 1, 17226, at, DIMS) for at in (60_000_000, 120_000_000))
    own: list[Posting] = [("call:c1", morning, 1), ("call:c2", evening, 2)]
    cells: dict[Cell, int] = {(1, 17226, "calls", "owner", DIMS): 4}
    add_lines(cells, own)
    assert cells == {(1, 17226, "calls", "owner", DIMS): 7}
