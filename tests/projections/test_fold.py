"""What the fold promises of any history; the figures worked by hand follow below.

`credits` is the specification; `Trail` must agree with it after every event.
"""

import random
from collections import Counter
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from projections import fold, shares
from projections.fold import Cell, Entity, Line, Lines, Posting, State, Trail, credits, join, lines  # noqa: A004 (the domain's own word)
from projections.metrics import median
from projections.shares import UNASSIGNED, Holders, Statement, holder_on, statement, statements
from schemas.facts import FEED, PERSON, Fact
from schemas.moments import Calendar
from tests.projections.strategies import (
    AMSTERDAM,
    DAYS,
    DEALS,
    ENTITIES,
    LAST,
    MARCH_1,
    REPS,
    dated_facts,
    facts,
    feed_facts,
    folded,
    histories,
    person_facts,
    summed,
    told,
)

MANY = settings(max_examples=400)
CREDITED = {"deals_won", "deals_lost", "revenue", "units", "cycle_days_median"}


def posted(history: list[Fact], calendar: Calendar = AMSTERDAM) -> tuple[Trail, list[Posting]]:
    trail = Trail(calendar)
    return trail, [posting for one in history for posting in trail.post(one)]


def cells_of(history: list[Fact], calendar: Calendar = AMSTERDAM) -> dict[Cell, int]:
    """The figures, by both ways at once."""
    trail, postings = posted(history, calendar)
    cells = credits(trail.state, calendar)
    assert summed(postings) == cells
    return cells


def registers(state: State) -> dict[str, object]:
    return {name: (entity.feed, entity.person) for name, entity in state.items()}


def specified(state: State) -> dict[str, Lines]:
    """What each entity counts for, from scratch: the rules again, with nothing kept."""

    def held(entity: Entity, day: int) -> Holders:
        return holder_on(day, statements(entity.layers, AMSTERDAM))

    placed = [fold.place_of(entity, AMSTERDAM) for entity in state.values() if entity.kind == "offer"]
    found: dict[str, Lines] = {}
    for entity in state.values():
        closing, sold = fold.place_of(entity, AMSTERDAM), UNASSIGNED
        before = [place for place in placed if place and closing and fold.is_before(place, closing)]
        if before:
            sold = held(state[max(before)[3]], max(before)[0])
        found[entity.name] = lines(entity, AMSTERDAM, held, sold)
    return found


# Properties


@MANY
@given(histories, st.randoms(use_true_random=False))
def test_any_order_and_any_duplicates_give_the_same_cells(history: list[Fact], chance: random.Random) -> None:
    other = history + chance.choices(history, k=3) if history else []
    chance.shuffle(other)
    assert cells_of(other) == cells_of(history)
    assert registers(folded(other)) == registers(folded(history))


@MANY
@given(histories, histories)
def test_joining_two_states_is_folding_the_union_of_their_events(ours: list[Fact], theirs: list[Fact]) -> None:
    union = folded(ours + theirs)
    joined = join(folded(ours), folded(theirs))
    assert registers(joined) == registers(union)
    assert credits(joined, AMSTERDAM) == credits(union, AMSTERDAM)
    assert registers(join(joined, folded(theirs))) == registers(union)
    assert registers(join(folded(theirs), folded(ours))) == registers(union)


@settings(max_examples=600)
@given(histories)
def test_incremental_postings_sum_to_the_specification_after_every_event(history: list[Fact]) -> None:
    trail, state = Trail(AMSTERDAM), dict[str, Entity]()
    sums: dict[str, Counter[Line]] = {}
    for one in history:
        for name, line, amount in trail.post(one):
            assert amount
            sums.setdefault(name, Counter())[line] += amount
        fold.evolve(state, one)
        for name, expected in specified(state).items():
            assert list(trail.state[name].lines) == expected
            assert len({line for _, line, _ in expected}) == len(expected)
            added = sums.get(name, Counter())
            assert {line: amount for line, amount in added.items() if amount} == {
                line: amount for _, line, amount in expected
            }


@MANY
@given(histories)
def test_a_trail_begun_anew_from_its_own_events_says_the_same(history: list[Fact]) -> None:
    trail, postings = posted(history)
    again, second = posted(history)
    assert postings == second
    assert registers(trail.state) == registers(again.state)
    assert all(not again.post(one) for one in history)


