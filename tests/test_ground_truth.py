"""Figures are right where they equal those that somebody computed otherwise: here by SQL over the raw rows.

Every figure of every file of expected figures comes out of the commands as users run them, after an import and again
after a replay: nothing missing, nothing extra. After that, each trap of the data has a test of its own.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal
from itertools import permutations
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.real_input import (
    ALWAYS,
    MAPPINGS,
    STAGES,
    Row,
    Standing,
    Workspace,
    run,
    truth,
)

pytestmark = pytest.mark.slow
Expected = Callable[[str], list[Row]]
Made = dict[str, Workspace]
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


@pytest.fixture(params=STAGES)
def stage(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def maven(stage: str, made_maven: Made) -> Workspace:
    return made_maven[stage]


@pytest.fixture
def local(stage: str, made_local: Made) -> Workspace:
    return made_local[stage]


@pytest.fixture
def by_utc(stage: str, made_utc: Made) -> Workspace:
    return made_utc[stage]


@pytest.fixture
def crm(made_maven: Made) -> Workspace:
    return made_maven["imported"]


@pytest.fixture
def bank(made_local: Made) -> Workspace:
    return made_local["imported"]


@pytest.fixture
def bank_by_utc(made_utc: Made) -> Workspace:
    return made_utc["imported"]


@pytest.fixture(scope="session")
def expected(shared_data: Path) -> Expected:
    def read(name: str) -> list[Row]:
        folder, _, file = name.partition("/")
        return list(truth(shared_data / folder / "ground_truth" / f"{file}.csv"))

    return read


def column(rows: Iterable[Row], period: str, who: str, value: str, rank: str) -> Standing:
    """A column of figures with its column of ranks, without the rows that hold nothing."""
    return {
        (row.get(period, ALWAYS), row.get(who, "total")): (row[rank], Decimal(row[value]))
        for row in rows
        if Decimal(row[value])
    }


def figures(rows: Iterable[Row], period: str, who: str, value: str) -> dict[tuple[str, str], Decimal]:
    return {(row.get(period, ALWAYS), row[who]): Decimal(row[value]) for row in rows if Decimal(row[value])}


def periods(rows: Iterable[Row], name: str) -> list[str]:
    return sorted({row[name] for row in rows})


# A CRM's table of opportunities


def test_reps_by_month_in_number_and_value_with_every_rank(maven: Workspace, expected: Expected) -> None:
    rows = expected("maven_crm/agent_month")
    months = periods(rows, "month")
    assert maven.standing("deals_won", months) == column(rows, "month", "sales_agent", "won", "rank_won")
    dense = maven.standing("deals_won", months, "--ties", "dense")
    assert dense == column(rows, "month", "sales_agent", "won", "dense_won")
    assert maven.standing("revenue", months) == column(rows, "month", "sales_agent", "won_value", "rank_value")
    assert maven.total("deals_won") == sum(int(row["won"]) for row in rows) == 4_238
    assert maven.total("revenue") == sum(int(row["won_value"]) for row in rows) == 10_005_534


@pytest.mark.parametrize("metric", ["leads_qualified", "deals_opened"])
def test_what_reps_began_by_month(maven: Workspace, expected: Expected, metric: str) -> None:
    rows = expected("maven_crm/agent_month_engaged")
    found = maven.values(metric, periods(rows, "month"))
    assert found == figures(rows, "month", "sales_agent", "engaged")
    assert maven.total(metric) == sum(int(row["engaged"]) for row in rows) == 8_300


def test_what_reps_lost_by_month(maven: Workspace, expected: Expected) -> None:
    rows = expected("maven_crm/agent_month_lost")
    found = maven.values("deals_lost", periods(rows, "month"))
    assert found == figures(rows, "month", "sales_agent", "lost")
    assert maven.total("deals_lost") == sum(int(row["lost"]) for row in rows) == 2_473


def test_a_month_up_to_a_day_with_every_rank(maven: Workspace, expected: Expected) -> None:
    to_date = "2017-06-01..2017-06-15"
    rows = [row | {"period": to_date} for row in expected("maven_crm/agent_mtd_2017-06-15")]
    assert maven.standing("deals_won", [to_date]) == column(rows, "period", "sales_agent", "won_mtd", "rank_won")
    assert maven.standing("revenue", [to_date]) == column(rows, "period", "sales_agent", "value_mtd", "rank_value")


def test_reps_by_quarter_in_number_and_value_with_every_rank(maven: Workspace, expected: Expected) -> None:
    rows = expected("maven_crm/agent_quarter")
    quarters = periods(rows, "quarter")
    assert maven.standing("deals_won", quarters) == column(rows, "quarter", "sales_agent", "won", "rank_won")
    assert maven.standing("revenue", quarters) == column(rows, "quarter", "sales_agent", "won_value", "rank_value")


@pytest.mark.parametrize(("value", "day"), [("50000", "reached_50k_on"), ("100000", "reached_100k_on")])
def test_the_day_on_which_a_rep_reached_a_value(maven: Workspace, expected: Expected, value: str, day: str) -> None:
    rows = expected("maven_crm/agent_quarter_reached")
    quarters = periods(rows, "quarter")
    found = {quarter: maven.rows("reached", "revenue", quarter, value) for quarter in quarters}
    days = {(quarter, row["who"]): row["reached_on"] for quarter in quarters for row in found[quarter]}
    assert days == {(row["quarter"], row["sales_agent"]): row[day] for row in rows if row[day]}
    assert {row["reached_at"] for one in found.values() for row in one} == {""}, "dates have no instant"
    assert all(one == sorted(one, key=lambda row: row["reached_on"]) for one in found.values())
    whole = {(row["quarter"], row["sales_agent"]): Decimal(row["qtd_value"]) for row in rows if int(row["qtd_value"])}
    assert maven.values("revenue", quarters) == whole


def test_reps_over_all_time_with_every_rank_and_the_zeros(maven: Workspace, expected: Expected) -> None:
    rows = expected("maven_crm/agent_total")

    def whole(value: str, rank: str) -> Standing:
        return {(ALWAYS, row["sales_agent"]): (row[rank], Decimal(row[value])) for row in rows}

    assert maven.standing("deals_won", [ALWAYS], zeros=True) == whole("won", "rank_won")
    assert maven.standing("deals_won", [ALWAYS], "--ties", "dense", zeros=True) == whole("won", "dense_won")
    assert maven.standing("revenue", [ALWAYS], zeros=True) == whole("won_value", "rank_value")
    lost = {row["who"]: int(row["value"]) for row in maven.rows("board", "deals_lost", ALWAYS)}
    assert lost == {row["sales_agent"]: int(row["lost"]) for row in rows}


def test_what_a_rep_still_has_open_is_opened_less_won_less_lost(maven: Workspace, expected: Expected) -> None:
    open_now: Counter[str] = Counter()
    for metric, sign in (("deals_opened", 1), ("deals_won", -1), ("deals_lost", -1)):
        for row in maven.rows("board", metric, ALWAYS):
            open_now[row["who"]] += sign * int(row["value"])
    rows = expected("maven_crm/agent_total")
    assert open_now == {row["sales_agent"]: int(row["engaging"]) for row in rows}
    assert open_now.total() == 1_589


def test_rows_of_prospects_have_no_date_and_are_counted_as_ignored(maven: Workspace, expected: Expected) -> None:
    prospects = sum(int(row["prospecting"]) for row in expected("maven_crm/agent_total"))
    assert maven.printed["import"].startswith(f"rows read 8800 = ignored {prospects} + refused 0 + used 8300\n")
    assert prospects == 500


def test_every_rep_is_in_the_team_and_the_region_of_the_table(maven: Workspace, expected: Expected) -> None:
    events = [row for row in maven.rows("events") if row["what"] in ("rep joined", "team formed")]
    told = {what: [row["told"] for row in events if row["what"] == what] for what in ("rep joined", "team formed")}
    rows = expected("maven_crm/agent_total")
    joined = {f"day 2016-01-01, rep {row['sales_agent']}, team {row['manager']}" for row in rows}
    assert sorted(told["rep joined"]) == sorted(joined)
    formed = {f"region {row['regional_office']}, team {row['manager']}" for row in rows}
    assert sorted(told["team formed"]) == sorted(formed)


def test_each_day(maven: Workspace, expected: Expected) -> None:
    rows = expected("maven_crm/day_total")
    for metric, value in (("deals_won", "won"), ("revenue", "won_value")):
        found = maven.values(metric, ["2016", "2017", "2018"], "--by", "day")
        assert {day: amount for (_, day), amount in found.items()} == {
            row["close_date"]: Decimal(row[value]) for row in rows if Decimal(row[value])
        }


def test_each_product(maven: Workspace, expected: Expected) -> None:
    rows = expected("maven_crm/product_total")
    for metric, value in (("deals_won", "won"), ("revenue", "won_value")):
        assert maven.values(metric, [ALWAYS], "--by", "product") == figures(rows, "always", "product", value)


def test_regions_by_quarter_with_every_rank(maven: Workspace, expected: Expected) -> None:
    rows = expected("maven_crm/region_quarter")
    quarters = periods(rows, "quarter")
    value = maven.standing("revenue", quarters, "--by", "region")
    assert value == column(rows, "quarter", "regional_office", "won_value", "rank_value")
    won = maven.values("deals_won", quarters, "--by", "region")
    assert won == figures(rows, "quarter", "regional_office", "won")


def test_teams_by_quarter_with_every_rank(maven: Workspace, expected: Expected) -> None:
    rows = expected("maven_crm/team_quarter")
    quarters = periods(rows, "quarter")
    value = maven.standing("revenue", quarters, "--by", "team")
    assert value == column(rows, "quarter", "manager", "won_value", "rank_value")
    assert maven.values("deals_won", quarters, "--by", "team") == figures(rows, "quarter", "manager", "won")


def test_teams_of_a_region_sum_to_the_region(maven: Workspace, expected: Expected) -> None:
    region_of = {row["manager"]: row["regional_office"] for row in expected("maven_crm/team_quarter")}
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in maven.rows("board", "revenue", "2017", "--by", "team"):
        sums[region_of[row["who"]]] += Decimal(row["value"])
    assert sums == {
        row["who"]: Decimal(row["value"]) for row in maven.rows("board", "revenue", "2017", "--by", "region")
    }


# Its traps


def test_five_reps_never_sell_and_still_show_with_zero_on_rank_31(crm: Workspace, expected: Expected) -> None:
    never = {row["sales_agent"] for row in expected("maven_crm/agent_total") if row["won"] == "0"}
    for metric, nothing in (("deals_won", "0"), ("revenue", "0.00")):
        last = crm.rows("board", metric, "2017")[30:]
        assert {row["who"] for row in last} == never
        assert {(row["rank"], row["value"]) for row in last} == {("31", nothing)}
    assert len(never) == 5


def test_a_product_keeps_the_spelling_of_its_source(crm: Workspace) -> None:
    products = {row["who"]: row["value"] for row in crm.rows("board", "deals_won", ALWAYS, "--by", "product")}
    assert products["GTXPro"] == "729"
    assert "GTX Pro" not in products


def test_rows_without_an_account_count_like_any_other(crm: Workspace, shared_data: Path) -> None:
    rows = list(truth(shared_data / "maven_crm/original/sales_pipeline.csv"))
    without = [row for row in rows if not row["account"]]
    assert len(without) == 1_425
    open_ones = Counter(row["sales_agent"] for row in rows if row["deal_stage"] in ("Engaging", "Won", "Lost"))
    opened = {row["who"]: int(row["value"]) for row in crm.rows("board", "deals_opened", ALWAYS)}
    assert {who: count for who, count in opened.items() if count} == open_ones
    assert sum(row["deal_stage"] == "Engaging" for row in without) > 0, "so some of those that count have no account"


def test_months_have_79_groups_of_ties_by_number(crm: Workspace, expected: Expected) -> None:
    months = periods(expected("maven_crm/agent_month"), "month")
    ranks = Counter((month, rank) for (month, _), (rank, _) in crm.standing("deals_won", months).items())
    assert sum(count > 1 for count in ranks.values()) == 79


def test_two_share_rank_5_and_four_share_rank_7(crm: Workspace) -> None:
    board = crm.rows("board", "deals_won", "2017-06")
    places = [(row["rank"], row["value"]) for row in board]
    assert places.count(("5", "22")) == 2
    assert places.count(("7", "21")) == 4
    assert not {"6", "8", "9", "10"} & {rank for rank, _ in places}
    dense = crm.rows("board", "deals_won", "2017-06", "--ties", "dense")
    assert [row["who"] for row in dense] == [row["who"] for row in board], "ties change ranks, never the order"
    first = crm.rows("board", "deals_won", "2017-06", "--ties", "first")
    assert [row["rank"] for row in first] == [str(place) for place in range(1, len(first) + 1)]


def test_order_by_number_and_order_by_value_differ(crm: Workspace) -> None:
    first_by = {
        metric: crm.rows("board", metric, "2017-06-01..2017-06-15")[0]["who"] for metric in ("deals_won", "revenue")
    }
    assert first_by["revenue"] == "Daniell Hammack"
    assert first_by["deals_won"] != "Daniell Hammack"


def test_two_regions_stand_two_thousand_apart_in_the_last_quarter(crm: Workspace) -> None:
    board = crm.rows("board", "revenue", "2017-Q4", "--by", "region")
    assert [tuple(row.values()) for row in board[:2]] == [("1", "West", "989861.00"), ("2", "Central", "987782.00")]


def test_thirteen_of_thirty_reached_the_target_darcel_schlecht_first(crm: Workspace) -> None:
    there = crm.rows("reached", "revenue", "2017-Q2", "100000")
    assert len(there) == 13
    assert there[0] == {"who": "Darcel Schlecht", "reached_on": "2017-05-05", "reached_at": ""}
    assert len(crm.standing("revenue", ["2017-Q2"])) == 30


# A bank's loan process


@pytest.mark.parametrize("rule", ["closer", "seller"])
def test_wins_by_month_and_credit_rule_with_every_rank(local: Workspace, expected: Expected, rule: str) -> None:
    rows = [row | {"rep": row["rep"] or UNASSIGNED} for row in expected(f"bpi2012/{rule}_month_won_local")]
    won = local.standing("deals_won", MONTHS, "--credit", rule)
    assert ranked(won) == column(rows, "month_local", "rep", "won", "rank_won")
    value = local.standing("revenue", MONTHS, "--credit", rule)
    assert ranked(value) == column(rows, "month_local", "rep", "won_amount", "rank_amount")
    assert local.total("deals_won") == 227 + 497 + 406
    assert local.total("revenue") == 3_212_040 + 7_636_322 + 5_909_682


def ranked(standing: Standing) -> Standing:
    return {key: found for key, found in standing.items() if found[0]}


def test_each_local_day(local: Workspace, expected: Expected) -> None:
    rows = expected("bpi2012/day_local")
    columns = {"leads": "leads_created", "calls": "calls", "won": "deals_won", "won_amount": "revenue"}
    for name, metric in columns.items():
        assert by_day(local, metric) == {row["day_local"]: Decimal(row[name]) for row in rows if Decimal(row[name])}


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


def metric_of(kind: str) -> str:
    return "calls" if kind.startswith("call.") else BANK_METRICS[kind]


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


# Its traps


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


# All of it


def test_a_log_is_used_row_by_row_and_the_rest_is_counted_as_ignored(bank: Workspace) -> None:
    assert bank.printed["import"] == (
        "rows read 138797 = ignored 95705 + refused 0 + used 43092\n"
        "events made 43092 = taken 43092 + duplicate 0 + refused 0\n"
    )


@pytest.mark.parametrize("name", ["made_maven", "made_local", "made_utc"])
def test_replaying_gives_the_same_figures(request: pytest.FixtureRequest, name: str) -> None:
    workspaces: Made = request.getfixturevalue(name)
    assert workspaces["imported"].printed["replay"].endswith("events replayed, the figures are the same\n")


@pytest.mark.parametrize(
    ("name", "stage"), [("made_maven", "imported"), ("made_local", "imported"), ("made_utc", "replayed")]
)
def test_three_ways_to_the_figures_agree(request: pytest.FixtureRequest, name: str, stage: str) -> None:
    workspaces: Made = request.getfixturevalue(name)
    assert workspaces[stage].ask("verify").startswith("all well: ")
