"""Where a trail lies, what topics a log has, and what differs from how they must be; over a broker in tests/kafka."""

from types import SimpleNamespace

import pytest

from schemas.facts import log_line
from streams.kafka.topics import LATEST, LOG, Names, _differences, _fact, _Topic, partition_of
from streams.own_events import own_event


@pytest.mark.parametrize(
    ("key", "murmur"),  # as in Apache Kafka's own UtilsTest
    [
        ("21", -973932308),
        ("foobar", -790332482),
        ("a-little-bit-long-string", -985981536),
        ("a-little-bit-longer-string", -1486304829),
        ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        ("abc", 479470107),
    ],
)
def test_a_trail_lies_where_kafkas_own_partitioner_puts_it(key: str, murmur: int) -> None:
    for partitions in (1, 2, 3, 4, 12, 10_000):
        assert partition_of(key, partitions) == (murmur & 0x7FFFFFFF) % partitions


def test_a_log_has_four_topics_that_begin_alike() -> None:
    told = "quotum.events quotum.organisation quotum.trails quotum.cells quotum.dead-letters"
    assert list(Names.of("quotum")) == told.split()


@pytest.mark.parametrize("prefix", ["", "a b", "a/b", "é", "x" * 201, "a\n"])
def test_a_prefix_that_no_topic_can_have_is_refused(prefix: str) -> None:
    with pytest.raises(ValueError, match="cannot begin the name of a topic: take letters, digits"):
        Names.of(prefix)


def test_settings_that_nobody_asked_about_make_no_difference() -> None:
    found = _Topic(3, {**LOG, "segment.bytes": "1"})
    assert _differences("b:1", "t", found, _Topic(3, LOG)) == []


def test_every_difference_is_told_with_what_mends_it() -> None:
    partitions, settings = _differences(
        "b:1", "t", _Topic(1, {**LATEST, "cleanup.policy": "delete"}), _Topic(2, LATEST)
    )
    assert partitions.startswith("t on b:1 has 1 partition and must have 2: ")
    assert settings == (
        "t on b:1 has cleanup.policy=delete and must have cleanup.policy=compact. Mend it with Kafka's own tool: "
        "kafka-configs.sh --bootstrap-server b:1 --alter --topic t --add-config cleanup.policy=compact"
    )


@pytest.mark.parametrize("layer", [None, b"", b"2", b"x"])
def test_a_record_that_says_in_no_way_we_know_who_speaks_tells_nothing(layer: bytes | None) -> None:
    line = log_line(own_event("quotum.workspace.opened.v1", {"zone": "UTC", "currency": "EUR"}, 0))
    assert _fact(SimpleNamespace(value=line, headers=[("layer", b"0")])) is not None
    assert _fact(SimpleNamespace(value=line, headers=[("layer", layer)])) is None
