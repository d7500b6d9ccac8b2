"""The query over the events and the fold are two answers to one question; here they are held against each other.

The examples were worked out by hand from the rules, so that both being wrong in the same way is noticed too.
"""

import ast
import random
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.entities import State, evolve
from projections.fold import credits  # noqa: A004 (the domain's own word)
from projections.metrics import BY_KIND, METRICS
from projections.postings import Cell
from schemas.envelope import Event, Writes, marked
from schemas.events import EVENTS, adapter
from schemas.facts import FEED, PERSON, fact
from schemas.moments import Calendar, day_number, microseconds
from streams import plain_sql
from tests.histories import History, histories, zones

AMSTERDAM = "Europe/Amsterdam"
COLUMNS = """
    log_partition INTEGER, log_offset BIGINT, known_at BIGINT, id VARCHAR, source VARCHAR, type VARCHAR, trail VARCHAR,
    entity VARCHAR, asserted_at BIGINT, sequence BIGINT, layer TINYINT, data VARCHAR, duplicate BOOLEAN"""
NAMES = [column.split()[0] for column in COLUMNS.split(",")]
Figures = dict[int, int]  # rep -> amount


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """One for all examples, far from UTC, and unable to fetch what is not built in."""
    with duckdb.connect(config={"threads": 1}) as opened:
        opened.execute("SET autoinstall_known_extensions = false")
        opened.execute("SET autoload_known_extensions = false")
        opened.execute("SET TimeZone = 'Pacific/Kiritimati'")
        opened.execute(f"CREATE TABLE events ({COLUMNS})")
        yield opened


def row(offset: int, event: Event, layer: int) -> tuple[object, ...]:
    data = msgspec.json.encode(event.logged()).decode()
    said = (event.id, event.source, event.type, event.trail, event.entity, microseconds(event.time), event.sequence)
    return (0, offset, 0, *said, layer, data, False)


def table_of(connection: duckdb.DuckDBPyConnection, history: History, zone: str) -> pa.Table:
    rows = [row(offset, *entry) for offset, entry in enumerate(history)]
    connection.execute("TRUNCATE events")
    if rows:
        connection.register("loaded", pa.table(dict(zip(NAMES, map(list, zip(*rows, strict=True)), strict=True))))
        connection.execute("INSERT INTO events SELECT * FROM loaded")
        connection.unregister("loaded")
    return plain_sql.cells(connection, zone)


def by_sql(connection: duckdb.DuckDBPyConnection, history: History, zone: str = AMSTERDAM) -> dict[Cell, int]:
    found: dict[Cell, int] = {}
    for cell in table_of(connection, history, zone).to_pylist():
        rep, day, metric, basis, *dims, amount = cell.values()
        found[rep, day_number(day), metric, basis, tuple(dims)] = amount
    return found


def by_fold(history: History, zone: str = AMSTERDAM) -> dict[Cell, int]:
    trails: dict[str, State] = {}
    for event, layer in history:
        evolve(trails.setdefault(event.trail, {}), fact(event, layer))
    found: dict[Cell, int] = {}
    for state in trails.values():
        for cell, amount in credits(state, Calendar(zone)).items():
            found[cell] = found.get(cell, 0) + amount
    return {cell: amount for cell, amount in found.items() if amount}


@pytest.mark.slow
@settings(max_examples=300)
@given(history=histories(), zone=zones())
def test_plain_sql_over_the_events_gives_the_figures_of_the_fold(
    connection: duckdb.DuckDBPyConnection, history: History, zone: str
) -> None:
    assert by_sql(connection, history, zone) == by_fold(history, zone)


@pytest.mark.slow
@settings(max_examples=25)
@given(history=histories(min_size=2), zone=zones(), seed=st.integers(0, 2**32))
def test_neither_order_nor_duplicates_change_what_plain_sql_says(
    connection: duckdb.DuckDBPyConnection, history: History, zone: str, seed: int
) -> None:
    chance = random.Random(seed)
    again = history + chance.choices(history, k=5)
    chance.shuffle(again)
    assert by_sql(connection, again, zone) == by_sql(connection, history, zone)


