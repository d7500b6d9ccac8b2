"""The Faust app of a worker: one agent over batches of events, and the tables of states and cells that it keeps."""

from collections.abc import Awaitable, Callable, Collection, Mapping

import faust
from faust.tables import TableManager
from faust.transport.drivers import TRANSPORTS
from faust.types import EventT, Message
from mode.supervisors import CrashingSupervisor

from streams.kafka.workers import driver
from streams.kafka.workers.lanes import Lane
from streams.kafka.workers.owned import Owned, Site
from streams.kafka.workers.reading_ahead import ReadingAhead
from streams.kafka.workers.stores import TABLES, Changes, Store, Stores
from streams.live.stepping import Stepping

SCHEME = "quotum"  # of the address by which Faust finds our driver
BUFFERED = 2  # batches that Faust holds between fetching and a lane: more would only wait there
TRANSPORTS.aliases[SCHEME] = f"{driver.__name__}:{driver.Transport.__name__}"


class Whole(faust.Schema):  # type: ignore[misc]  # Faust's types fit one event and one key at a time
    """Of a topic whose events are whole batches of records: a lane reads them, and Faust hands them on."""

    def compile(self, app: "App", **_: object) -> Callable[..., Awaitable[EventT]]:
        """What makes an event of a message."""

        async def decode(message: Message, **_: object) -> EventT:
            return app.create_event(None, message.value, message.headers, message)

        return decode


class Table(faust.Table):  # type: ignore[misc]  # the same
    """A table of which a worker has some partitions. It is read and written in many values, in the order of `take`."""

    def of(self, partition: int) -> Store:
        """What is known of a partition."""
        store: Store = self.app.stores.open(self.name, partition)
        return store

    def get_many(self, partition: int, keys: Collection[bytes]) -> Mapping[bytes, bytes]:
        """Those of the keys that there are."""
        return self.of(partition).get_many(keys)

    def put_many(self, partition: int, changes: Changes, position: int) -> None:
        """Values that a changelog has already, and its position then."""
        self.of(partition).write(changes, position)

    def on_key_set(self, key: object, value: object) -> None:
        """Refused: a value that goes into a changelog by itself would be seen without what belongs to it."""
        raise TypeError(f"{self.name} takes {key!r} with the step that it belongs to alone, not {value!r} by itself")

    def on_key_del(self, key: object) -> None:
        """Refused: see `on_key_set`."""
        self.on_key_set(key, None)

    async def on_start(self) -> None:
        """Nothing is begun here: lanes open what they need."""


class Tables(TableManager):  # type: ignore[misc]  # the same
    """Tables that Faust is not to recover: whoever comes to own a partition reads it on, shut to all others before."""

    def add(self, table: Table) -> Table:
        """Know a table; its changelog is none of Faust's topics."""
        self[table.name] = table
        return table

    def __bool__(self) -> bool:
        """Whether there is something that Faust has to recover before it lets events flow."""
        return False

    async def _update_channels(self) -> None:
        self._tables_finalized.set()
        for table in self.values():
            await table.maybe_start()
        self._tables_registered.set()


class App(faust.App):  # type: ignore[misc]  # the same
    """A worker's app, for one log."""

    def __init__(
        self,
        site: Site,
        stepping: Stepping,
        stores: Stores,
        moved: Callable[[int], object] = lambda _: None,
        ahead: ReadingAhead | None = None,
    ) -> None:
        """`moved` is called with the number of records of each step that is done. Nothing is connected yet.

        `ahead`: what reads ahead where much lies there, if anything is to.
        """
        self.ahead = ahead or ReadingAhead(None)
        self.site = site
        self.stores = stores
        self._stepping = stepping
        self._moved = moved
        super().__init__(
            site.group,
            broker=f"{SCHEME}://{site.log.broker.partition(',')[0]}",
            store="memory://",
            autodiscover=False,
            web_enabled=False,
            topic_allow_declare=False,
            topic_disable_leader=True,
            stream_buffer_maxsize=BUFFERED,
            stream_wait_empty=False,
            stream_recovery_delay=0.0,
            agent_supervisor=CrashingSupervisor,
            Table=Table,
            TableManager=Tables,
        )

    def open_lane(self, partition: int) -> Lane:
        """The lane of a partition that was given to this worker."""
        stores = {name: self.tables[name].of(partition) for name in TABLES}
        return Lane(self._stepping, Owned(self.site, partition, stores), partition, self._moved)

    def settle_on(self, partitions: Collection[int]) -> None:
        """What is known of other partitions is others' to keep."""
        self.stores.keep_only(partitions)

    def _create_directories(self) -> None:
        """Faust's own folder, which nothing would lie in."""


def create_app(
    site: Site,
    stepping: Stepping,
    stores: Stores,
    moved: Callable[[int], object] = lambda _: None,
    ahead: ReadingAhead | None = None,
) -> App:
    """The app, to be started and stopped as any of Faust's."""
    app = App(site, stepping, stores, moved, ahead)
    for name in TABLES:
        app.Table(name, partitions=site.log.partitions)
    events = app.topic(site.log.names.events, schema=Whole(), partitions=site.log.partitions, acks=False)

    @app.agent(events, name="folding")  # type: ignore[untyped-decorator]  # the same
    async def folding(stream: faust.StreamT) -> None:
        async for event in stream.noack().events():
            await event.value.lane.put(event.value)

    return app
