"""The books open with everything that belongs to them, or say what is missing."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from schemas.envelope import Event
from schemas.events import adapter
from schemas.facts import PERSON
from schemas.moments import instant_us
from streams.appending import Entry, columns
from streams.books import Books, Outcome, wall_clock
from streams.following import ORGANISATION_PARTITION, Follower
from streams.history import History, HistoryError
from streams.own_events import rule_event
from streams.pairing import vault_path
from streams.records import written
from streams.replaying import stored_cells
from streams.told import Record
from streams.vault import Vault
from streams.vault_file import VaultError

NOW = instant_us("2017-06-01T12:00:00Z")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "quotum.duckdb"


def make(
    path: Path, zone: str = "Europe/Amsterdam", currency: str = "EUR", fiscal_start: int = 1, credit: str = "owner"
) -> Books:
    told: dict[str, Any] = {"zone": zone, "currency": currency, "credit": credit}
    return Books.create(path, **told, fiscal_start=fiscal_start, clock=lambda: NOW)


def call(id_: str = "1", rep: str | None = "ann", at: str = "2017-05-01T08:00:00Z", **envelope: str) -> Event:
    data = {"id": id_, "at": at} | ({"rep": rep} if rep else {})
    plain = {"id": f"e{id_}", "source": "crm", "type": "quotum.call.logged.v1", "time": "2017-05-01T08:00:00Z"}
    return adapter().validate_python({**plain, "trail": "case-1", **envelope, "data": data})


def files_in(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


# Making


def test_new_books_hold_what_they_were_opened_with_as_their_first_events(path: Path) -> None:
    with make(path, fiscal_start=4, credit="seller") as books:
        found = books.organisation()
        assert (found.zone, found.currency, found.fiscal_start, found.opened) == ("Europe/Amsterdam", "EUR", 4, True)
        assert [rule for _, rule in found.rules] == ["seller"]
        assert books.history.rows("SELECT log_offset, type, known_at FROM events") == [
            (0, "quotum.workspace.opened.v1", NOW),
            (1, "quotum.credit_rule.set.v1", NOW),
        ]
        assert books.next_offset() == 2
    with Books.open(path) as books:
        assert books.organisation() == found


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"zone": "Europe/Atlantis"}, "is not a time zone"),
        ({"currency": "GOLD"}, "GOLD"),
        ({"fiscal_start": 13}, "12"),
        ({"credit": "luck"}, "luck"),
    ],
)
def test_books_that_cannot_be_kept_are_not_made(path: Path, wrong: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        make(path, **wrong)
    assert files_in(path.parent) == []


def test_books_that_are_there_are_not_made_again(path: Path) -> None:
    with make(path) as books:
        books.take([call()])
    with pytest.raises(HistoryError, match="is already there"):
        make(path, zone="Asia/Tokyo")
    with Books.open(path) as books:
        assert (books.organisation().zone, books.next_offset()) == ("Europe/Amsterdam", 3)
        assert books.vault.labels() == {1: "ann"}


def test_books_in_a_missing_folder_are_not_made(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="does not exist"):
        make(tmp_path / "nowhere" / "quotum.duckdb")
    assert files_in(tmp_path) == []


@pytest.mark.parametrize(
    "failing", ["streams.history._put", "streams.recorder.Recorder.record", "streams.books.make_vault"]
)
def test_nothing_half_made_is_left_where_making_fails(
    path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(failing, fail)
        with pytest.raises(OSError, match="No space left"):
            make(path)
    assert files_in(path.parent) == []
    make(path).close()


def test_a_vault_with_people_in_it_is_not_taken_for_new_books(path: Path) -> None:
    with Vault.open(vault_path(path)) as vault:
        vault.numbers("crm", ["ann"], "person")
    with pytest.raises(
        HistoryError, match=r"a vault without its history lies at .*\.vault\. Put the history beside it"
    ):
        make(path)
    with Vault.open(vault_path(path)) as vault:
        assert vault.labels() == {1: "ann"}
    assert files_in(path.parent) == [vault_path(path).name]


def test_an_empty_vault_that_a_kill_left_does_not_stand_in_the_way(path: Path) -> None:
    Vault.open(vault_path(path)).close()
    with make(path) as books:
        assert books.take([call()]) == [Outcome("taken", 2)]


# Opening


def test_books_without_their_vault_do_not_open(path: Path) -> None:
    make(path).close()
    vault_path(path).unlink()
    with pytest.raises(
        HistoryError, match=r"the vault .*\.vault is missing, so nobody would have a name\. Put it back"
    ):
        Books.open(path)
    assert not vault_path(path).exists()
    History.open(path).close()


def test_books_do_not_open_where_there_are_none(path: Path) -> None:
    with pytest.raises(HistoryError, match="there is no history at"):
        Books.open(path)
    assert files_in(path.parent) == []


def test_books_are_opened_once(path: Path) -> None:
    with make(path), pytest.raises(VaultError, match="is owned by this process already"):
        Books.open(path)
    Books.open(path).close()


def test_a_history_without_a_workspace_does_not_open_as_books(path: Path) -> None:
    History.create(path).close()
    Vault.open(vault_path(path)).close()
    with pytest.raises(HistoryError, match="holds no workspace"):
        Books.open(path)
    History.open(path).close()


def test_books_whose_zone_this_machine_does_not_know_say_so(path: Path) -> None:
    make(path).close()
    with duckdb.connect(path) as connection:
        connection.execute("UPDATE events SET data = replace(data, 'Europe/Amsterdam', 'Mars/Olympus')")
    with pytest.raises(HistoryError, match=r"has days of a zone unknown on this machine: 'Mars/Olympus'"):
        Books.open(path)


# Taking


def test_each_event_of_a_batch_gets_its_own_answer_in_its_own_place(path: Path) -> None:
    late = call("3", time="2099-01-01T00:00:00Z")
    with make(path) as books:
        assert books.take([]) == []
        outcomes = books.take([call("1"), late, call("2"), call("1"), late])
        assert [one.fate for one in outcomes] == ["taken", "refused", "taken", "duplicate", "refused"]
        assert [one.offset for one in outcomes] == [2, None, 3, None, None]
        assert [bool(one.reason) for one in outcomes] == [False, True, False, False, True]
        assert "lies in the future" in outcomes[1].reason
        assert books.next_offset() == 4


def test_taking_is_the_door_and_then_the_recording(path: Path) -> None:
    with make(path) as books:
        (entry,) = books.admit([call("1", "ann")], PERSON, people="staff")
        assert books.next_offset() == 2
        assert not isinstance(entry, str)
        assert books.record([entry]) == [Outcome("taken", 2)]  # type: ignore[list-item]  # it was let in
        assert books.history.rows("SELECT layer, data FROM events WHERE log_offset = 2") == [
            (1, '{"at":"2017-05-01T08:00:00Z","id":"1","rep":1}')
        ]


@pytest.mark.parametrize(
    ("zone", "day"),
    [("Europe/Amsterdam", 17288), ("UTC", 17287), ("America/Los_Angeles", 17287), ("Asia/Tokyo", 17288)],
)
def test_the_zone_of_the_workspace_decides_the_day_also_after_reopening(path: Path, zone: str, day: int) -> None:
    with make(path, zone) as books:
        books.take([call("1", at="2017-05-01T22:30:00Z")])
    with Books.open(path) as books:
        assert books.calendar.zone == zone
        books.take([call("2", at="2017-05-01T22:30:00Z")])
        assert {cell[:3]: amount for cell, amount in _cells(books).items()} == {(1, day, "calls"): 2_000_000}


def _cells(books: Books) -> dict[Any, int]:
    with books.history.read() as cursor:
        return dict(stored_cells(cursor))


def test_a_credit_rule_is_an_event_like_any_other(path: Path) -> None:
    with make(path) as books:
        assert [one.fate for one in books.take([rule_event("seller", None, NOW + 1)])] == ["taken"]
        assert [rule for _, rule in books.organisation().rules] == ["seller"]


def test_the_clock_of_the_wall_is_in_microseconds() -> None:
    assert instant_us("2020-01-01T00:00:00Z") < wall_clock() < instant_us("2200-01-01T00:00:00Z")


@pytest.mark.parametrize(("zone", "day"), [("Asia/Tokyo", "2017-06-02"), ("Europe/Amsterdam", "2017-06-01")])
def test_today_is_the_day_it_is_in_the_zone_of_the_workspace(path: Path, zone: str, day: str) -> None:
    late = instant_us("2017-06-01T16:00:00Z")
    with Books.create(path, zone=zone, currency="EUR", clock=lambda: late) as books:
        assert str(books.today()) == day


def test_targets_are_those_that_the_log_tells(path: Path) -> None:
    told = {"id": "t", "metric": "calls", "period": "FY2017", "value": "15", "author": "mary", "reason": "agreed"}
    envelope = {"id": "e1", "source": "crm", "type": "quotum.target.agreed.v1", "time": "2017-05-01T08:00:00Z"}
    with make(path, fiscal_start=4) as books:
        assert books.targets() == []
        sent = adapter().validate_python({**envelope, "data": told})
        assert [one.fate for one in books.take([sent, sent])] == ["taken", "duplicate"]
        assert [one.fate for one in books.take([sent])] == ["duplicate"]
        (target,) = books.targets()
        assert (target.id, target.period.first.isoformat(), target.steps[0].value) == ("t", "2017-04-01", 15_000_000)
    with Books.open(path) as books:
        assert books.targets() == [target]


def test_books_that_follow_a_log_elsewhere_answer_and_take_nothing(path: Path) -> None:
    with make(path.with_name("log.duckdb")) as log:
        said = [Entry(one, 0) for one in (_opening(log), rule_event("seller", None, NOW))]
    with History.create(path) as history:
        follower = Follower(history, log.calendar, lambda _: ORGANISATION_PARTITION)
        follower.take(_record(one, offset) for offset, one in enumerate(said))
    Vault.open(vault_path(path)).close()
    with Books.open(path, clock=lambda: NOW) as books:
        assert (books.organisation().zone, books.next_offset(), books.today().year) == ("Europe/Amsterdam", 2, 2017)
        with pytest.raises(
            HistoryError, match=r"follows a log in Kafka, and nothing goes in past that\. Serve it with"
        ):
            books.take([call()])
        assert books.stored_offset() == 2


def _opening(books: Books) -> Event:
    [(id_, data)] = books.history.rows("SELECT id, data FROM events WHERE type = 'quotum.workspace.opened.v1'")
    plain = {"source": "quotum", "type": "quotum.workspace.opened.v1", "time": "2017-06-01T12:00:00Z"}
    return adapter().validate_python({**plain, "id": id_, "trail": "organisation", "data": json.loads(data)})


def _record(entry: Entry, offset: int) -> Record:
    said = written(columns(entry))
    (_, layer), (_, digest) = said.headers
    return Record(ORGANISATION_PARTITION, offset, NOW, said.key, said.value, layer, digest)


def test_what_embedded_books_took_history_knows_at_once(path: Path) -> None:
    with make(path) as books:
        books.catch_up(books.take([call()]))
        books.settle()
        assert (books.stored_offset(), books.trouble(), books.lags()) == (3, "", {})