@MANY
@given(histories, histories)
def test_a_trail_goes_on_from_a_state_as_if_it_had_posted_what_made_it(before: list[Fact], after: list[Fact]) -> None:
    posted_all, _ = posted(before)
    goes_on = Trail.of(folded(before), AMSTERDAM)
    assert (goes_on.offers, goes_on.closings) == (posted_all.offers, posted_all.closings)
    assert [goes_on.post(one) for one in after] == [posted_all.post(one) for one in after]
    assert registers(goes_on.state) == registers(posted_all.state)


@MANY
@given(histories, st.lists(st.one_of(facts, dated_facts), max_size=4))
def test_a_trail_goes_on_from_the_part_that_events_can_move(before: list[Fact], after: list[Fact]) -> None:
    named = {one.entity for one in after}
    kinds = fold.PLACED if any(name.partition(":")[0] in fold.PLACED for name in named) else ()
    part = {name: one for name, one in folded(before).items() if name in named or one.kind in kinds}
    whole, _ = posted(before)
    goes_on = Trail.of(part, AMSTERDAM)
    assert [goes_on.post(one) for one in after] == [whole.post(one) for one in after]


@MANY
@given(histories, facts)
def test_a_trail_knows_exactly_what_would_change_nothing(history: list[Fact], another: Fact) -> None:
    trail, _ = posted(history)
    assert all(trail.knows(one) for one in history)
    knows = trail.knows(another)
    assert knows == (fold.evolve(trail.state, another) is None)


@MANY
@given(st.lists(facts, min_size=2, max_size=4))
def test_the_same_id_with_other_content_gives_one_answer_in_any_order(history: list[Fact]) -> None:
    stamp = history[0].stamp
    same_id = [replace(one, stamp=stamp) for one in history]
    assert len({frozenset(cells_of(list(order)).items()) for order in permutations(same_id)}) == 1


@MANY
@given(st.lists(feed_facts, max_size=12), st.lists(person_facts, max_size=4), st.randoms(use_true_random=False))
def test_a_correction_by_a_person_outlives_later_feed_events_until_withdrawn(
    feed: list[Fact], corrections: list[Fact], chance: random.Random
) -> None:
    history = feed + corrections
    chance.shuffle(history)
    state, alone = folded(history), folded(corrections)
    for name, entity in alone.items():
        for register in entity.person:
            if entity.read(register):
                assert state[name].read(register) == entity.read(register)
    withdrawn = [told("correction.withdrawn", time=LAST, layer=PERSON, entity=name) for name in ENTITIES]
    history += withdrawn
    chance.shuffle(history)
    assert cells_of(history) == cells_of(feed)


@MANY
@given(st.lists(facts, max_size=12), st.sampled_from(DAYS), st.sampled_from([FEED, PERSON]), st.sampled_from(DEALS))
def test_handing_an_account_over_moves_no_past_win(history: list[Fact], day: str, layer: int, deal: str) -> None:
    handed_over = told("deal.reassigned", time=LAST, layer=layer, id=deal, rep=9, day=day)
    first = MARCH_1 + DAYS.index(day)
    before, after = cells_of(history), cells_of([*history, handed_over])
    assert {cell: amount for cell, amount in after.items() if cell[1] < first} == {
        cell: amount for cell, amount in before.items() if cell[1] < first
    }
    assert all(cell[3] == "owner" for cell in after.keys() - before.keys())


@MANY
@given(st.lists(facts, max_size=12), st.sampled_from(DEALS))
def test_unwinning_leaves_no_trace_in_the_sums(history: list[Fact], deal: str) -> None:
    name = f"deal:{deal}"
    trail, postings = posted([*history, told("deal.reopened", time=LAST, layer=PERSON, id=deal)])
    assert not {line for _, line, _ in trail.state[name].lines if line[0] in CREDITED}
    sums: Counter[Line] = Counter()
    for entity, line, amount in postings:
        if entity == name and line[0] in CREDITED:
            sums[line] += amount
    assert not any(sums.values())


@MANY
@given(st.lists(facts, max_size=10), st.sampled_from(DAYS), st.sampled_from(REPS), st.randoms(use_true_random=False))
def test_a_win_that_was_taken_back_is_as_if_it_never_was(
    history: list[Fact], day: str, rep: int, chance: random.Random
) -> None:
    won = told("deal.won", time="2017-05-01T00:00:00Z", id="d3", rep=rep, day=day)
    reopened = told("deal.reopened", time="2017-05-02T00:00:00Z", id="d3")
    both = [*history, won, reopened]
    chance.shuffle(both)
    assert cells_of(both) == cells_of(history)


