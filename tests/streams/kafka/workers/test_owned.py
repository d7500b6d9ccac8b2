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
    cells.write({counted_key(2): counted_value(Counted(17, 1_500_000))}, 5)
    assert own._position() == Position(2, 17, 1_500_000)  # noqa: SLF001 (as above)


def test_states_without_cells_are_refused_since_events_that_come_again_would_move_nothing() -> None:
    own, trails, _ = owned()
    trails.write({b"case-1": b"x"}, 4)
    with pytest.raises(KafkaError, match=r"quotum.cells partition 2 does not say up to where it counts"):
        own._position()  # noqa: SLF001 (as above)


def test_it_is_over_once_told_so() -> None:
    own, _, _ = owned()
    assert not own.is_over()
    own.end()
    assert own.is_over()


def test_a_table_has_a_topic_and_the_workers_of_a_log_are_one_group() -> None:
    assert [SITE.changelog(table) for table in (TRAILS, CELLS)] == ["quotum.trails", "quotum.cells"]
    assert SITE.group == "quotum.workers"
