"""A moment is the same for everybody: exact to the microsecond, on one day of the workspace; a date stays itself."""

import gc
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas import moments
from schemas.moments import (
    Calendar,
    day_number,
    from_day_number,
    from_microseconds,
    instant_text,
    instant_us,
    microseconds,
    parse_day,
    parse_instant,
    utc,
    zone_of,
)

ODD_ZONES = [
    "UTC",
    "Europe/Amsterdam",  # with seconds in its offset before 1940, where the zone's history is kept
    "Asia/Kathmandu",  # a quarter of an hour, since 1986
    "Africa/Monrovia",  # 44 minutes and 30 seconds until 1972
    "America/St_Johns",  # changed its clocks at one minute past midnight
    "Pacific/Apia",  # had no 2011-12-30
    "Australia/Lord_Howe",  # summer time of half an hour
    "Africa/Cairo",
]
A_DAY_US = 86_400_000_000
FIRST_US, LAST_US = -62_135_596_800_000_000, 253_402_300_799_999_999
# Instants at which one of these zones changed its offset, found by hand in the IANA database.
CHANGES = [
    datetime(2011, 12, 30, 10, tzinfo=UTC),
    datetime(1985, 12, 31, 18, 30, tzinfo=UTC),
    datetime(1972, 1, 7, 0, 44, 30, tzinfo=UTC),
    datetime(2006, 10, 29, 2, 31, tzinfo=UTC),
    datetime(2011, 10, 30, 1, tzinfo=UTC),
]

clocks = st.tuples(st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
offsets_min = st.integers(-23 * 60 - 59, 23 * 60 + 59)
zones = st.sampled_from(ODD_ZONES)
instants_us = st.one_of(
    st.integers(FIRST_US + A_DAY_US, LAST_US - A_DAY_US),
    st.integers(-4_000_000_000_000_000, 2_500_000_000_000_000),
    st.builds(
        lambda change, off: microseconds(change) + off, st.sampled_from(CHANGES), st.integers(-7_200_000_000, 10**10)
    ),
)


def offset_text(offset_min: int) -> str:
    return f"{'-' if offset_min < 0 else '+'}{abs(offset_min) // 60:02}:{abs(offset_min) % 60:02}"


@given(
    st.dates(date(1, 1, 3), date(9999, 12, 29)),
    clocks,
    st.text("0123456789", max_size=12),
    offsets_min,
    st.sampled_from("Tt "),
)
@example(date(2017, 3, 1), (9, 30, 0), "999999999", 60, "T")
@example(date(1969, 12, 31), (23, 59, 59), "999999999", 0, "T")
def test_an_instant_is_cut_to_microseconds_and_never_rounded(
    day: date, clock: tuple[int, int, int], fraction: str, offset_min: int, letter: str
) -> None:
    hour, minute, second = clock
    point = f".{fraction}" if fraction else ""
    text = f"{day}{letter}{hour:02}:{minute:02}:{second:02}{point}{offset_text(offset_min)}"
    seconds = (day.toordinal() - 719_163) * 86_400 + hour * 3600 + (minute - offset_min) * 60 + second
    assert microseconds(parse_instant(text)) == seconds * 10**6 + int((fraction + "000000")[:6])


@pytest.mark.parametrize(
    "text",
    [
        "2017-03-01T09:30:00+01:00",
        "2017-03-01T08:30:00Z",
        "2017-03-01t08:30:00z",
        "2017-03-01 08:30:00Z",
        "2017-03-01T08:30:00.000000000Z",
        "2017-03-01T08:30:00.0000009Z",
        "2017-03-01T08:30:00-00:00",
        "2017-03-02T08:29:00+23:59",
    ],
)
def test_one_instant_in_many_writings_is_one_instant_in_the_log(text: str) -> None:
    assert instant_text(parse_instant(text)) == "2017-03-01T08:30:00Z"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "lunchtime",
        "2017-03-01",
        "2017-03-01T09:30Z",
        "2017-03-01T09:30:00",
        "2017-03-01T09:30:00X",
        "2017-03-01T09:30:00+01",
        "2017-03-01T09:30:00+0100",
        "2017-03-01T09:30:00+xx:00",
        "2017-03-01T09:30:00+24:00",
        "2017-03-01T09:30:00+25:00",
        "2017-03-01T09:30:00+05:75",
        "2017-03-01T24:00:00Z",
        "2017-03-01T09:60:00Z",
        "2017-03-01T09:30:61Z",
        "2017-03-01T09:30:00.Z",
        "2017-03-01T09:30:00,5Z",
        "2017-03-01T09:30:00Z\n",
        " 2017-03-01T09:30:00Z",
        "20170301T093000Z",
        "2017-W09-3T09:30:00Z",
        "+2017-03-01T09:30:00Z",
        "\N{FULLWIDTH DIGIT TWO}017-03-01T09:30:00Z",
        "2017-03-01T09:30:00Z" * 10_000,
    ],
)
def test_what_is_no_rfc_3339_instant_is_refused_with_a_remedy(text: str) -> None:
    remedy = r"is not an RFC 3339 instant: write .* such as 2017-03-01T09:30:00\+01:00$"
    with pytest.raises(ValueError, match=remedy) as refused:
        parse_instant(text)
    assert len(str(refused.value)) < 250