@MANY
@given(st.lists(dated_facts, max_size=12))
def test_a_date_only_day_stays_in_every_zone(history: list[Fact]) -> None:
    zones = ("Europe/Amsterdam", "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/St_Johns", "UTC")
    in_zones = [cells_of(history, Calendar(zone)) for zone in zones]
    assert all(cells == in_zones[0] for cells in in_zones)


@MANY
@given(histories)
def test_every_basis_cuts_the_same_whole(history: list[Fact]) -> None:
    wholes: dict[str, Counter[tuple[object, ...]]] = {}
    for (_, day, metric, basis, dims), amount in cells_of(history).items():
        if metric in CREDITED:
            wholes.setdefault(basis, Counter())[day, metric, dims] += amount
    kept = [{of: amount for of, amount in whole.items() if amount} for whole in wholes.values()]
    assert all(whole == kept[0] for whole in kept)


@MANY
@given(histories, st.sampled_from(["deal:unheard of", "quote:1", "correction:d1", "rep:7"]))
def test_an_entity_nobody_heard_of_counts_for_nothing(history: list[Fact], entity: str) -> None:
    withdrawn = told("correction.withdrawn", layer=PERSON, entity=entity)
    assert cells_of([withdrawn, *history]) == cells_of(history)


@given(
    histories,
    st.lists(st.sampled_from(["shares@", "shares@x", "shares@2017-03-02@0@0@e", "team@", "no such"]), min_size=1),
)
def test_withdrawing_what_no_event_can_write_changes_nothing(history: list[Fact], fields: list[str]) -> None:
    withdrawn = told("correction.withdrawn", time=LAST, layer=PERSON, entity="deal:d1", fields=fields)
    more = told("deal.reassigned", time="2018-01-02T00:00:00Z", id="d1", rep=2, day="2017-03-02")
    assert cells_of([*history, withdrawn, more]) == cells_of([*history, more])


def test_withdrawing_by_the_name_of_the_mark_changes_nothing() -> None:
    opened = told("deal.opened", layer=PERSON, id="d", day="2017-03-01", rep=1)
    withdrawn = told("correction.withdrawn", time=LAST, layer=PERSON, entity="deal:d", fields=["shares-"])
    assert cells_of([opened, withdrawn]) == cells_of([opened])


@given(histories)
def test_events_are_not_changed_by_what_is_folded_after_them(history: list[Fact]) -> None:
    before = [replace(one, writes=dict(one.writes)) for one in history]
    posted(history)
    assert history == before


def test_an_amount_stays_readable_when_its_currency_is_no_longer_in_use() -> None:
    won = told("deal.won", id="d", day="2017-03-01", amount={"value": "5.00", "currency": "EUR"})
    before = replace(won, writes={name: text.replace("EUR", "HRK") for name, text in won.writes.items()})
    assert figures([before], "revenue") == {0: 500}


def test_the_next_offer_of_a_day_leaves_the_wins_before_it_to_the_one_before() -> None:
    history = [
        told("offer.sent", id="a", day="2017-03-01", rep=1),
        told("offer.sent", sequence=6, id="b", day="2017-03-02", rep=2),
        told("deal.won", sequence=5, id="d", day="2017-03-02"),
        told("offer.reassigned", time=LAST, id="a", rep=3),
    ]
    assert figures(history, "deals_won", "seller") == {3: 1_000_000}


def test_opening_again_by_a_person_leaves_what_was_handed_over_in_between() -> None:
    history = [
        told("deal.opened", time=at(1), layer=PERSON, id="d", day="2017-03-01", rep=1),
        told("deal.reassigned", time=at(2), id="d", day="2017-03-10", rep=2),
        told("deal.opened", time=at(3), layer=PERSON, id="d", day="2017-03-01", rep=3),
        told("deal.won", time=at(4), id="d", day="2017-03-12"),
    ]
    assert figures(history, "deals_opened") == {3: 1_000_000}
    assert figures(history, "deals_won") == {2: 1_000_000}


# By hand: who gets the credit

ONE, HALF = 1_000_000, 500_000
EUR_100 = {"value": "100.00", "currency": "EUR"}


def at(day: int, clock: str = "10:00:00") -> str:
    return f"2017-03-{day:02}T{clock}Z"


def figures(history: list[Fact], metric: str, basis: str = "owner") -> dict[int, int]:
    """A metric by rep, over all days."""
    found: Counter[int] = Counter()
    for (rep, _, name, by, _), amount in cells_of(history).items():
        if (name, by) == (metric, basis):
            found[rep] += amount
    return dict(found)


