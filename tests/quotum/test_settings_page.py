"""Every setting has words and stands on the page, and the page is that of the code as it is now."""

import re

import pytest

from quotum import settings_page
from quotum.settings_page import VARIABLES, all_commands, undescribed
from tests.docs_runner import ROOT

PAGE = ROOT / "docs" / "settings.md"


def test_the_page_is_what_the_code_says_now() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == settings_page.settings_page(), "run: .venv/bin/python -m quotum.reference"


def test_every_command_argument_and_option_has_words() -> None:
    assert undescribed() == []


def test_a_command_without_words_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    _, command = next(iter(all_commands()))
    monkeypatch.setattr(command, "help", "")
    monkeypatch.setattr(settings_page, "all_commands", lambda: iter([("bare", command)]))
    assert undescribed() == ["bare"]


def test_every_variable_of_the_environment_that_the_code_reads_is_on_the_page() -> None:
    folders = [ROOT / name for name in ("quotum", "streams", "projections", "schemas", "bench", "tests")]
    text = "\n".join(path.read_text(encoding="utf-8") for folder in folders for path in folder.rglob("*.py"))
    read = set(re.findall(r'(?:environ(?:\.get\(|\[)|getenv\(|envvar=)"(QUOTUM_[A-Z_]+)"', text))
    assert read
    assert read <= VARIABLES.keys()


def test_each_command_has_its_own_heading() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [name for name, _ in all_commands() if f"\n## quotum {name}\n" not in page] == []
