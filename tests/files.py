"""Files as users have them, and mappings for them, for every test that reads or imports one; and what came of it."""

import atexit
import csv
import json
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from schemas.moments import microseconds
from streams.books import Books
from streams.importing import Counts, Importing, Progress
from streams.mapping import read_mapping
from streams.rules import RowMapping

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)

LOG = """\
source = "crm"
form = "log"
id = "{no}"
trail = "{case}"
time = "{said}"

[[event]]
type = "deal.opened"
when = { what = "opened" }
data.id = "{case}"
data.rep = "{rep}"
data.day = "{day}"

[[event]]
type = "deal.won"
when = { what = "won" }
data.id = "{case}"
data.rep = "{rep}"
data.day = "{day}"
data.amount = "{amount}"
"""
LOG_HEADER = "no,case,said,what,rep,day,amount"
WON = "1,c1,2026-01-02T10:00:00Z,won,ann,2026-01-01,100"
OPENED = "2,c2,2026-01-02T10:00:00Z,opened,ann,2026-01-01,"
FUTURE = "3,c3,2026-06-02T10:00:00Z,opened,ann,2026-01-01,"
LUNCH = "4,c4,2026-01-02T10:00:00Z,lunch,ann,2026-01-01,"
NO_DAY = "5,c5,2026-01-02T10:00:00Z,won,ann,01-01-2026,100"

SNAPSHOT = """\
source = "crm"
form = "snapshot"
trail = "{id}"

[[event]]
type = "deal.opened"
when = { stage = ["Open", "Won", "Lost"] }
data.id = "{id}"
data.rep = "{rep}"
data.day = "{opened}"
data.product = "{product}"

[[event]]
type = "deal.won"
when = { stage = "Won" }
data.id = "{id}"
data.rep = "{rep}"
data.day = "{closed}"
data.amount = "{amount}"

[[event]]
type = "deal.lost"
when = { stage = "Lost" }
data.id = "{id}"
data.rep = "{rep}"
data.day = "{closed}"
"""
SNAPSHOT_HEADER = "id,stage,rep,product,opened,closed,amount"


def mapping_of(folder: Path, text: str) -> RowMapping:
    """The mapping that a text means."""
    path = folder / "mapping.toml"
    path.write_text(text, encoding="utf-8")
    return read_mapping(path)


def csv_file(folder: Path, content: str | bytes, name: str = "file.csv") -> Path:
    """A file with this content, lines as they are."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def table(header: str, rows: Iterable[Sequence[str]]) -> str:
    """A CSV text."""
    return "".join(line + "\n" for line in (header, *(",".join(row) for row in rows)))


def new_books(folder: Path, zone: str = "Europe/Amsterdam") -> Books:
    """Books in a folder, with a clock that stands still; copied, since making a history takes long."""
    folder.mkdir(exist_ok=True)
    for path in _made_once(zone).iterdir():
        shutil.copy(path, folder)
    return Books.open(folder / "quotum.duckdb", clock=clock)


def clock() -> int:
    """The moment at which all of this happens."""
    return microseconds(NOW)


@cache
def _made_once(zone: str) -> Path:
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder)
    Books.create(folder / "quotum.duckdb", zone=zone, currency="EUR", clock=clock).close()
    return folder


def take_in(
    books: Books, mapping: RowMapping, path: Path, exported_at: datetime = NOW, progress: Progress | None = None
) -> Counts:
    """Import a file; its rejects lie beside it."""
    return Importing(books, mapping, exported_at).run(path, rejects_of(path), progress)


def rejects_of(path: Path) -> Path:
    """Where `take_in` puts rejects."""
    return path.with_name(path.name + ".rejected.csv")


def lines(header: str, *rows: str) -> str:
    """A file as text."""
    return "\n".join([header, *rows, ""])


def refused(path: Path) -> list[dict[str, str]]:
    """The rows of the reject file of a file, none where there is none."""
    rejects = rejects_of(path)
    if not rejects.exists():
        return []
    with rejects.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def cells(
    books: Books, bases: Sequence[str] = ("owner", "closer", "seller"), trails: str = ""
) -> dict[tuple[Any, ...], int]:
    """Every figure that stands in the books, by name of rep, day, metric, basis and dims; `trails`: how these begin."""
    names = books.vault.labels("person") | {0: ""}
    query = """
        SELECT rep, day, metric, basis, campaign, product, kind, customer, currency, days, sum(amount) FROM postings
        WHERE starts_with(trail, $trails) GROUP BY ALL HAVING sum(amount) <> 0
    """
    rows = books.history.rows(query, {"trails": trails})
    return {(names[rep], str(day), *rest): int(amount) for rep, day, *rest, amount in rows if rest[1] in bases}


def told(books: Books, after: int = 0) -> list[tuple[str, str, dict[str, Any]]]:
    """What feeds said, in the order of the log: type, entity and data; people by name. `after`: so many left out."""
    names = books.vault.labels()
    rows = books.history.rows("SELECT type, entity, data FROM events WHERE source <> 'quotum' ORDER BY log_offset")
    return [
        (
            kind.removeprefix("quotum.").removesuffix(".v1"),
            entity,
            {
                name: names[value] if name in {"rep", "team"} and value else value
                for name, value in json.loads(data).items()
                if name != "id"
            },
        )
        for kind, entity, data in rows[after:]
    ]


def add_up(counts: Counts) -> bool:
    """Whether counts keep their promise."""
    rows = counts.rows_ignored + counts.rows_refused + counts.rows_used
    events = counts.events_taken + counts.events_duplicate + counts.events_refused
    return counts.rows_read == rows and counts.events_made == events
