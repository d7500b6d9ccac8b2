"""What workers fall into over Kafka and Faust, as a prototype met it, and which test holds that they do not here.

Some of it has gone with its cause: this driver hands over no offsets of Faust's, recovers no table of Faust's, and
fetches on one loop. Where that is so the row says why.
"""

import asyncio
import re
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.producer import sender

from streams.appending import Position
from streams.kafka.producers import BATCH_BYTES
from streams.kafka.workers import driver, owned
from streams.kafka.workers.app import BUFFERED, create_app
from streams.kafka.workers.owned import Owned
from streams.kafka.workers.stores import CELLS, TRAILS, MemoryStore, Stores
from streams.live.stepping import Stepping
from tests.streams.kafka.workers.test_driver import SITE
from tests.streams.recording import AMSTERDAM

TESTS = Path(__file__).parents[3]
HELD = {
    "a batch is committed before it is handled": (
        "test_faust_commits_and_seeks_nothing",
        "test_a_batch_is_committed_and_then_kept",
    ),
    "acknowledging is compiled into Faust's stream": ("test_faust_commits_and_seeks_nothing",),
    "source partitions resume before they are sought": (
        "test_only_lanes_that_have_begun_are_asked_for_each_from_where_it_is",
        "test_where_no_lane_has_begun_the_client_is_not_asked_since_none_would_mean_all",
    ),
    "what was done is dropped when partitions go": ("test_lanes_that_end_tell_the_group_of_their_last_step_too",),
    "queues count batches and exhaust memory": (
        "test_the_queue_holds_few_batches",
        "test_whoever_brings_more_than_a_step_takes_waits_for_room",
    ),
    "a full buffer leaves a partition out for a second": ("test_a_full_buffer_leaves_no_partition_out",),
    "an idle partition delays busy ones": (
        "test_the_reader_waits_for_no_idle_partition_for_long_and_reads_what_is_committed",
    ),
    "the collector of garbage looks at every state": (
        "test_the_collector_waits_within_a_batch_and_works_again_after_it",
    ),
    "a batch that fails blocks all for ever": (
        "test_nothing_is_shown_nothing_is_made_and_what_fails_ends_the_worker",
        "test_what_it_cannot_go_on_with_ends_it_with_a_code_that_has_it_started_again",
    ),
    "a batch is larger than the producer takes": (
        "test_what_a_batch_has_no_room_for_goes_into_the_next_and_what_is_larger_goes_alone",
        "test_a_trail_that_is_larger_than_a_batch_is_kept",
    ),
    "changelog, store, acknowledgement, in this order": (
        "test_a_batch_is_committed_and_then_kept",
        "test_whatever_is_done_otherwise_shows_somewhere",
    ),
    "the old owner is shut out before positions are read": (
        "test_what_an_owner_left_open_is_undone_before_the_next_one_reads",
    ),
    "an old batch is committed by a new producer": (
        "test_what_comes_for_a_lane_that_is_another_by_now_is_dropped",
        "test_what_commits_after_the_end_is_not_kept",
    ),
    "what nobody committed is read": (
        "test_what_was_undone_or_is_not_committed_yet_counts_nothing",
        "test_the_reader_waits_for_no_idle_partition_for_long_and_reads_what_is_committed",
    ),
    "a member that reads nothing is sent away, a spare worker too": (
        "test_the_reader_waits_for_no_idle_partition_for_long_and_reads_what_is_committed",
    ),
    "markers take offsets, and reading waits for ever": (
        "test_markers_alone_make_a_batch_without_records_so_that_positions_pass_them",
        "test_markers_alone_are_committed_so_that_they_are_passed_for_good",
    ),
    "the client waits long before it tries again": (
        "test_the_writer_tries_again_soon_and_its_transactions_end_by_themselves",
    ),
    "transactions wait for each other": ("test_what_waits_goes_into_one_step",),
    "a worker that was replaced writes": (
        "test_whoever_was_shut_out_without_noticing_commits_nothing",
        "test_whoever_is_shut_out_in_the_middle_of_a_transaction_commits_nothing_either",
        "test_a_partition_that_somebody_else_writes_for_and_nobody_takes_away_ends_the_worker",
    ),
    "the broker goes away in the middle": (
        "test_a_broker_that_is_killed_is_waited_for_or_the_worker_is_started_again",
    ),
    "a connection lost while a coordinator is looked for is fatal to the producer": (
        "test_what_it_cannot_go_on_with_ends_it_with_a_code_that_has_it_started_again",
        "test_a_broker_that_is_killed_is_waited_for_or_the_worker_is_started_again",
    ),
}
GONE = {
    "recovery_buffer_size=1 has a meaning of its own": "Faust recovers no table here: changelogs.py reads them on",
    "a busy ordinary topic starves the batches": "there is one topic, and all of it comes in batches",
    "Faust's monitor counts batches": "nothing is read from it: `Worker.events` counts records",
    "offsets in a transaction flood the log with retries": "they lie among the cells; the group is told beside it",
    "data folders within the broker's log folder": "whoever runs both chooses the folders; make live keeps them apart",
}


