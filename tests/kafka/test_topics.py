"""Topics on a real broker: made once, completed when half made, refused when they differ, checked by everybody."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import kafka.codec
import pytest
from kafka import KafkaAdminClient, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.record import default_records
from kafka.record.default_records import DefaultRecordBatch, DefaultRecordBatchBuilder
from typer.testing import CliRunner

from quotum.cli import app
from streams.kafka import KafkaError, clients, topics
from streams.kafka.topics import Log, Names, partition_of
from tests.kafka.recorded import NoText
from tests.kafka.selling import WORKSPACE

Json = dict[str, Any]


def create(broker: str, prefix: str, changes: Json | None = None) -> Log:
    return topics.create(broker, prefix=prefix, **{**WORKSPACE, **(changes or {})})


@pytest.fixture
def admin(broker: str) -> Iterator[KafkaAdminClient]:
    client = KafkaAdminClient(bootstrap_servers=broker)
    yield client
    client.close()


def settings(admin: KafkaAdminClient, name: str) -> dict[str, str]:
    asked = [ConfigResource(ConfigResourceType.TOPIC, name)]
    return {key: one["value"] for key, one in admin.describe_configs(asked, config_filter="all")["topic"][name].items()}


def test_a_log_is_made_with_what_it_was_opened_with_and_found_again(broker: str, prefix: str) -> None:
    made = create(broker, prefix, {"fiscal_start": 4, "credit": "seller"})
    found = topics.check(broker, prefix)
    assert made == found
    assert (found.partitions, found.workspace.zone, found.workspace.currency) == (3, "Europe/Amsterdam", "EUR")
    assert (found.workspace.fiscal_start, found.workspace.rules[0][1]) == (4, "seller")


def test_the_log_is_kept_for_ever_and_timed_by_the_broker_and_cells_keep_their_latest(
    broker: str, prefix: str, admin: KafkaAdminClient
) -> None:
    names = create(broker, prefix).names
    for name in (names.events, names.organisation, names.dead_letters):
        found = settings(admin, name)
        assert (found["retention.ms"], found["retention.bytes"]) == ("-1", "-1")
        assert (found["cleanup.policy"], found["message.timestamp.type"]) == ("delete", "LogAppendTime")
    for topic in (names.trails, names.cells):
        assert settings(admin, topic)["cleanup.policy"] == "compact"
        assert settings(admin, topic)["delete.retention.ms"] == "604800000"
    counts = {topic["name"]: len(topic["partitions"]) for topic in admin.describe_topics(list(names))}
    assert counts == {names.events: 3, names.organisation: 1, names.trails: 3, names.cells: 3, names.dead_letters: 1}


def test_a_log_for_the_demo_says_so_and_is_no_log_of_real_books(broker: str, prefix: str) -> None:
    assert create(broker, prefix, {"demo": True}).workspace.demo
    assert create(broker, prefix, {"demo": True}) == topics.check(broker, prefix)
    with pytest.raises(KafkaError, match=r"was opened with demo True, not demo False"):
        create(broker, prefix)


def test_the_demo_does_not_sell_into_a_log_of_real_books(broker: str, prefix: str, tmp_path: Path) -> None:
    create(broker, prefix)
    history = tmp_path / "demo.duckdb"
    words = ["demo", "--history", str(history), "--broker", broker, "--prefix", prefix, "--port", "0"]
    found = CliRunner().invoke(app, words)
    assert (found.exit_code, found.stdout) == (1, "")
    assert found.stderr.startswith(
        f"quotum: {prefix}.events on {broker} is a log of real books. Make one for the demo: "
    )
    assert not history.exists()


def test_made_again_nothing_is_said_twice(broker: str, prefix: str) -> None:
    names = create(broker, prefix).names
    once = [record.offset for record in clients.read_whole(broker, names.organisation)]
    assert create(broker, prefix) == topics.check(broker, prefix)
    assert [record.offset for record in clients.read_whole(broker, names.organisation)] == once == [0, 1]


def test_what_several_processes_make_at_once_is_one_log(broker: str, prefix: str) -> None:
    def attempt(_: int) -> str:
        try:
            create(broker, prefix)
        except KafkaError as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(3) as pool:
        said = set(pool.map(attempt, range(3)))
    assert said <= {"", f"another process makes the same log on {broker} just now. Try again."}
    create(broker, prefix)
    assert len(list(clients.read_whole(broker, Names.of(prefix).organisation))) == 2


@pytest.mark.parametrize("missing", ["events", "organisation", "cells", "dead_letters"])
def test_a_log_that_is_half_made_is_completed(broker: str, prefix: str, admin: KafkaAdminClient, missing: str) -> None:
    name = getattr(create(broker, prefix).names, missing)
    admin.delete_topics([name])
    with pytest.raises(KafkaError, match=rf"the topic {name} is not there .* quotum topics create --broker"):
        topics.check(broker, prefix)
    create(broker, prefix)
    assert topics.check(broker, prefix).partitions == 3


def test_topics_without_their_first_words_are_no_log_until_these_are_said(broker: str, prefix: str) -> None:
    wanted = topics._wanted(Names.of(prefix), 3)  # noqa: SLF001 (a process that was killed between the two steps)
    topics._make(broker, wanted, 1)
    with pytest.raises(KafkaError, match="says nothing of a workspace: run quotum topics create"):
        topics.check(broker, prefix)
    create(broker, prefix)
    assert topics.check(broker, prefix).workspace.opened


def test_what_was_killed_while_it_said_the_first_words_stands_in_nobodys_way(broker: str, prefix: str) -> None:
    name = create(broker, f"{prefix}-other").names.organisation
    (opened, _) = clients.read_whole(broker, name)
    own = Names.of(prefix).organisation
    topics._make(broker, {own: topics._Topic(1, topics.LOG)}, 1)  # noqa: SLF001 (as far as it had come)
    with clients.transactional_producer(broker, own) as killed:
        killed.begin_transaction()
        killed.send(own, value=opened.value).get()
        create(broker, prefix)
    assert len(list(clients.read_whole(broker, own))) == 2


@pytest.mark.parametrize(
    ("change", "was", "asked"),
    [
        ({"partitions": 4}, "partitions 3", "partitions 4"),
        ({"zone": "UTC"}, "zone Europe/Amsterdam", "zone UTC"),
        ({"currency": "USD", "fiscal_start": 7}, "currency EUR, fiscal start 1", "currency USD, fiscal start 7"),
    ],
)
def test_another_workspace_is_refused_and_nothing_is_made(
    broker: str, prefix: str, admin: KafkaAdminClient, change: Json, was: str, asked: str
) -> None:
    names = create(broker, prefix).names
    admin.delete_topics([names.cells])
    with pytest.raises(KafkaError, match=f"opened with {was}, not {asked}, and that is for good"):
        create(broker, prefix, change)
    assert names.cells not in admin.list_topics()


@pytest.mark.parametrize("topic", ["events", "cells", "organisation"])
def test_a_topic_with_another_number_of_partitions_is_refused(
    broker: str, prefix: str, admin: KafkaAdminClient, topic: str
) -> None:
    name = getattr(Names.of(prefix), topic)
    configs = topics.LATEST if topic == "cells" else topics.LOG
    admin.create_topics({name: {"num_partitions": 2, "replication_factor": 1, "configs": configs}})
    admin.wait_for_topics([name])
    with pytest.raises(KafkaError, match=rf"{name} on .* has 2 partitions and must have [13]: .* another --prefix"):
        create(broker, prefix)
    assert [other for other in admin.list_topics() if other.startswith(prefix)] == [name]


def test_a_log_that_forgets_is_refused_with_the_words_that_mend_it(
    broker: str, prefix: str, admin: KafkaAdminClient
) -> None:
    names = create(broker, prefix).names
    forgetful = ConfigResource(ConfigResourceType.TOPIC, names.events, {"retention.ms": "1000"})
    admin.alter_configs([forgetful])
    mending = rf"has retention.ms=1000 and must have retention.ms=-1\. .* --topic {names.events} --add-config retention"
    with pytest.raises(KafkaError, match=mending):
        topics.check(broker, prefix)
    with pytest.raises(KafkaError, match=mending):
        create(broker, prefix)


def earlier(admin: KafkaAdminClient, names: Names) -> None:
    """Topics as a release made them that did not have the broker keep them uncompressed."""
    asked = [ConfigResource(ConfigResourceType.TOPIC, one, {"compression.type": ("DELETE", None)}) for one in names]
    assert set(admin.alter_configs(asked)["topic"].values()) == {"OK"}
    while {settings(admin, name)["compression.type"] for name in names} != {"producer"}:
        continue


def test_a_log_of_an_earlier_release_is_given_what_its_topics_lack_by_the_command_that_made_it(
    broker: str, prefix: str, admin: KafkaAdminClient
) -> None:
    names = create(broker, prefix).names
    lies = list(clients.read_whole(broker, names.organisation))
    earlier(admin, names)
    mending = rf"{names.events} on .* has compression.type=producer .* Mend it with the same quotum topics create "
    with pytest.raises(KafkaError, match=mending):
        topics.check(broker, prefix)
    assert create(broker, prefix) == topics.check(broker, prefix)
    assert {settings(admin, name)["compression.type"] for name in names} == {"uncompressed"}
    assert settings(admin, names.events)["retention.ms"] == "-1"
    assert list(clients.read_whole(broker, names.organisation)) == lies


def test_what_somebody_has_set_is_left_as_it_is_and_so_is_a_log_that_was_opened_with_something_else(
    broker: str, prefix: str, admin: KafkaAdminClient
) -> None:
    names = create(broker, prefix).names
    earlier(admin, names)
    with pytest.raises(KafkaError, match="opened with partitions 3, not partitions 4"):
        create(broker, prefix, {"partitions": 4})
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, names.cells, {"compression.type": "gzip"})])
    while settings(admin, names.cells)["compression.type"] != "gzip":
        continue
    with pytest.raises(KafkaError, match=r"cells on .* has compression.type=gzip .* Mend it with Kafka's own tool"):
        create(broker, prefix)
    assert settings(admin, names.events)["compression.type"] == "producer"


def test_a_trail_lies_where_every_client_puts_it(broker: str, prefix: str) -> None:
    log = create(broker, prefix)
    trails = ["", "a", "D-1001", "deal:42", "Žofie", "case 17/β", "\U0001f600", "x" * 1000]
    producer = KafkaProducer(bootstrap_servers=broker)
    sent = {trail: producer.send(log.names.events, key=trail.encode(), value=b"{}") for trail in trails}
    found = {trail: future.get().partition for trail, future in sent.items()}
    producer.close()
    assert found == {trail: partition_of(trail, 3) for trail in trails}
    assert len(set(found.values())) == 3


def test_more_replicas_than_there_are_brokers_are_refused(broker: str, prefix: str, admin: KafkaAdminClient) -> None:
    too_many = len(admin.describe_cluster()["brokers"]) + 1
    with pytest.raises(KafkaError, match=f"the broker at {broker} did not do what was asked: .*replication factor"):
        create(broker, prefix, {"replication": too_many})
    assert [name for name in admin.list_topics() if name.startswith(prefix)] == []


def test_what_is_no_event_keeps_nobody_from_working_and_what_cannot_be_read_is_told(
    broker: str, prefix: str, caplog: pytest.LogCaptureFixture
) -> None:
    name = create(broker, prefix).names.organisation
    producer = KafkaProducer(bootstrap_servers=broker)
    odd = [("layer", b"x")], [(NoText("n"), b"")]
    said: list[tuple[bytes | None, Any]] = [(b"no event", []), (None, []), *((b"{}", one) for one in odd)]
    sent = [producer.send(name, key=b"organisation", value=value, headers=headers) for value, headers in said]
    odd_one = sent[-1].get(10).offset  # the last of its batch, since nothing can be read of what comes after it there
    producer.send(name, key=b"organisation", value=b"the last")
    producer.close()
    assert topics.check(broker, prefix).partitions == 3
    caplog.clear()
    found = {record.offset: record.value for record in clients.read_whole(broker, name)}
    assert list(found.values())[-4:] == [b"no event", None, b"{}", b"the last"]
    assert odd_one not in found
    assert [record.args[2] for record in caplog.records if isinstance(record.args, tuple)] == [odd_one]


ZSTD = 4  # among the ways of compressing that the attributes of a batch tell
AS_IT_IS, ONE_BYTE_REPEATED = 0, 1  # kinds of blocks
LONG_RUN = b"v" * 1_000  # which compressed is so much shorter that the client sends it so


def as_zstd(data: bytes) -> bytes:
    """Bytes that hold the long run, in zstd's form (RFC 8878: magic number, size, blocks)."""
    before, after = data.split(LONG_RUN)
    frame = bytes.fromhex("28b52ffda0") + len(data).to_bytes(4, "little")
    run = block(ONE_BYTE_REPEATED, len(LONG_RUN)) + LONG_RUN[:1]
    return frame + block(AS_IT_IS, len(before)) + before + run + block(AS_IT_IS, len(after), is_last=True) + after


