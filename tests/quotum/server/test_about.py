"""What a correction is about: its day, whose it is now or was last, and whether it counts."""

from datetime import date
from pathlib import Path

from quotum.server.about import Thing, named, things
from quotum.server.wording import words_of
from tests.quotum.server.serving import served
from tests.quotum.server.test_correcting import correct
from tests.quotum.server.test_showing import told, won

NAMES = {1: "Anna", 2: "Bas"}


def test_a_deal_is_that_of_the_day_it_was_won_and_of_all_who_share_it(tmp_path: Path) -> None:
    with served(tmp_path) as (client, books):
        events = [
            told(1, "deal.opened", id="a", day="2026-03-01", rep="anna"),
            *won(2, "a", "anna", "5")[1:],
            *won(4, "b", "bas", "1"),
        ]
        client.post("/v1/events", json=events)
        correct(client, "reassign", entity="deal:a", shares={"anna": "0.5", "bas": "0.5"})
        assert things(books, ["deal:a"], "owner") == {"deal:a": Thing(date(2026, 3, 3), (1, 2), counts=True)}
        correct(client, "void", entity="deal:a")
        assert not things(books, ["deal:a"], "owner")["deal:a"].counts


def test_what_never_counted_is_not_known(tmp_path: Path) -> None:
    with served(tmp_path) as (_, books):
        assert things(books, [], "owner") == things(books, ["deal:none"], "owner") == {}


def test_a_thing_is_named_with_its_day_and_whose_it_is() -> None:
    thing = Thing(date(2026, 11, 3), (1, 2), counts=True)
    assert named(words_of("en"), "deal:a", thing, NAMES) == "the deal of 3 Nov (Anna and Bas)"
    assert named(words_of("nl"), "call:c", thing._replace(holders=()), NAMES) == "telefoontje van 3 nov"
    assert named(words_of("nl"), "deal:a", None, NAMES) == named(words_of("nl"), "team:a", thing, NAMES) == ""
