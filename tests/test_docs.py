"""What README and docs show must work as shown, so each page runs here; and a page that lies must fail."""

from pathlib import Path

import pytest

from tests.docs_runner import ROOT, PageError, alike, blocks, find_shared_data, pages, run_page


def fenced(language: str, text: str, remark: str = "") -> str:
    return f"Some text.\n\n{remark}\n```{language}\n{text}\n```\n"


def test_the_readme_is_among_the_pages() -> None:
    assert ROOT / "README.md" in pages()


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_block_of_the_page_does_what_the_page_says(page: Path, tmp_path: Path) -> None:
    text = page.read_text(encoding="utf-8")
    left_out = run_page(text, tmp_path / "page", find_shared_data())
    if left_out:
        pytest.skip(f"{page.name}: {len(left_out)} blocks need ../shared/data; the others did what the page says")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("console", "$ echo 12\n13"),
        ("console", "$ echo 12\n1"),
        ("console", "$ printf 'one\\ntwo\\n'\none"),
        ("console", "$ echo one; echo two >&2\none"),
        ("console", "$ echo 'one  two'\none two"),
        ("console", "$ echo 1\nTrue"),
        ("console", "$ false"),
        ("console", "$ true\nsome output"),
        ("console", "$ echo first\nfirst\n$ echo second\nthird"),
        ("console", "echo no prompt"),
        ("bash", "false\ntrue"),
        ("bash", "echo $never_set"),
        ("python", ">>> 1 + 1\n3"),
        ("sh", "true"),
        ("py", "1"),
    ],
)
def test_a_page_that_shows_something_else_fails(tmp_path: Path, language: str, text: str) -> None:
    with pytest.raises(PageError, match="line"):
        run_page(fenced(language, text), tmp_path / "page", None)


def test_a_python_block_that_raises_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        run_page(fenced("python", "1 / 0"), tmp_path / "page", None)


def test_folder_variables_and_names_carry_over_within_a_page(tmp_path: Path) -> None:
    page = (
        fenced("console", "$ mkdir -p deep && cd deep && export word='two words'")
        + fenced("bash", 'echo "$word" > written')
        + fenced("python", "from pathlib import Path\n\nfound = next(Path(start).rglob('written')).read_text()")
        + fenced("python", ">>> found\n'two words\\n'\n>>> length = len(found)")
        + fenced("python", "assert length == 10")
        + fenced("console", "$ cat \\\n>   written\ntwo ...s\n$ pwd\n.../deep")
    )
    run_page(fenced("python", f"start = {str(tmp_path)!r}") + page, tmp_path / "page", None)


def test_what_a_command_prints_is_not_compared_where_the_page_shows_nothing(tmp_path: Path) -> None:
    run_page(fenced("console", "$ echo anything\n\n$ echo 1; (exit 3) || echo $?\n1\n3"), tmp_path / "page", None)


def test_settings_of_the_one_who_runs_the_tests_do_not_reach_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUOTUM_HISTORY", "elsewhere.duckdb")
    run_page(fenced("console", '$ echo "<$QUOTUM_HISTORY>"\n<>'), tmp_path / "page", None)


def test_a_block_marked_not_run_is_left_out_and_must_say_why(tmp_path: Path) -> None:
    run_page(fenced("console", "$ false", "<!-- not run: takes an hour -->"), tmp_path / "page", None)
    for remark in ("<!-- not run -->", "<!-- not run: -->", "<!-- not run:   -->"):
        with pytest.raises(PageError, match="no reason"):
            list(blocks(fenced("console", "$ true", remark)))


def test_a_block_that_needs_data_runs_exactly_where_the_data_is(tmp_path: Path) -> None:
    page = fenced("console", "$ cat data/figure\n42", "<!-- needs: shared/data -->")
    assert [block.line for block in run_page(page, tmp_path / "page", None)] == [5]
    data = tmp_path / "data"
    data.mkdir()
    (data / "figure").write_text("42\n")
    assert run_page(page, tmp_path / "with", data) == []
    (data / "figure").write_text("43\n")
    with pytest.raises(PageError, match="it printed:\n43"):
        run_page(page, tmp_path / "wrong", data)


def test_a_need_nobody_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PageError, match="not known"):
        run_page(fenced("console", "$ true", "<!-- needs: a good mood -->"), tmp_path / "page", None)


def test_blocks_in_lists_and_longer_fences_are_found_and_other_languages_are_left_alone() -> None:
    page = "- text\n\n  ```console\n  $ true\n  ```\n\n````bash\ntrue\n````\n\n```toml\na = 1\n```\n\n```\nplain\n```\n"
    assert [(block.language, block.text) for block in blocks(page)] == [("console", "$ true\n"), ("bash", "true\n")]


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("a\nb", "a\nb\n", True),
        ("a", "a   \n\n", True),
        ("a ... d", "a b c d\n", True),
        ("a\n...\nd", "a\nb\nc\nd\n", True),
        ("a\n...\ne", "a\nb\nc\nd\n", False),
        ("a", "a\nb\n", False),
        (" a", "a\n", False),
        ("a\n\nb", "a\nb\n", False),
    ],
)
def test_output_is_alike_to_the_letter_except_for_the_ellipsis(shown: str, printed: str, same: bool) -> None:
    assert alike(shown, printed) is same
