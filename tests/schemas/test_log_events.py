"""What the log's bytes say of an event must be read as they stand, and written in one form."""

import msgspec
import pytest

from schemas.log_events import Fact, decode, encode

LINE = b'{"id":"e1","source":"crm","type":"x.y.v1","time":"2017-03-01T09:30:00Z","trail":"T-1","data":{"b":1,"a":null}}'


def test_an_event_is_read_with_its_data_and_without_what_the_fold_does_not_ask() -> None:
    event = decode(LINE)
    assert (event.id, event.type, event.time, event.trail) == ("e1", "x.y.v1", "2017-03-01T09:30:00Z", "T-1")
    assert event.data == {"b": 1, "a": None}
    assert event.sequence == 0


@pytest.mark.parametrize("sequence", [7, "18446744073709551616"])
def test_a_sequence_is_a_number_or_a_text(sequence: int | str) -> None:
    assert decode(LINE[:-1] + b',"sequence":' + encode(sequence) + b"}").sequence == sequence


def test_the_same_is_written_in_the_same_order() -> None:
    assert encode({"b": 1, "a": {"d": 2, "c": 3}}) == encode({"a": {"c": 3, "d": 2}, "b": 1})


def test_bytes_that_lack_what_the_fold_needs_are_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="trail"):
        decode(LINE.replace(b'"trail":"T-1",', b""))


def test_a_fact_stays_as_it_was_made() -> None:
    made = Fact("T-1", "deal", "deal:D-1", 0, (1, 2, "e1"), {"outcome": "won"})
    with pytest.raises(AttributeError):
        made.trail = "T-2"  # type: ignore[misc]  # what must not be possible
