"""What the fold promises of any history.

`credits` is the specification; `Trail` must agree with it after every event. The files beside
this one work out by hand who gets the credit and what counts, and show what an event may cost.
"""

import random
from collections import Counter
from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from projections import fold
from projections.fold import Entity, Line, Lines, State, Trail, credits, join, lines  # noqa: A004 (the domain's own word)
from projections.shares import UNASSIGNED, Holders, holder_on, statements
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
    cells_of,
    dated_facts,
    facts,
    feed_facts,
    folded,
    histories,
    person_facts,
    posted,
    told,
)

MANY = settings(max_examples=400)
CREDITED = {"deals_won", "deals_lost", "revenue", "units", "cycle_days_median"}


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


# Two ways, one answer


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


@given(histories)
def test_events_are_not_changed_by_what_is_folded_after_them(history: list[Fact]) -> None:
    before = [replace(one, writes=dict(one.writes)) for one in history]
    posted(history)
    assert history == before


# What an event may move


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
