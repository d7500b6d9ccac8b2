"""A target is set once and changed after that, by somebody, for a reason; what is not clear is asked back."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from projections.targets import Scope
from quotum.questions import QuestionError
from quotum.targets import SetTarget, StepRow, TargetRow, Wish, period_named, set_target, targets
from streams.books import Books
from tests.small_books import in_teams, make_books, say

NAMES = {"u-1": "Anna", "u-2": "Bas", "boss": "Marieke"}
WISH = Wish("revenue", "2018-Q1", "30000", "Agreed in the autumn.", "Marieke", rep="Anna")
FIRST_DAY = date(2018, 1, 1)  # today, by the clock of these books


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    with make_books(tmp_path) as it:
        say(it, *in_teams(("u-1", "north", "2017-01-01"), ("u-2", "north", "2017-01-01")))
        say(it, *[("rep.joined", {"rep": rep, "name": name, "day": "2017-01-01"}) for rep, name in NAMES.items()])
        yield it


def why_not(books: Books, **other: Any) -> str:  # noqa: ANN401 (any part of a wish)
    before = (books.next_offset(), books.vault.labels())
    with pytest.raises(QuestionError) as error:
        set_target(books, replace(WISH, **other))
    assert (books.next_offset(), books.vault.labels()) == before
    return str(error.value)


def only(books: Books) -> TargetRow:
    (row,) = targets(books)
    return row


def values(row: TargetRow) -> list[tuple[date | None, int]]:
    return [(step.day, step.value) for step in row.steps]


def test_the_first_time_a_target_is_agreed_for_the_whole_period(books: Books) -> None:
    found = set_target(books, WISH)
    step = StepRow(None, 3_000_000, "Marieke", "Agreed in the autumn.")
    assert found == SetTarget("agreed", only(books), None, 3_000_000, None)
    row = found.target
    assert (row.id, row.metric.name, row.scope, row.who) == (
        "revenue/rep-2/2018-Q1",
        "revenue",
        Scope("rep", 2),
        "Anna",
    )
    assert (row.period.text, row.currency, row.steps) == ("2018-Q1", "EUR", (step,))


def test_after_that_it_is_changed_from_a_day_on(books: Books) -> None:
    set_target(books, WISH)
    found = set_target(books, replace(WISH, value="36000", reason="A new account.", day=date(2018, 2, 15)))
    assert (found.fate, found.day, found.value, found.before) == ("changed", date(2018, 2, 15), 3_600_000, 3_000_000)
    assert values(only(books)) == [(None, 3_000_000), (date(2018, 2, 15), 3_600_000)]
    assert [step.reason for step in only(books).steps] == ["Agreed in the autumn.", "A new account."]


def test_without_a_day_it_is_changed_from_today_on(books: Books) -> None:
    set_target(books, WISH)
    assert set_target(books, replace(WISH, value="1")).day == FIRST_DAY


def test_what_was_changed_within_one_tick_of_the_clock_is_changed_last(books: Books) -> None:
    for value in ("30000", "500", "4000", "20", "9"):
        set_target(books, replace(WISH, value=value))
    assert values(only(books)) == [(None, 3_000_000), (FIRST_DAY, 900)]


def test_the_same_days_written_otherwise_are_the_same_target(books: Books) -> None:
    set_target(books, WISH)
    assert set_target(books, replace(WISH, period="2018-01-01..2018-03-31", value="1")).fate == "changed"
    assert len(targets(books)) == 1


def test_a_value_that_holds_already_is_not_told_again(books: Books) -> None:
    set_target(books, WISH)
    before = books.next_offset()
    found = set_target(books, replace(WISH, value="30000.00", reason="Once more."))
    assert (found.fate, found.value, found.before) == ("unchanged", 3_000_000, 3_000_000)
    assert books.next_offset() == before


def test_the_company_a_team_and_a_rep_each_have_their_own(books: Books) -> None:
    set_target(books, WISH)
    set_target(books, replace(WISH, rep=None, team="Team north", value="50000"))
    set_target(books, replace(WISH, rep=None, value="90000"))
    set_target(books, replace(WISH, metric="calls", value="2.5"))
    assert [(row.who, row.metric.name, row.steps[0].value, row.currency) for row in targets(books)] == [
        ("company", "revenue", 9_000_000, "EUR"),
        ("Team north", "revenue", 5_000_000, "EUR"),
        ("Anna", "calls", 2_500_000, ""),
        ("Anna", "revenue", 3_000_000, "EUR"),
    ]


def test_targets_are_listed_by_the_days_they_lie_in(books: Books) -> None:
    for period in ("2018-01", "2018-Q1", "2018-02", "2018"):
        set_target(books, replace(WISH, period=period))
    assert [row.period.text for row in targets(books)] == ["2018-01", "2018-Q1", "2018", "2018-02"]
    assert [row.period.text for row in targets(books, "2018-Q1")] == ["2018-01", "2018-Q1", "2018-02"]
    assert targets(books, "2019") == []


def test_an_amount_may_be_in_another_currency_than_the_books(books: Books) -> None:
    found = set_target(books, replace(WISH, currency="JPY"))
    assert (found.value, found.target.currency) == (30_000, "JPY")
    assert set_target(books, replace(WISH, value="5")).target.currency == "JPY"


def test_a_target_is_taken_away_by_0(books: Books) -> None:
    set_target(books, WISH)
    assert set_target(books, replace(WISH, value="0")).value == 0


def test_who_decides_may_be_new_and_has_a_number_from_then_on(books: Books) -> None:
    found = set_target(books, replace(WISH, by="  Joke Smit ", by_is_new=True))
    assert found.target.steps[0].by == "Joke Smit"
    assert set_target(books, replace(WISH, by="Joke Smit", value="1")).target.steps[1].by == "Joke Smit"


def test_an_erased_reason_is_gone_and_the_target_stays(books: Books) -> None:
    set_target(books, WISH)
    (ref,) = (step.reason for step in books.targets()[0].steps)
    books.vault.erase(4, texts=[ref])
    assert only(books).steps == (StepRow(None, 3_000_000, "erased 4", None),)


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"metric": "revenu"}, "there is no metric 'revenu'; did you mean revenue?"),
        ({"metric": "cycle_days_median"}, "there are no targets for them"),
        ({"period": "spring"}, "not a period: 'spring'"),
        ({"value": "50.000"}, "can be read in two ways"),
        ({"value": "much"}, "'much' is not a plain number"),
        ({"value": "1.0005"}, "more than the 2 digits after the point of EUR"),
        ({"value": "-1"}, "-1 lies below 0; a value of 0 says that there is no target any more"),
        ({"rep": "Ana"}, "there is no person 'Ana'; did you mean Anna?"),
        ({"rep": "Team north"}, "there is no person 'Team north'"),
        ({"rep": None, "team": "Anna"}, "there is no team 'Anna'"),
        ({"team": "Team north"}, "a target is for a rep or for a team: give one of the two"),
        ({"by": "Mariek"}, "there is no person 'Mariek'; did you mean Marieke?"),
        ({"by_is_new": True}, "there is a person 'Marieke' already, who is not new"),
        ({"by": " ", "by_is_new": True}, "the name of who decided is empty"),
        ({"by": "x" * 201, "by_is_new": True}, "the name of who decided has 201 characters"),
        ({"by": "Joke", "by_is_new": True, "reason": " "}, "reason: is empty: write a sentence on it"),
        ({"metric": "calls", "currency": "EUR"}, "calls is counted and has no currency: leave 'EUR' out"),
        ({"currency": "euro"}, "unknown currency 'euro'"),
        (
            {"day": FIRST_DAY},
            "there is no such target in 2018-Q1 yet, and a new one holds for all of it: leave 2018-01-01 out",
        ),
    ],
)
def test_what_is_not_clear_is_asked_back_and_nothing_is_told(books: Books, other: dict[str, Any], why: str) -> None:
    assert why in why_not(books, **other)


def test_a_change_that_would_hold_on_no_day_is_asked_back(books: Books) -> None:
    set_target(books, replace(WISH, period="2017-Q4"))
    assert why_not(books, period="2017-Q4", value="1") == (
        "2018-01-01 lies after 2017-Q4, so the change would hold on no day of it: give a day up to 2017-12-31"
    )
    assert set_target(books, replace(WISH, period="2017-Q4", value="1", day=date(2017, 12, 31))).fate == "changed"


def test_a_change_in_another_currency_is_asked_back(books: Books) -> None:
    set_target(books, WISH)
    assert why_not(books, currency="USD", value="5").startswith("this target was agreed in EUR: give the value in it")


def test_a_period_is_one_of_the_workspaces_fiscal_year(tmp_path: Path) -> None:
    with make_books(tmp_path, fiscal_start=4) as books:
        assert period_named(books.organisation(), "FY2018").first == date(2018, 4, 1)


def test_where_nobody_is_named_the_holder_of_the_key_decides_and_is_one_person_for_good(books: Books) -> None:
    for value in ("30000", "500"):
        set_target(books, replace(WISH, by="", key="Anna", value=value))
    set_target(books, replace(WISH, key="Anna", value="7"))
    steps = only(books).steps
    assert [step.by for step in steps] == ["key:Anna", "Marieke"]  # the last of a day holds
    assert list(books.vault.labels().values()).count("key:Anna") == 1


def test_a_key_gets_no_number_for_a_target_that_cannot_be_set(books: Books) -> None:
    for wrong in ({"value": "-1"}, {"reason": " "}, {"metric": "smiles"}):
        why_not(books, by="", key="ops", **wrong)


def test_a_fault_names_the_part_of_the_wish_that_it_is_in(books: Books) -> None:
    for wish, field in ((replace(WISH, reason=" "), "reason"), (replace(WISH, value="9" * 20), "value")):
        with pytest.raises(QuestionError) as error:
            set_target(books, wish)
        assert [fault.path for fault in error.value.faults] == [field]