@pytest.mark.parametrize(
    "text",
    [
        "2017-02-29T09:30:00Z",
        "2017-13-01T09:30:00Z",
        "0000-01-01T00:00:00Z",
        "2016-12-31T23:59:60Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
    ],
)
def test_an_instant_that_does_not_exist_is_refused_with_a_remedy(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not an instant that exists \(.+\): write one such as"):
        parse_instant(text)


@given(st.integers(FIRST_US, LAST_US))
@example(FIRST_US)
@example(LAST_US)
@example(-1)
def test_an_instant_survives_being_written_and_read(us: int) -> None:
    text = instant_text(from_microseconds(us))
    assert microseconds(parse_instant(text)) == us
    assert instant_us(text) == us
    assert text.endswith("Z")
    assert not text.endswith("0Z") or "." not in text


@given(st.integers(FIRST_US + A_DAY_US, LAST_US - A_DAY_US), offsets_min)
def test_the_log_writes_an_instant_one_way_whatever_its_zone(us: int, offset_min: int) -> None:
    elsewhere = from_microseconds(us).astimezone(timezone(timedelta(minutes=offset_min)))
    assert instant_text(elsewhere) == instant_text(from_microseconds(us))


@given(st.datetimes(timezones=st.just(UTC)), zones)
def test_an_instant_of_any_zone_is_brought_to_utc_and_stays_the_same(instant: datetime, zone: str) -> None:
    try:
        elsewhere = instant.astimezone(ZoneInfo(zone))
    except OverflowError:
        return
    assert utc(elsewhere) == instant
    assert utc(elsewhere).tzinfo is UTC


def test_an_instant_without_a_zone_or_off_the_calendar_is_refused() -> None:
    with pytest.raises(ValueError, match="has no offset: give the instant with its zone"):
        utc(datetime(2017, 3, 1, 9, 30))  # noqa: DTZ001 (that it has no zone is the case)
    with pytest.raises(ValueError, match="is not within the years 1 to 9999"):
        utc(datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1))))


@given(st.dates())
@example(date.min)
@example(date.max)
def test_a_day_is_read_as_it_is_written_and_numbered_from_1970(day: date) -> None:
    assert parse_day(f"{day.year:04}-{day.month:02}-{day.day:02}") == day
    assert day_number(day) == (day - date(1970, 1, 1)).days
    assert from_day_number(day_number(day)) == day