def test_every_pitfall_has_its_test_or_has_gone_with_its_cause() -> None:
    there = {
        name for file in TESTS.rglob("test_*.py") for name in re.findall(r"def (test_\w+)", file.read_text("utf-8"))
    }
    assert {name for names in HELD.values() for name in names} <= there
    assert all(GONE.values())
    assert not HELD.keys() & GONE.keys()


class Client:
    """A client of Kafka that only notes what it is given."""

    given: dict[str, Any]

    def __init__(self, **given: Any) -> None:  # noqa: ANN401 (whatever a client can be given)
        type(self).given = given
        self.client = SimpleNamespace(close=self.stop)

    async def start(self) -> None:
        """Connected."""

    async def stop(self) -> None:
        """Gone."""


def test_the_reader_waits_for_no_idle_partition_for_long_and_reads_what_is_committed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Reader(Client):
        pass

    async def story() -> None:
        reading = create_app(SITE, Stepping(AMSTERDAM, lambda _: 0), Stores(None, {TRAILS: "t", CELLS: "c"})).consumer
        monkeypatch.setattr(reading, "add_future", lambda coroutine: coroutine.close())
        await reading.on_start()

    monkeypatch.setattr(driver, "AIOKafkaConsumer", Reader)
    asyncio.run(story())
    assert Reader.given["fetch_max_wait_ms"] <= 100
    assert Reader.given["isolation_level"] == "read_committed"
    assert timedelta(milliseconds=Reader.given["max_poll_interval_ms"]) > timedelta(days=7)
    assert (Reader.given["enable_auto_commit"], Reader.given["auto_offset_reset"]) == (False, "none")


def test_the_writer_tries_again_soon_and_its_transactions_end_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    class Writer(Client):
        pass

    async def nothing(*_: object) -> None:
        """Of changelogs."""

    async def story() -> Position:
        own = Owned(SITE, 1, {TRAILS: MemoryStore(), CELLS: MemoryStore()})
        found = await own.begin()
        await own.close()
        return found

    monkeypatch.setattr(owned, "AIOKafkaProducer", Writer)
    monkeypatch.setattr(owned, "read_on", nothing)
    assert asyncio.run(story()) == Position(1, 0, 0)
    assert Writer.given["transactional_id"] == f"{SITE.log.names.events}-1"
    assert (Writer.given["retry_backoff_ms"], sender.BACKOFF_OVERRIDE) == (5, 0.002)
    assert Writer.given["transaction_timeout_ms"] == 10_000
    assert Writer.given["max_batch_size"] == BATCH_BYTES > 16_384


def test_the_queue_holds_few_batches() -> None:
    app = create_app(SITE, Stepping(AMSTERDAM, lambda _: 0), Stores(None, {TRAILS: "t", CELLS: "c"}))
    assert app.conf.stream_buffer_maxsize == BUFFERED <= 8
