"""Templates, conditions and rules, held against rows by hand."""

from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.pipeline import DealReopened
from streams.rules import Condition, RowMapping, Rule, Template
from tests.files import LOG, mapping_of

COLUMNS = ("a", "b")
TEXTS = ("", "x", "y", " x ")


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("{no}", "7"),
        ("{no}:won", "7:won"),
        ("deal-{no}/{first name}", "deal-7/Ann"),
        ("{no}{no}", "77"),
        ("constant", "constant"),
        ("{empty}", ""),
        ("{no}:{empty}", ""),
        ("x{blanks}", ""),
        ("{padded}", "p q"),
    ],
)
def test_a_template_is_filled_with_what_the_columns_hold_and_empty_where_one_is(template: str, filled: str) -> None:
    row = {"no": "7", "first name": "Ann", "empty": "", "blanks": "  ", "padded": " p q "}
    assert Template(template).fill(row) == filled


def test_what_a_column_holds_is_never_taken_for_a_template() -> None:
    assert Template("{a}-{b}").fill({"a": "{b}", "b": "\\1"}) == "{b}-\\1"


@pytest.mark.parametrize(
    ("texts", "negated", "holding"),
    [
        ({"Won"}, False, {"Won", " Won "}),
        ({"Won", "Lost"}, False, {"Won", " Won ", "Lost"}),
        ({""}, False, {"", " "}),
        ({"Won"}, True, {"Lost", "won", "", " "}),
        ({""}, True, {"Won", " Won ", "Lost", "won"}),
    ],
)
def test_a_condition_holds_for_its_texts_and_negated_for_all_others(
    texts: set[str], holding: set[str], *, negated: bool
) -> None:
    condition = Condition("stage", frozenset(texts), negated)
    among = {"Won", " Won ", "Lost", "won", "", " "}
    assert {text for text in among if condition.holds({"stage": text})} == holding


def test_the_forms_of_a_condition_mean_what_the_page_says(tmp_path: Path) -> None:
    def meant(when: str) -> set[str]:
        text = LOG.replace('when = { what = "won" }', f"when = {when}")
        (rule,) = [rule for rule in mapping_of(tmp_path, text).rules if rule.type == "quotum.deal.won.v1"]
        return {what for what in ("won", "lost", "") if rule.applies({"what": what})}

    assert meant('{ what = "won" }') == {"won"}
    assert meant('{ what = " won " }') == {"won"}
    assert meant('{ what = ["won", "lost"] }') == {"won", "lost"}
    assert meant('{ what = { not = "won" } }') == {"lost", ""}
    assert meant('{ what = { not = ["won", ""] } }') == {"lost"}
    assert meant('{ what = "" }') == {""}
    assert meant("{}") == {"won", "lost", ""}


conditions = st.lists(
    st.builds(
        Condition, st.sampled_from(COLUMNS), st.frozensets(st.sampled_from(("", "x", "y")), min_size=1), st.booleans()
    ),
    max_size=2,
    unique_by=lambda condition: condition.column,
)


def mapping_with(whens: list[list[Condition]]) -> RowMapping:
    rules = [
        Rule(DealReopened, "quotum.deal.reopened.v1", line, tuple(when), {}, {}) for line, when in enumerate(whens)
    ]
    return RowMapping(Path("mapping.toml"), "crm", "log", tuple(rules))


@given(st.lists(conditions, min_size=1, max_size=4))
def test_the_rules_of_a_row_are_those_whose_conditions_all_hold_in_the_order_of_the_mapping(
    whens: list[list[Condition]],
) -> None:
    mapping = mapping_with(whens)
    for values in product(TEXTS, repeat=len(COLUMNS)):
        row = dict(zip(COLUMNS, values, strict=True))
        expected = [
            index
            for index, when in enumerate(whens)
            if all((row[one.column].strip() in one.texts) != one.negated for one in when)
        ]
        assert [rule.line for rule in mapping.rules_for(row)] == expected
