"""`quotum init` makes a history and its vault, or nothing at all."""

from pathlib import Path

import pytest

from tests.quotum.conftest import Quotum

RIGHT = {"--zone": "Europe/Amsterdam", "--currency": "EUR"}


def words(path: Path, **changes: str) -> list[str]:
    options = RIGHT | {f"--{name.replace('_', '-')}": value for name, value in changes.items()}
    return ["init", "--history", str(path), *(part for option in options.items() for part in option)]


def test_a_history_and_a_vault_are_made(quotum: Quotum, tmp_path: Path) -> None:
    path = tmp_path / "q.duckdb"
    found = quotum(*words(path))
    assert (found.exit_code, found.stderr) == (0, "")
    assert found.stdout == f"{path} is open for business: days of Europe/Amsterdam, EUR, fiscal year from month 1.\n"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["q.duckdb", "q.duckdb.vault"]


def test_the_fiscal_year_and_the_credit_rule_are_those_given(quotum: Quotum, tmp_path: Path) -> None:
    path = tmp_path / "q.duckdb"
    assert quotum(*words(path, fiscal_start="4", credit="seller")).exit_code == 0
    title = quotum("board", "revenue", "FY2017-Q1", "--history", str(path)).stdout.splitlines()[0]
    assert title == "revenue by rep, credited to the seller, 2017-04-01 to 2017-06-30, EUR"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"zone": "Europe/Amsterdm"}, "'Europe/Amsterdm' is not a time zone: take an IANA name such as"),
        ({"zone": ""}, "quotum: --zone is empty: give one such as Europe/Amsterdam"),
        ({"currency": " "}, "quotum: --currency is empty: give one such as EUR"),
        ({"currency": "EURO"}, "unknown currency 'EURO': write the three capital letters of an ISO 4217"),
        ({"currency": "eur"}, "unknown currency 'eur'"),
        ({"currency": "XAU"}, "XAU has no minor unit"),
        ({"fiscal_start": "13"}, "less than or equal to 12"),
        ({"fiscal_start": "May"}, "--fiscal-start"),
        ({"credit": "winner"}, "Invalid value for '--credit': 'winner' is not one of 'owner'"),
    ],
)
def test_what_is_not_right_is_a_usage_error_and_leaves_nothing_behind(
    quotum: Quotum, tmp_path: Path, change: dict[str, str], says: str
) -> None:
    found = quotum(*words(tmp_path / "q.duckdb", **change))
    assert (found.exit_code, found.stdout) == (2, "")
    assert says in " ".join(found.stderr.replace("│", " ").split())
    assert list(tmp_path.iterdir()) == []


def test_zone_and_currency_must_be_given(quotum: Quotum, tmp_path: Path) -> None:
    for option in ("--zone", "--currency"):
        given = [part for name, value in RIGHT.items() if name != option for part in (name, value)]
        found = quotum("init", "--history", str(tmp_path / "q.duckdb"), *given)
        assert found.exit_code == 2
        assert option in found.stderr


def test_a_history_that_is_there_is_left_as_it_is(quotum: Quotum, tmp_path: Path) -> None:
    path = tmp_path / "q.duckdb"
    quotum(*words(path))
    before = path.read_bytes()
    found = quotum(*words(path, currency="USD"))
    assert found.exit_code == 1
    assert found.stderr == f"quotum: {path} is already there. Use it as it is, or give another file with --history.\n"
    assert path.read_bytes() == before


def test_a_folder_that_is_not_there_is_not_made(quotum: Quotum, tmp_path: Path) -> None:
    found = quotum(*words(tmp_path / "none" / "q.duckdb"))
    assert found.exit_code == 1
    assert "does not exist" in found.stderr
    assert list(tmp_path.iterdir()) == []
