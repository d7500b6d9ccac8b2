"""A table is written so that whoever shows Markdown shows its cells."""

from quotum.markdown import table
from tests.quotum.markdown import rows


def test_a_table_has_its_heads_a_rule_and_a_line_per_row() -> None:
    lines = list(table(("name", "what"), [("`a`", "one"), ("`b`", "two")]))
    assert lines == ["| name | what |", "| --- | --- |", "| `a` | one |", "| `b` | two |"]
    assert rows("\n".join(lines)) == [["`a`", "one"], ["`b`", "two"]]


def test_a_table_without_rows_has_its_heads() -> None:
    assert list(table(iter(("only",)), [])) == ["| only |", "| --- |"]