def by_day(history: list[Fact], metric: str, basis: str = "owner") -> dict[tuple[int, int], int]:
    """A metric by rep and day of March 2017."""
    found: Counter[tuple[int, int]] = Counter()
    for (rep, day, name, by, _), amount in cells_of(history).items():
        if (name, by) == (metric, basis):
            found[rep, day - MARCH_1 + 1] += amount
    return dict(found)


def sellers(*history: Fact) -> dict[int, int]:
    return figures(list(history), "deals_won", "seller")


def on(moment: str) -> dict[str, Any]:
    return {"day" if len(moment) == 10 else "at": moment}


def offer(id_: str, rep: int, moment: str, sequence: int = 0) -> Fact:
    return told("offer.sent", sequence=sequence, id=id_, rep=rep, **on(moment))


def win(moment: str, sequence: int = 0, **more: Any) -> Fact:  # noqa: ANN401 (the fields of a win)
    return told("deal.won", sequence=sequence, **{"id": "d", "rep": 7, "amount": EUR_100, **on(moment), **more})


@pytest.mark.parametrize(
    ("offers", "won", "seller"),
    [
        pytest.param(
            [offer("a", 1, at(1)), offer("b", 2, at(2)), offer("c", 3, at(4))], win(at(3)), 2, id="latest before"
        ),
        pytest.param([offer("b", 2, at(2)), offer("a", 1, at(1))], win(at(3)), 2, id="not the latest to arrive"),
        pytest.param(
            [offer("a", 1, at(2), 8), offer("b", 2, at(2), 9)], win(at(3)), 2, id="equal instants: by sequence"
        ),
        pytest.param([offer("a", 1, at(2), 9), offer("b", 2, at(2), 8)], win(at(3)), 1, id="by sequence, not by id"),
        pytest.param([offer("a", 1, at(3), 5)], win(at(3), 5), 1, id="at the win's instant and sequence"),
        pytest.param([offer("a", 1, at(3), 6)], win(at(3), 5), 0, id="at the win's instant, a sequence later"),
        pytest.param([], win(at(3)), 0, id="none: unassigned, no fallback"),
        pytest.param([offer("a", 1, at(4))], win(at(3)), 0, id="only after the win"),
        pytest.param([offer("a", 1, "2017-03-03")], win(at(3, "00:00:00")), 1, id="a date comes first in its day"),
        pytest.param([offer("a", 1, "2017-03-03")], win("2017-03-02"), 0, id="a date of the day after"),
        pytest.param(
            [offer("a", 1, at(3, "22:30:00"))], win("2017-03-03"), 1, id="a win by date comes last in its day"
        ),
        pytest.param([offer("a", 1, at(3, "23:30:00"))], win("2017-03-03"), 0, id="past midnight in Amsterdam"),
        pytest.param([offer("a", 1, at(3, "23:30:00"))], win("2017-03-04"), 1, id="and so on the day after"),
        pytest.param([offer("a", 1, "2017-03-03", 5)], win("2017-03-03", 5), 1, id="two dates, the same sequence"),
        pytest.param([offer("a", 1, "2017-03-03", 6)], win("2017-03-03", 5), 0, id="two dates: by sequence"),
        pytest.param(
            [offer("a", 1, "2017-03-03", 4), offer("b", 2, "2017-03-03", 6)], win("2017-03-03", 5), 1, id="three dates"
        ),
        pytest.param(
            [offer("a", 1, at(3, "08:00:00"), 9), offer("b", 2, "2017-03-03", 1)], win("2017-03-03", 5), 1, id="mixed"
        ),
        pytest.param([offer("b", 2, at(2), 5), offer("a", 1, at(2), 5)], win(at(3)), 2, id="equal in all: by id"),
    ],
)
def test_the_seller_made_the_latest_offer_before_the_win(offers: list[Fact], won: Fact, seller: int) -> None:
    opened = told("deal.opened", id="d", day="2017-03-01", rep=8)
    for order in permutations([*offers, won, opened]):
        assert sellers(*order) == {seller: ONE}
        assert figures(list(order), "revenue", "seller") == {seller: 100_00}


