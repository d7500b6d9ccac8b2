"""A record read again is the event that was let in, or it is read with care."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.facts import FEED, PERSON, log_line
from streams import records
from streams.appending import Columns, Entry, columns, row
from streams.records import DIGEST, LAYER, as_written, written
from streams.sound import is_sound
from tests import histories
from tests.histories import History


def parts(kept: Columns) -> tuple[bytes, int, bytes]:
    record = written(kept)
    headers = dict(record.headers)
    return record.value, records.LAYERS[headers[LAYER]], headers[DIGEST]


@given(histories.histories(min_size=1))
def test_a_record_is_the_line_of_the_log_and_reads_as_history_keeps_the_event(history: History) -> None:
    for event, layer in history:
        kept = row(Entry(event, layer))
        value, found_layer, digest = parts(columns(Entry(event, layer)))
        assert value == log_line(event)
        assert as_written(value, found_layer, digest) == (kept if is_sound(kept[0]) else None)
        assert written(columns(Entry(event, layer))).key == event.trail.encode()


@given(histories.histories(min_size=1, max_size=3), st.data())
def test_a_record_in_which_anything_was_changed_is_not_taken_as_written(history: History, data: st.DataObject) -> None:
    event, layer = history[0]
    value, _, digest = parts(columns(Entry(event, layer)))
    place = data.draw(st.integers(0, len(value) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != value[place]))
    changed = value[:place] + bytes([other]) + value[place + 1 :]
    found = as_written(changed, layer, digest)
    # What the digest leaves out is what history does not keep: that it is a CloudEvent, and how its time was written.
    assert found is None or found == as_written(value, layer, digest)
    assert as_written(value, PERSON if layer == FEED else FEED, digest) is None
    assert as_written(value, layer, digest[::-1] + b"x") is None


TOO_DEEP = b'{"data":' + b"[" * 50_000 + b"]" * 50_000 + b"}"


@pytest.mark.parametrize("value", [TOO_DEEP, b"", b"[]", b"{}", b"\xff", b'{"data":1}', b'{"data":{"id":["x"]}}'])
def test_what_is_no_event_at_all_is_not_taken_as_written(value: bytes) -> None:
    assert as_written(value, FEED, b"") is None
