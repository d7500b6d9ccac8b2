"""A CRM's table of opportunities comes to every figure that was computed of it otherwise, here by SQL over its rows.

Every figure of every file of expected figures comes out of the commands as users run them, after an import and again
after a replay: nothing missing, nothing extra. After that, each trap of the data has a test of its own.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import pytest

from tests.real_input import ALWAYS, Expected, Made, Row, Standing, Workspace, column, truth

pytestmark = pytest.mark.slow


@pytest.fixture
def maven(stage: str, made_maven: Made) -> Workspace:
    return made_maven[stage]


@pytest.fixture
def crm(made_maven: Made) -> Workspace:
    return made_maven["imported"]


def figures(rows: Iterable[Row], period: str, who: str, value: str) -> dict[tuple[str, str], Decimal]:
    return {(row.get(period, ALWAYS), row[who]): Decimal(row[value]) for row in rows if Decimal(row[value])}


def periods(rows: Iterable[Row], name: str) -> list[str]:
    return sorted({row[name] for row in rows})


# Figures


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


# Traps


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
