"""A bank's log of loan applications comes to every figure that was computed of it otherwise, by SQL over its rows.

Every figure of every file of expected figures comes out of the commands as users run them, after an import and again
after a replay: nothing missing, nothing extra. After that, each trap of the data has a test of its own.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from itertools import permutations
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.real_input import MAPPINGS, Expected, Made, Row, Standing, Workspace, column, run

pytestmark = pytest.mark.slow

MONTHS = ("2011-10", "2011-11", "2011-12")
BANK_METRICS = {
    "deal.lost": "deals_lost",
    "deal.won": "deals_won",
    "email.offer": "offers",
    "lead.created": "leads_created",
    "lead.handled": "leads_handled",
    "lead.qualified": "leads_qualified",
}
UNASSIGNED = ""
AMSTERDAM = ZoneInfo("Europe/Amsterdam")


@pytest.fixture
def local(stage: str, made_local: Made) -> Workspace:
    return made_local[stage]


@pytest.fixture
def by_utc(stage: str, made_utc: Made) -> Workspace:
    return made_utc[stage]


@pytest.fixture
def bank(made_local: Made) -> Workspace:
    return made_local["imported"]


@pytest.fixture
def bank_by_utc(made_utc: Made) -> Workspace:
    return made_utc["imported"]


def ranked(standing: Standing) -> Standing:
    return {key: found for key, found in standing.items() if found[0]}


def by_day(workspace: Workspace, metric: str) -> dict[str, Decimal]:
    found = workspace.values(metric, ["2011"], "--by", "day")
    assert sum(found.values()) == workspace.total(metric), "nothing lies in another year"
    return {day: value for (_, day), value in found.items()}


def by_month(workspace: Workspace, metric: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for day, value in by_day(workspace, metric).items():
        found[day[:7]] += int(value)
    return found


def by_kind(workspace: Workspace) -> dict[tuple[str, str], tuple[int, int]]:
    """(month, kind) -> number and, of wins, amount; through the boards."""
    won = by_month(workspace, "revenue")
    found = {
        (month, kind): (number, won[month] if kind == "deal.won" else 0)
        for kind, metric in BANK_METRICS.items()
        for month, number in by_month(workspace, metric).items()
    }
    for month in MONTHS:
        for row in workspace.rows("board", "calls", month, "--by", "kind"):
            found[month, row["who"]] = (int(row["value"]), 0)
    return found


def kinds_of(rows: Iterable[Row], month: str) -> dict[tuple[str, str], tuple[int, int]]:
    return {(row[month], row["kind"]): (int(row["n"]), int(row["won_amount"])) for row in rows}


def metric_of(kind: str) -> str:
    return "calls" if kind.startswith("call.") else BANK_METRICS[kind]


# Figures


@pytest.mark.parametrize("rule", ["closer", "seller"])
def test_wins_by_month_and_credit_rule_with_every_rank(local: Workspace, expected: Expected, rule: str) -> None:
    rows = [row | {"rep": row["rep"] or UNASSIGNED} for row in expected(f"bpi2012/{rule}_month_won_local")]
    won = local.standing("deals_won", MONTHS, "--credit", rule)
    assert ranked(won) == column(rows, "month_local", "rep", "won", "rank_won")
    value = local.standing("revenue", MONTHS, "--credit", rule)
    assert ranked(value) == column(rows, "month_local", "rep", "won_amount", "rank_amount")
    assert local.total("deals_won") == 227 + 497 + 406
    assert local.total("revenue") == 3_212_040 + 7_636_322 + 5_909_682


def test_each_local_day(local: Workspace, expected: Expected) -> None:
    rows = expected("bpi2012/day_local")
    columns = {"leads": "leads_created", "calls": "calls", "won": "deals_won", "won_amount": "revenue"}
    for name, metric in columns.items():
        assert by_day(local, metric) == {row["day_local"]: Decimal(row[name]) for row in rows if Decimal(row[name])}


def test_each_kind_by_local_month(local: Workspace, expected: Expected) -> None:
    assert by_kind(local) == kinds_of(expected("bpi2012/month_kind_local"), "month_local")


def test_each_kind_by_month_of_utc(by_utc: Workspace, expected: Expected) -> None:
    assert by_kind(by_utc) == kinds_of(expected("bpi2012/month_kind_utc"), "month_utc")


def test_calls_by_rep_and_month_with_every_rank(local: Workspace, expected: Expected) -> None:
    rows = expected("bpi2012/rep_month_calls_local")
    calls = ranked(local.standing("calls", MONTHS))
    assert calls == column(rows, "month_local", "rep", "calls", "rank_calls")
    dense = ranked(local.standing("calls", MONTHS, "--ties", "dense"))
    assert dense == column(rows, "month_local", "rep", "calls", "dense_calls")


def test_offers_by_rep_and_month_with_every_rank(local: Workspace, expected: Expected) -> None:
    rows = expected("bpi2012/rep_month_offers_local")
    offers = ranked(local.standing("offers", MONTHS))
    assert offers == column(rows, "month_local", "rep", "offers", "rank_offers")


def test_the_instant_at_which_a_rep_reached_100_calls(local: Workspace, expected: Expected) -> None:
    found = {
        (month, row["who"]): datetime.fromisoformat(row["reached_at"])
        for month in MONTHS
        for row in local.rows("reached", "calls", month, "100")
    }
    assert found == {
        (row["month_local"], row["rep"]): datetime.fromisoformat(row["reached_100_calls_utc"]).replace(tzinfo=UTC)
        for row in expected("bpi2012/rep_month_reached_100_calls")
    }


def test_what_nobody_did_is_unassigned_by_month(local: Workspace, expected: Expected) -> None:
    wanted: Counter[tuple[str, str]] = Counter()
    for row in expected("bpi2012/unassigned_month_kind"):
        wanted[row["month_local"], metric_of(row["kind"])] += int(row["n"])
    found = {
        (month, metric): int(unassigned[1])
        for metric in ("calls", "offers", "leads_created", "leads_handled", "leads_qualified")
        for month in MONTHS
        if (unassigned := local.standing(metric, [month]).get((month, UNASSIGNED)))
    }
    assert found == wanted


def test_what_nobody_did_is_in_the_log_with_its_kind(bank: Workspace, expected: Expected) -> None:
    found: Counter[tuple[str, str]] = Counter()
    for row in bank.rows("events")[2:]:
        if "rep " not in row["told"] or "rep nobody" in row["told"]:
            month = datetime.fromisoformat(row["asserted_at"]).astimezone(AMSTERDAM).date().isoformat()[:7]
            kind = row["told"].partition("kind ")[2].partition(",")[0]
            found[month, kind or row["what"].replace(" ", ".")] += 1
    assert found == {
        (row["month_local"], row["kind"]): int(row["n"]) for row in expected("bpi2012/unassigned_month_kind")
    }


def test_a_log_is_used_row_by_row_and_the_rest_is_counted_as_ignored(bank: Workspace) -> None:
    assert bank.printed["import"] == (
        "rows read 138797 = ignored 95705 + refused 0 + used 43092\n"
        "events made 43092 = taken 43092 + duplicate 0 + refused 0\n"
    )


# Traps


def test_thousands_of_calls_without_a_resource_are_unassigned_never_dropped(bank: Workspace) -> None:
    last = [bank.rows("board", "calls", month)[-1] for month in MONTHS]
    assert {(row["rank"], row["who"]) for row in last} == {("", "")}
    assert [int(row["value"]) for row in last] == [3_728 - 2_681, 6_779 - 5_289, 7_142 - 6_203]


def test_nine_tracked_rows_share_case_and_millisecond_with_another(bank: Workspace) -> None:
    stamps = Counter((row["id"].partition(":")[0], row["asserted_at"]) for row in bank.rows("events")[2:])
    assert sum(stamps.values()) == 43_092
    assert sum(count - 1 for count in stamps.values()) == 9


def test_rows_of_one_case_and_millisecond_go_by_their_number_whatever_their_order(tmp_path: Path) -> None:
    at = "2011-10-03T09:30:00.123+02:00"
    rows = [("1", "O_SENT", "ann"), ("2", "A_ACTIVATED", "bob"), ("3", "O_SENT", "cor")]
    lines = [
        f"{case},500,{at},{number},{activity},COMPLETE,{who},{at}"
        for case, order in enumerate(permutations(rows))
        for number, activity, who in order
    ]
    header = "case_id,amount_req,reg_date,event_no,activity,lifecycle,resource,ts"
    file = tmp_path / "log.csv"
    file.write_text("\n".join([header, *lines]), encoding="utf-8")
    history = ("--history", str(tmp_path / "quotum.duckdb"))
    assert run("init", "--zone", "UTC", "--currency", "EUR", *history).exit_code == 0
    assert run("import", str(file), "--mapping", str(MAPPINGS / "bpi2012.toml"), *history).exit_code == 0
    board = run("board", "revenue", "2011-10", "--credit", "seller", "--format", "csv", *history)
    assert board.stdout == "rank,who,value\n1,ann,3000.00\n2,bob,0.00\n2,cor,0.00\n"


def test_days_around_the_end_of_summer_time_are_those_of_the_clock_on_the_wall(
    bank: Workspace, bank_by_utc: Workspace, expected: Expected
) -> None:
    """On 2011-10-30 the clock went back: that day begins at 22:00 of UTC and ends at 23:00."""
    days = ("2011-10-29", "2011-10-30", "2011-10-31")
    rows = {row["day_local"]: row for row in expected("bpi2012/day_local")}
    created = {day: by_day(bank, "leads_created")[day] for day in days}
    assert created == {day: int(rows[day]["leads"]) for day in days} == {days[0]: 43, days[1]: 50, days[2]: 104}
    by_utc = {day: by_day(bank_by_utc, "leads_created")[day] for day in days}
    assert by_utc == {days[0]: 43 + 2, days[1]: 50 - 2 + 2, days[2]: 104 - 2}


def test_utc_moves_just_these_events_to_another_month(
    bank: Workspace, bank_by_utc: Workspace, expected: Expected
) -> None:
    moved: Counter[tuple[str, str]] = Counter()
    for row in expected("bpi2012/events_whose_month_differs_local_utc"):
        moved[BANK_METRICS[row["kind"]], row["t_local"][:7]] += 1
        moved[BANK_METRICS[row["kind"]], row["t_utc"][:7]] -= 1
    found: Counter[tuple[str, str]] = Counter()
    for metric in ("calls", *BANK_METRICS.values()):
        for workspace, sign in ((bank, 1), (bank_by_utc, -1)):
            for month, number in by_month(workspace, metric).items():
                found[metric, month] += sign * number
    assert {key: count for key, count in found.items() if count} == {
        key: count for key, count in moved.items() if count
    }


def test_each_of_these_events_is_in_the_log_at_its_instant(bank: Workspace, expected: Expected) -> None:
    found = set()
    for row in bank.rows("events")[2:]:
        at = datetime.fromisoformat(row["asserted_at"])
        if at.astimezone(AMSTERDAM).month != at.month:
            found.add((row["id"], row["what"].replace(" ", "."), at.replace(tzinfo=None)))
    assert found == {
        (f"{row['case_id']}:{row['event_no']}", row["kind"], datetime.fromisoformat(row["t_utc"]))
        for row in expected("bpi2012/events_whose_month_differs_local_utc")
    }
