"""What records tell is handed over in two parts, for the fold and for history, that say the same of the same events."""

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.facts import FEED
from streams import arrow
from streams.appending import Entry, row
from streams.told import Record, read
from tests.streams.logs import POISONS, by_hash, poison, record
from tests.streams.odd_records import odd_records
from tests.streams.recording import call

ONE = by_hash(1)


@settings(max_examples=60, deadline=None)
@given(st.lists(odd_records(ONE), max_size=6))
def test_columns_are_of_the_events_among_the_records_in_their_order(records: list[Record]) -> None:
    told = read(records, ONE)
    assert [one[:3] for one in told.lying] == [one[:3] for one in records]
    known = [found for *_, found in told.lying if not isinstance(found, str)]
    columns = told.columns.to_pydict()
    assert columns["digest"] == [digest for _, digest in known]
    assert columns["trail"] == [fact.trail for fact, _ in known]
    assert columns["entity"] == [fact.entity for fact, _ in known]
    assert columns["layer"] == [fact.layer for fact, _ in known]
    stamps = list(zip(columns["asserted_at"], columns["sequence"], columns["id"], strict=True))
    assert stamps == [fact.stamp for fact, _ in known]


def test_columns_hold_an_event_as_the_door_would_store_it() -> None:
    entries = [Entry(call(id_), FEED) for id_ in ("1", "2")]
    told = read([record(one, 0) for one in entries], ONE)
    assert told.columns.schema == arrow.SAID
    assert [tuple(one.values()) for one in told.columns.to_pylist()] == [row(one)[1:] for one in entries]
    assert [found for *_, found in told.lying] == [(row(one)[0], row(one)[-1]) for one in entries]


def test_records_that_are_no_events_have_no_columns() -> None:
    told = read([poison(kind, ONE) for kind in POISONS], ONE)
    assert len(told) == len(POISONS)
    assert told.columns.num_rows == 0
    assert all(isinstance(found, str) and found for *_, found in told.lying)
