"""The topics of a log on Kafka: what there must be, whether it is there as it must be, and how it comes to be.

How many partitions the log has decides where a trail lies, so that is a fact in the log itself, in its very first
record, with the zone and the currency. Whoever reads or writes the log calls `check` first.
"""

import re
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, Self

from kafka.admin import ConfigResource, ConfigResourceType, ConfigSourceType
from kafka.errors import TopicAlreadyExistsError
from kafka.partitioner import murmur2

from projections.organisation import Organisation, organisation
from schemas.envelope import Event
from schemas.facts import FEED, fact, log_line
from schemas.log_events import Fact
from schemas.organisation import ORGANISATION
from schemas.received import read_event
from streams.books import wall_clock
from streams.kafka import KafkaError, clients
from streams.own_events import own_event, rule_event
from streams.records import LAYER, LAYER_BYTES, LAYERS

PREFIX = "quotum"
PREFIX_FORM = re.compile(r"[a-zA-Z0-9._-]{1,200}")
ANY_CLIENT = {"compression.type": "uncompressed"}  # whatever a writer sends: not every reader knows every way
LOG = {
    **ANY_CLIENT,
    "cleanup.policy": "delete",
    "message.timestamp.type": "LogAppendTime",  # which is known_at
    "retention.bytes": "-1",
    "retention.ms": "-1",  # for ever: the log is the truth
}
LATEST = {
    **ANY_CLIENT,
    "cleanup.policy": "compact",
    "delete.retention.ms": "604800000",  # a week: how long a worker's disk, or a reader, may be away and go on
}
TRAILS = {**LATEST, "max.message.bytes": "10485760"}  # the state of a trail is one record, and a trail may be long
ENOUGH_REPLICAS, IN_SYNC = 3, "2"
TRAILS_REMEMBERED = 50_000
COMPLETED_SECONDS = 10  # for a broker to know itself what was set


class Names(NamedTuple):
    """The names of the topics of one log."""

    events: str
    organisation: str
    trails: str
    cells: str
    dead_letters: str

    @property
    def prefix(self) -> str:
        """How all of them begin."""
        return self.events.removesuffix(".events")

    @classmethod
    def of(cls, prefix: str) -> Self:
        """ValueError for a prefix that topics cannot have."""
        if not PREFIX_FORM.fullmatch(prefix):
            raise ValueError(f"{prefix!r} cannot begin the name of a topic: take letters, digits, dots and dashes")
        return cls(*(f"{prefix}.{name}" for name in ("events", "organisation", "trails", "cells", "dead-letters")))


class Log(NamedTuple):
    """A log on Kafka that is as it must be."""

    broker: str
    names: Names
    workspace: Organisation

    @property
    def partitions(self) -> int:
        """Over how many partitions its events are spread, for good."""
        return self.workspace.partitions


class _Topic(NamedTuple):
    partitions: int
    settings: Mapping[str, str]
    own: Collection[str] = ()  # which of them somebody has set for this topic; any other is the broker's

    def lacking(self) -> dict[str, str]:
        """What it is given without asking, since it changes nothing that lies there; nobody has set it otherwise."""
        return {key: one for key, one in ANY_CLIENT.items() if self.settings.get(key) != one and key not in self.own}

    def completed(self) -> "_Topic":
        """It with that."""
        return self._replace(settings={**self.settings, **self.lacking()})


@lru_cache(TRAILS_REMEMBERED)  # a trail has several events, and the client's function is slow: 3 to 11 us
def partition_of(trail: str, partitions: int) -> int:
    """Where the events of a trail lie: where every Kafka client puts them by default, since the trail is the key."""
    found: int = (murmur2(trail.encode()) & 0x7FFFFFFF) % partitions
    return found


def check(broker: str, prefix: str = PREFIX) -> Log:
    """The log, if it is all there and as it must be; KafkaError says what is not, and how to mend it."""
    names = Names.of(prefix)
    found = _described(broker, names)
    _expect_all(broker, names, found)
    workspace = _workspace(broker, names.organisation)
    if not workspace.opened:
        raise KafkaError(f"{names.organisation} on {broker} says nothing of a workspace: {_advice(broker, prefix)}")
    if not workspace.partitions:
        raise KafkaError(
            f"{names.organisation} on {broker} does not say how many partitions the log has: it was not written by "
            "quotum topics create. Take another --prefix."
        )
    _expect_same(broker, found, _wanted(names, workspace.partitions))
    return Log(broker, names, workspace)


