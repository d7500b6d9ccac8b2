"""Workspaces filled with real input by the real commands, once per test run, for all workers together.

Importing takes seconds, so the first worker that needs a workspace makes it and the others wait. One process owns a
history, so each worker then asks a copy of its own. There are two of each: as imported, and after a replay.
"""

import csv
import io
import json
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from typer.testing import CliRunner, Result

from quotum.cli import app

ROOT = Path(__file__).resolve().parent.parent
MAPPINGS = ROOT / "examples" / "mappings"
HISTORY = "quotum.duckdb"
STAGES = ("imported", "replayed")
ALWAYS = "2000-01-01..2030-12-31"
MAKING_SECONDS = 600
Row = dict[str, str]
Standing = dict[tuple[str, str], tuple[str, Decimal]]  # (period, who) -> (rank, value); unassigned has neither
Expected = Callable[[str], list[Row]]  # the rows of a file of expected figures, named such as "bpi2012/day_local"


class Source(NamedTuple):
    """A workspace and the files it is filled with: (file, mapping)."""

    name: str
    zone: str
    currency: str
    files: tuple[tuple[str, str], ...]


MAVEN = Source(
    "maven",
    "Europe/Amsterdam",
    "USD",
    (
        ("maven_crm/original/sales_teams.csv", "maven_crm_teams.toml"),
        ("maven_crm/original/sales_pipeline.csv", "maven_crm.toml"),
    ),
)
BANK = (("bpi2012/events_2011Q4.csv.gz", "bpi2012.toml"),)
LOCAL = Source("bank-local", "Europe/Amsterdam", "EUR", BANK)
BY_UTC = Source("bank-utc", "UTC", "EUR", BANK)


def run(*words: str) -> Result:
    """A command in this process."""
    return CliRunner().invoke(app, words, catch_exceptions=False)


class Workspace:
    """A filled workspace, asked through the commands; what was asked once is remembered."""

    def __init__(self, folder: Path, printed: dict[str, str]) -> None:
        """`printed`: what each command that made it printed, by its first word."""
        self.history = folder / HISTORY
        self.printed = printed
        self._asked: dict[tuple[str, ...], str] = {}

    def ask(self, *words: str) -> str:
        """What a command prints on this history; it must end well."""
        if words not in self._asked:
            result = run(*words, "--history", str(self.history))
            assert result.exit_code == 0, result.output
            self._asked[words] = result.stdout
        return self._asked[words]

    def rows(self, *words: str) -> list[Row]:
        """The rows that a command lists."""
        return list(csv.DictReader(io.StringIO(self.ask(*words, "--format", "csv"))))

    def standing(self, metric: str, periods: Iterable[str], *options: str, zeros: bool = False) -> Standing:
        """The boards of a metric over periods, without the rows that hold nothing unless `zeros`."""
        return {
            (period, row["who"]): (row["rank"], Decimal(row["value"]))
            for period in periods
            for row in self.rows("board", metric, period, *options)
            if zeros or Decimal(row["value"])
        }

    def values(self, metric: str, periods: Iterable[str], *options: str) -> dict[tuple[str, str], Decimal]:
        """The same without ranks."""
        return {key: value for key, (_, value) in self.standing(metric, periods, *options).items()}

    def total(self, metric: str, period: str = ALWAYS) -> Decimal:
        """One sum."""
        return Decimal(self.rows("board", metric, period, "--by", "total")[0]["value"])


Made = dict[str, Workspace]  # by stage


def made(source: Source, data: Path, shared: Path, own: Path) -> Made:
    """The workspace of a source per stage: made below `shared` if nobody did, copied below `own`."""
    place = shared / source.name
    once(place, lambda: _make(source, data, place))
    copy = own / source.name
    shutil.copytree(place, copy)
    printed: dict[str, str] = json.loads((copy / "printed.json").read_text(encoding="utf-8"))
    return {stage: Workspace(copy / stage, printed) for stage in STAGES}


def once(place: Path, make: Callable[[], None]) -> None:
    """Have it made by whoever comes first; the others wait for it, and fail if it failed."""
    done, failed = place.with_suffix(".done"), place.with_suffix(".failed")
    try:
        place.mkdir()
    except FileExistsError:
        end = time.monotonic() + MAKING_SECONDS
        while not done.exists():
            assert not failed.exists(), f"{place.name} could not be made: see the first failure"
            assert time.monotonic() < end, f"{place.name} was not made in time"
            time.sleep(0.05)
        return
    try:
        make()
    except BaseException:
        failed.touch()
        raise
    done.touch()


def _make(source: Source, data: Path, place: Path) -> None:
    imported, replayed = (place / stage for stage in STAGES)
    imported.mkdir()
    history = ("--history", str(imported / HISTORY))
    commands: list[tuple[str, ...]] = [("init", "--zone", source.zone, "--currency", source.currency)]
    commands += [("import", str(data / file), "--mapping", str(MAPPINGS / mapping)) for file, mapping in source.files]
    printed = {}
    for words in commands:
        printed[words[0]] = _well(*words, *history)
    shutil.copytree(imported, replayed)
    printed["replay"] = _well("replay", "--history", str(replayed / HISTORY))
    (place / "printed.json").write_text(json.dumps(printed), encoding="utf-8")


def _well(*words: str) -> str:
    result = run(*words)
    assert result.exit_code == 0, result.output
    return result.stdout


def truth(file: Path) -> Iterator[Row]:
    """The rows of a file of expected figures."""
    with file.open(encoding="utf-8", newline="") as text:
        yield from csv.DictReader(text)


def column(rows: Iterable[Row], period: str, who: str, value: str, rank: str) -> Standing:
    """A column of figures with its column of ranks, without the rows that hold nothing."""
    return {
        (row.get(period, ALWAYS), row.get(who, "total")): (row[rank], Decimal(row[value]))
        for row in rows
        if Decimal(row[value])
    }
