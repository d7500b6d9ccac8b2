"""Places are decided by definition, ties by what the reader asked for, and nothing by chance."""

from collections.abc import Collection

from hypothesis import given
from hypothesis import strategies as st

from projections.boards import Ranked, Ties, rank

Values = dict[int, int | float | None]
UNASSIGNED = 0
VALUES = st.dictionaries(st.integers(1, 12), st.integers(-3, 3) | st.none(), max_size=12)
TIES = st.sampled_from(("standard", "dense", "first"))


def ranks(values: Values, ties: Ties = "standard", *, least_first: bool = False) -> dict[object, int | None]:
    return {row.who: row.rank for row in rank(values, ties, least_first=least_first)}


def worked(ties: Ties) -> list[tuple[object, int | None]]:
    return [(row.who, row.rank) for row in rank({4: 1, 3: 5, 2: 5, 1: 9}, ties, reached=lambda _: {3: 1, 2: 2})]


def test_ties_are_standard_dense_or_first() -> None:
    assert worked("standard") == [(1, 1), (2, 2), (3, 2), (4, 4)]
    assert worked("dense") == [(1, 1), (2, 2), (3, 2), (4, 3)]
    assert worked("first") == [(1, 1), (3, 2), (2, 3), (4, 4)]


@given(VALUES, st.booleans())
def test_a_standard_rank_is_one_more_than_how_many_are_better(values: Values, least_first: bool) -> None:
    placed = {who: value for who, value in values.items() if value is not None}
    sign = -1 if least_first else 1
    found = ranks(values, least_first=least_first)
    for who, value in placed.items():
        assert found[who] == 1 + sum(sign * other > sign * value for other in placed.values())


@given(VALUES, st.booleans())
def test_a_dense_rank_is_one_more_than_how_many_better_values_there_are(values: Values, least_first: bool) -> None:
    placed = {who: value for who, value in values.items() if value is not None}
    sign = -1 if least_first else 1
    found = ranks(values, "dense", least_first=least_first)
    for who, value in placed.items():
        assert found[who] == 1 + len({other for other in placed.values() if sign * other > sign * value})


@given(VALUES, st.dictionaries(st.integers(1, 12), st.integers(1, 3)))
def test_who_got_there_first_stands_higher_then_who_has_the_lower_id(values: Values, days: dict[int, int]) -> None:
    found = rank(values, "first", reached=lambda tied: {who: days[who] for who in tied if who in days})
    placed = [row for row in found if row.rank is not None]
    assert [row.rank for row in placed] == list(range(1, len(placed) + 1))
    wanted = {who: value for who, value in values.items() if value is not None}
    assert [row.who for row in placed] == sorted(wanted, key=lambda who: (-wanted[who], days.get(who, 99), who))


@given(VALUES, TIES, st.randoms())
def test_the_order_in_which_values_come_changes_nothing(values: Values, ties: Ties, chance: object) -> None:
    shuffled = list(values.items())
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # a random.Random, as Hypothesis makes it
    assert rank(dict(shuffled), ties) == rank(values, ties)


@given(VALUES, TIES)
def test_everyone_has_one_row_and_keeps_the_value(values: Values, ties: Ties) -> None:
    found = rank(values, ties)
    assert len(found) == len(values)
    assert {row.who: row.value for row in found} == values


@given(VALUES, TIES, st.integers(-3, 3))
def test_unassigned_comes_last_without_rank_or_name_and_takes_no_place(values: Values, ties: Ties, value: int) -> None:
    found = rank(values | {UNASSIGNED: value}, ties, unassigned=UNASSIGNED)
    assert found == [*rank(values, ties), Ranked(None, None, value)]


def test_unassigned_without_a_value_has_no_row() -> None:
    assert rank({UNASSIGNED: None, 1: 2}, unassigned=UNASSIGNED) == [Ranked(1, 1, 2)]


def test_who_has_no_value_follows_without_a_rank_by_id() -> None:
    assert rank({10: None, 9: None, 1: 4.5}, least_first=True) == [
        Ranked(1, 1, 4.5),
        Ranked(None, 9, None),
        Ranked(None, 10, None),
    ]


def test_zeros_follow_what_is_above_and_share_a_rank() -> None:
    assert rank({3: 0, 2: 7, 1: 0, 4: -1}) == [Ranked(1, 2, 7), Ranked(2, 1, 0), Ranked(2, 3, 0), Ranked(4, 4, -1)]


def test_fewer_days_stand_higher_where_least_comes_first() -> None:
    assert ranks({1: 12.0, 2: 3.5, 3: 12.0}, least_first=True) == {2: 1, 1: 2, 3: 2}


def test_ids_go_by_number_and_names_by_letter() -> None:
    assert [row.who for row in rank({10: 1, 9: 1})] == [9, 10]
    assert [row.who for row in rank({"b": 1, "a": 1, "": 1}, unassigned="")] == ["a", "b", None]


def test_days_are_asked_for_those_who_tie_only() -> None:
    asked: list[set[int]] = []

    def reached(tied: Collection[int]) -> dict[int, int]:
        asked.append(set(tied))
        return {}

    rank({1: 5, 2: 5, 3: 4, 4: 3, 5: 3}, "first", reached=reached)
    rank({1: 5, 2: 5}, "standard", reached=reached)
    rank({1: 5, 2: 4}, "first", reached=reached)
    assert asked == [{1, 2, 4, 5}]


def test_nobody_gives_no_rows() -> None:
    assert rank({}) == []
