"""Registers are a join: what is known of an entity depends on what was said, not on when or how often it came."""

import random
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from projections.entities import join
from projections.fold import credits  # noqa: A004 (the domain's own word)
from schemas.facts import PERSON
from schemas.log_events import Fact
from tests.projections.figuring import MANY, cells_of, posted, registers
from tests.projections.strategies import (
    AMSTERDAM,
    ENTITIES,
    LAST,
    facts,
    feed_facts,
    folded,
    histories,
    person_facts,
    told,
)


@MANY
@given(histories, histories)
def test_joining_two_states_is_folding_the_union_of_their_events(ours: list[Fact], theirs: list[Fact]) -> None:
    union = folded(ours + theirs)
    joined = join(folded(ours), folded(theirs))
    assert registers(joined) == registers(union)
    assert credits(joined, AMSTERDAM) == credits(union, AMSTERDAM)
    assert registers(join(joined, folded(theirs))) == registers(union)
    assert registers(join(folded(theirs), folded(ours))) == registers(union)


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
