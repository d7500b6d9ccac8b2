"""Memory is a matter of speed: how much of it is kept, and whether it was lost, changes no figure."""

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.facts import FEED
from streams.appending import Entry, Moved, Position, Row, append, row, said
from streams.folding import Folding
from streams.history import History
from streams.recorder import Recorder
from tests.histories import History as Events
from tests.histories import histories
from tests.streams.recording import AMSTERDAM, NOW, Rows, call, entries, in_memory


@settings(max_examples=10)
@given(events=histories(min_size=4, max_size=16), kept=st.integers(0, 2), size=st.integers(1, 4))
def test_how_many_trails_are_kept_in_memory_changes_no_posting(events: Events, kept: int, size: int) -> None:
    stored: list[Rows] = []
    for trails_kept in (1_000, kept):
        with in_memory() as history:
            recording = Recorder(history, AMSTERDAM, lambda: NOW, trails_kept)
            for batch in (events[start : start + size] for start in range(0, len(events), size)):
                recording.record(entries(batch)).result()
            stored.append(history.rows("FROM postings"))
    assert stored[0] == stored[1]


def rows_of(*ids: str) -> list[Row]:
    return [row(Entry(call(id_), FEED)) for id_ in ids]


def new(folding: Folding, history: History, rows: list[Row]) -> list[int]:
    """Which of the rows move something, by their place among them."""
    moved = history.write(lambda connection: folding.fold(connection, rows)).result()
    return [place for place, lines in enumerate(moved) if lines]


def store(history: History, rows: list[Row]) -> None:
    told: list[Moved] = [((0, offset, NOW), one[0], []) for offset, one in enumerate(rows)]
    history.write(lambda connection: append(connection, told, said(rows), [Position(0, len(rows), NOW)])).result()


def test_of_equal_events_the_first_alone_is_new_and_none_that_history_has() -> None:
    with in_memory() as history:
        folding = Folding(AMSTERDAM)
        store(history, rows_of("1"))
        assert new(folding, history, rows_of("2", "1", "2", "3")) == [0, 3]


def test_what_was_folded_and_did_not_become_history_is_new_again_once_it_is_forgotten() -> None:
    with in_memory() as history:
        folding = Folding(AMSTERDAM)
        assert new(folding, history, rows_of("1")) == [0]
        folding.forget()
        assert new(folding, history, rows_of("1")) == [0]


def test_a_trail_that_went_from_memory_is_read_back_from_what_others_stored_too() -> None:
    with in_memory() as history:
        folding = Folding(AMSTERDAM, trails_kept=0)
        first = rows_of("1")
        assert new(folding, history, first) == [0]
        store(history, first)
        folding.keep(one[0].trail for one in first)
        amended = rows_of("1", "2")
        assert new(folding, history, amended) == [1]
