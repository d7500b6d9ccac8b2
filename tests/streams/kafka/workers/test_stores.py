"""A store is where it says it is, on disk as in memory, and begins anew where it can no longer be trusted."""

from collections.abc import Callable
from pathlib import Path

import pytest
from rocksdict import Options, Rdict

from streams.kafka import KafkaError
from streams.kafka.workers import stores
from streams.kafka.workers.stores import ABOUT, CELLS, TRAILS, DiskStore, MemoryStore, Store, Stores
from streams.live.forms import FORM
from streams.live.owning import STALE_SECONDS

NOW = 1_800_000_000.0
IDS = {TRAILS: "t1", CELLS: "c1"}


@pytest.fixture(params=["memory", "disk"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return MemoryStore() if request.param == "memory" else DiskStore(tmp_path / "store", "t1")


def at(moment: float) -> Callable[[], float]:
    return lambda: moment


def test_a_store_gives_those_of_the_keys_that_there_are(store: Store) -> None:
    assert (store.position, store.has_more_than(b"a"), store.get_many([b"a"]), store.get_many([])) == (0, False, {}, {})
    store.write({b"a": b"1", b"b": b"2", b"c": b"3"}, 4)
    store.write({b"a": b"9", b"b": None, b"never": None}, 7)
    assert store.get_many([b"a", b"b", b"c", b"x"]) == {b"a": b"9", b"c": b"3"}
    assert (store.position, store.has_more_than(b"a"), store.has_more_than(b"x")) == (7, True, True)
    store.write({b"c": None}, 9)
    assert (store.position, store.has_more_than(b"a"), store.has_more_than(b"x")) == (9, False, True)
    store.close()


def test_a_store_on_disk_goes_on_from_where_it_was(tmp_path: Path) -> None:
    first = DiskStore(tmp_path / "store", "t1")
    first.write({b"a": b"1"}, 4)
    first.close()
    second = DiskStore(tmp_path / "store", "t1")
    assert (second.position, second.get_many([b"a"])) == (4, {b"a": b"1"})
    second.close()


@pytest.mark.parametrize(
    ("changelog", "form", "age"),
    [("t2", FORM, 0.0), ("t1", FORM + 1, 0.0), ("t1", FORM, STALE_SECONDS), ("t1", FORM, -1.0)],
    ids=["of another changelog", "in another form", "too old", "of the future"],
)
def test_a_store_that_cannot_be_trusted_begins_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changelog: str, form: int, age: float
) -> None:
    first = DiskStore(tmp_path / "store", "t1", at(NOW))
    first.write({b"a": b"1"}, 4)
    first.close()
    monkeypatch.setattr(stores, "FORM", form)
    second = DiskStore(tmp_path / "store", changelog, at(NOW + age))
    assert (second.position, second.has_more_than(b"")) == (0, False)
    second.close()


@pytest.mark.parametrize("has_folder", [False, True], ids=["memory", "disk"])
def test_a_store_that_is_open_and_was_not_written_for_too_long_begins_anew_as_well(
    tmp_path: Path, *, has_folder: bool
) -> None:
    now = NOW
    every = Stores(tmp_path if has_folder else None, IDS, lambda: now)
    every.open(CELLS, 0).write({b"a": b"1"}, 4)
    now += STALE_SECONDS - 1
    assert (every.open(CELLS, 0).position, every.open(CELLS, 0).get_many([b"a"])) == (4, {b"a": b"1"})
    now += 1
    stale = every.open(CELLS, 0)
    assert (stale.position, stale.get_many([b"a"]), stale.has_more_than(b"")) == (0, {}, False)
    stale.write({b"b": b"2"}, 9)
    assert (every.open(CELLS, 0).position, every.open(CELLS, 0).get_many([b"a", b"b"])) == (9, {b"b": b"2"})
    every.close()


def test_a_store_of_another_version_begins_anew(tmp_path: Path) -> None:
    database = Rdict(str(tmp_path / "store"), options=Options(raw_mode=True))
    database.put(ABOUT, b"something else")
    database.put(b"a", b"1")
    database.close()
    store = DiskStore(tmp_path / "store", "t1")
    assert (store.position, store.has_more_than(b"")) == (0, False)
    store.close()


def test_a_worker_has_its_folder_for_itself_until_it_closes(tmp_path: Path) -> None:
    first = Stores(tmp_path / "data", IDS)
    first.open(TRAILS, 0).write({b"a": b"1"}, 1)
    with pytest.raises(KafkaError, match=r"another worker keeps its data in .*: give each a --data of its own"):
        Stores(tmp_path / "data", IDS)
    first.close()
    second = Stores(tmp_path / "data", IDS)
    assert second.open(TRAILS, 0).get_many([b"a"]) == {b"a": b"1"}
    second.close()


def test_what_was_known_of_partitions_that_went_to_others_is_on_disk_alone(tmp_path: Path) -> None:
    for folder, left in ((tmp_path, 1), (None, 0)):
        every = Stores(folder, IDS)
        kept, lost = every.open(CELLS, 0), every.open(CELLS, 1)
        kept.write({b"a": b"1"}, 1)
        lost.write({b"a": b"1"}, 1)
        every.keep_only({0})
        assert every.open(CELLS, 0) is kept
        assert every.open(CELLS, 1).position == left
        every.close()
