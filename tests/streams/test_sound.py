"""What is taken by its digest alone cannot hold anybody up; what a door lets in of what is counted is always so."""

from typing import Any

import pytest
from hypothesis import given

from schemas.facts import FEED, fact, registers
from schemas.log_events import Fact
from streams.sound import CHECKS, COUNTED, is_sound
from tests.histories import History, histories


def said(register: str, text: Any, entity: str = "deal:1", sequence: int = 0) -> Fact:  # noqa: ANN401 (any JSON)
    return Fact("case-1", entity.partition(":")[0], entity, FEED, (0, sequence, "e1"), {register: text})


@given(histories(min_size=1))
def test_whatever_a_door_lets_in_of_what_is_counted_is_sound(history: History) -> None:
    for one in (fact(event, layer) for event, layer in history):
        assert is_sound(one) == (one.entity.partition(":")[0] in COUNTED), one


@pytest.mark.parametrize("kind", sorted(COUNTED))
def test_every_register_of_what_is_counted_has_its_form(kind: str) -> None:
    assert registers(kind) <= CHECKS.keys()


@pytest.mark.parametrize(
    ("register", "text"),
    [
        ("shares", "1:1000000"),
        ("shares", "-"),
        ("shares", ""),
        ("closed_by", "2147483647:1000000"),
        ("shares", "1:500000,2:500000"),
        ("shares@2017-03-01@0@0@e1", "1:1000000"),
        ("shares@@0@0@e@1", "1:1000000"),
        ("closed", "2017-03-01"),
        ("closed", "2017-03-01T10:00:00.25Z"),
        ("amount", "-5.00 EUR"),
        ("amount", "5 JPY"),
        ("amount", "5.00 HRK"),
        ("units", "-2.5"),
        ("product", "-"),
    ],
)
def test_what_the_fold_reads_is_sound(register: str, text: str) -> None:
    assert is_sound(said(register, text))


@pytest.mark.parametrize(
    ("register", "text"),
    [
        ("shares", "2147483648:1000000"),
        ("shares", "0:1000000"),
        ("shares", "Anna:1000000"),
        ("shares", "1:500000"),
        ("shares", "1:500000,1:500000"),
        ("shares", "1:0,2:1000000"),
        ("shares@2017-02-30@0@0@e1", "1:1000000"),
        ("shares@2017-03-01@0@0@e1", "one"),
        ("closed", "-"),
        ("closed", "2017-W01-1"),
        ("closed", "2017-02-30"),
        ("closed", "2017-03-01T10:00:00"),
        ("closed", "2017-03-01T25:00:00Z"),
        ("closed", 5),
        ("amount", "-"),
        ("amount", "5.00 XYZ"),
        ("amount", "5.00"),
        ("amount", "9999999999999999 EUR"),
        ("units", "1e5"),
        ("units", "99999999999"),
        ("product", None),
        ("zone", "Mars"),
    ],
)
def test_what_the_fold_cannot_read_or_history_cannot_hold_is_not_sound(register: str, text: object) -> None:
    assert not is_sound(said(register, text))


@pytest.mark.parametrize(("sequence", "is_kept"), [(2**63 - 1, True), (-(2**63), True), (2**63, False)])
def test_a_sequence_has_to_fit_into_history(sequence: int, is_kept: bool) -> None:
    assert is_sound(said("product", "x", sequence=sequence)) is is_kept


@pytest.mark.parametrize("entity", ["rep:1", "team:abc", "workspace:quotum", "target:1", "nothing"])
def test_what_decides_for_everybody_is_always_read_with_care(entity: str) -> None:
    assert not is_sound(said("product", "x", entity))
