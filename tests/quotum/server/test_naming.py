"""What metrics are called, and so many of them."""

import pytest

from projections.metrics import METRICS
from quotum.server.naming import COUNTED, NO_FIGURE, TITLES, amount, nobody, title
from quotum.server.wording import words_of


def test_every_metric_has_a_name_and_every_count_a_word() -> None:
    assert TITLES.keys() == METRICS.keys()
    assert COUNTED.keys() == {name for name, metric in METRICS.items() if metric.unit != "money"}


@pytest.mark.parametrize(
    ("metric", "value", "currency", "shown"),
    [
        ("calls", "1", "", "1 telefoontje"),
        ("calls", "1234", "", "1.234 telefoontjes"),
        ("units", "2.5", "", "2,5 stuks"),
        ("revenue", "4500.00", "EUR", "€\N{NO-BREAK SPACE}4.500"),
        ("cycle_days_median", "", "", NO_FIGURE),
        ("own_metric", "3", "", "3"),
    ],
)
def test_so_many_of_a_metric(metric: str, value: str, currency: str, shown: str) -> None:
    assert amount(words_of("nl"), metric, value, currency) == shown


def test_names_where_there_is_none() -> None:
    assert (title(words_of("en"), "own_metric"), nobody(words_of("nl"), "team")) == ("own metric", "Geen team")
