"""The broker of docker-compose.yml is one that starts: its settings are tried on a real one, without Docker."""

from pathlib import Path

import pytest
from kafka.admin import ConfigResource, ConfigResourceType

from quotum.local import kafka
from streams.kafka import clients, topics
from tests.compose import broker_properties

ELSEWHERE = {  # what differs outside a container: where it listens, and where its data lie
    "PLAINTEXT://:9092": "PLAINTEXT://{host}:{port}",
    "PLAINTEXT://kafka:9092": "PLAINTEXT://{host}:{port}",
    "localhost:9093": "{host}:{controller}",
    "/var/lib/kafka/data": "{data}",
}


def here(text: str) -> str:
    for inside, outside in ELSEWHERE.items():
        text = text.replace(inside, outside)
    return text


def test_a_broker_starts_with_the_settings_of_the_compose_file_and_keeps_a_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    properties = {name: here(text) for name, text in broker_properties().items()}
    monkeypatch.setattr(kafka, "PROPERTIES", "".join(f"{name}={text}\n" for name, text in properties.items()))
    with kafka.start(tmp_path / "broker") as broker:
        made = topics.create(broker.address, zone="Europe/Amsterdam", currency="EUR", partitions=4)
        assert made.partitions == 4
        with clients.admin(broker.address) as admin:
            asked = [ConfigResource(ConfigResourceType.BROKER, "1")]
            known = admin.describe_configs(asked, config_filter="all")["broker"]["1"]
        assert set(properties) - set(known) == set()
