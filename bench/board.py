"""Milliseconds for a year's board over 1,000 reps, from a history with a million postings.

The yardstick is the bare DuckDB query in the same run; the ratio is the whole answer (organisation, sums, ranks, names)
to it.
"""

import tempfile
from pathlib import Path

from bench.report import paired, report
from quotum.boards import board
from streams.books import Books

REPS, DAYS, POSTINGS = 1_000, 3 * 365, 1_000_000
FILL = f"""
INSERT INTO postings SELECT 0, i, i, 'T' || i, 'deal:D' || i, 'deals_won', 'owner', 1 + i % {REPS},
    DATE '2015-01-01' + CAST(i * {DAYS} // {POSTINGS} AS INTEGER), NULL, '', 'P' || (i % 7), '', '', '', NULL, 1000000
FROM range({POSTINGS}) AS numbers (i)
"""  # noqa: S608 (made of our own numbers)
BARE = """
SELECT rep, sum(amount) FROM postings WHERE metric = 'deals_won' AND basis = 'owner'
AND day BETWEEN DATE '2016-01-01' AND DATE '2016-12-31' GROUP BY rep
"""


def main() -> None:
    """Measure and report."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Books.create(Path(folder) / "bench.duckdb", zone="Europe/Amsterdam", currency="EUR") as books,
    ):
        books.vault.numbers("bench", [f"rep {number}" for number in range(REPS)], "person")
        books.history.write(lambda connection: connection.execute(FILL)).result()
        ours, bare, ratio = paired(lambda: board(books, "deals_won", "2016"), lambda: books.history.rows(BARE), runs=15)
    report("board", {"milliseconds": 1_000 * ours, "bare_query_milliseconds": 1_000 * bare}, ratio)


if __name__ == "__main__":
    main()