def test_an_offer_that_was_put_right_moves_the_seller() -> None:
    offers = [offer("a", 1, at(1)), offer("b", 2, at(2)), win(at(5))]
    assert sellers(*offers) == {2: ONE}
    assert sellers(*offers, told("offer.voided", id="b")) == {1: ONE}
    assert sellers(*offers, told("offer.voided", id="b"), told("offer.voided", id="a")) == {0: ONE}
    assert sellers(*offers, told("offer.amended", time=at(6), id="a", at=at(3))) == {1: ONE}
    assert sellers(*offers, told("offer.amended", time=at(6), id="b", at=at(6))) == {1: ONE}
    assert sellers(*offers, told("offer.amended", time=at(6), id="b", at=None)) == {1: ONE}
    assert sellers(*offers, told("offer.reassigned", time=at(6), id="b", rep=3)) == {3: ONE}
    assert sellers(*offers, told("offer.reassigned", time=at(6), id="b", rep=None)) == {0: ONE}
    assert sellers(*offers, told("offer.reassigned", time=at(6), id="b", rep=3, day="2017-03-02")) == {3: ONE}
    assert sellers(*offers, told("offer.reassigned", time=at(6), id="b", rep=3, day="2017-03-03")) == {2: ONE}


def test_each_deal_of_a_trail_has_its_own_seller() -> None:
    history = [offer("a", 1, at(1)), win(at(2), id="first"), offer("b", 2, at(3)), win(at(4), id="second")]
    lost = told("deal.lost", id="third", at=at(5), rep=7)
    assert by_day([*history, lost], "deals_won", "seller") == {(1, 2): ONE, (2, 4): ONE}
    assert by_day([*history, lost], "deals_lost", "seller") == {(2, 5): ONE}
    moved = told("deal.amended", time=at(9), id="second", closed_at=at(2, "12:00:00"))
    assert by_day([*history, lost, moved], "deals_won", "seller") == {(1, 2): 2 * ONE}


def test_a_trail_that_goes_on_knows_who_made_its_offers() -> None:
    before = [told("offer.sent", id="o1", day=DAYS[0], rep=1), told("deal.won", id="d1", day=DAYS[1])]
    moved = Trail.of(folded(before), AMSTERDAM).post(
        told("offer.reassigned", time=LAST, id="o1", day=DAYS[0], rep=None)
    )
    assert {(line[1], line[2]): amount for entity, line, amount in moved if entity == "deal:d1"} == {
        ("seller", 1): -1_000_000,
        ("seller", 0): 1_000_000,
    }


def test_an_offer_of_two_cuts_the_deal_in_two() -> None:
    shares = [{"rep": 2, "share": "0.5"}, {"rep": 1, "share": "0.5"}]
    history = [offer("a", 1, at(1)), told("offer.reassigned", time=at(2), id="a", shares=shares)]
    history.append(win(at(3), amount={"value": "0.05", "currency": "EUR"}))
    assert figures(history, "deals_won", "seller") == {1: HALF, 2: HALF}
    assert figures(history, "revenue", "seller") == {1: 3, 2: 2}
    assert figures(history, "offers") == {1: HALF, 2: HALF}


def test_the_closer_is_whom_the_win_names_and_the_owner_who_opened_it() -> None:
    opened = told("deal.opened", id="d", day="2017-03-01", rep=1)
    assert figures([opened, win(at(3))], "revenue", "closer") == {7: 100_00}
    assert figures([opened, win(at(3))], "revenue", "owner") == {1: 100_00}
    nameless = told("deal.won", time=at(9), id="d", at=at(3))
    assert figures([opened, nameless], "deals_won", "closer") == {0: ONE}
    assert figures([opened, win(at(3)), nameless], "deals_won", "closer") == {0: ONE}
    assert figures([win(at(3))], "deals_won", "owner") == {0: ONE}
    lost = told("deal.lost", time=at(10), id="d", day="2017-03-05", rep=6)
    assert figures([opened, win(at(3)), lost], "deals_lost", "closer") == {6: ONE}
    assert figures([opened, win(at(3)), lost], "deals_won", "closer") == {}


def test_a_win_counts_for_whoever_owned_the_deal_on_its_day() -> None:
    opened = told("deal.opened", id="d", day="2017-03-01", rep=1)
    handed_over = told("deal.reassigned", time=at(20), id="d", rep=2, day="2017-03-10")
    assert figures([opened, handed_over, win(at(9))], "revenue") == {1: 100_00}
    assert figures([opened, handed_over, win(at(10))], "revenue") == {2: 100_00}
    assert figures([opened, handed_over, win(at(10))], "deals_opened") == {1: ONE}
    put_right = told("deal.reassigned", time=at(21), id="d", rep=3)
    assert figures([opened, handed_over, put_right, win(at(9))], "revenue") == {1: 100_00}
    assert figures([opened, handed_over, put_right, win(at(10))], "revenue") == {3: 100_00}
    put_right_before = told("deal.reassigned", time=at(9), id="d", rep=3)
    assert figures([opened, put_right_before, handed_over, win(at(9))], "revenue") == {3: 100_00}
    assert figures([opened, put_right_before, handed_over, win(at(10))], "revenue") == {2: 100_00}
    assert figures([opened, put_right_before, handed_over, win(at(10))], "deals_opened") == {3: ONE}


