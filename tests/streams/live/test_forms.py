"""A trail that was put into bytes goes on as if it had never been, and the same state is always the same bytes."""

import random
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.entities import State, evolve
from projections.postings import Cell
from projections.trail import Trail
from schemas.log_events import Fact
from streams.live.forms import (
    FORM,
    Counted,
    FormError,
    Parts,
    cell_key,
    cell_value,
    counted_key,
    counted_value,
    is_counted_key,
    part,
    read_cell_key,
    read_cell_value,
    read_counted_key,
    read_counted_value,
    read_part,
    read_trail,
    state_key,
    trail_value,
)
from tests.projections.strategies import AMSTERDAM, folded, histories, told

MANY = settings(max_examples=400)
NO_DIMS = ("", "", "", "", "", None)
A_CALL = told("call.logged", id="c1", day="2017-03-01", rep=1)
integers = st.integers(-(2**63), 2**63 - 1)
cells: st.SearchStrategy[Cell] = st.tuples(
    st.integers(0, 2**31 - 1),
    integers,
    st.text(),
    st.text(),
    st.tuples(st.text(), st.text(), st.text(), st.text(), st.text(), st.none() | integers),
)


def parts(state: State) -> Parts:
    return {name: found for name, entity in state.items() if (found := part(entity))}


def again(state: State) -> State:
    """The state by way of its bytes."""
    return {name: read_part(name, found) for name, found in read_trail(trail_value(parts(state))).items()}


def registers(state: State) -> dict[str, object]:
    """What there is to know of entities; of one that nothing was said of there is nothing."""
    found = {name: (dict(one.feed), dict(one.person), one.stepped) for name, one in state.items()}
    return {name: one for name, one in found.items() if one[0] or one[1]}


# Trails


@MANY
@given(histories, histories)
def test_a_trail_restored_from_its_bytes_goes_on_as_the_one_they_were_made_of(
    before: list[Fact], after: list[Fact]
) -> None:
    first, state = Trail(AMSTERDAM), folded(before)
    for one in before:
        first.post(one)
    second = Trail.of(again(state), AMSTERDAM)
    assert registers(second.state) == registers(state)
    assert [second.post(one) for one in after] == [first.post(one) for one in after]
    assert registers(second.state) == registers(first.state)
    assert parts_as_bytes(second.state) == parts_as_bytes(first.state)


def parts_as_bytes(state: State) -> bytes:
    return trail_value(parts(state))


@MANY
@given(histories, st.randoms(use_true_random=False))
def test_the_same_state_is_the_same_bytes_in_whatever_order_and_however_often_events_came(
    history: list[Fact], chance: random.Random
) -> None:
    other = history + chance.choices(history, k=3) if history else []
    chance.shuffle(other)
    state: State = {}
    for one in other:
        evolve(state, one)
        if chance.random() < 1 / 4:
            state = again(state)
    assert parts_as_bytes(state) == parts_as_bytes(folded(history))


@MANY
@given(histories)
def test_another_state_is_other_bytes(history: list[Fact]) -> None:
    states = [folded(history[:size]) for size in range(len(history) + 1)]
    for before, after in pairwise(states):
        assert (parts_as_bytes(before) == parts_as_bytes(after)) == (registers(before) == registers(after))


def test_most_entities_take_little_more_than_what_they_say() -> None:
    value = parts_as_bytes(folded([A_CALL]))
    said = sum(len(name) + len(text) for name, text in (*A_CALL.writes.items(), (A_CALL.entity, A_CALL.stamp[2])))
    assert len(value) < said + 30


def test_an_entity_that_says_nothing_is_not_written() -> None:
    assert parts(folded([told("correction.withdrawn", entity="call:c1")])) == {}


