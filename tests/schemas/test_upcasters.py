"""What an old version said is read in today's words, step by step, and what is of today is left alone."""

from typing import Any

import pytest

from schemas.events import EVENTS
from schemas.upcasters import UPCASTERS, Upcaster, upcast


def euros(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "currency": "EUR"}


def as_money(data: dict[str, Any]) -> dict[str, Any]:
    return {"id": data["id"], "amount": {"value": data["amount"], "currency": data["currency"]}}


CHAIN: dict[str, tuple[str, Upcaster]] = {
    "quotum.sale.made.v1": ("quotum.sale.made.v2", euros),
    "quotum.sale.made.v2": ("quotum.sale.made.v3", as_money),
}
FIRST = {"id": "7", "amount": "12.50"}
SECOND = {**FIRST, "currency": "USD"}
THIRD = {"id": "7", "amount": {"value": "12.50", "currency": "EUR"}}


def test_the_oldest_version_goes_through_every_step() -> None:
    assert upcast("quotum.sale.made.v1", FIRST, CHAIN) == ("quotum.sale.made.v3", THIRD)


def test_a_version_in_between_goes_through_the_steps_that_are_left() -> None:
    kind, data = upcast("quotum.sale.made.v2", SECOND, CHAIN)
    assert kind == "quotum.sale.made.v3"
    assert data == {**THIRD, "amount": {"value": "12.50", "currency": "USD"}}


def test_what_is_present_comes_back_untouched() -> None:
    kind, data = upcast("quotum.sale.made.v3", THIRD, CHAIN)
    assert kind == "quotum.sale.made.v3"
    assert data is THIRD


def test_what_was_said_long_ago_is_not_changed_by_reading_it() -> None:
    first = dict(FIRST)
    upcast("quotum.sale.made.v1", first, CHAIN)
    assert first == FIRST


@pytest.mark.parametrize("kind", sorted(EVENTS))
def test_no_event_of_today_is_taken_for_an_old_one(kind: str) -> None:
    data = {"id": "7"}
    assert upcast(kind, data) == (kind, data)


@pytest.mark.parametrize("upcasters", [UPCASTERS, CHAIN], ids=["ours", "the example"])
def test_every_chain_ends(upcasters: dict[str, tuple[str, Upcaster]]) -> None:
    for start in upcasters:
        seen, kind = set[str](), start
        while kind in upcasters:
            assert kind not in seen, f"{start} never ends"
            seen.add(kind)
            kind = upcasters[kind][0]


def test_every_chain_of_ours_ends_in_an_event_of_today() -> None:
    assert {kind for kind, _ in UPCASTERS.values()} <= {*UPCASTERS, *EVENTS}