def block(kind: int, bytes_: int, *, is_last: bool = False) -> bytes:
    """How a block begins."""
    return (bytes_ << 3 | kind << 1 | is_last).to_bytes(3, "little")


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A client that knows zstd; this: how what it sends is compressed, batch by batch."""
    found: list[int] = []
    build = DefaultRecordBatchBuilder.build

    def noted(builder: DefaultRecordBatchBuilder) -> bytes:
        made: bytes = build(builder)
        found.append(DefaultRecordBatch(bytes(made)).compression_type)
        return made

    monkeypatch.setattr(kafka.codec, "has_zstd", lambda: True)
    monkeypatch.setitem(KafkaProducer._COMPRESSORS, "zstd", (lambda: True, ZSTD))  # noqa: SLF001 (nothing public lets one)
    monkeypatch.setattr(default_records, "zstd_encode", as_zstd)
    monkeypatch.setattr(DefaultRecordBatchBuilder, "build", noted)
    return found


@pytest.mark.parametrize("kind", ["events", "organisation"])
def test_what_a_writer_compressed_in_a_way_that_no_reader_here_knows_can_be_read(
    broker: str, prefix: str, kind: str, built: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = getattr(create(broker, prefix).names, kind)
    built.clear()
    producer = KafkaProducer(bootstrap_servers=broker, compression_type="zstd")
    at = producer.send(name, key=b"k", value=LONG_RUN, partition=0).get(10)
    producer.close()
    assert built == [ZSTD]
    monkeypatch.undo()
    with clients.consumer(broker, enable_auto_commit=False) as reading:
        place = TopicPartition(name, 0)
        reading.assign([place])
        reading.seek(place, at.offset)
        found = reading.poll(timeout_ms=10_000)
    assert [one.value for one in found[place]] == [LONG_RUN]


def test_what_was_never_committed_is_not_read(broker: str, prefix: str) -> None:
    name = create(broker, prefix).names.organisation
    with clients.transactional_producer(broker, f"{prefix}.other") as producer:
        producer.begin_transaction()
        producer.send(name, value=b"never").get()
        producer.abort_transaction()
    assert b"never" not in [record.value for record in clients.read_whole(broker, name)]


def test_the_command_makes_checks_and_refuses(broker: str, prefix: str) -> None:
    def ask(*words: str) -> tuple[int, str, str]:
        found = CliRunner().invoke(app, ["topics", *words, "--broker", broker, "--prefix", prefix])
        return found.exit_code, found.stdout, found.stderr

    right = ["--zone", "Europe/Amsterdam", "--currency", "EUR", "--partitions", "3"]
    says = f"{prefix}.events is as it must be: 3 partitions, days of Europe/Amsterdam, EUR, fiscal year from month 1, "
    assert ask("check")[0] == 1
    assert ask("create", *right) == (0, says + "credit to the owner.\n", "")
    assert ask("create", *right) == ask("check") == (0, says + "credit to the owner.\n", "")
    code, printed, complaint = ask("create", *right[:-1], "5")
    assert (code, printed) == (1, "")
    assert "was opened with partitions 3, not partitions 5" in complaint