def test_what_a_person_put_right_is_not_moved_by_a_later_feed() -> None:
    opened = told("deal.opened", id="d", day="2017-03-01", rep=1)
    put_right = told("deal.reassigned", time=at(11), layer=PERSON, id="d", rep=2, day="2017-03-05")
    by_feed = told("deal.reassigned", time=at(12), id="d", rep=3, day="2017-03-08")
    history = [opened, put_right, by_feed, win(at(10))]
    assert figures(history, "deals_won") == {2: ONE}
    withdrawn = told("correction.withdrawn", time=at(13), layer=PERSON, entity="deal:d", fields=["shares"])
    assert figures([*history, withdrawn], "deals_won") == {3: ONE}
    up_to_the_next_step = told("deal.reassigned", time=at(14), layer=PERSON, id="d", rep=4, day="2017-03-05")
    assert figures([*history, withdrawn, up_to_the_next_step], "deals_won") == {3: ONE}
    again = told("deal.reassigned", time=at(14), layer=PERSON, id="d", rep=4, day="2017-03-09")
    assert figures([*history, withdrawn, again], "deals_won") == {4: ONE}
    by_a_feed = told("correction.withdrawn", time=at(15), layer=FEED, entity="deal:d")
    assert figures([*history, by_a_feed], "deals_won") == {2: ONE}


# By hand: what counts, when and how much


def test_a_win_without_an_amount_counts_and_brings_no_revenue() -> None:
    bare = told("deal.won", id="d", day="2017-03-05", rep=7)
    assert figures([bare], "deals_won", "closer") == {7: ONE}
    assert figures([bare], "revenue", "closer") == {}
    amount = told("deal.amended", time=at(9), id="d", amount=EUR_100)
    assert by_day([bare, amount], "revenue", "closer") == {(7, 5): 100_00}
    taken_back = told("deal.amended", time=at(10), id="d", amount=None)
    assert figures([bare, amount, taken_back], "revenue", "closer") == {}
    assert figures([bare, amount, taken_back], "deals_won", "closer") == {7: ONE}


def test_a_reopened_deal_leaves_nothing_and_a_second_win_counts_once() -> None:
    opened = told("deal.opened", id="d", day="2017-03-01", rep=1)
    reopened = told("deal.reopened", time=at(7), id="d")
    history = [opened, win(at(5)), reopened]
    assert {cell[2] for cell in cells_of(history)} == {"deals_opened"}
    again = told("deal.won", time=at(9), id="d", day="2017-03-08", rep=7)
    assert by_day([*history, again], "revenue") == {(1, 8): 100_00}
    assert by_day([*history, again], "deals_won") == {(1, 8): ONE}


def test_each_step_of_a_lead_counts_for_its_own_rep() -> None:
    created = told("lead.created", id="l", day="2017-03-01", rep=1, campaign="spring")
    handled = told("lead.handled", time=at(2), id="l", day="2017-03-02", rep=2)
    qualified = told("lead.qualified", time=at(3), id="l", day="2017-03-03", rep=3)
    nameless = told("lead.qualified", time=at(4), id="l", day="2017-03-04")
    assert by_day([created, handled, qualified], "leads_created") == {(1, 1): ONE}
    assert by_day([created, handled, qualified], "leads_handled") == {(2, 2): ONE}
    assert by_day([created, handled, qualified], "leads_qualified") == {(3, 3): ONE}
    assert by_day([created, qualified, nameless], "leads_qualified") == {(0, 4): ONE}
    assert by_day([created, qualified, nameless], "leads_created") == {(1, 1): ONE}
    assert {dims[0] for *_, dims in cells_of([created, handled, qualified])} == {"spring"}
    assert cells_of([created, handled, qualified, told("lead.deleted", id="l")]) == {}


