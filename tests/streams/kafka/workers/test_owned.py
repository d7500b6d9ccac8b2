"""Where a partition goes on is told by its cells; what a broker does about owners is in tests/kafka/test_owned.py."""

import pytest

from projections.organisation import Organisation
from streams.appending import Position
from streams.kafka import KafkaError
from streams.kafka.topics import Log, Names
from streams.kafka.workers.owned import Owned, Site
from streams.kafka.workers.stores import CELLS, TRAILS, MemoryStore
from streams.live.forms import Counted, counted_key, counted_value

SITE = Site(Log("127.0.0.1:1", Names.of("quotum"), Organisation(partitions=3)))
COUNTED, AT = counted_key(2), counted_value(Counted(17, 1_500_000))


def owned() -> tuple[Owned, MemoryStore, MemoryStore]:
    trails, cells = MemoryStore(), MemoryStore()
    return Owned(SITE, 2, {TRAILS: trails, CELLS: cells}), trails, cells


def test_a_partition_of_which_nothing_is_known_begins_at_its_beginning() -> None:
    own, trails, cells = owned()
    for store in (trails, cells):
        store.write({}, 9)  # what was read were transactions that were undone
    assert own._position() == Position(2, 0, 0)  # noqa: SLF001 (the rest of `begin` needs a broker)


def test_a_partition_goes_on_from_where_its_cells_count() -> None:
    own, trails, cells = owned()
    trails.write({b"case-1": b"x"}, 4)
    cells.write({COUNTED: AT, b"cell": b"x"}, 5)
    assert own._position() == Position(2, 17, 1_500_000)  # noqa: SLF001 (as above)


@pytest.mark.parametrize(
    ("trails", "cells", "lost"),
    [({b"case-1": b"x"}, {}, "quotum.cells"), ({}, {COUNTED: AT, b"cell": b"x"}, "quotum.trails")],
    ids=["events that come again would move nothing", "events that come later would move too much"],
)
def test_where_one_of_the_two_topics_was_emptied_nothing_goes_on(
    trails: dict[bytes, bytes], cells: dict[bytes, bytes], lost: str
) -> None:
    own, known, told = owned()
    known.write(trails, 4)
    told.write(cells, 4)
    with pytest.raises(
        KafkaError, match=rf"{lost} partition 2 was emptied: .* Delete both, quotum.trails and quotum.cells"
    ):
        own._position()  # noqa: SLF001 (as above)


@pytest.mark.parametrize("trails", [{}, {b"case-1": b"x"}], ids=["dead letters alone", "what returned to nothing"])
def test_where_nothing_counts_it_goes_on_all_the_same(trails: dict[bytes, bytes]) -> None:
    own, known, told = owned()
    known.write(trails, 4)
    told.write({COUNTED: AT}, 4)
    assert own._position() == Position(2, 17, 1_500_000)  # noqa: SLF001 (as above)


def test_it_is_over_once_told_so() -> None:
    own, _, _ = owned()
    assert not own.is_over()
    own.end()
    assert own.is_over()


def test_a_table_has_a_topic_and_the_workers_of_a_log_are_one_group() -> None:
    assert [SITE.changelog(table) for table in (TRAILS, CELLS)] == ["quotum.trails", "quotum.cells"]
    assert SITE.group == "quotum.workers"
