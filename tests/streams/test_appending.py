"""An event is stored the same way to the letter, for ever, and a batch is stored whole or not at all."""

import hashlib
import json

import duckdb
import pytest

from schemas.facts import FEED, PERSON
from streams.appending import DeadLetter, Entry, Moved, Place, Position, append, row, said
from tests.streams.recording import Memory, call, unreliable

PLACE: Place = (3, 7, 11)
TABLES = ("events", "postings", "positions", "dead_letters")


def test_the_digest_of_an_event_is_what_it_always_was() -> None:
    """It lies in the log for ever; here it is made of standard parts, so that a change of any of them is noticed."""
    told = row(Entry(call("é", trail="case 7", sequence=3), PERSON))
    data = '{"day":"2017-05-01","id":"é","rep":1}'
    said = ["eé", "crm", "quotum.call.logged.v1", "case 7", "call:é", 1_493_625_600_000_000, 3, 1, data]
    content = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
    assert told[1:] == (*said, hashlib.sha256(content.encode()).digest()[:16])


def test_a_duplicate_is_marked_and_a_dead_letter_has_its_place() -> None:
    posting = ("call:1", ("calls", "owner", 1, 17_000, None, ("", "", "", "", "", None)), 1_000_000)
    twice = row(Entry(call("1"), FEED))
    with Memory() as memory, memory.opened() as history:
        told: list[Moved] = [(PLACE, twice[0], [posting]), ((3, 8, 12), twice[0], None)]
        history.write(
            lambda at: append(at, told, said([twice, twice]), [Position(3, 10, 12)], [DeadLetter(3, 9, 12, "why")])
        ).result()
        assert history.rows("SELECT log_partition, log_offset, known_at, id, duplicate FROM events") == [
            (*PLACE, "e1", False),
            (3, 8, 12, "e1", True),
        ]
        assert history.rows("SELECT log_partition, log_offset, known_at, entity, amount FROM postings") == [
            (*PLACE, "call:1", 1_000_000)
        ]
        assert history.rows("FROM positions") == [(3, 10, 12)]
        assert history.rows("FROM dead_letters") == [(3, 9, 12, "why")]


def test_a_batch_of_which_one_table_fails_leaves_nothing_in_the_others() -> None:
    with Memory() as memory:
        history, _ = unreliable(memory.connect())
        history.write(lambda at: at.execute("DROP TABLE dead_letters")).result()
        told = row(Entry(call("1"), FEED))
        moved: list[Moved] = [(PLACE, told[0], [])]
        failing = history.write(
            lambda at: append(at, moved, said([told]), [Position(3, 8, 11)], [DeadLetter(*PLACE, "why")])
        )
        with pytest.raises(duckdb.CatalogException, match="dead_letters"):
            failing.result()
        assert [history.rows(f"FROM {name}") for name in TABLES[:3]] == [[], [], []]
        history.close()