def test_units_are_millionths_and_shares_of_them_sum_to_the_whole() -> None:
    thirds = [{"rep": rep, "share": share} for rep, share in ((1, "0.333333"), (2, "0.333333"), (3, "0.333334"))]
    history = [told("deal.reassigned", id="d", shares=thirds), win(at(5), units="2.5")]
    assert figures(history, "units", "closer") == {7: 2_500_000}
    assert figures(history, "units") == {1: 833_333, 2: 833_332, 3: 833_335}
    assert figures(history, "deals_won") == {1: 333_333, 2: 333_333, 3: 333_334}
    assert figures(history, "revenue") == {1: 33_33, 2: 33_33, 3: 33_34}


def test_the_days_of_a_cycle_are_a_histogram_in_which_a_shared_deal_weighs_its_share() -> None:
    shares = [{"rep": 1, "share": "0.5"}, {"rep": 2, "share": "0.5"}]
    history = [
        told("deal.opened", id="shared", day="2017-03-01", rep=1),
        told("deal.reassigned", time=at(2), id="shared", shares=shares),
        told("deal.won", time=at(11), id="shared", at=at(11)),
        told("deal.opened", id="whole", at=at(9, "23:30:00"), rep=1),  # past midnight in Amsterdam: the 10th
        told("deal.won", time=at(12), id="whole", day="2017-03-12"),
        told("deal.won", time=at(12), id="never opened", day="2017-03-12"),
    ]
    of_1, of_2 = Counter[int](), Counter[int]()
    for (rep, _, metric, basis, dims), amount in cells_of(history).items():
        if (metric, basis) == ("cycle_days_median", "owner"):
            assert dims[5] is not None
            {1: of_1, 2: of_2}[rep][dims[5]] += amount
    assert of_1 == {10: HALF, 2: ONE}
    assert of_2 == {10: HALF}
    assert median(of_1) == 2.0
    assert median(of_2) == 10.0


def test_currencies_stay_apart() -> None:
    amounts = ("100.00", "EUR"), ("7", "JPY"), ("0.125", "KWD"), ("-0.01", "EUR")
    history = [
        win(at(5), id=f"d{number}", amount={"value": value, "currency": currency})
        for number, (value, currency) in enumerate(amounts)
    ]
    found = {
        dims[4]: amount
        for (rep, _, name, by, dims), amount in cells_of(history).items()
        if (name, by, rep) == ("revenue", "closer", 7)
    }
    assert found == {"EUR": 99_99, "JPY": 7, "KWD": 125}
    euros = told("deal.amended", time=at(9), id="d1", amount={"value": "0.06", "currency": "EUR"})
    assert figures([*history, euros], "revenue", "closer") == {7: 100_05 + 125}


ACTIVITIES = {
    "call": ("logged", "calls"),
    "email": ("sent", "emails"),
    "offer": ("sent", "offers"),
    "appointment": ("held", "appointments"),
    "demo": ("given", "demos"),
    "meeting": ("held", "meetings"),
}


@pytest.mark.parametrize("kind", ACTIVITIES)
def test_an_activity_counts_once_for_its_rep_until_it_is_voided(kind: str) -> None:
    verb, metric = ACTIVITIES[kind]
    done = told(f"{kind}.{verb}", id="a", rep=1, day="2017-03-03")
    assert cells_of([done]) == {(1, MARCH_1 + 2, metric, "owner", ("", "", "", "", "", None)): ONE}
    assert by_day([done, told(f"{kind}.amended", time=at(9), id="a", at=at(4))], metric) == {(1, 4): ONE}
    assert by_day([done, told(f"{kind}.reassigned", time=at(9), id="a", rep=2)], metric) == {(2, 3): ONE}
    assert cells_of([done, told(f"{kind}.voided", id="a")]) == {}
    assert cells_of([told(f"{kind}.voided", time=at(1), id="a"), done]) == {}


def test_a_deleted_deal_counts_for_nothing_whatever_comes_later() -> None:
    opened = told("deal.opened", id="d", day="2017-03-01", rep=1)
    assert cells_of([opened, win(at(5)), told("deal.deleted", id="d")]) == {}
    assert cells_of([told("deal.deleted", time="2017-01-01T00:00:00Z", id="d"), opened, win(at(5))]) == {}
    by_person = told("deal.deleted", layer=PERSON, id="d")
    withdrawn = told("correction.withdrawn", time=at(9), layer=PERSON, entity="deal:d", fields=["alive"])
    assert cells_of([opened, by_person]) == {}
    assert figures([opened, by_person, withdrawn], "deals_opened") == {1: ONE}