def test_deals_and_offers_of_a_trail_lie_together_by_the_key_of_its_events_and_all_else_by_itself() -> None:
    trail = "zaak-ä".encode()
    assert state_key("zaak-ä", "deal:1", "deal") == state_key("zaak-ä", "offer:1", "offer") == trail
    by_itself = {state_key("zaak-ä", f"{kind}:{number}", kind) for kind in ("call", "lead") for number in range(2)}
    assert len(by_itself) == 4
    assert all(key.startswith(trail) and not _is_text(key) for key in by_itself)


def _is_text(key: bytes) -> bool:
    try:
        return bool(key.decode())
    except UnicodeDecodeError:
        return False


# Cells


@MANY
@given(st.integers(0, 2**31 - 1), cells)
def test_a_key_tells_its_partition_and_its_cell(partition: int, cell: Cell) -> None:
    assert read_cell_key(cell_key(partition, cell)) == (partition, cell)


def test_partitions_have_keys_of_their_own() -> None:
    assert cell_key(0, (1, 2, "calls", "owner", NO_DIMS)) != cell_key(1, (1, 2, "calls", "owner", NO_DIMS))


@MANY
@given(st.integers() | integers, st.integers(0, 2**63 - 1))
def test_an_amount_of_any_size_is_read_again_with_its_position(amount: int, next_offset: int) -> None:
    value = cell_value(amount, next_offset)
    assert value is None if not amount else read_cell_value(value or b"") == (amount, next_offset)


# What is not of this form

NEWER = bytes([FORM + 1]) + b"\x93\x01\x02\x03"


@given(partition=st.integers(0, 10_000), next_offset=st.integers(0, 2**63 - 1), known_at=integers, cell=cells)
def test_up_to_where_cells_count_lies_beside_them_and_is_never_taken_for_one(
    partition: int, next_offset: int, known_at: int, cell: Cell
) -> None:
    key = counted_key(partition)
    assert is_counted_key(key)
    assert not is_counted_key(cell_key(partition, cell))
    assert read_counted_key(key) == partition
    assert read_counted_value(counted_value(Counted(next_offset, known_at))) == (next_offset, known_at)
    with pytest.raises(FormError):
        read_cell_key(key)
    with pytest.raises(FormError):
        read_counted_key(cell_key(partition, cell))


@pytest.mark.parametrize("read", [read_trail, read_cell_value, read_counted_value])
def test_a_newer_form_is_refused_and_says_what_to_do(read: object) -> None:
    assert callable(read)
    said = rf"newer Quotum wrote this \(form {FORM + 1}, and this one knows {FORM}\): upgrade"
    with pytest.raises(FormError, match=said):
        read(NEWER)


@pytest.mark.parametrize("read", [read_trail, read_cell_value, read_counted_value])
def test_an_older_form_is_refused_and_says_what_to_do(read: object) -> None:
    assert callable(read)
    with pytest.raises(
        FormError, match=rf"older Quotum wrote this \(form 1, and this one knows {FORM}\): have workers"
    ):
        read(b"\x01\x80")


@pytest.mark.parametrize("read", [read_trail, read_cell_value, read_counted_value])
@pytest.mark.parametrize(
    "value", [b"", b"\x00\x80", bytes([FORM]), bytes([FORM]) + b"\xc1", bytes([FORM]) + b"\x91\xc0"]
)
def test_bytes_of_something_else_are_refused(read: object, value: bytes) -> None:
    assert callable(read)
    with pytest.raises(FormError, match="no state and no cell"):
        read(value)


@pytest.mark.parametrize("value", [b"", b"\x80", b"\x92\x90", b"\x92\x91\x93\x01\x02\x03\x90"])
def test_a_part_that_is_none_is_refused(value: bytes) -> None:
    with pytest.raises(FormError, match="no state and no cell"):
        read_part("call:1", msgspec.Raw(value))


@pytest.mark.parametrize("key", [b"", b"\x90", cell_key(0, (1, 2, "calls", "owner", NO_DIMS))[:-1]])
def test_a_key_that_is_none_is_refused(key: bytes) -> None:
    with pytest.raises(FormError, match="no state and no cell"):
        read_cell_key(key)
