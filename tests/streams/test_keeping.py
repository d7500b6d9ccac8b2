"""Figures that keep up say what a scan of history says, after every batch and for any question."""

from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projections.metrics import BASES, METRICS, OWNER
from projections.organisation import Organisation, Span, Stay
from schemas.moments import Calendar
from streams.figures import Amounts, Asked, By, Scanning, scanned
from streams.history import History
from streams.keeping import Keeping
from streams.recorder import Batch, Recorder
from tests.histories import History as Events
from tests.histories import histories
from tests.small_books import make_books, say, won
from tests.streams.recording import entries, in_memory

OCTOBER_15, DECEMBER_30 = 15262, 15338  # 2011
TEAMS = Organisation(
    regions={7: "North", 8: ""},
    stays=(
        Stay(1, OCTOBER_15, OCTOBER_15 + 15, 7),
        Stay(1, OCTOBER_15 + 15, 2**31 - 1, 8),
        Stay(2, -(2**31) + 1, 2**31 - 1, 7),
    ),
)


def spans() -> st.SearchStrategy[list[Span]]:
    days = st.integers(OCTOBER_15 - 1, DECEMBER_30 + 1)
    return st.lists(days, min_size=2, max_size=3, unique=True).flatmap(
        lambda ends: st.lists(st.sampled_from(BASES), min_size=len(ends) - 1, max_size=len(ends) - 1).map(
            lambda rules: [
                Span(rule, first + bool(place), last)
                for place, (rule, first, last) in enumerate(zip(rules, sorted(ends), sorted(ends)[1:], strict=False))
            ]
        )
    )


def questions() -> st.SearchStrategy[Asked]:
    teams = st.sampled_from([None, 0, 7, 8])
    bys = st.sampled_from(get_args(By))
    return st.builds(Asked, st.sampled_from(sorted(METRICS)), spans(), bys, st.just(TEAMS), teams)


def batches(history: Events) -> list[Events]:
    """Three at most, since each is compared by a scan per question."""
    size = max(1, -(-len(history) // 3))
    return [history[place : place + size] for place in range(0, len(history), size)]


def kept_up(history: History, kept: Keeping, now: list[int]) -> Recorder:
    def recorded(batch: Batch) -> None:
        kept.recorded([(batch.known_at, batch.postings)])

    return Recorder(history, Calendar("Europe/Amsterdam"), lambda: now[0], recorded=recorded)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(histories(min_size=1), st.lists(st.tuples(questions(), st.none() | st.integers(0, 4)), min_size=1, max_size=6))
def test_what_is_kept_is_what_a_scan_finds_after_every_batch(
    events: Events, asked: Sequence[tuple[Asked, int | None]]
) -> None:
    now = [0]
    with in_memory() as history:
        kept, scan = Keeping(history), Scanning(history)
        recorder = kept_up(history, kept, now)
        for batch in batches(events):
            now[0] += 1
            recorder.record(entries(batch)).result()
            for question, since in asked:
                assert kept.amounts(question, since) == scan.amounts(question, since)
                if since is not None:
                    with history.read() as cursor:
                        assert kept.before(question, since) == scanned(cursor, question, until_us=since)


def test_a_question_asked_again_is_answered_without_a_scan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with make_books(tmp_path) as books:
        say(books, *won("1", "ann", "2017-06-01", "1.00"))
        asked = Asked("revenue", [Span(OWNER, 0, 30_000)], "rep", books.organisation())
        ann = books.kept.amounts(asked)
        assert list(ann.values()) == [100]
        monkeypatch.setattr("streams.keeping.scanned", lambda *_: pytest.fail("history was scanned"))
        say(books, *won("2", "ann", "2017-06-02", "2.00"))
        assert books.kept.amounts(asked) == dict.fromkeys(ann, 300)
        assert books.next_offset() == books.history.rows("SELECT max(next_offset) FROM positions")[0][0]


def test_an_answer_is_the_askers_own_to_change(tmp_path: Path) -> None:
    with make_books(tmp_path) as books:
        say(books, *won("1", "ann", "2017-06-01", "1.00"))
        asked = Asked("revenue", [Span(OWNER, 0, 30_000)], "rep", books.organisation())
        books.kept.amounts(asked).clear()
        books.kept.amounts(asked).clear()
        assert list(books.kept.amounts(asked).values()) == [100]


def test_another_organisation_is_another_question(tmp_path: Path) -> None:
    with make_books(tmp_path) as books:
        say(books, *won("1", "ann", "2017-06-01", "1.00"))
        asked = Asked("revenue", [Span(OWNER, 0, 30_000)], "team", Organisation())
        assert [who for _, who, _ in books.kept.amounts(asked)] == [0]
        number = next(iter(books.vault.labels("person")))
        moved = asked._replace(organisation=Organisation(stays=(Stay(number, 0, 30_000, 7),)))
        assert [who for _, who, _ in books.kept.amounts(moved)] == [7]


def test_only_the_questions_asked_last_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with make_books(tmp_path) as books:
        kept = Keeping(books.history, most=2)
        first, second, third = (
            Asked(name, [Span(OWNER, 0, 9)], "rep", Organisation()) for name in ("calls", "demos", "units")
        )
        for asked in (first, second, first, third):
            kept.amounts(asked)
        scans: list[str] = []

        def noted(_: object, asked: Asked, __: object, **___: object) -> Amounts:
            scans.append(asked.metric)
            return {}

        monkeypatch.setattr("streams.keeping.scanned", noted)
        for asked in (first, third, second):
            kept.amounts(asked)
        assert scans == ["demos"]


def test_after_figures_were_put_in_order_by_other_means_history_is_asked_anew(tmp_path: Path) -> None:
    with make_books(tmp_path) as books:
        say(books, *won("1", "ann", "2017-06-01", "1.00"))
        asked = Asked("revenue", [Span(OWNER, 0, 30_000)], "rep", books.organisation())
        books.kept.amounts(asked)
        books.history.write(lambda connection: connection.execute("DELETE FROM postings")).result()
        books.forget_figures()
        assert books.kept.amounts(asked) == {}