@pytest.mark.parametrize(
    "text", ["", "1 March", "2017-3-1", "20170301", "2017-W09-3", "2017-03-01T00:00:00Z", "2017-03-01\n", "9" * 10_000]
)
def test_what_is_no_date_is_refused_with_a_remedy(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a day: write year, month and day, such as 2017-03-01$") as refused:
        parse_day(text)
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize("text", ["2017-02-29", "2017-13-01", "2017-00-10", "0000-01-01"])
def test_a_day_that_does_not_exist_is_refused_with_a_remedy(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a day that exists \(.+\): write one such as 2017-03-01"):
        parse_day(text)


@given(zones, st.lists(instants_us, min_size=1, max_size=5))
@example("Pacific/Apia", [microseconds(CHANGES[0]) - 1, microseconds(CHANGES[0])])
@example("America/St_Johns", [microseconds(CHANGES[3]) + shift * 10**6 for shift in (-61, -60, -1, 0, 59)])
def test_an_instant_falls_on_the_day_that_its_zone_says(zone: str, instants: list[int]) -> None:
    calendar = Calendar(zone)
    for us in [*instants, *instants]:  # asked again, the calendar knows it by heart
        expected = day_number(from_microseconds(us).astimezone(ZoneInfo(zone)).date())
        assert calendar.day(us) == expected
        assert calendar.place(instant_text(from_microseconds(us))) == (expected, us)
        assert calendar.day_of(instant_text(from_microseconds(us))) == expected


@pytest.mark.parametrize(
    ("zone", "text", "day"),
    [
        ("Europe/Amsterdam", "2011-10-31T22:59:59.999999Z", "2011-10-31"),
        ("Europe/Amsterdam", "2011-10-31T23:00:00Z", "2011-11-01"),
        ("Europe/Amsterdam", "2011-07-31T22:00:00Z", "2011-08-01"),
        ("Asia/Kathmandu", "2017-03-01T18:14:59Z", "2017-03-01"),
        ("Asia/Kathmandu", "2017-03-01T18:15:00Z", "2017-03-02"),
        ("Africa/Monrovia", "1971-06-01T00:44:29Z", "1971-05-31"),
        ("Africa/Monrovia", "1971-06-01T00:44:30Z", "1971-06-01"),
        ("Pacific/Apia", "2011-12-30T09:59:59Z", "2011-12-29"),
        ("Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-31"),
        ("America/St_Johns", "2006-10-29T02:30:59Z", "2006-10-29"),
        ("America/St_Johns", "2006-10-29T02:31:00Z", "2006-10-28"),
        ("UTC", "1969-12-31T23:59:59.999999Z", "1969-12-31"),
    ],
)
def test_midnight_is_where_the_zone_has_it(zone: str, text: str, day: str) -> None:
    assert from_day_number(Calendar(zone).day_of(text)) == date.fromisoformat(day)


@given(zones, st.dates())
@example("Pacific/Apia", date(2011, 12, 30))
@example("UTC", date.min)
@example("UTC", date.max)
def test_a_date_stays_its_day_in_every_zone(zone: str, day: date) -> None:
    assert Calendar(zone).place(day.isoformat()) == ((day - date(1970, 1, 1)).days, None)


@pytest.mark.parametrize("zone", ODD_ZONES)
def test_the_first_and_the_last_hours_of_time_have_a_day_too(zone: str) -> None:
    calendar = Calendar(zone)
    for us, day in ((FIRST_US, date.min), (LAST_US, date.max)):
        assert abs(calendar.day(us) - day_number(day)) <= 1
        assert calendar.day_of(instant_text(from_microseconds(us))) == calendar.day(us)


def test_a_calendar_that_forgets_still_answers_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moments, "BLOCKS_KEPT", 3)
    calendar, zone = Calendar("Asia/Kathmandu"), ZoneInfo("Asia/Kathmandu")
    for us in [*range(0, A_DAY_US, 1_800_000_000), *range(0, A_DAY_US, 1_800_000_000)]:
        assert calendar.day(us) == day_number(from_microseconds(us).astimezone(zone).date())
        assert all(len(kept) <= 3 for kept in gc.get_referents(calendar) if isinstance(kept, dict))


@pytest.mark.parametrize(
    "name",
    ["", "Amsterdam", "europe/amsterdam", "Europe", "CET+1", "../UTC", "/UTC", "UTC\x00", "\ud800", "a" * 10_000],
)
def test_an_unknown_zone_is_refused_with_a_remedy(name: str) -> None:
    with pytest.raises(ValueError, match="is not a time zone: take an IANA name such as Europe/Amsterdam") as refused:
        zone_of(name)
    assert len(str(refused.value)) < 250


@pytest.mark.parametrize("name", ["localtime", "posixrules", "right/Europe/Amsterdam", "posix/UTC"])
def test_a_zone_that_each_machine_has_otherwise_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is not a time zone"):
        zone_of(name)