def expect_well(log: Log) -> None:
    """KafkaError where no broker answers, or where topics of a log that was checked are no more as they must be."""
    found = _described(log.broker, log.names)
    _expect_all(log.broker, log.names, found)
    _expect_same(log.broker, found, _wanted(log.names, log.partitions))


def create(  # noqa: PLR0913 (each is told in the first records, once and for all)
    broker: str,
    *,
    zone: str,
    currency: str,
    partitions: int,
    fiscal_start: int = 1,
    credit: str = "owner",
    demo: bool = False,
    prefix: str = PREFIX,
    replication: int = 1,
    clock: Callable[[], int] = wall_clock,
) -> Log:
    """Make what is missing of a log, in any order of what went before, and check the whole.

    That is also what topics of earlier releases lack, where nobody has set it otherwise.
    Refused before anything is made where what is there differs: KafkaError. ValueError for an odd zone, currency ...
    """
    names, now = Names.of(prefix), clock()
    told = {"zone": zone, "currency": currency, "fiscal_start": fiscal_start, "partitions": partitions, "demo": demo}
    opening = {name: value for name, value in told.items() if value is not False}  # as Books.create says it
    first = [own_event("quotum.workspace.opened.v1", opening, now), rule_event(credit, None, now)]
    wanted, found = _wanted(names, partitions), _described(broker, names)
    if names.organisation in found:
        _expect_own(broker, names, _workspace(broker, names.organisation), told)
    _expect_same(broker, {name: topic.completed() for name, topic in found.items()}, wanted)
    _complete(broker, names, found)
    _make(broker, {name: topic for name, topic in wanted.items() if name not in found}, replication)
    _open(broker, names, first)
    log = check(broker, prefix)
    _expect_own(broker, names, log.workspace, told)  # another process may have been quicker
    return log


def _wanted(names: Names, partitions: int) -> dict[str, _Topic]:
    return {
        names.events: _Topic(partitions, LOG),
        names.organisation: _Topic(1, LOG),
        names.trails: _Topic(partitions, TRAILS),
        names.cells: _Topic(partitions, LATEST),
        names.dead_letters: _Topic(1, LOG),
    }


def _described(broker: str, names: Names) -> dict[str, _Topic]:
    """What is there of them."""
    with clients.admin(broker) as admin:
        told = {topic["name"]: topic for topic in admin.describe_topics(list(names)) if not topic["error_code"]}
        if not told:
            return {}
        asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in told]
        settings = admin.describe_configs(asked, config_filter="all")["topic"]
    return {name: _topic(topic["partitions"], settings[name]) for name, topic in told.items()}


def _topic(partitions: Sequence[object], settings: Mapping[str, Mapping[str, str]]) -> _Topic:
    own = [key for key, one in settings.items() if one["config_source"] == ConfigSourceType.DYNAMIC_TOPIC_CONFIG.name]
    return _Topic(len(partitions), {key: one["value"] for key, one in settings.items()}, own)


def _expect_all(broker: str, names: Names, found: Mapping[str, _Topic]) -> None:
    if missing := [name for name in names if name not in found]:
        raise KafkaError(f"{_listed(missing)} not there on {broker}: {_advice(broker, names.prefix)}")


def _expect_same(broker: str, found: Mapping[str, _Topic], wanted: Mapping[str, _Topic]) -> None:
    faults = [fault for name, topic in found.items() for fault in _differences(broker, name, topic, wanted[name])]
    if faults:
        raise KafkaError("\n".join(faults))


def _differences(broker: str, name: str, found: _Topic, wanted: _Topic) -> list[str]:
    faults = []
    if found.partitions != wanted.partitions:
        faults.append(
            f"{name} on {broker} has {_counted(found.partitions)} and must have {wanted.partitions}: no number of "
            "partitions can be changed without moving trails. Say the number that is right, or take another --prefix."
        )
    differing = {key: value for key, value in wanted.settings.items() if found.settings.get(key) != value}
    if differing:
        has = ", ".join(f"{key}={found.settings.get(key)}" for key in differing)
        mended = ",".join(f"{key}={value}" for key, value in differing.items())
        is_lacking = differing.keys() <= found.lacking().keys()
        easily = "with the same quotum topics create that made the log, or " if is_lacking else ""
        faults.append(
            f"{name} on {broker} has {has} and must have {mended.replace(',', ', ')}. "
            f"Mend it {easily}with Kafka's own tool: "
            f"kafka-configs.sh --bootstrap-server {broker} --alter --topic {name} --add-config {mended}"
        )
    return faults