# Examples. An event is said at `time` on 2011-10-01 about entity 1 of trail T, unless told otherwise.


def said(kind: str, time: str = "12:00:00", layer: int = FEED, **told: object) -> tuple[Event, int]:
    envelope: dict[str, object] = {"id": "e", "source": "urn:test", "time": f"2011-10-01T{time}Z", "trail": "T"}
    envelope |= {name: told.pop(name) for name in ("id", "trail", "sequence") if name in told}
    entity = {} if kind == "correction.withdrawn" else {"id": told.pop("of", "1")}
    return adapter().validate_python(envelope | {"type": f"quotum.{kind}.v1", "data": entity | told}), layer


def withdrawn(time: str, layer: int = PERSON, **told: object) -> tuple[Event, int]:
    return said("correction.withdrawn", time, layer, **told)


def eur(value: str) -> dict[str, str]:
    return {"value": value, "currency": "EUR"}


def shares(*parts: str) -> list[dict[str, Any]]:
    return [{"rep": rep, "share": part} for rep, part in enumerate(parts, start=1)]


class Answers:
    """What plain SQL says of a history; that the fold says the same is asserted on the way."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def cells(self, *history: tuple[Event, int], zone: str = AMSTERDAM) -> dict[Cell, int]:
        found = by_sql(self.connection, list(history), zone)
        assert found == by_fold(list(history), zone)
        return found

    def figures(self, metric: str, *history: tuple[Event, int], basis: str = "owner") -> Figures:
        cells = self.cells(*history).items()
        return {cell[0]: amount for cell, amount in cells if cell[2:4] == (metric, basis)}

    def days(self, metric: str, *history: tuple[Event, int], zone: str = AMSTERDAM) -> list[int]:
        return sorted(cell[1] for cell in self.cells(*history, zone=zone) if cell[2:4] == (metric, "owner"))


@pytest.fixture
def answers(connection: duckdb.DuckDBPyConnection) -> Answers:
    return Answers(connection)


def test_a_win_counts_for_its_owner_its_closer_and_its_seller(answers: Answers) -> None:
    cells = answers.cells(
        said("deal.opened", "09:00:00", rep=1, day="2011-10-03", campaign="autumn"),
        said("offer.sent", rep=2, day="2011-10-04"),
        said("deal.won", "10:00:00", rep=3, day="2011-10-05", amount=eur("1054.00"), units="2.5", product="GTX"),
    )
    dims = ("autumn", "GTX", "", "")
    won = day_number(date(2011, 10, 5))
    expected: dict[Cell, int] = {
        (1, won - 2, "deals_opened", "owner", (*dims, "", None)): 1_000_000,
        (2, won - 1, "offers", "owner", ("", "", "", "", "", None)): 1_000_000,
    }
    for rep, basis in ((1, "owner"), (3, "closer"), (2, "seller")):
        expected |= {
            (rep, won, "deals_won", basis, (*dims, "", None)): 1_000_000,
            (rep, won, "revenue", basis, (*dims, "EUR", None)): 105_400,
            (rep, won, "units", basis, (*dims, "", None)): 2_500_000,
            (rep, won, "cycle_days_median", basis, (*dims, "", 2)): 1_000_000,
        }
    assert cells == expected


WON = said("deal.won", at="2011-10-05T10:00:00Z", sequence=5)


@pytest.mark.parametrize(
    ("offers", "seller"),
    [
        ([], 0),
        ([{"at": "2011-10-05T08:00:00Z"}, {"at": "2011-10-05T09:00:00Z"}, {"at": "2011-10-05T11:00:00Z"}], 2),
        ([{"at": "2011-10-05T10:00:00Z", "sequence": 5}], 1),
        ([{"at": "2011-10-05T10:00:00Z", "sequence": 6}], 0),
        ([{"at": "2011-10-05T09:00:00Z", "sequence": 9}, {"at": "2011-10-05T09:00:00Z", "sequence": 3}], 1),
        ([{"at": "2011-10-05T09:00:00Z"}, {"at": "2011-10-05T09:00:00Z"}], 2),  # in all equal: the greater id
        ([{"day": "2011-10-05", "sequence": 9}], 1),  # a date comes first within its day
        ([{"day": "2011-10-05"}, {"at": "2011-10-05T00:00:01Z"}], 2),
        ([{"at": "2011-10-04T21:59:59Z"}, {"day": "2011-10-05"}], 2),  # in Amsterdam 23:59:59 of the 4th
        ([{"day": "2011-10-06"}], 0),
        ([{"at": "2011-10-05T09:00:00Z", "trail": "another"}], 0),
    ],
)
def test_the_seller_held_the_latest_offer_before_the_win(
    answers: Answers, offers: list[dict[str, Any]], seller: int
) -> None:
    sent = [said("offer.sent", of=f"O{rep}", rep=rep, **told) for rep, told in enumerate(offers, start=1)]
    assert answers.figures("deals_won", WON, *sent, basis="seller") == {seller: 1_000_000}


@pytest.mark.parametrize(
    ("offers", "seller"),
    [
        ([{"at": "2011-10-05T21:59:59Z", "sequence": 9}], 1),  # a win that is a date comes last within its day
        ([{"at": "2011-10-05T22:00:00Z"}], 0),  # but in Amsterdam that is the 6th
        ([{"day": "2011-10-05", "sequence": 5}], 1),  # two dates go by sequence
        ([{"day": "2011-10-05", "sequence": 6}], 0),
        ([{"day": "2011-10-04", "sequence": 9}, {"day": "2011-10-05", "sequence": 6}], 1),
        ([{"day": "2011-10-05", "sequence": 4}, {"day": "2011-10-05", "sequence": 3}], 1),
        ([{"at": "2011-10-05T06:00:00Z", "sequence": 9}, {"day": "2011-10-05", "sequence": 4}], 1),
    ],
)
def test_a_win_that_is_only_a_date_comes_last_in_its_day(
    answers: Answers, offers: list[dict[str, Any]], seller: int
) -> None:
    sent = [said("offer.sent", of=f"O{rep}", rep=rep, **told) for rep, told in enumerate(offers, start=1)]
    won = said("deal.won", day="2011-10-05", sequence=5)
    assert answers.figures("deals_won", won, *sent, basis="seller") == {seller: 1_000_000}


def test_a_voided_offer_sells_nothing_and_a_seller_is_who_held_the_offer_on_its_own_day(answers: Answers) -> None:
    history = [
        WON,
        said("offer.sent", rep=1, day="2011-10-03"),
        said("offer.reassigned", rep=2, day="2011-10-04"),
        said("offer.sent", of="2", rep=3, day="2011-10-04"),
        said("offer.voided", "13:00:00", of="2"),
    ]
    assert answers.figures("deals_won", *history, basis="seller") == {1: 1_000_000}


@pytest.mark.parametrize(
    ("total", "parts", "expected"),
    [
        # 10000 cents: 3333.33, 3333.33 and 3333.34; the cent that is left goes to the largest remainder.
        ("100.00", ("0.333333", "0.333333", "0.333334"), {1: 3333, 2: 3333, 3: 3334}),
        # -10001 cents: -3333.6633 twice and -3333.6733, down to -3334 each; one cent back, the tie goes to rep 1.
        ("-100.01", ("0.333333", "0.333333", "0.333334"), {1: -3333, 2: -3334, 3: -3334}),
        # One cent: 0.5 each; the tie goes to rep 1, and rep 2 has no figure.
        ("0.01", ("0.5", "0.500"), {1: 1}),
        ("-0.01", ("0.5", "0.5"), {2: -1}),
        ("10000000000000.00", ("0.000001", "0.999999"), {1: 10**9, 2: 10**15 - 10**9}),
    ],
)
def test_shares_sum_to_the_whole(answers: Answers, total: str, parts: tuple[str, ...], expected: Figures) -> None:
    won = said("deal.won", day="2011-10-05", amount=eur(total))
    split = said("deal.reassigned", shares=shares(*parts), day="2011-10-01")
    assert answers.figures("revenue", won, split) == expected


def test_a_handover_with_a_day_moves_no_past_win(answers: Answers) -> None:
    opened = said("deal.opened", "09:00:00", rep=1, day="2011-09-01")
    won = said("deal.won", day="2011-10-05")
    for day, owner in (("2011-10-05", 2), ("2011-10-06", 1)):
        handed_over = said("deal.reassigned", "13:00:00", rep=2, day=day)
        assert answers.figures("deals_won", opened, won, handed_over) == {owner: 1_000_000}
    nobody = said("deal.reassigned", "13:00:00", rep=None, day="2011-10-05")
    assert answers.figures("deals_won", opened, won, nobody) == {0: 1_000_000}


def test_a_handover_without_a_day_puts_right_the_step_in_force_when_it_was_said(answers: Answers) -> None:
    opened = said("deal.opened", "09:00:00", rep=1, day="2011-09-01")
    before = said("deal.reassigned", "10:00:00", rep=2, day="2011-09-10")
    put_right = said("deal.reassigned", "13:00:00", rep=3)  # said on 2011-10-01, in the step of 09-10
    after = said("deal.reassigned", "11:00:00", rep=4, day="2011-10-10")
    said_later = said("deal.reassigned", "14:00:00", rep=5, day="2011-09-20")
    for day, owner in (
        ("2011-09-09", 1),
        ("2011-09-10", 3),
        ("2011-09-19", 3),
        ("2011-09-20", 5),
        ("2011-10-09", 5),
        ("2011-10-10", 4),
    ):
        won = said("deal.won", day=day)
        history = (opened, before, put_right, after, said_later, won)
        assert answers.figures("deals_won", *history) == {owner: 1_000_000}, day


def test_who_was_put_right_is_put_right_again_in_the_whole_step(answers: Answers) -> None:
    history = [
        said("deal.opened", "09:00:00", rep=1, day="2011-09-01"),
        said("deal.reassigned", "10:00:00", rep=2),
        said("deal.reassigned", "11:00:00", rep=3),
        said("deal.won", day="2011-09-15"),
    ]
    assert answers.figures("deals_won", *history) == {3: 1_000_000}


def test_a_correction_outlives_later_feed_events_until_it_is_withdrawn(answers: Answers) -> None:
    history = [
        said("deal.won", "09:00:00", day="2011-10-05", amount=eur("1.00")),
        said("deal.amended", "10:00:00", PERSON, amount=eur("2.00")),
        said("deal.amended", "11:00:00", amount=eur("3.00")),
    ]
    assert answers.figures("revenue", *history) == {0: 200}
    for taken_back in (
        withdrawn("12:00:00", entity="deal:1"),
        withdrawn("12:00:00", entity="deal:1", fields=["amount"]),
    ):
        assert answers.figures("revenue", *history, taken_back) == {0: 300}
    for without_effect in (
        withdrawn("09:30:00", entity="deal:1"),  # before the correction was made
        withdrawn("12:00:00", FEED, entity="deal:1"),  # a feed has nothing to withdraw
        withdrawn("12:00:00", entity="deal:1", fields=["units"]),
        withdrawn("12:00:00", entity="deal:1", fields=["amounts"]),  # no register at all
        withdrawn("12:00:00", entity="deal:1", trail="another"),
    ):
        assert answers.figures("revenue", *history, without_effect) == {0: 200}


def test_a_persons_handover_holds_against_feeds_until_it_is_withdrawn(answers: Answers) -> None:
    history = [
        said("deal.opened", "09:00:00", rep=1, day="2011-09-01"),
        said("deal.reassigned", "10:00:00", PERSON, rep=2, day="2011-09-02"),
        said("deal.reassigned", "11:00:00", rep=3, day="2011-09-03"),
        said("deal.won", "11:30:00", day="2011-10-05"),
    ]
    assert answers.figures("deals_won", *history) == {2: 1_000_000}
    for fields, owner in ((None, 3), (["shares"], 3), (["units"], 2)):
        taken_back = withdrawn("12:00:00", entity="deal:1", fields=fields)
        assert answers.figures("deals_won", *history, taken_back) == {owner: 1_000_000}
    for time in ("12:00:00", "13:00:00"):  # said with the withdrawal or after it
        again = said("deal.reassigned", time, PERSON, rep=4)
        assert answers.figures("deals_won", *history, withdrawn("12:00:00", entity="deal:1"), again) == {4: 1_000_000}


def test_null_takes_back_in_an_amendment_and_a_win_without_an_amount_counts(answers: Answers) -> None:
    won = said("deal.won", day="2011-10-05", amount=eur("1.00"), units="1")
    taken_back = said("deal.amended", "13:00:00", amount=None)
    assert answers.figures("revenue", won, taken_back) == {}
    assert answers.figures("deals_won", won, taken_back) == {0: 1_000_000}
    assert answers.cells(won, said("deal.amended", "13:00:00", closed_day=None)) == {}


def test_the_same_id_with_other_content_is_decided_by_the_text(answers: Answers) -> None:
    both = [said("deal.won", day="2011-10-05", amount=eur(value)) for value in ("9.00", "10.00")]
    assert answers.figures("revenue", *both) == {0: 900}
    people = [said("call.logged", rep=rep, day="2011-10-05") for rep in (10, 9)]
    assert answers.figures("calls", *people) == {9: 1_000_000}


def test_a_deal_that_is_reopened_lost_or_deleted_counts_as_such(answers: Answers) -> None:
    won = said("deal.won", "09:00:00", rep=1, day="2011-10-05", amount=eur("1.00"))
    assert answers.cells(won, said("deal.reopened")) == {}
    assert answers.cells(won, said("deal.deleted")) == {}
    lost = said("deal.lost", rep=2, day="2011-10-06")
    assert answers.figures("deals_lost", won, lost, basis="closer") == {2: 1_000_000}
    assert answers.figures("revenue", won, lost) == {}


def test_a_lead_counts_for_whom_each_step_names(answers: Answers) -> None:
    history = [
        said("lead.created", rep=1, day="2011-10-01"),
        said("lead.handled", rep=2, day="2011-10-02"),
        said("lead.qualified", "13:00:00", rep=3, day="2011-10-03"),
        said("lead.qualified", "14:00:00", day="2011-10-03"),  # now by nobody
    ]
    names = ("leads_created", "leads_handled", "leads_qualified")
    assert [answers.figures(name, *history) for name in names] == [{1: 1_000_000}, {2: 1_000_000}, {0: 1_000_000}]


def test_money_is_in_minor_units_of_its_own_currency(answers: Answers) -> None:
    for value, currency, minor in (("1000", "JPY", 1000), ("-1.234", "KWD", -1234), ("-0.05", "EUR", -5)):
        won = said("deal.won", day="2011-10-05", amount={"value": value, "currency": currency})
        assert answers.figures("revenue", won) == {0: minor}


def test_the_same_entity_name_in_two_trails_is_two_entities(answers: Answers) -> None:
    both = [said("call.logged", rep=1, day="2011-10-05", trail=trail) for trail in ("A", "B")]
    assert answers.figures("calls", *both) == {1: 2_000_000}


@pytest.mark.parametrize(
    ("at", "zone", "day"),
    [
        ("2011-10-29T21:59:59.999999Z", AMSTERDAM, date(2011, 10, 29)),
        ("2011-10-29T22:00:00Z", AMSTERDAM, date(2011, 10, 30)),
        ("2011-10-30T22:59:59.999999Z", AMSTERDAM, date(2011, 10, 30)),  # the 25th hour of the day
        ("2011-10-30T23:00:00Z", AMSTERDAM, date(2011, 10, 31)),
        ("2011-10-30T18:29:59.999999Z", "Asia/Kolkata", date(2011, 10, 30)),
        ("2011-10-30T18:30:00Z", "Asia/Kolkata", date(2011, 10, 31)),
        ("2010-11-07T02:30:00Z", "America/St_Johns", date(2010, 11, 7)),
        ("2010-11-07T02:31:00Z", "America/St_Johns", date(2010, 11, 6)),
        ("2011-12-30T10:00:00Z", "Pacific/Apia", date(2011, 12, 31)),
        ("9999-12-31T23:59:59.999999Z", AMSTERDAM, date(9999, 12, 31)),
        ("0001-01-01T00:00:00Z", "America/St_Johns", date(1, 1, 1)),
        ("1969-12-31T22:59:59.999999Z", AMSTERDAM, date(1969, 12, 31)),
    ],
)
def test_an_instant_falls_on_the_day_of_the_zone(answers: Answers, at: str, zone: str, day: date) -> None:
    assert answers.days("calls", said("call.logged", at=at), zone=zone) == [day_number(day)]


def test_a_date_stays_on_its_day_in_every_zone(answers: Answers) -> None:
    for zone in (AMSTERDAM, "Asia/Kolkata", "America/St_Johns"):
        assert answers.days("calls", said("call.logged", day="2011-10-30"), zone=zone) == [15277]


def test_the_columns_are_those_of_cells_and_the_session_keeps_its_zone(connection: duckdb.DuckDBPyConnection) -> None:
    empty = table_of(connection, [], AMSTERDAM)
    texts = ("metric", "basis", "campaign", "product", "kind", "customer", "currency")
    types = dict.fromkeys(texts, pa.string()) | {"rep": pa.int32(), "day": pa.date32(), "days": pa.int32()}
    assert {field.name: field.type for field in empty.schema} == types | {"amount": pa.int64()}
    assert empty.num_rows == 0
    assert connection.execute("SELECT current_setting('TimeZone')").fetchone() == ("Pacific/Kiritimati",)


def test_an_unknown_zone_is_an_error_and_not_utc(connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(duckdb.Error, match="Nowhere"):
        table_of(connection, [said("call.logged", at="2011-10-30T10:00:00Z")], "Nowhere/Land")


def test_any_table_or_view_of_events_can_be_asked(connection: duckdb.DuckDBPyConnection) -> None:
    calls = [said("call.logged", of=of, day="2011-10-05") for of in ("1", "2")]
    table_of(connection, calls, AMSTERDAM)
    connection.execute("CREATE TEMPORARY VIEW up_to_now AS FROM events WHERE log_offset < 1")
    assert plain_sql.cells(connection, AMSTERDAM, "up_to_now").column("amount").to_pylist() == [1_000_000]


@pytest.mark.parametrize("kind", [kind for kind, event in EVENTS.items() if event.entity_kind in BY_KIND])
def test_no_type_of_event_and_no_field_is_forgotten(kind: str) -> None:
    query, told = plain_sql.query(), EVENTS[kind].model_fields["data"].annotation
    assert f"'{kind.split('.')[2]}'" in query
    fields = marked(told, Writes)  # type: ignore[arg-type]  # every event narrows it to a model
    assert [field for field in fields if f"'{field}'" not in query and f"'$.{field}'" not in query] == []


def test_no_metric_is_forgotten() -> None:
    assert [name for name in METRICS if f"('{name}'," not in plain_sql.query()] == []


def test_plain_sql_shares_no_code_with_what_it_is_held_against() -> None:
    tree = ast.parse(Path(plain_sql.__file__).read_text(encoding="utf-8"))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    assert imported == {"duckdb", "functools", "importlib.resources", "pyarrow"}
