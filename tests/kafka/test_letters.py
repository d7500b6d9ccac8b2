"""Dead letters on a real broker are listed with their places and reasons, each once."""

from pathlib import Path

from kafka import KafkaProducer
from typer.testing import CliRunner

from quotum.cli import app
from streams.history import History
from streams.kafka import topics
from streams.kafka.letters import Letter, letters
from streams.told import NEWER
from tests.kafka.recorded import follow


def test_what_is_no_event_is_listed_with_its_place_and_why(broker: str, prefix: str, tmp_path: Path) -> None:
    def told() -> tuple[int, str, str]:
        found = CliRunner().invoke(app, ["topics", "letters", "--broker", broker, "--prefix", prefix])
        return found.exit_code, found.stdout, found.stderr

    log = topics.create(broker, prefix=prefix, zone="UTC", currency="EUR", partitions=3)
    name = log.names.events
    assert told() == (0, f"no dead letters: all that was recorded of {name} is events\n", "")
    producer = KafkaProducer(bootstrap_servers=broker)
    for value in (b"{", b'{"specversion":"1.0","type":"quotum.call.sung.v2"}', None):
        producer.send(name, key=b"x", value=value, partition=1).get()
    producer.close()
    History.create(tmp_path / "h.duckdb").close()
    for _ in range(2):  # what may not have been passed on before a kill is passed on again
        with History.open(tmp_path / "h.duckdb") as history:
            follow(log, history)
    newer = NEWER.format(kind="quotum.call.sung.v2")
    whole = "is no event as docs/events.md tells them: see the whole"
    assert letters(log) == [
        Letter(name, 1, 0, whole),
        Letter(name, 1, 1, newer),
        Letter(name, 1, 2, "holds nothing"),
    ]
    lines = [f"{name} partition 1 offset {at}: {why}\n" for at, why in enumerate((whole, newer, "holds nothing"))]
    assert told() == (0, "".join(lines), "")
