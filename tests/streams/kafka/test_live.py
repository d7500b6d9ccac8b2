"""Which histories may follow a log is known before anybody asks a broker; what they do then is in tests/kafka."""

from pathlib import Path

import pytest

from projections.organisation import Organisation
from schemas.moments import Calendar
from streams.appending import Entry, columns
from streams.books import Books
from streams.following import ORGANISATION_PARTITION, Follower
from streams.history import History, HistoryError
from streams.kafka.live import LiveBooks
from streams.kafka.topics import Log, Names
from streams.pairing import vault_path
from streams.records import written
from streams.told import Record
from streams.vault import Vault
from tests.streams.recording import call

NOBODY = Log("127.0.0.1:1", Names.of("quotum"), Organisation(partitions=3))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "quotum.duckdb"


def following(path: Path) -> None:
    """A history that follows a log, in which somebody with the number 3 called."""
    said = written(columns(Entry(call(rep=3), 0)))
    (_, layer), (_, digest) = said.headers
    record = Record(0, 0, 0, said.key, said.value, layer, digest)
    with History.create(path) as history:
        follower = Follower(history, Calendar("UTC"), lambda _: 0)
        assert follower.take([record], {ORGANISATION_PARTITION: 2}).moved


def refusal(path: Path) -> str:
    with pytest.raises(HistoryError) as told:
        LiveBooks.follow(path, NOBODY)
    History.open(path).close()  # nobody holds it
    return str(told.value)


def test_a_history_that_is_a_log_of_its_own_follows_no_other(path: Path) -> None:
    Books.create(path, zone="UTC", currency="EUR").close()
    assert refusal(path) == (
        f"{path} is a log of its own, and cannot follow one in Kafka as well. Give another --history, or serve it "
        "without --broker."
    )


def test_a_history_without_its_vault_follows_nothing_and_no_vault_is_made(path: Path) -> None:
    following(path)
    assert "is missing, so nobody would have a name" in refusal(path)
    assert not vault_path(path).exists()


def test_a_history_with_the_vault_of_another_follows_nothing(path: Path) -> None:
    following(path)
    with Vault.open(vault_path(path)) as vault:
        assert vault.numbers("crm", ["anna", "bo"], "person") == {"anna": 1, "bo": 2}
    assert "the history names number 3, the vault knows numbers up to 2" in refusal(path)
