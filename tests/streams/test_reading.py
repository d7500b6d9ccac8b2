"""Texts of a row become days, instants and amounts, or a reason with a remedy; never a guess."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.envelope import Event
from streams.reading import RowReading
from streams.rows import RowFaultError
from tests.files import LOG, LOG_HEADER, SNAPSHOT, mapping_of

ROW = dict(
    zip(LOG_HEADER.split(","), ["7", "c1", "2026-01-02T10:00:00Z", "won", "ann", "2026-01-01", "12.50"], strict=True)
)
AT = LOG.replace('data.day = "{day}"', 'data.at = "{day}"')
SUMMER_TIME_ENDS = "2011-10-30"  # in Amsterdam: 02:00 to 03:00 comes twice
SUMMER_TIME_BEGINS = "2017-03-26"  # in Amsterdam: 02:00 to 03:00 does not come


def reading(folder: Path, text: str = LOG, *, zone: str = "Europe/Amsterdam", currency: str = "EUR") -> RowReading:
    return RowReading(mapping_of(folder, text), zone, currency)


def read(reader: RowReading, **changes: str) -> Event:
    (one,) = reader.events(ROW | changes, reader.logged_envelope)
    return one.event


def fault(reader: RowReading, **changes: str) -> RowFaultError:
    with pytest.raises(RowFaultError) as raised:
        reader.events(ROW | changes, reader.logged_envelope)
    assert raised.value.reason
    assert raised.value.remedy
    return raised.value


def told(reader: RowReading, **changes: str) -> Any:  # noqa: ANN401 (whatever the event tells)
    return read(reader, **changes).logged()


def with_csv(text: str, **keys: str) -> str:
    return text + "[csv]\n" + "".join(f"{key} = {value!r}\n" for key, value in keys.items())


def test_a_row_is_the_event_that_its_mapping_says(tmp_path: Path) -> None:
    event = read(reading(tmp_path))
    assert (event.id, event.source, event.trail, event.type) == ("7", "crm", "c1", "quotum.deal.won.v1")
    assert event.time == datetime(2026, 1, 2, 10, tzinfo=UTC)
    assert event.logged() == {
        "id": "c1",
        "rep": "ann",
        "day": "2026-01-01",
        "amount": {"value": "12.50", "currency": "EUR"},
    }


def test_a_row_that_no_rule_means_tells_nothing(tmp_path: Path) -> None:
    reader = reading(tmp_path)
    assert reader.events(ROW | {"what": "lunch"}, reader.logged_envelope) == []


def test_one_row_can_tell_several_events(tmp_path: Path) -> None:
    reader = reading(tmp_path, LOG.replace('when = { what = "opened" }', 'when = { what = ["opened", "won"] }'))
    kinds = [one.event.type for one in reader.events(ROW, reader.logged_envelope)]
    assert kinds == ["quotum.deal.opened.v1", "quotum.deal.won.v1"]


def test_an_empty_column_says_nothing(tmp_path: Path) -> None:
    assert told(reading(tmp_path), amount=" ", rep="") == {"id": "c1", "rep": None, "day": "2026-01-01"}


@pytest.mark.parametrize(
    ("column", "reason"),
    [("no", "no id: {no} is empty"), ("case", "{case} is empty"), ("said", "no time: {said} is empty")],
)
def test_a_row_without_id_trail_or_time_is_refused(tmp_path: Path, column: str, reason: str) -> None:
    assert reason in fault(reading(tmp_path), **{column: " "}).reason


def test_a_row_of_a_snapshot_without_its_entity_or_trail_is_refused(tmp_path: Path) -> None:
    text = SNAPSHOT.replace('trail = "{id}"', 'trail = "{product}"')
    reader = reading(tmp_path, text)
    row = {"id": "1", "stage": "Open", "rep": "", "product": "P", "opened": "2026-01-01", "closed": "", "amount": ""}

    def envelope(rule: Any, row: Any, _: Any) -> dict[str, Any]:  # noqa: ANN401 (as the import gives it)
        return reader.exported_envelope(rule, row, datetime(2026, 1, 1, tzinfo=UTC))

    assert len(reader.events(row, envelope)) == 1
    for column, reason in (("id", "no stable id: {id} is empty"), ("product", "no trail: {product} is empty")):
        with pytest.raises(RowFaultError) as raised:
            reader.events(row | {column: ""}, envelope)
        assert raised.value.reason == reason


def test_the_entities_a_row_could_speak_of_do_not_depend_on_whether_it_does(tmp_path: Path) -> None:
    text = SNAPSHOT + '[[event]]\ntype = "lead.qualified"\nwhen = { stage = "Lead" }\ndata.id = "L{id}"\n'
    reader = reading(tmp_path, text + 'data.day = "{opened}"\n')
    assert reader.entities({"id": "1", "stage": "whatever"}) == ["deal:1", "lead:L1"]
    assert reader.entities({"id": " ", "stage": "Won"}) == []


# Instants


@pytest.mark.parametrize(
    ("zone", "text", "instant"),
    [
        ("Europe/Amsterdam", "2011-10-29T12:00:00", "2011-10-29T10:00:00Z"),
        ("Europe/Amsterdam", "2011-10-31 12:00", "2011-10-31T11:00:00Z"),
        ("Europe/Amsterdam", f"{SUMMER_TIME_ENDS}T01:59:59", "2011-10-29T23:59:59Z"),
        ("Europe/Amsterdam", f"{SUMMER_TIME_ENDS}T02:30:00", "2011-10-30T00:30:00Z"),  # the first of the two
        ("Europe/Amsterdam", f"{SUMMER_TIME_ENDS}T02:30:00+01:00", "2011-10-30T01:30:00Z"),  # the second, as it says
        ("Europe/Amsterdam", f"{SUMMER_TIME_ENDS}T03:00:00", "2011-10-30T02:00:00Z"),
        ("Europe/Amsterdam", f"{SUMMER_TIME_BEGINS}T01:59:59", "2017-03-26T00:59:59Z"),
        ("Europe/Amsterdam", f"{SUMMER_TIME_BEGINS}T02:30:00", "2017-03-26T01:30:00Z"),  # 03:30 on the clock
        ("Europe/Amsterdam", f"{SUMMER_TIME_BEGINS}T03:00:00", "2017-03-26T01:00:00Z"),
        ("Europe/Amsterdam", "2017-07-01", "2017-06-30T22:00:00Z"),  # a date is its start
        ("America/Sao_Paulo", "2011-10-16", "2011-10-16T03:00:00Z"),  # which began at one o'clock
        ("UTC", "2017-07-01T12:00:00.1234569", "2017-07-01T12:00:00.123456Z"),
        ("UTC", "2017-07-01T12:00:00-05:30", "2017-07-01T17:30:00Z"),
    ],
)
def test_a_time_without_offset_is_in_the_zone_and_one_with_it_is_as_it_says(
    tmp_path: Path, zone: str, text: str, instant: str
) -> None:
    assert told(reading(tmp_path, AT, zone=zone), day=text)["at"] == instant


def test_the_zone_of_the_mapping_goes_before_the_one_of_the_workspace(tmp_path: Path) -> None:
    text = AT.replace('form = "log"', 'form = "log"\nzone = "Asia/Tokyo"')
    event = read(reading(tmp_path, text), day="2017-07-01T12:00:00", said="2017-07-01 12:00:01")
    assert event.logged()["at"] == "2017-07-01T03:00:00Z"
    assert event.time == datetime(2017, 7, 1, 3, 0, 1, tzinfo=UTC)


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001 (naive on purpose)
    st.sampled_from(["Europe/Amsterdam", "America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Apia"]),
)
def test_a_naive_time_that_comes_once_is_on_its_zone_s_clock_again(
    tmp_path_factory: pytest.TempPathFactory, naive: datetime, zone: str
) -> None:
    reader = reading(tmp_path_factory.mktemp("at"), AT, zone=zone)
    instant = datetime.fromisoformat(told(reader, day=naive.isoformat())["at"])
    local = instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    # Truth: of all instants around it that show this on the clock, the first; where none does, the clock is later.
    around = (naive.replace(tzinfo=UTC) + timedelta(minutes=15 * step) for step in range(-4 * 26, 4 * 26))
    showing = [one for one in around if one.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == naive]
    assert instant == min(showing) if showing else local > naive


def test_days_and_times_in_a_form_of_their_own_are_read_by_it(tmp_path: Path) -> None:
    text = with_csv(LOG, dates="%d-%m-%Y", times="%d-%m-%Y %H:%M")
    event = read(reading(tmp_path, text), day="03-02-2026", said="04-02-2026 09:30")
    assert event.logged()["day"] == "2026-02-03"
    assert event.time == datetime(2026, 2, 4, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize("day", ["31-02-2026", "2026-02-03", "3 februari", "03-02-26"])
def test_a_day_of_another_form_is_refused(tmp_path: Path, day: str) -> None:
    found = fault(reading(tmp_path, with_csv(LOG, dates="%d-%m-%Y")), day=day)
    assert found.reason == f"day: {day!r} is not a date of the form %d-%m-%Y"
    assert "csv.dates" in found.remedy


@pytest.mark.parametrize(
    "day", ["03-02-2026", "2026-02-30", "2026-2-3", "20260203", "2026-02-03 00:00:00", "02/03/2026"]
)
def test_a_day_that_is_not_written_year_first_is_refused_and_csv_dates_is_told(tmp_path: Path, day: str) -> None:
    found = fault(reading(tmp_path), day=day)
    assert found.reason.startswith(f"day: {day!r} is not a day")
    assert "csv.dates" in found.remedy


@pytest.mark.parametrize("said", ["yesterday", "2026-01-02T25:00:00", "2026-13-01", "10:00", "1767348000"])
def test_a_time_that_is_none_is_refused_and_csv_times_is_told(tmp_path: Path, said: str) -> None:
    found = fault(reading(tmp_path), said=said)
    assert found.reason == f"time: {said!r} is not a time such as 2017-03-01T09:30:00+01:00"
    assert "csv.times" in found.remedy
    found = fault(reading(tmp_path, with_csv(LOG, times="%d-%m-%Y %H:%M")), said=said)
    assert found.reason == f"time: {said!r} is not a time of the form %d-%m-%Y %H:%M"


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59", "9999-12-31T23:59:59-05:00"])
def test_a_moment_beyond_the_calendar_is_refused_not_a_crash(tmp_path: Path, text: str) -> None:
    assert fault(reading(tmp_path, AT, zone="America/New_York"), day=text).reason.startswith("at: ")
    assert fault(reading(tmp_path, zone="America/New_York"), said=text).reason.startswith("time: ")


# Amounts


@pytest.mark.parametrize(
    ("decimal", "text", "value"),
    [
        (".", "1234.50", "1234.50"),
        (".", "1,234.50", "1234.50"),
        (".", "1,234,567", "1234567.00"),
        (".", "1 234.5", "1234.50"),
        (".", "1'234.50", "1234.50"),
        (".", "1\u2019234.50", "1234.50"),
        (".", "-0.05", "-0.05"),
        (".", "0", "0.00"),
        (".", "007", "7.00"),
        (",", "1234,50", "1234.50"),
        (",", "1.234,50", "1234.50"),
        (",", "1.234.567", "1234567.00"),
        (",", "1 234,5", "1234.50"),
        (",", "1\u00a0234,5", "1234.50"),
        (",", "1\u202f234,5", "1234.50"),
        (",", "-1.234", "-1234.00"),
    ],
)
def test_an_amount_is_read_in_the_file_s_way_of_writing(tmp_path: Path, decimal: str, text: str, value: str) -> None:
    assert told(reading(tmp_path, with_csv(LOG, decimal=decimal)), amount=text)["amount"]["value"] == value


@pytest.mark.parametrize(
    ("decimal", "text"),
    [
        (".", "1,5"),  # not 15
        (".", "1.234,50"),
        (".", "0,500"),  # not 500
        (".", "12,34"),
        (".", "1234,567"),
        (".", "1,234 567"),
        (".", ",500"),
        (".", "1."),
        (".", ".5"),
        (".", "+5"),
        (".", "1e3"),
        (".", "€ 5"),
        (".", "5 EUR"),
        (".", "(5)"),
        (".", "5-"),
        (".", "٣"),
        (".", "NaN"),
        (",", "1.5"),
        (",", "1,234.50"),
        (",", "0.500"),
        (",", "1,5,0"),
    ],
)
def test_an_amount_that_could_mean_something_else_is_refused(tmp_path: Path, decimal: str, text: str) -> None:
    found = fault(reading(tmp_path, with_csv(LOG, decimal=decimal)), amount=text)
    assert found.reason == f"amount: {text!r} is not a number with {decimal!r} before its decimals"
    assert "csv.decimal" in found.remedy


@given(st.decimals(-(10**9), 10**9, places=2), st.sampled_from(".,"), st.sampled_from([",", ".", " ", "'", "\u00a0"]))
def test_a_grouped_amount_is_worth_what_python_s_own_grouping_meant(
    tmp_path_factory: pytest.TempPathFactory, amount: Decimal, decimal: str, group: str
) -> None:
    if group == decimal:
        return
    grouped = f"{amount:,.2f}".translate({ord(","): group, ord("."): decimal})
    reader = reading(tmp_path_factory.mktemp("amount"), with_csv(LOG, decimal=decimal))
    assert Decimal(told(reader, amount=grouped)["amount"]["value"]) == amount


def test_the_currency_comes_from_the_row_or_the_mapping_or_the_workspace(tmp_path: Path) -> None:
    def currency(reader: RowReading, **changes: str) -> str:
        return str(told(reader, **changes)["amount"]["currency"])

    assert currency(reading(tmp_path, currency="SEK")) == "SEK"
    assert currency(reading(tmp_path, LOG.replace("[[event]]", 'currency = "USD"\n[[event]]', 1))) == "USD"
    by_row = reading(tmp_path, LOG.replace("[[event]]", 'currency = "{what}"\n[[event]]', 1).replace('"won"', '"GBP"'))
    assert currency(by_row, what="GBP") == "GBP"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"amount": "1.005"}, "amount.value: amount '1.005' has more than the 2 digits"),
        ({"amount": "9" * 20}, "amount.value: amount"),
        ({"rep": "x" * 201}, "rep: has 201 characters"),
        ({"rep": "a\0b"}, "rep: holds the character U+0000"),
        ({"case": "y" * 300}, "has 300 characters"),
        ({"no": "a\nb"}, "id: holds the character U+000A"),
    ],
)
def test_what_the_event_does_not_bear_is_refused_in_the_event_s_own_words(
    tmp_path: Path, changes: dict[str, str], reason: str
) -> None:
    assert reason in fault(reading(tmp_path), **changes).reason


def test_a_sequence_that_is_no_whole_number_is_refused(tmp_path: Path) -> None:
    reader = reading(tmp_path, LOG.replace("[[event]]", 'sequence = "{amount}"\n[[event]]', 1))
    assert read(reader, amount="7").sequence == 7
    assert fault(reader, amount="7.5").reason.startswith("sequence: ")


@given(st.fixed_dictionaries({column: st.text(max_size=12) for column in ROW}), st.booleans())
def test_no_row_whatever_ends_in_anything_but_events_or_a_reason(
    tmp_path_factory: pytest.TempPathFactory, row: dict[str, str], opened: bool
) -> None:
    reader = reading(tmp_path_factory.mktemp("row"), AT)
    try:
        found = reader.events(row | {"what": "opened" if opened else "won"}, reader.logged_envelope)
    except RowFaultError as error:
        assert error.reason  # noqa: PT017 (either may come of it)
        assert error.remedy  # noqa: PT017 (either may come of it)
    else:
        assert len(found) == 1
