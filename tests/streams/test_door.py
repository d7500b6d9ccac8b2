"""The door keeps people's names out of the log, and what should not count out of it too."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.envelope import Event
from schemas.events import adapter
from schemas.facts import FEED, PERSON, WITHDRAWALS, log_line, registers
from schemas.moments import from_microseconds, instant_us
from schemas.received import read_event
from streams.appending import Entry
from streams.books import Books
from streams.door import BY_NUMBER, FUTURE_TOLERANCE_US, Door, Refused, VaultPeople, came_through
from streams.vault import Vault
from streams.vault_file import VaultError
from tests.schemas.making import TYPES, events, few

NOW = instant_us("2017-06-01T12:00:00Z")
BEFORE = "2017-05-01T08:00:00Z"


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    with Vault.open(tmp_path / "quotum.duckdb.vault") as opened:
        yield opened


@pytest.fixture
def door(vault: Vault) -> Door:
    return Door(VaultPeople(vault), lambda: NOW)


def said(kind: str, data: dict[str, Any], **envelope: object) -> Event:
    plain = {"id": "e1", "source": "crm", "time": BEFORE, "trail": "case-1"}
    return adapter().validate_python({**plain, **envelope, "type": f"quotum.{kind}.v1", "data": data})


def call(rep: object, **envelope: object) -> Event:
    return said("call.logged", {"id": "1", "rep": rep, "day": "2017-05-01"}, **envelope)


def joined(rep: str, name: str | None = None, team: str | None = None) -> Event:
    told = {"rep": rep, "day": "2017-05-01", "name": name, "team": team}
    return said("rep.joined", {field: value for field, value in told.items() if value})


def agreed(metric: str = "calls", **more: object) -> Event:
    plain = {"id": "t1", "metric": metric, "period": "2017-05", "author": "mary", "reason": "She asked for it."}
    return said("target.agreed", {**plain, **({} if "amount" in more else {"value": "15"}), **more})


def admitted(door: Door, *events: Event, layer: int = FEED, people: str | None = None) -> list[dict[str, Any]]:
    """The data of each, as it goes into the log."""
    answers = door.admit(events, layer, people)
    assert all(isinstance(one, Entry) and one.layer == layer for one in answers)
    return [one.event.logged() for one in answers if isinstance(one, Entry)]


def reason(door: Door, event: Event, layer: int = FEED) -> str:
    (answer,) = door.admit([event], layer)
    assert isinstance(answer, Refused)
    return answer.reason


# People


def test_people_and_teams_become_numbers_in_order_of_first_appearance(door: Door, vault: Vault) -> None:
    told = admitted(door, call("zoe"), call("ann"), call("zoe"), joined("bob", team="north"))
    assert [data["rep"] for data in told] == [1, 2, 1, 3]
    assert told[3]["team"] == 4
    assert vault.labels("person") == {1: "zoe", 2: "ann", 3: "bob"}
    assert vault.labels("team") == {4: "north"}


def test_an_event_about_nobody_needs_no_number(door: Door, vault: Vault) -> None:
    assert admitted(door, call(None), said("deal.reopened", {"id": "1"})) == [
        {"id": "1", "day": "2017-05-01"},
        {"id": "1"},
    ]
    assert vault.labels() == {}


def test_the_same_id_of_two_sources_is_two_people_unless_their_people_are_one(door: Door) -> None:
    apart = admitted(door, call("ann"), call("ann", source="phone"))
    assert [data["rep"] for data in apart] == [1, 2]
    shared = admitted(door, call("ann"), call("ann", source="phone"), people="staff")
    assert [data["rep"] for data in shared] == [3, 3]


def test_an_id_that_is_written_as_a_number_is_an_id_all_the_same(door: Door, vault: Vault) -> None:
    assert [data["rep"] for data in admitted(door, call("9"), call(9), call("09"))] == [1, 1, 2]
    assert vault.labels() == {1: "9", 2: "09"}


def test_everyone_who_shares_a_deal_gets_a_number_and_keeps_the_share(door: Door) -> None:
    parts = [{"rep": "ann", "share": "0.25"}, {"rep": "bob", "share": "0.75"}]
    told = admitted(door, call("bob"), said("deal.reassigned", {"id": "7", "shares": parts}))
    assert told[1]["shares"] == [{"rep": 2, "share": "0.25"}, {"rep": 1, "share": "0.75"}]


def test_names_go_into_the_vault_and_not_on(door: Door, vault: Vault) -> None:
    formed = said("team.formed", {"team": "t1", "name": "Team Anna", "region": "Asia"})
    told = admitted(door, joined("u1", "Anna Bos"), formed)
    assert told == [{"rep": 1, "day": "2017-05-01", "team": None}, {"team": 2, "region": "Asia"}]
    assert vault.labels() == {1: "Anna Bos", 2: "Team Anna"}


def test_the_last_name_told_is_the_name_and_silence_takes_none_away(door: Door, vault: Vault) -> None:
    admitted(door, joined("u1", "Anna Bos"), joined("u1", "Anna de Vries"), joined("u1"))
    assert vault.labels() == {1: "Anna de Vries"}
    admitted(door, joined("u1"), call("u1"))
    assert vault.labels() == {1: "Anna de Vries"}


def test_an_erased_person_keeps_the_number_and_takes_no_name_again(door: Door, vault: Vault) -> None:
    admitted(door, joined("u1", "Anna Bos"))
    vault.erase(1)
    told = admitted(door, joined("u1", "Anna Bos"), joined("u2", "Bob"), call("u1"))
    assert [data["rep"] for data in told] == [1, 2, 1]
    assert vault.labels() == {1: "erased 1", 2: "Bob"}


def test_what_is_refused_gives_nobody_a_number(door: Door, vault: Vault) -> None:
    late = from_microseconds(NOW + FUTURE_TOLERANCE_US + 1)
    answers = door.admit([call("liar", time=late), call("ann")], FEED)
    assert [type(answer) for answer in answers] == [Refused, Entry]
    assert vault.labels() == {1: "ann"}


def test_people_may_be_named_by_the_numbers_they_have(door: Door, vault: Vault) -> None:
    vault.numbers("crm", ["zoe", "ann"], "person")
    told = admitted(door, call("2"), said("deal.reassigned", {"id": "7", "rep": 1}), people=BY_NUMBER)
    assert [data["rep"] for data in told] == [2, 1]
    assert vault.labels() == {1: "zoe", 2: "ann"}


@pytest.mark.parametrize("number", ["3", "-1", "ann", "1.0", "0"])
def test_a_number_that_nobody_was_given_is_nobody(door: Door, vault: Vault, number: str) -> None:
    vault.numbers("crm", ["ann"], "person")
    vault.numbers("crm", ["north"], "team")
    with pytest.raises(VaultError, match="the vault gave no person the number"):
        door.admit([call(number)], FEED, BY_NUMBER)
    with pytest.raises(VaultError, match="the vault gave no person the number '2'"):
        door.admit([call("2")], FEED, BY_NUMBER)


# Free text


def test_a_reason_goes_into_the_vault_and_its_reference_goes_on(door: Door, vault: Vault) -> None:
    told = admitted(door, call("ann"), agreed(rep="ann"), agreed(team="north", reason="All of them."))
    assert [data.get("rep") for data in told] == [1, 1, None]
    assert [vault.text(data["reason"]) for data in told[1:]] == ["She asked for it.", "All of them."]
    assert vault.labels("person") == {1: "ann", 2: "mary"}
    assert [data["author"] for data in told[1:]] == [2, 2]


def test_a_target_that_is_sent_again_is_the_same_to_the_last_byte(door: Door) -> None:
    (first,) = admitted(door, agreed())
    assert admitted(door, agreed(), agreed()) == [first, first]
    (other,) = admitted(door, agreed(reason="For another reason."))
    assert other["reason"] != first["reason"]


ids = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=4)


@settings(max_examples=25)
@given(batches=st.lists(st.lists(ids, max_size=5), max_size=4))
def test_a_number_always_means_the_same_person(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[str]]
) -> None:
    with Vault.open(tmp_path_factory.mktemp("vault") / "v") as vault:
        door = Door(VaultPeople(vault), lambda: NOW)
        seen: dict[str, int] = {}
        for batch in batches:
            for source_id, data in zip(batch, admitted(door, *map(call, batch)), strict=True):
                assert seen.setdefault(source_id, data["rep"]) == data["rep"]
        assert sorted(seen.values()) == list(range(1, len(seen) + 1))
        assert {source_id: number for number, source_id in vault.labels().items()} == seen


def test_neither_name_nor_source_id_of_a_person_is_anywhere_in_the_history(tmp_path: Path) -> None:
    path = tmp_path / "quotum.duckdb"
    secrets = ["Secret-Bos", "secret-rep", "secret-other", "Secret Team", "secret-team", "secret-closer"]
    secrets += ["secret-author", "A secret reason."]
    shares = [{"rep": "secret-rep", "share": "0.5"}, {"rep": "secret-other", "share": "0.5"}]
    events = [
        said("team.formed", {"team": "secret-team", "name": "Secret Team"}),
        joined("secret-rep", "Secret-Bos", "secret-team"),
        said("rep.moved_team", {"rep": "secret-rep", "team": "secret-team", "day": "2017-05-02"}),
        call("secret-rep"),
        said("deal.opened", {"id": "7", "rep": "secret-rep", "day": "2017-05-01", "campaign": "plain-campaign"}),
        said("deal.reassigned", {"id": "7", "shares": shares, "day": "2017-05-02"}),
        said("deal.won", {"id": "7", "rep": "secret-closer", "day": "2017-05-03"}),
        said("rep.left", {"rep": "secret-rep", "day": "2017-06-01"}),
        agreed(rep="secret-rep", author="secret-author", reason="A secret reason."),
    ]

    def found(texts: list[str]) -> list[str]:
        held = b"".join(file.read_bytes() for file in tmp_path.glob("quotum.duckdb*") if ".vault" not in file.name)
        return [text for text in texts if text.encode() in held]

    with Books.create(path, zone="Europe/Amsterdam", currency="EUR", clock=lambda: NOW) as books:
        assert {one.fate for one in books.take(events)} == {"taken"}
        assert found(["plain-campaign", *secrets]) == ["plain-campaign"]  # in the journal
        tables = [str(name) for (name,) in books.history.rows("SELECT table_name FROM duckdb_tables()")]
        rows = str([books.history.rows(f"FROM {name}") for name in tables])
        assert "plain-campaign" in rows
        assert not [text for text in secrets if text in rows]
        books.history.write(lambda connection: connection.execute("CHECKPOINT")).result()
        assert found(["plain-campaign", *secrets]) == ["plain-campaign"]  # in the file
    assert found(["plain-campaign", *secrets]) == ["plain-campaign"]


# What is refused


@pytest.mark.parametrize("kind", [kind for kind in TYPES if kind not in ("quotum.workspace.opened.v1", *WITHDRAWALS)])
def test_what_the_door_let_in_shows_it_and_what_others_said_of_people_does_not(door: Door, kind: str) -> None:
    @few
    @given(events([kind]))
    def check(sent: dict[str, Any]) -> None:
        event = read_event(sent)
        named = any(sent["data"].get(field) is not None for field in PERSONAL)
        assert came_through(event) == (not named)
        for one in door.admit([event], FEED):
            assert isinstance(one, Refused) or came_through(read_event(log_line(one.event)))

    check()


PERSONAL = {"rep", "team", "shares", "author", "reason", "name"}


@pytest.mark.parametrize("ahead_us", [-1, 0, FUTURE_TOLERANCE_US])
def test_a_clock_that_runs_a_little_ahead_is_borne(door: Door, ahead_us: int) -> None:
    assert admitted(door, call("ann", time=from_microseconds(NOW + ahead_us)))


def test_what_was_said_in_the_future_is_refused_with_a_remedy(door: Door) -> None:
    late = from_microseconds(NOW + FUTURE_TOLERANCE_US + 1)
    assert reason(door, call("ann", time=late)) == (
        "`time` 2017-06-01T12:10:00.000001Z lies in the future (it is 2017-06-01T12:00:00Z): send the moment at which "
        "the source said it, and set the source's clock right"
    )


def test_a_thing_may_happen_in_the_future_if_it_was_said_by_now(door: Door) -> None:
    assert admitted(door, said("meeting.held", {"id": "1", "rep": "ann", "day": "2031-01-01"}))


@pytest.mark.parametrize("layer", [FEED, PERSON])
def test_the_books_are_opened_once(door: Door, layer: int) -> None:
    opened = said("workspace.opened", {"zone": "Asia/Tokyo", "currency": "JPY"})
    assert reason(door, opened, layer).startswith("the books are open already: one history is one workspace")


def withdrawn(entity: str, *fields: str) -> Event:
    return said("correction.withdrawn", {"entity": entity, **({"fields": list(fields)} if fields else {})})


def test_a_person_withdraws_corrections(door: Door) -> None:
    told = admitted(door, withdrawn("deal:42"), withdrawn("call:1", "when", "shares"), layer=PERSON)
    assert told == [{"entity": "deal:42"}, {"entity": "call:1", "fields": ["when", "shares"]}]


def test_a_feed_withdraws_no_correction(door: Door) -> None:
    assert reason(door, withdrawn("deal:42")) == "only a person withdraws a correction; a feed amends what it said"


@pytest.mark.parametrize("entity", ["rep:1", "team:1", "target:1", "workspace:quotum", "correction:x", "planet:mars"])
def test_only_what_can_be_corrected_has_corrections_to_withdraw(door: Door, entity: str) -> None:
    told = reason(door, withdrawn(entity), PERSON)
    assert told == f"`data.entity` '{entity}' is nothing that can be corrected: write kind and id, such as deal:42"


def test_a_withdrawal_of_what_the_entity_does_not_have_says_what_it_has(door: Door) -> None:
    told = reason(door, withdrawn("call:1", "when", "outcome", "amount"), PERSON)
    assert told == (
        "`data.fields` names amount, outcome, which a call does not have; it has alive, campaign, customer, kind, "
        "product, shares, when"
    )
    assert set(told.partition("it has ")[2].split(", ")) == registers("call")


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (agreed("callz"), "`data.metric` 'callz' is no metric: did you mean calls?"),
        (agreed("xyz"), "`data.metric` 'xyz' is no metric: take one of docs/metrics.md"),
        (
            agreed("cycle_days_median"),
            "`data.metric` cycle_days_median is a duration, and there are no targets for them",
        ),
        (agreed("revenue"), "a target of revenue is told in `data.amount`, with its currency"),
        (agreed("calls", amount={"value": "15", "currency": "EUR"}), "a target of calls is told in `data.value`"),
    ],
)
def test_a_target_that_nothing_could_reach_is_refused(door: Door, vault: Vault, event: Event, why: str) -> None:
    assert reason(door, event) == why
    assert vault.labels() == {}


def test_a_target_of_each_unit_comes_in(door: Door) -> None:
    amount = {"value": "15", "currency": "EUR"}
    told = admitted(door, agreed("revenue", amount=amount), agreed("units"), agreed("deals_won", rep="ann"))
    assert [(data.get("value"), data.get("amount")) for data in told] == [
        (None, {"currency": "EUR", "value": "15.00"}),
        ("15", None),
        ("15", None),
    ]


@pytest.mark.parametrize("kind", ["target.reached", "target.lost"])
@pytest.mark.parametrize("layer", [FEED, PERSON])
def test_that_a_target_is_reached_or_lost_is_said_by_nobody_else(door: Door, kind: str, layer: int) -> None:
    told = said(kind, {"id": "t1", "turn": 1}, source="quotum")
    assert reason(door, told, layer).startswith("whether a target is reached is said by Quotum alone")
