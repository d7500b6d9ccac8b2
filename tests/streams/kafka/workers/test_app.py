"""The Faust app is for one log, keeps its tables by whole steps alone, and shows them to nobody."""

import asyncio
from collections.abc import Callable

import pytest
from mode.supervisors import CrashingSupervisor

from projections.organisation import Organisation
from streams.kafka.topics import Log, Names
from streams.kafka.workers.app import App, create_app
from streams.kafka.workers.owned import Site
from streams.kafka.workers.stores import CELLS, TRAILS, Stores
from streams.live.stepping import Stepping
from tests.streams.recording import AMSTERDAM


def told(about: Callable[[App], object]) -> None:
    async def story() -> None:
        log = Log("127.0.0.1:1,127.0.0.2:2", Names.of("quotum"), Organisation(partitions=3))
        about(create_app(Site(log), Stepping(AMSTERDAM, lambda _: 0), Stores(None, {TRAILS: "t", CELLS: "c"})))

    asyncio.run(story())


def test_tables_take_and_give_many_values_of_a_partition() -> None:
    def about(app: App) -> None:
        table = app.tables[TRAILS]
        table.put_many(1, {b"a": b"1", b"b": b"2"}, 7)
        assert table.get_many(1, [b"a", b"x"]) == {b"a": b"1"}
        assert table.get_many(0, [b"a"]) == app.tables[CELLS].get_many(1, [b"a"]) == {}
        assert table.of(1).position == 7

    told(about)


def test_a_value_is_not_written_without_the_step_it_belongs_to() -> None:
    def about(app: App) -> None:
        with pytest.raises(TypeError, match="trails takes b'a' with the step that it belongs to alone"):
            app.tables[TRAILS][b"a"] = b"1"
        with pytest.raises(TypeError):
            app.tables[TRAILS].on_key_del(b"a")

    told(about)


def test_faust_recovers_and_subscribes_to_no_changelog() -> None:
    def about(app: App) -> None:
        assert not app.tables
        assert set(app.tables) == {TRAILS, CELLS}
        assert app.tables.changelog_topics == set()

    told(about)


def test_nothing_is_shown_nothing_is_made_and_what_fails_ends_the_worker() -> None:
    def about(app: App) -> None:
        conf = app.conf
        assert (conf.web_enabled, conf.topic_allow_declare, conf.topic_disable_leader) == (False, False, True)
        assert conf.agent_supervisor is CrashingSupervisor
        assert (conf.stream_buffer_maxsize, conf.processing_guarantee.value) == (2, "at_least_once")
        (agent,) = app.agents.values()
        assert (agent.concurrency, agent.channel.acks) == (1, False)

    told(about)


def test_partitions_that_went_to_others_are_forgotten() -> None:
    def about(app: App) -> None:
        app.tables[TRAILS].put_many(1, {b"a": b"1"}, 7)
        app.settle_on({0})
        assert app.tables[TRAILS].of(1).position == 0

    told(about)