def test_a_figure_can_be_asked_for_by_campaign_product_kind_and_customer() -> None:
    called = told(
        "call.logged", id="c", rep=1, day="2017-03-01", kind="first", campaign="spring", product="phone", customer="new"
    )
    assert {dims for *_, dims in cells_of([called])} == {("spring", "phone", "first", "new", "", None)}
    no_product = told("call.amended", time=at(2), id="c", product=None, kind="second")
    assert {dims for *_, dims in cells_of([called, no_product])} == {("spring", "", "second", "new", "", None)}
    won = win(at(5), product="laptop", campaign="autumn", customer="existing")
    assert {dims for _, _, metric, _, dims in cells_of([won]) if metric == "revenue"} == {
        ("autumn", "laptop", "", "existing", "EUR", None)
    }


def test_five_garments_of_2000_are_five_units_and_10000_of_revenue() -> None:
    garment: dict[str, Any] = {"amount": {"value": "2000.00", "currency": "EUR"}, "units": "1", "product": "garment"}
    history = [win(at(day), id=f"d{day}", **garment) for day in range(1, 6)]
    assert figures(history, "units", "closer") == {7: 5 * ONE}
    assert figures(history, "revenue", "closer") == {7: 10_000_00}


# What an event may cost


def _case(size: int) -> list[Fact]:
    """A call, an offer after it and a win after that, over and over."""
    facts: list[Fact] = []
    for number in range(size // 3):
        hour = f"2017-{3 + number // 960:02}-{1 + number // 40 % 24:02}T{number // 2 % 20:02}:{number % 2 * 30:02}"
        facts += [
            told("call.logged", id=f"c{number}", at=f"{hour}:00Z", rep=1),
            told("offer.sent", id=f"o{number}", at=f"{hour}:01Z", rep=2),
            told("deal.won", id=f"d{number}", at=f"{hour}:02Z", rep=3, amount=EUR_100),
        ]
    return facts


FURTHER = [
    told("call.logged", id="c", at=at(2, "05:00:05"), rep=1),
    told("call.voided", id="c3"),
    told("lead.created", id="l", day="2017-03-02", rep=1),
    told("offer.sent", time=at(3), id="last", at="2018-01-01T00:00:00Z", rep=4),
    told("offer.sent", time=at(3), id="between", at=at(1, "05:00:01.5"), rep=4),
    told("offer.amended", time=at(4), id="between", at=at(1, "06:00:01.5")),
    told("offer.reassigned", time=at(4), id="o7", rep=5),
    told("offer.voided", time=at(5), id="o9"),
    told("deal.opened", time=at(5), id="d11", day="2017-03-01", rep=1),
    told("deal.amended", time=at(6), id="d12", closed_at=at(1, "09:00:09")),
    told("deal.reassigned", time=at(6), id="d12", rep=5, day="2017-03-01"),
    told("deal.reopened", time=at(6), id="d13"),
    told("deal.deleted", time=at(6), id="d14"),
    told("deal.lost", time=at(6), id="d15", day="2017-03-01", rep=1),
]


def test_a_further_event_costs_as_much_on_a_trail_of_10000_facts_as_on_one_of_100(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    computed: list[str] = []

    def counted(entity: Entity, *rest: Any) -> Lines:  # noqa: ANN401 (handed on as they came)
        computed.append(entity.name)
        return lines(entity, *rest)

    def work(size: int) -> list[int]:
        trail, _ = posted(_case(size))
        found = []
        for one in FURTHER:
            computed.clear()
            assert trail.post(one)
            found.append(len(computed))
            assert not trail.post(one)
        return found

    monkeypatch.setattr(fold, "lines", counted)
    assert work(100) == work(10_000)
    assert max(work(100)) <= 3


def test_2000_handovers_of_one_deal_are_each_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def counted(name: str, *rest: Any) -> Statement:  # noqa: ANN401 (handed on as they came)
        read.append(name)
        return statement(name, *rest)

    monkeypatch.setattr(fold, "statement", counted)
    monkeypatch.setattr(shares, "statement", counted)
    trail, _ = posted([told("deal.opened", id="d", day="2017-03-01", rep=1), win(at(5))])
    for number in range(2000):
        second = f"2017-04-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}Z"
        day: dict[str, Any] = {"day": DAYS[number % 4]} if number % 50 else {}
        trail.post(told("deal.reassigned", time=second, id="d", rep=1 + number % 3, **day))
    assert len(read) <= 2002
    cells: dict[Cell, int] = {}
    for entity in trail.state.values():
        fold.add_lines(cells, entity.lines)
    assert cells == credits(trail.state, AMSTERDAM)