def _expect_own(broker: str, names: Names, workspace: Organisation, told: Mapping[str, object]) -> None:
    """A workspace that is open already is the one that was asked for."""
    differing = {name: getattr(workspace, name) for name, value in told.items() if getattr(workspace, name) != value}
    if workspace.opened and differing:
        was = ", ".join(f"{_words(name)} {value}" for name, value in differing.items())
        asked = ", ".join(f"{_words(name)} {told[name]}" for name in differing)
        raise KafkaError(
            f"the log {names.events} on {broker} was opened with {was}, not {asked}, and that is for good. Say what it "
            "was opened with, or take another --prefix for another log."
        )


def _complete(broker: str, names: Names, found: Mapping[str, _Topic]) -> None:
    """Set what topics lack, and wait until the broker says so itself."""
    lacking = {name: settings for name, topic in found.items() if (settings := topic.lacking())}
    if not lacking:
        return
    asked = [ConfigResource(ConfigResourceType.TOPIC, name, settings) for name, settings in lacking.items()]
    with clients.admin(broker) as admin:
        told = admin.alter_configs(asked)["topic"]
    if refused := [f"{name}: {said}" for name, said in told.items() if said != "OK"]:
        raise KafkaError(f"the broker at {broker} did not set what topics lack: {'; '.join(refused)}")
    until = time.monotonic() + COMPLETED_SECONDS
    while any(topic.lacking() for topic in _described(broker, names).values()):
        if time.monotonic() > until:  # `check` says what is so
            return


def _make(broker: str, topics: Mapping[str, _Topic], replication: int) -> None:
    if not topics:
        return
    safety = {"min.insync.replicas": IN_SYNC} if replication >= ENOUGH_REPLICAS else {}
    asked = {
        name: {
            "num_partitions": topic.partitions,
            "replication_factor": replication,
            "configs": {**topic.settings, **safety},
        }
        for name, topic in topics.items()
    }
    with clients.admin(broker) as admin:
        for name, topic in asked.items():
            try:
                admin.create_topics({name: topic})
            except TopicAlreadyExistsError:  # another process was quicker; `check` sees what it made
                continue
        admin.wait_for_topics(list(asked))


def _open(broker: str, names: Names, first: list[Event]) -> None:
    """Say the first words of a log that has none, all or nothing: whoever else tries at the same time is shut out."""
    try:
        with clients.transactional_producer(broker, names.organisation) as producer:
            if _workspace(broker, names.organisation).opened:
                return
            producer.begin_transaction()
            for event in first:
                key, headers = ORGANISATION.encode(), [(LAYER, LAYER_BYTES[FEED])]
                producer.send(names.organisation, key=key, value=log_line(event), headers=headers)
            producer.commit_transaction()
    except KafkaError as error:
        if clients.is_shut_out(error):
            raise KafkaError(f"another process makes the same log on {broker} just now. Try again.") from error
        raise


def _workspace(broker: str, topic: str) -> Organisation:
    return organisation(found for record in clients.read_whole(broker, topic) if (found := _fact(record)))


def _fact(record: Any) -> Fact | None:  # noqa: ANN401 (the client has no types)
    """Nothing for what is no event: the recorder lists it, and nobody is kept from working by it."""
    layer = LAYERS.get(dict(record.headers).get(LAYER, b"0"))
    try:
        return None if layer is None else fact(read_event(record.value or b""), layer)
    except ValueError:
        return None


def _advice(broker: str, prefix: str) -> str:
    own = "" if prefix == PREFIX else f" --prefix {prefix}"
    return f"run quotum topics create --broker {broker}{own} --zone ZONE --currency CURRENCY --partitions NUMBER"


def _listed(names: list[str]) -> str:
    return f"the topic {names[0]} is" if len(names) == 1 else f"the topics {', '.join(names)} are"


def _counted(partitions: int) -> str:
    return "1 partition" if partitions == 1 else f"{partitions} partitions"


def _words(name: str) -> str:
    return name.replace("_", " ")
