"""What tests read off a page, and how they look away from it."""

import re

from playwright.sync_api import Page

WITHOUT_SCROLL = "document.documentElement.scrollWidth <= window.innerWidth"


def names(page: Page) -> list[str]:
    """The names on the board, from the top down."""
    return [text.strip() for text in page.locator("#board tbody .who").all_inner_texts()]


def value(page: Page, who: str) -> str:
    """The figure beside a name."""
    row = page.locator("#board tbody tr", has=page.get_by_text(who, exact=True))
    return row.locator(".value").inner_text().strip()


def wait_for_value(page: Page, who: str, text: str) -> None:
    """Wait until the figure beside a name is this, and stays."""
    row = page.locator("#board tbody tr", has=page.get_by_text(who, exact=True))
    row.locator(".value a", has_text=re.compile(f"^{re.escape(text)}$")).wait_for()


def wait_for_first(page: Page, who: str) -> None:
    """Wait until somebody stands first."""
    page.wait_for_function("who => document.querySelector('#board tbody tr .who').innerText.trim() === who", arg=who)


def hide(page: Page, *, hidden: bool) -> None:
    """What a browser says to a page when another tab is looked at, and when this one is again."""
    page.evaluate(
        "hidden => { Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });"
        " document.dispatchEvent(new Event('visibilitychange')); }",
        hidden,
    )
