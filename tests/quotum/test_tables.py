"""Rows are printed for whom they are meant: people, spreadsheets and scripts."""

import csv
import io
import json
import subprocess
import sys
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from quotum.tables import Cell, Format, show

COLUMNS = ["rank", "who", "value"]
LETTERS = st.characters(exclude_categories=("C", "Z"), include_characters=" ")  # as the door lets them in
NAMES = st.text(LETTERS, min_size=1)
ROWS: list[list[Cell]] = [[1, "Anna de Vries", "1250.50"], [2, "Bas", "8.00"], [None, None, "10.00"]]


def printed(
    capsys: pytest.CaptureFixture[str],
    form: Format,
    rows: Sequence[Sequence[Cell]] = ROWS,
    title: str = "",
    nothing: str = "",
) -> str:
    show(COLUMNS, rows, form, title, nothing)
    return capsys.readouterr().out


def test_csv_has_a_header_and_leaves_empty_what_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, Format.csv) == "rank,who,value\n1,Anna de Vries,1250.50\n2,Bas,8.00\n,,10.00\n"
    assert printed(capsys, Format.csv, []) == "rank,who,value\n"


def test_json_has_numbers_for_places_texts_for_amounts_and_null_for_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(printed(capsys, Format.json))
    assert found[0] == {"rank": 1, "who": "Anna de Vries", "value": "1250.50"}
    assert found[2] == {"rank": None, "who": None, "value": "10.00"}
    assert json.loads(printed(capsys, Format.json, [])) == []


def test_a_table_sets_numbers_under_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, Format.table, title="revenue").splitlines()
    assert [line.rstrip() for line in lines] == [
        "revenue",
        "rank  who              value",
        "   1  Anna de Vries  1250.50",
        "   2  Bas               8.00",
        "                       10.00",
    ]


def test_an_empty_table_says_so_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, Format.table, [], "revenue", "nothing in this period") == "revenue\nnothing in this period\n"
    assert "nothing" not in printed(capsys, Format.csv, [], "revenue", "nothing in this period")


def test_a_table_fits_80_columns_and_cuts_nothing_off(capsys: pytest.CaptureFixture[str]) -> None:
    name = "Wilhelmina-Alexandra " * 8 + "ij" * 60
    out = printed(capsys, Format.table, [[1, name, "1.00"], [2, "名前" * 60, "12345678901234567.00"]])
    assert max(cell_len(line) for line in out.splitlines()) <= 80
    letters = "".join(out.split())
    assert letters.count("ij") == 60
    assert letters.count("名前") + letters.count("名\n前") >= 50
    assert "…" not in out


@pytest.mark.parametrize("name", ["[red]Ann[/red]", "[/]", ":smile:", "[b", "https://x.example", "{x} %s \\n"])
def test_a_name_is_shown_as_it_is_in_every_form(capsys: pytest.CaptureFixture[str], name: str) -> None:
    for form in Format:
        out = printed(capsys, form, [[1, name, "1"]], title=name)
        assert (json.loads(out)[0]["who"] if form is Format.json else out).count(name) >= 1


@given(st.lists(st.tuples(st.integers(1, 99), NAMES, st.just("1.00"))))
def test_csv_and_json_give_back_what_they_were_given(rows: list[tuple[int, str, str]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for form in (Format.csv, Format.json):
            out = io.StringIO(newline="")
            patch.setattr(sys, "stdout", out)
            show(COLUMNS, rows, form)
            if form is Format.csv:
                found = [tuple(row) for row in csv.reader(io.StringIO(out.getvalue(), newline=""))][1:]
                assert found == [(str(rank), who, value) for rank, who, value in rows]
            else:
                assert [tuple(row.values()) for row in json.loads(out.getvalue())] == rows


@pytest.mark.slow
@pytest.mark.parametrize("form", list(Format))
def test_a_reader_that_has_had_enough_is_no_failure(form: Format) -> None:
    code = (
        "from quotum.tables import Format, show; "
        f"show(['rank', 'who', 'value'], [[1, 'x' * 50, '1']] * 3_000, Format.{form.name})"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()
    assert (process.returncode, said) == (0, b"")
