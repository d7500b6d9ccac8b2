"""A real browser and a real server, for all tests of pages. Without a browser they are skipped; in CI they fail."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import REMEDY, chromium_path, launched
from tests.browser.floor import YESTERDAY, Floor, seeded

Open = Callable[..., Page]
WAIT_MS = 10_000


@pytest.fixture(scope="module")  # while it is there an event loop runs, and other modules run their own
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = chromium_path(playwright)
        if path is None:
            if os.environ.get("CI"):
                pytest.fail(REMEDY)
            pytest.skip(REMEDY)
        found = launched(playwright, path)
        yield found
        found.close()


@pytest.fixture(scope="session")
def floor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Floor]:
    """Twelve reps with figures of yesterday; tests add to it and expect nothing of what others added."""
    running = Floor(tmp_path_factory.mktemp("floor"), YESTERDAY).start()
    try:
        yield seeded(running).go_on()
    finally:
        running.stop()


@pytest.fixture
def own_floor(tmp_path: Path) -> Iterator[Floor]:
    """A floor of a test's own, with nobody on it."""
    running = Floor(tmp_path).start()
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Open]:
    """Opens an address as a new visitor. A script that fails, or complains, fails the test."""
    contexts = []
    complaints: list[str] = []

    def open_page(url: str, *, live: bool = True, **options: Any) -> Page:  # noqa: ANN401 (as playwright has it)
        options = {"locale": "en-GB", "viewport": {"width": 1280, "height": 800}, **options}
        context = browser.new_context(**options)
        context.set_default_timeout(WAIT_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
        page.goto(url)
        if live:
            page.wait_for_selector("#freshness[data-state=live]")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints
