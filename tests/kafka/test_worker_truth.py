"""The real input through two workers: every cell is what plain SQL makes of the same events, imported without a broker.

That those cells give all expected figures is what tests/test_ground_truth_crm.py and _bank.py show of the same imports.
"""

from pathlib import Path

import pytest

from streams.books import Books
from streams.kafka import topics
from streams.replaying import sql_cells
from tests.kafka.real_input import PARTITIONS, records, shuffled
from tests.kafka.working import live_cells, send, wait_for_all, working
from tests.real_input import BY_UTC, LOCAL, MAVEN, Source, Workspace

SOURCES = [(MAVEN, "made_maven"), (LOCAL, "made_local"), (BY_UTC, "made_utc")]


@pytest.mark.parametrize(("source", "made"), SOURCES, ids=[source.name for source, _ in SOURCES])
def test_two_workers_make_of_real_input_in_any_order_and_up_to_three_times_what_plain_sql_does(
    request: pytest.FixtureRequest, broker: str, prefix: str, tmp_path: Path, source: Source, made: str
) -> None:
    workspace: Workspace = request.getfixturevalue(made)["imported"]
    log = topics.create(broker, zone=source.zone, currency=source.currency, partitions=PARTITIONS, prefix=prefix)
    with working(log, tmp_path / "one") as one, working(log, tmp_path / "two") as two:
        send(log, shuffled(records(workspace.history)))
        wait_for_all(log, [one, two])
    with Books.open(workspace.history) as books, books.history.read() as cursor:
        assert live_cells(log) == sql_cells(cursor, source.zone) != {}
